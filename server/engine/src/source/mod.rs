//! Where versions come from.
pub mod git;
pub mod bundle;
