//! The contract, and what only this driver does, against a real Engine. Without one each test
//! says `SKIPPED` and why.

mod builds;
mod dropped;
mod engine;
mod exec;
mod files;
mod images;
mod lost;
mod only;
mod registry;
mod speed;

use crate::driver::contract::whole_contract;

whole_contract!(engine::Here::new);
