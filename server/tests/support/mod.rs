//! A product small enough to read: two organizations, one project with one of everything in the
//! first. It keeps the promises of `domain::api` that HTTP leans on, and nothing else.

pub mod client;
mod credentials;
mod crons;
mod deployments;
mod domains;
mod environments;
pub mod fixture;
mod hooks;
mod imports;
pub mod real;
pub mod reviews;
mod secrets;
mod services;
mod updates;
mod uploads;
pub mod views;
