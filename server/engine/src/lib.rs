//! How it is carried out: the store, the reconciler, the drivers, the pipeline, the data plane.
//! No axum, no leptos.

pub mod attest;
mod attested;
pub mod boot;
pub mod camera;
pub mod changes;
pub mod clock;
pub mod contents;
pub mod control;
pub mod crons;
pub mod dirs;
mod disk;
pub mod domains;
pub mod driver;
mod forge;
mod gauges;
mod group;
mod image;
pub mod keep;
mod leftovers;
mod lock;
pub mod logs;
mod meter;
pub mod pipeline;
pub mod plane;
pub mod probe;
pub mod proxy;
mod proxy_plane;
mod push;
pub mod reconciler;
pub mod retention;
pub mod runtimes;
pub mod sample;
pub mod secrets;
pub mod services;
#[cfg(test)]
mod simulation;
pub mod source;
pub mod source_maps;
pub mod spec;
pub mod store;
mod strays;
mod sweep;
