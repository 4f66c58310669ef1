//! The server over HTTP: who may what, how refusals look, sessions, streams, uploads.

mod engine;
mod matrix;
mod requests;
mod sessions;
mod sockets;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod uploads;
