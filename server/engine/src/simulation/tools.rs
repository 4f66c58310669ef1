//! Camera and scanner as the jobs after completion meet them: they may be missing, they may break,
//! and the process may be killed around them.

use super::outside::Outside;
use crate::camera::{Camera, Shot};
use crate::contents::{Scanned, Scanner};
use async_trait::async_trait;
use domain::view::FindingsView;
use std::path::Path;
use std::sync::Arc;

pub struct BadTools(pub Arc<Outside>);

#[async_trait]
impl Camera for BadTools {
    async fn take(&self, host: &str, _: &Path) -> Result<Shot, String> {
        let shot = match self.0.chance.below(4) {
            0 => Shot::Skipped("Chromium is not installed here.".into()),
            _ => Shot::Taken { size_bytes: 1 },
        };
        self.0
            .call(&format!("screenshot of {host}"), |e| e, async { Ok(shot) })
            .await
    }
}

#[async_trait]
impl Scanner for BadTools {
    async fn scan(&self, _: &Path) -> Result<Scanned, String> {
        let scanned = match self.0.chance.below(4) {
            0 => Scanned::Skipped("Neither trivy nor grype is installed.".into()),
            _ => Scanned::Found(FindingsView::default()),
        };
        self.0.call("scan", |e| e, async { Ok(scanned) }).await
    }
}
