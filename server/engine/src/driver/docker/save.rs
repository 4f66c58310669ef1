//! An image as the Engine saves it, into a file.

use super::{Docker, error};
use crate::driver::DriverError;
use crate::driver::tee::Source;
use async_trait::async_trait;
use futures_util::StreamExt;
use std::path::Path;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// What the Engine may be silent for, while it gathers the layers.
const PATIENCE: Duration = Duration::from_secs(300);
const MOST_BYTES: u64 = 16 << 30;

#[async_trait]
impl Source for Docker {
    async fn save(&self, image: &str, into: &Path) -> Result<(), DriverError> {
        let engine = self.room.client.patient(PATIENCE).await?;
        let mut file = tokio::fs::File::create(into)
            .await
            .map_err(|e| unwritten(&e))?;
        let (mut parts, mut left) = (std::pin::pin!(engine.export_image(image)), MOST_BYTES);
        while let Some(part) = parts.next().await {
            let part = part.map_err(|e| match error::status(&e) {
                Some(404) => DriverError::Refused(format!("There is no image {image} any more.")),
                _ => self.room.client.failed("save an image", &e),
            })?;
            left = left.checked_sub(part.len() as u64).ok_or_else(|| {
                DriverError::Refused(format!(
                    "The image {image} has more than {} GiB.",
                    MOST_BYTES >> 30
                ))
            })?;
            file.write_all(&part).await.map_err(|e| unwritten(&e))?;
        }
        file.flush().await.map_err(|e| unwritten(&e))
    }
}

fn unwritten(error: &std::io::Error) -> DriverError {
    DriverError::Unreachable(format!("An image can't be written to disk: {error}."))
}
