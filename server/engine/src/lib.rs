//! How it is carried out.

pub mod proxy;
