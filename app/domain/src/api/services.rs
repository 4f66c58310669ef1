//! Linked services (P-23): what can be asked of them.

use super::Reply;
use crate::access::Caller;
use crate::id::{BackupId, EnvironmentId, ServiceId};
use crate::service::Kind;
use crate::view::{BackupFile, BackupView, DeletePreview, Page, RestorePreview, ServiceView};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A service to add. With a `url` it runs elsewhere; without one Sealdock runs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewService {
    /// Lower case, digits and hyphens; apps reach a managed one by it.
    pub name: String,
    /// What it speaks.
    pub kind: Kind,
    /// With its credentials; never shown again.
    #[serde(default)]
    pub url: Option<String>,
    /// Of a managed one; each kind has a default.
    #[serde(default)]
    pub image: Option<String>,
    /// Of a managed one; 512 when not said.
    #[serde(default)]
    pub memory_mib: Option<u32>,
    /// When backups are made by themselves: five fields or `@daily`, in UTC. Never when not said.
    #[serde(default)]
    pub schedule: Option<String>,
    /// How many backups stay; 7 when not said.
    #[serde(default)]
    pub keep: Option<u32>,
    /// The runtime's name; the first reachable one when not said.
    #[serde(default)]
    pub runtime: Option<String>,
}

/// What is changed about a service; what is not said stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    /// Of one that runs elsewhere: in the old one's place. Apps get it with their next deployment.
    #[serde(default)]
    pub url: Option<String>,
    /// The container is made anew from it, on the same volume.
    #[serde(default)]
    pub image: Option<String>,
    /// The container is made anew with it.
    #[serde(default)]
    pub memory_mib: Option<u32>,
    /// Empty: no backups by themselves.
    #[serde(default)]
    pub schedule: Option<String>,
    /// How many backups stay.
    #[serde(default)]
    pub keep: Option<u32>,
}

/// Who is to use a service, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Of the same organization.
    pub environment: EnvironmentId,
    /// In front of the variables' names: `CACHE` makes `CACHE_REDIS_URL`.
    #[serde(default)]
    pub prefix: String,
}

/// The confirmation of a previewed restore.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Restore {
    /// Of the plan that was shown.
    pub digest: String,
    /// The service's name.
    pub typed: String,
}

/// Databases and stores that environments use.
#[async_trait]
pub trait Services: Send + Sync {
    /// All of the caller's organization.
    async fn services(&self, caller: &Caller) -> Reply<Vec<ServiceView>>;
    /// One, with who uses it.
    async fn service(&self, caller: &Caller, id: &ServiceId) -> Reply<ServiceView>;
    /// Written down at once, and brought up after the answer.
    async fn create_service(&self, caller: &Caller, new: NewService) -> Reply<ServiceView>;
    /// A managed one is made anew where that takes a change of its container.
    async fn set_service(
        &self,
        caller: &Caller,
        id: &ServiceId,
        settings: ServiceSettings,
    ) -> Reply<ServiceView>;
    /// With the environment's next deployment.
    async fn link(&self, caller: &Caller, id: &ServiceId, link: Link) -> Reply<ServiceView>;
    /// With the environment's next deployment; what runs keeps what it has.
    async fn unlink(
        &self,
        caller: &Caller,
        id: &ServiceId,
        environment: &EnvironmentId,
    ) -> Reply<ServiceView>;
    /// What a delete would take along, or who uses it still.
    async fn preview_delete_service(&self, caller: &Caller, id: &ServiceId)
    -> Reply<DeletePreview>;
    /// `typed` is its name. Refused while anybody uses it.
    async fn delete_service(&self, caller: &Caller, id: &ServiceId, typed: &str) -> Reply<()>;
    /// Backups and restores, the newest first.
    async fn backups(&self, caller: &Caller, id: &ServiceId) -> Reply<Page<BackupView>>;
    /// Begins after the answer.
    async fn back_up(&self, caller: &Caller, id: &ServiceId) -> Reply<BackupView>;
    /// To be streamed.
    async fn backup_file(&self, caller: &Caller, id: &BackupId) -> Reply<BackupFile>;
    /// What putting it back would do.
    async fn preview_restore(&self, caller: &Caller, id: &BackupId) -> Reply<RestorePreview>;
    /// Begins after the answer. What is there now is replaced.
    async fn restore(&self, caller: &Caller, id: &BackupId, restore: Restore) -> Reply<BackupView>;
    /// The file and its entry.
    async fn delete_backup(&self, caller: &Caller, id: &BackupId) -> Reply<()>;
}
