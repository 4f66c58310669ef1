//! Machines that really boot, on the simulated platform. Where something is missing each test says
//! `SKIPPED` and why.

mod again;
mod attacks;
mod boots;
mod ends;
mod lab;
mod word;
