//! Linked services (P-23): a PostgreSQL, a Redis or an S3-compatible store that environments use.
//!
//! A service is *external*, known by its URL, or *managed*: a container with a volume that Sealdock
//! keeps running. A link joins an environment to it. What a link gives an app is decided when a
//! deployment is asked for and stays with that deployment, like the rest of its configuration: so
//! linking and unlinking take effect with the next deployment.

mod address;
mod inject;
mod upkeep;

pub use address::Address;
pub use inject::{changes, clash, prefix, variables};
pub use upkeep::{Checked, Container, Seen, Step, Upkeep, World, external, upkeep};

use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// Services of one organization.
pub const MOST_SERVICES: u32 = 100;
/// What one backup may grow to.
pub const MAX_BACKUP_BYTES: u64 = 20 << 30;
/// Backups that are kept of each service when nobody says.
pub const KEEP_BACKUPS: u32 = 7;
/// Nor more than these.
pub const MOST_BACKUPS: u32 = 90;
/// When nobody says.
pub const MEMORY_MIB: u32 = 512;
const MEMORY_RANGE_MIB: (u32, u32) = (64, 65_536);
const LONGEST_IMAGE: usize = 512;

/// What it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A database that speaks PostgreSQL's protocol.
    Postgres,
    /// A store that speaks Redis's protocol.
    Redis,
    /// A store of objects with the API of S3.
    S3,
}

impl Kind {
    /// For forms and tables.
    pub const ALL: [Kind; 3] = [Kind::Postgres, Kind::Redis, Kind::S3];

    /// As the API writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Postgres => "postgres",
            Kind::Redis => "redis",
            Kind::S3 => "s3",
        }
    }

    /// Reads the API's word back.
    pub fn parse(word: &str) -> Option<Kind> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Kind::Postgres => "PostgreSQL",
            Kind::Redis => "Redis",
            Kind::S3 => "S3-compatible store",
        }
    }

    /// Where such a server listens when nobody says.
    pub const fn port(self, tls: bool) -> u16 {
        match (self, tls) {
            (Kind::Postgres, _) => 5432,
            (Kind::Redis, _) => 6379,
            (Kind::S3, true) => 443,
            (Kind::S3, false) => 80,
        }
    }

    /// What Sealdock runs when no other image is set; `None`: it does not run this kind.
    pub const fn image(self) -> Option<&'static str> {
        match self {
            Kind::Postgres => Some("postgres:17"),
            Kind::Redis => Some("redis:8"),
            Kind::S3 => None,
        }
    }
}

/// The image of a managed service.
pub fn image(kind: Kind, wanted: Option<&str>) -> Result<String, Refusal> {
    let Some(own) = kind.image() else {
        return Err(Refusal::invalid(
            "kind",
            format!("Sealdock does not run a {} itself.", kind.title()),
        )
        .way_out("Give the URL of one that runs elsewhere."));
    };
    let text = wanted.map(str::trim).filter(|text| !text.is_empty());
    let text = text.unwrap_or(own);
    let fine = text.len() <= LONGEST_IMAGE
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_graphic());
    match fine {
        true => Ok(text.to_owned()),
        false => Err(
            Refusal::invalid("image", "That is not the name of an image.").way_out(format!(
                "Write it like `{own}` or registry.example.org/db:1.4."
            )),
        ),
    }
}

/// The ceiling of a managed service.
pub fn memory(wanted: Option<u32>) -> Result<u32, Refusal> {
    let (least, most) = MEMORY_RANGE_MIB;
    let mib = wanted.unwrap_or(MEMORY_MIB);
    match (least..=most).contains(&mib) {
        true => Ok(mib),
        false => Err(Refusal::invalid(
            "memory_mib",
            format!("A service can have {least} to {most} MiB of memory, and not {mib}."),
        )
        .way_out("Choose a number between the two.")),
    }
}

