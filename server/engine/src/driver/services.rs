//! The optional interface of a driver whose place can keep data: services with a volume each.

use super::DriverError;
use async_trait::async_trait;
use domain::id::{EnvironmentId, OrgId, ServiceId};
use domain::service::Seen;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything that makes a service's container. Its port is published nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSpec {
    pub id: ServiceId,
    pub org: OrgId,
    /// What it is called in the networks of those who use it.
    pub name: String,
    pub image: String,
    /// Instead of the image's own, where it is not empty.
    pub command: Vec<String>,
    pub env: BTreeMap<String, String>,
    /// Small files that its command reads, by their path; put there before it starts.
    pub files: BTreeMap<String, String>,
    /// Where its volume is mounted.
    pub data: String,
    pub memory_mib: u32,
}

impl ServiceSpec {
    /// Another one means another container, on the same volume.
    pub fn digest(&self) -> String {
        let all = (
            &self.name,
            &self.image,
            &self.command,
            &self.env,
            &self.files,
            &self.data,
            self.memory_mib,
        );
        let text = serde_json::to_vec(&all).unwrap_or_default();
        Sha256::digest(text)
            .iter()
            .take(16)
            .map(|b| format!("{b:02x}"))
            .collect()
    }
}

/// A file to lie on a fresh volume before the service starts for the first time.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Below the place where the volume is mounted.
    pub path: String,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    Text(String),
    File(PathBuf),
}

/// A command inside a service: its input and output are files, however large.
pub struct Errand<'a> {
    /// No shell is involved.
    pub argv: &'a [String],
    pub env: &'a BTreeMap<String, String>,
    /// What it reads; nothing when not said.
    pub input: Option<&'a Path>,
    /// Where what it prints goes; thrown away when not said.
    pub output: Option<&'a Path>,
    /// Of its output; more ends it.
    pub most_bytes: u64,
    /// Then it is ended.
    pub limit: Duration,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errands {
    /// `None`: it took longer than its limit.
    pub code: Option<i64>,
    /// The end of what it said on its standard error; of everything where the output is thrown away.
    pub said: String,
    pub written_bytes: u64,
    /// Of what was written, in hexadecimal.
    pub sha256: String,
    /// There was more than it may write.
    pub over: bool,
}

#[async_trait]
pub trait Services: Send + Sync {
    /// `None`: it has no container. `current` compares with the spec that is wanted.
    async fn see(&self, spec: &ServiceSpec) -> Result<Option<Seen>, DriverError>;

    /// Network, volume and container, or adopts them; one that was made from another spec is
    /// replaced, and its volume stays. Seeds are laid down only where a container is made.
    async fn bring_up(&self, spec: &ServiceSpec, seeds: &[Seed]) -> Result<(), DriverError>;

    /// Into the environment's network, which is made if need be.
    async fn join(
        &self,
        spec: &ServiceSpec,
        environment: &EnvironmentId,
    ) -> Result<(), DriverError>;

    /// Out of it. One that is not in there has left already.
    async fn leave(&self, id: &ServiceId, environment: &EnvironmentId) -> Result<(), DriverError>;

    /// Container, network and volume; returns when they are gone. The data goes with them.
    async fn wipe(&self, id: &ServiceId) -> Result<(), DriverError>;

    /// Waits for its end, or for its limit.
    async fn errand(&self, id: &ServiceId, errand: Errand<'_>) -> Result<Errands, DriverError>;
}
