//! Linked services: how each is, who uses it, its backups. Nothing in here opens anything.

use crate::id::{BackupId, DeploymentId, EnvironmentId, ProjectId, ServiceId};
use crate::service::{Kind, ServiceState, WorkStatus};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A service, without what opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ServiceView {
    /// Its own.
    pub id: ServiceId,
    /// Unique in the organization; a managed one is reached by it.
    pub name: String,
    /// What it speaks.
    pub kind: Kind,
    /// What Sealdock runs it with; `None`: it runs elsewhere.
    pub managed: Option<ManagedView>,
    /// Scheme, host, port and name: `postgres://db:5432/app`.
    pub address: String,
    /// How it is now.
    pub state: ServiceState,
    /// Why it is so.
    pub sentence: String,
    /// Read this before linking it.
    pub note: Option<String>,
    /// Who uses it.
    pub links: Vec<LinkView>,
    /// Why it has no backups; `None`: it has.
    pub no_backup: Option<String>,
    /// When it was added.
    pub created_at: Time,
}

/// The settings of a service that Sealdock runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ManagedView {
    /// As it was set; pulled when the machine does not have it.
    pub image: String,
    /// The ceiling.
    pub memory_mib: u32,
    /// When backups are made by themselves: five fields or `@daily`, in UTC; `None`: never.
    pub schedule: Option<String>,
    /// When the next one is.
    pub next_backup_at: Option<Time>,
    /// So many backups stay.
    pub keep: u32,
}

/// An environment that uses a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LinkView {
    /// Who.
    pub environment: EnvironmentId,
    /// For sentences.
    pub environment_name: String,
    /// Its project.
    pub project: ProjectId,
    /// For sentences.
    pub project_name: String,
    /// In front of the variables' names; empty: none.
    pub prefix: String,
    /// The names that it gives, without their values.
    pub variables: Vec<String>,
    /// It was unlinked, and what runs has it still.
    pub unlinked: bool,
    /// The deployment that runs with it.
    pub deployment: Option<DeploymentId>,
    /// Whether what runs has it, and what to do.
    pub sentence: String,
}

/// A backup, or a restore of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BackupView {
    /// Its own; of a restore, of that run.
    pub id: BackupId,
    /// Of what.
    pub service: ServiceId,
    /// The backup that was put back; `None`: this is a backup.
    pub restores: Option<BackupId>,
    /// How far it is.
    pub status: WorkStatus,
    /// What became of it.
    pub sentence: Option<String>,
    /// `None`: Sealdock itself, by the schedule.
    pub by: Option<String>,
    /// When it was asked for.
    pub at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// Of the file.
    pub size_bytes: Option<u64>,
    /// Of the file, in hexadecimal.
    pub sha256: Option<String>,
    /// The file is there: it can be taken home and restored.
    pub available: bool,
}

/// What a restore would do; its digest confirms it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RestorePreview {
    /// To be typed.
    pub name: String,
    /// Whose data is replaced.
    pub service: ServiceId,
    /// What happens, in its order.
    pub lines: Vec<String>,
    /// Of exactly this.
    pub digest: String,
}

/// Where a backup's file lies: for whoever streams it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupFile {
    /// On this machine.
    pub path: String,
    /// What to call it elsewhere.
    pub name: String,
    /// Its length.
    pub size_bytes: u64,
}