/// How many backups stay.
pub fn keep(wanted: Option<u32>) -> Result<u32, Refusal> {
    let n = wanted.unwrap_or(KEEP_BACKUPS);
    match (1..=MOST_BACKUPS).contains(&n) {
        true => Ok(n),
        false => Err(Refusal::invalid(
            "keep",
            format!("1 to {MOST_BACKUPS} backups can be kept, and not {n}."),
        )
        .way_out("Choose a number between the two.")),
    }
}

/// Why a service has no backups of ours; `None`: it has.
pub fn no_backup(kind: Kind, managed: bool) -> Option<String> {
    let why = match (kind, managed) {
        (Kind::Postgres, false) => {
            "It runs elsewhere, so its backups are not ours to make. Whoever runs it has `pg_dump` and `pg_restore`."
        }
        (Kind::Redis, false) => {
            "It runs elsewhere, so its backups are not ours to make. Whoever runs it has `redis-cli --rdb`."
        }
        (Kind::S3, _) => {
            "It runs elsewhere, so its backups are not ours to make. Turn on versioning or replication where it runs."
        }
        (_, true) => return None,
    };
    Some(why.to_owned())
}

/// How a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// It is being brought up, or was not looked at yet.
    Starting,
    /// It answered when it was last asked.
    Ready,
    /// It does not run, or does not answer.
    Failed,
    /// It goes away.
    Deleting,
}

impl ServiceState {
    /// For people and the command line.
    pub const fn word(self) -> &'static str {
        match self {
            ServiceState::Starting => "Starting",
            ServiceState::Ready => "Ready",
            ServiceState::Failed => "Failed",
            ServiceState::Deleting => "Deleting",
        }
    }
}

/// How far a backup or a restore is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WorkStatus {
    /// It waits for its service.
    Waiting,
    /// It is under way.
    Running,
    /// It is done.
    Done,
    /// It is not done; the sentence says why.
    Failed,
}

impl WorkStatus {
    const ALL: [WorkStatus; 4] = [
        WorkStatus::Waiting,
        WorkStatus::Running,
        WorkStatus::Done,
        WorkStatus::Failed,
    ];

    /// As the store writes it.
    pub const fn word(self) -> &'static str {
        match self {
            WorkStatus::Waiting => "waiting",
            WorkStatus::Running => "running",
            WorkStatus::Done => "done",
            WorkStatus::Failed => "failed",
        }
    }

    /// Reads the store's word back.
    pub fn parse(word: &str) -> Option<WorkStatus> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Nothing comes of it any more.
    pub const fn is_final(self) -> bool {
        matches!(self, WorkStatus::Done | WorkStatus::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p23_an_image_is_a_setting_with_a_default_for_each_kind_that_is_run() {
        assert_eq!(image(Kind::Postgres, None).as_deref(), Ok("postgres:17"));
        assert_eq!(image(Kind::Redis, Some(" ")).as_deref(), Ok("redis:8"));
        assert_eq!(
            image(Kind::Redis, Some("valkey:8")).as_deref(),
            Ok("valkey:8")
        );
        assert!(image(Kind::Postgres, Some("--privileged")).is_err());
        let no = image(Kind::S3, Some("minio")).expect_err("it is not run");
        assert!(no.sentence.contains("does not run"), "{no}");
    }

    #[test]
    fn p23_limits_have_their_sentences() {
        assert_eq!(memory(None), Ok(MEMORY_MIB));
        assert!(memory(Some(1)).is_err_and(|no| no.sentence.contains("64 to 65536 MiB")));
        assert_eq!(keep(None), Ok(KEEP_BACKUPS));
        assert!(keep(Some(0)).is_err());
    }

    #[test]
    fn p23_only_what_sealdock_runs_is_backed_up() {
        for kind in Kind::ALL {
            assert!(no_backup(kind, false).is_some(), "{kind:?}");
        }
        assert_eq!(no_backup(Kind::Postgres, true), None);
        assert_eq!(no_backup(Kind::Redis, true), None);
    }
}
