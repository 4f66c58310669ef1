//! Who hears of every verdict, before anything follows from it: the one who keeps them.

use super::gate::{Asked, Looked};
use async_trait::async_trait;
use domain::attest::{Boot, SignedExpected, TpmKey};
use domain::id::InstanceId;

/// One look at one machine.
#[derive(Clone, Debug)]
pub struct Seen {
    pub instance: InstanceId,
    /// What it must be.
    pub expected: SignedExpected,
    pub tpm: TpmKey,
    /// On loopback.
    pub port: u16,
    /// The host's part of its boot.
    pub boot: Vec<Boot>,
    /// What was found; or why there is nothing.
    pub looked: Result<Looked, String>,
}

impl Seen {
    pub fn new(
        instance: &InstanceId,
        asked: &Asked<'_>,
        boot: Vec<Boot>,
        looked: Result<Looked, String>,
    ) -> Self {
        Self {
            instance: instance.clone(),
            expected: asked.expected.clone(),
            tpm: asked.tpm,
            port: asked.port,
            boot,
            looked,
        }
    }

    pub fn holds(&self) -> bool {
        self.looked.as_ref().is_ok_and(Looked::holds)
    }

    pub fn sentence(&self) -> String {
        match &self.looked {
            Ok(looked) => looked.sentence(),
            Err(why) => why.clone(),
        }
    }
}

#[async_trait]
pub trait Witness: Send + Sync {
    async fn saw(&self, seen: &Seen);
}

/// For whoever keeps nothing.
#[async_trait]
impl Witness for () {
    async fn saw(&self, _: &Seen) {}
}
