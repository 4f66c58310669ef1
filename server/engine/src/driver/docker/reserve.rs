//! What stays free of the disk that the Engine builds on. A build that begins with less is refused
//! then, and not in the middle if it happens to be slow. Only where that disk is this machine's.

use super::Room;
use crate::disk;
use crate::driver::DriverError;
use std::path::PathBuf;
use std::time::Duration;

/// A build writes some hundred MiB between two looks, at most.
const LOOKS_AGAIN: Duration = Duration::from_millis(250);

pub struct Reserve {
    disk: PathBuf,
    mib: u64,
}

impl Reserve {
    /// `None` where the Engine does not say where it builds.
    pub async fn of(room: &Room) -> Option<Self> {
        let info = room.client.engine().await.ok()?.info().await.ok()?;
        Some(Self {
            disk: info.docker_root_dir?.into(),
            mib: room.options.disk_reserve_bytes >> 20,
        })
    }

    pub fn begin(&self) -> Result<(), DriverError> {
        self.touched()
            .map_or(Ok(()), |left| Err(self.refusal("did not begin", left)))
    }

    /// Ends once the build has eaten into it.
    pub async fn runs_low(&self) -> DriverError {
        loop {
            tokio::time::sleep(LOOKS_AGAIN).await;
            if let Some(left) = self.touched() {
                return self.refusal("was stopped", left);
            }
        }
    }

    /// The MiB that are left, when they are too few.
    fn touched(&self) -> Option<u64> {
        disk::free_mib(&self.disk).filter(|left| *left < self.mib)
    }

    fn refusal(&self, what: &str, left: u64) -> DriverError {
        DriverError::Refused(format!(
            "The build {what}, because the disk at {} has only {left} MiB left and {} MiB stay free for everything else. Free some space (Settings, Disk), or make the build smaller.",
            self.disk.display(),
            self.mib
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserve(mib: u64) -> Reserve {
        Reserve {
            disk: std::env::temp_dir(),
            mib,
        }
    }

    #[test]
    fn p5_a_build_does_not_begin_on_a_disk_that_would_stop_it() {
        assert!(reserve(0).begin().is_ok());
        let refused = reserve(u64::MAX).begin().expect_err("no disk has that");
        let sentence = refused.to_string();
        assert!(
            sentence.starts_with("The build did not begin, because the disk at "),
            "{sentence}"
        );
    }

    #[tokio::test]
    async fn p5_a_build_is_stopped_once_it_eats_into_the_reserve() {
        let stopped = reserve(u64::MAX).runs_low().await.to_string();
        assert!(stopped.contains("was stopped"), "{stopped}");
    }
}
