//! Where it is plugged together: the product (`domain::api::Sealdock`) becomes HTTP and a command
//! line, and nothing is decided here.
//!
//! A request passes, from the outside in: an id and a span, security headers, compression, the
//! rendering of problems, the check of the host, the session, *who calls*, *from where*, and then
//! its route. Every route is declared once, in [`router::registry`], with the one action of the
//! permission table that it takes; the OpenAPI document, the matrix test and the guard in front of
//! the handler are all made from that declaration.

pub mod answers;
pub mod app;
pub mod assets;
pub mod caller;
pub mod cli;
pub mod clock;
pub mod compose;
pub mod etag;
pub mod forms;
pub mod guard;
pub mod headers;
pub mod hooks;
pub mod host;
pub mod limiter;
pub mod limits;
pub mod live;
pub mod openapi;
pub mod origin;
pub mod peer;
pub mod posted;
pub mod problem;
pub mod reading;
pub mod receive;
pub mod rest;
pub mod router;
pub mod serve;
pub mod session;
pub mod ssr;
pub mod trace;
