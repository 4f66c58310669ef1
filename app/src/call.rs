//! Who looks at a page, and what the page must say first: put into the request by the server.

use domain::access::Caller;
use domain::refusal::Refusal;

/// The caller behind the request's session; nobody, when signed out.
#[derive(Clone, Debug, Default)]
pub struct Signed(pub Option<Caller>);

/// What a form of the page before was refused with.
#[derive(Clone, Debug, Default)]
pub struct Flash(pub Option<Refusal>);
