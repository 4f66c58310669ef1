//! What a newcomer deploys first, and what the tests deploy: an app, a repository, a site.
//!
//! All of it is in the binary and needs no network. The app is compiled by `build.rs` from
//! `sample/hello`; the repository is a real one, made with the git executable, so that the
//! first deployment takes the same way as every later one.

mod repository;
mod site;

pub use repository::{TAGS, write_repository};
pub use site::site_zip;

use std::io;
use std::path::PathBuf;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum SampleError {
    #[error("The sample could not write {}: {source}. Check that the disk has room and the directory is writable.", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(
        "The sample repository needs the git executable, which could not be started: {0}. Install git."
    )]
    NoGit(io::Error),
    #[error("git {verb} failed for the sample repository: {stderr}")]
    Git { verb: String, stderr: String },
    #[error("The sample site could not be packed: {0}")]
    Pack(#[from] zip::result::ZipError),
}

/// The app: a static executable for the platform this binary runs on.
pub fn hello() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/hello"))
}

#[cfg(test)]
mod tests;
