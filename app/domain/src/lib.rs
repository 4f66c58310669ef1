//! What is true: ids, states, plans, rules, DTOs. Pure; native and wasm.

pub mod access;
pub mod api;
pub mod can;
pub mod config;
pub mod deployment;
pub mod dialect;
pub mod hint;
pub mod id;
pub mod instance;
pub mod job;
pub mod name;
pub mod pipeline;
pub mod plan;
pub mod preview;
pub mod probe;
pub mod redact;
pub mod refusal;
pub mod route;
pub mod source;
pub mod strategy;
pub mod time;
pub mod view;
