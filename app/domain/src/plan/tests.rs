//! Decisions as cases: a world in, a plan out, both as text.

mod candidate;
mod drain;
pub mod fixture;
mod hold;
pub mod notation;
mod printed;
mod queue;
mod replace;
mod serving;
mod teardown;
