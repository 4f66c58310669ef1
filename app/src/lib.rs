//! What a person sees.

pub mod call;
