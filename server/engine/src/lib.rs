//! How it is carried out.
pub mod changes;
pub mod clock;
pub mod driver;
pub mod logs;
pub mod probe;
pub mod sample;
pub mod store;
