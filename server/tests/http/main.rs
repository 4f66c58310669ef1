//! The server over HTTP: who may what, how refusals look, sessions, streams, uploads; and the
//! command line, which is HTTP from the other side.

// The lint knows `#[test]` functions, and not the helpers beside them.
#![allow(clippy::unwrap_used)]

mod cli;
mod engine;
mod hooks;
mod matrix;
mod requests;
mod sessions;
mod sockets;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod uploads;
