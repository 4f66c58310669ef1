//! The forms of the pages that change who one is, or carry a file. Each answers 303, so that a
//! reload repeats nothing; a refusal is left in the session for the page that follows.

mod accounts;
mod back;
mod upload;

pub use back::redirect_refusals;

use crate::guard::Access;
use crate::router::{Endpoint, form};
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use domain::access::Action;

pub fn endpoints() -> Vec<Endpoint> {
    let unlimited = DefaultBodyLimit::disable();
    vec![
        form("/session", Access::Public, post(accounts::sign_in)),
        form("/session/end", Access::Public, post(accounts::sign_out)),
        form("/setup", Access::Public, post(accounts::set_up)),
        form("/join", Access::Public, post(accounts::join)),
        form(
            "/uploads",
            Access::May(Action::Deploy),
            post(upload::receive).layer(unlimited),
        )
        .long(),
    ]
}
