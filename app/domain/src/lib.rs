//! What is true: ids, states, plans, rules, DTOs. Pure.

pub mod route;
