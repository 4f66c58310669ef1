//! Pictures of front pages. A trait, because the simulator's apps have no pages.

mod chromium;
mod front;

pub use chromium::{Chromium, on_path};

use async_trait::async_trait;
use std::path::Path;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shot {
    Taken {
        size_bytes: u64,
    },
    /// There is nothing to picture, or nothing to picture it with: the sentence says which.
    Skipped(String),
}

#[async_trait]
pub trait Camera: Send + Sync {
    /// Pictures `http://<host>/` as the data plane serves it now, into that file. An error is
    /// worth another attempt.
    async fn take(&self, host: &str, into: &Path) -> Result<Shot, String>;
}
