//! Backups and restores. A backup is a dump by the service's own client, streamed into a file; a
//! restore never touches what is there before the backup was read to its end and found whole.

use super::pass::Here;
use super::{ServiceKeeper, ask};
use crate::dirs::private;
use crate::driver::services::{Content, Errand, Errands, Seed};
use crate::store::service::{Backup, Done, Managed, Service};
use domain::id::BackupId;
use domain::service::{Kind, MAX_BACKUP_BYTES, WorkStatus};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One dump, or one restore.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);
const STEP: Duration = Duration::from_secs(60);
const CHUNK_BYTES: usize = 64 * 1024;

/// As `redis-server` names the base of what it loads.
const REDIS_BASE: &str = "appendonlydir/appendonly.aof.1.base.rdb";
const REDIS_MANIFEST: &str = "appendonlydir/appendonly.aof.manifest";
const REDIS_LISTED: &str = "file appendonly.aof.1.base.rdb seq 1 type b\n";

/// The file of a backup.
pub fn file(folder: &Path, kind: Kind, id: &BackupId) -> PathBuf {
    let ending = match kind {
        Kind::Redis => "rdb",
        _ => "dump",
    };
    folder.join(format!("{id}.{ending}"))
}

impl ServiceKeeper {
    /// What waits for this service, if it can be done now.
    pub(super) async fn work(
        &self,
        here: &Here<'_>,
        managed: &Managed,
        is_ready: bool,
    ) -> Result<(), String> {
        if !is_ready && !self.may_begin_unready(here.service).await? {
            return Ok(());
        }
        let claimed = self.store.claim_backup(&here.service.id, &self.epoch).await;
        let Some(backup) = claimed.map_err(|e| e.to_string())? else {
            return Ok(());
        };
        self.hint(here.service);
        let done = match &backup.view.restores {
            None => self.back_up(here, &backup).await,
            Some(of) => self.put_back(here, of).await,
        };
        let done = done.unwrap_or_else(|sentence| Done {
            status: WorkStatus::Failed,
            sentence,
            file: None,
        });
        let ended = self
            .store
            .end_backup(here.service, &backup, &done, self.now())
            .await;
        ended.map_err(|e| e.to_string())?;
        self.hint(here.service);
        self.sweep(here.service, managed).await
    }

    /// A Redis that can't read its data is mended by a restore, which needs no running one.
    async fn may_begin_unready(&self, service: &Service) -> Result<bool, String> {
        if service.kind != Kind::Redis {
            return Ok(false);
        }
        let all = self.store.backups(&service.id).await;
        let all = all.map_err(|e| e.to_string())?;
        let waits = |b: &Backup| b.view.status == WorkStatus::Waiting;
        Ok(all.iter().any(|b| waits(b) && b.view.restores.is_some()))
    }

    async fn back_up(&self, here: &Here<'_>, backup: &Backup) -> Result<Done, String> {
        let service = here.service;
        let folder = self.dirs.backups(&service.id);
        private(&folder).map_err(|e| unwritable(&folder, &e))?;
        clear(&folder).map_err(|e| unwritable(&folder, &e))?;
        let path = file(&folder, service.kind, &backup.view.id);
        let part = path.with_extension("part");
        let began = self.clock.now();
        let dumped = dump(here, &part).await;
        let errands = match dumped {
            Ok(errands) => errands,
            Err(why) => {
                let _ = tokio::fs::remove_file(&part).await;
                return Err(why);
            }
        };
        let moved = tokio::fs::rename(&part, &path).await;
        moved.map_err(|e| unwritable(&path, &e))?;
        let took = self.clock.now().since_ms(began);
        Ok(Done {
            status: WorkStatus::Done,
            sentence: format!("{} bytes in {took} ms.", errands.written_bytes),
            file: Some((errands.written_bytes, errands.sha256)),
        })
    }

    async fn put_back(&self, here: &Here<'_>, of: &BackupId) -> Result<Done, String> {
        let service = here.service;
        let found = self.store.backup(&service.org, of).await;
        let found = found.map_err(|e| e.to_string())?;
        let backup = found.ok_or("The backup is not there any more; nothing was changed.")?;
        let path = file(&self.dirs.backups(&service.id), service.kind, of);
        whole(&path, backup.view.sha256.as_deref()).await?;
        match service.kind {
            Kind::Redis => redis_from(here, &path).await?,
            _ => postgres_from(here, &path).await?,
        }
        self.standing
            .with(&service.id, |known| known.checked = None);
        Ok(Done {
            status: WorkStatus::Done,
            sentence: format!("It holds what it held at {}.", backup.view.at.rfc3339()),
            file: None,
        })
    }

    /// Keeps so many backups.
    async fn sweep(&self, service: &Service, managed: &Managed) -> Result<(), String> {
        let old = self.store.old_backups(&service.id, managed.keep).await;
        for id in old.map_err(|e| e.to_string())? {
            let path = file(&self.dirs.backups(&service.id), service.kind, &id);
            remove(&path).await?;
            let gone = self.store.delete_backup(&service.org, &id).await;
            gone.map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}

async fn dump(here: &Here<'_>, into: &Path) -> Result<Errands, String> {
    let address = &here.service.address;
    let argv = match here.service.kind {
        Kind::Redis => ask::client("redis-cli", &["--rdb", "-"]),
        _ => {
            let who = format!("--username={}", address.user);
            let what = format!("--dbname={}", address.name);
            ask::client("pg_dump", &["--format=custom", &who, &what])
        }
    };
    let mut done = errand(here, &argv, None, Some(into), LONGEST).await?;
    if let Some(payload) = payload(&done.said).filter(|n| *n < done.written_bytes) {
        (done.written_bytes, done.sha256) = cut(into, payload).await?;
    }
    match done.written_bytes {
        0 => Err(format!("`{}` wrote nothing.", argv[0])),
        _ => Ok(done),
    }
}

/// What `redis-cli` says that it wrote. To its standard output it also writes the mark by which the
/// server ends the transfer, which is no part of the dump.
fn payload(said: &str) -> Option<u64> {
    let (_, rest) = said.rsplit_once("Transfer finished with success after ")?;
    rest.split(' ').next()?.parse().ok()
}

/// The first so many bytes of a file, and their digest.
async fn cut(path: &Path, bytes: u64) -> Result<(u64, String), String> {
    let file = path.to_owned();
    let shorten = move || {
        let writable = std::fs::File::options().write(true).open(&file)?;
        writable.set_len(bytes)?;
        writable.sync_all()?;
        digest(&file)
    };
    let done = tokio::task::spawn_blocking(shorten).await;
    let done = done.map_err(|e| e.to_string())?;
    done.map(|sha256| (bytes, sha256))
        .map_err(|e| unwritable(path, &e))
}

/// Runs to its end and is content with it.
async fn errand(
    here: &Here<'_>,
    argv: &[String],
    input: Option<&Path>,
    output: Option<&Path>,
    limit: Duration,
) -> Result<Errands, String> {
    let errand = Errand {
        argv,
        env: &ask::client_env(here.service),
        input,
        output,
        most_bytes: MAX_BACKUP_BYTES,
        limit,
    };
    let done = here.services.errand(&here.service.id, errand).await;
    let done = done.map_err(|e| e.to_string())?;
    let program = &argv[0];
    match done.code {
        Some(0) => Ok(done),
        None if done.over => Err(format!(
            "It is larger than the {} GiB that a backup may be.",
            MAX_BACKUP_BYTES >> 30
        )),
        None => Err(format!(
            "`{program}` took longer than {} s.",
            limit.as_secs()
        )),
        Some(code) => Err(format!("`{program}` ended with {code}: {}", done.said)),
    }
}

/// On a volume of its own: nothing of the old data can be mixed in.
async fn redis_from(here: &Here<'_>, path: &Path) -> Result<(), String> {
    let seed = |path: &str, content| Seed {
        path: path.to_owned(),
        content,
    };
    let seeds = [
        seed(REDIS_BASE, Content::File(path.to_owned())),
        seed(REDIS_MANIFEST, Content::Text(REDIS_LISTED.to_owned())),
    ];
    let wiped = here.services.wipe(&here.service.id).await;
    wiped.map_err(|e| e.to_string())?;
    let up = here.services.bring_up(&here.spec, &seeds).await;
    up.map_err(|e| {
        format!("{e} Its data is gone from the volume and safe in the backup: restore it again.")
    })
}

/// Into a database beside the one in use, which takes its name once it is complete.
async fn postgres_from(here: &Here<'_>, path: &Path) -> Result<(), String> {
    let address = &here.service.address;
    let (user, name) = (
        format!("--username={}", address.user),
        address.name.as_str(),
    );
    let (fresh, old) = (format!("{name}_restored"), format!("{name}_replaced"));
    let drop = |database: &str| {
        let words = [
            "--if-exists",
            "--force",
            "--maintenance-db=postgres",
            &user,
            database,
        ];
        ask::client("dropdb", &words)
    };
    let sql = |statements: &[String]| {
        let words = [
            "--no-psqlrc",
            "--quiet",
            "--dbname=postgres",
            &user,
            "--set=ON_ERROR_STOP=1",
        ];
        let mut argv = ask::client("psql", &words);
        argv.extend(statements.iter().map(|s| format!("--command={s}")));
        argv
    };
    let step = async |argv: Vec<String>| errand(here, &argv, None, None, STEP).await;
    step(drop(&fresh)).await?;
    step(drop(&old)).await?;
    step(ask::client(
        "createdb",
        &["--maintenance-db=postgres", &user, &fresh],
    ))
    .await?;
    let database = format!("--dbname={fresh}");
    let words = ["--exit-on-error", "--no-owner", &user, &database];
    let restore = ask::client("pg_restore", &words);
    errand(here, &restore, Some(path), None, LONGEST).await?;
    let switched = step(sql(&switch(name, &fresh, &old))).await;
    if switched.is_err() {
        let open = format!("ALTER DATABASE \"{name}\" WITH ALLOW_CONNECTIONS true");
        let _ = step(sql(&[open])).await;
    }
    switched?;
    step(drop(&old)).await.map(|_| ())
}

/// Everybody out, then both names at once.
fn switch(name: &str, fresh: &str, old: &str) -> Vec<String> {
    vec![
        format!("ALTER DATABASE \"{name}\" WITH ALLOW_CONNECTIONS false"),
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
        format!(
            "BEGIN; ALTER DATABASE \"{name}\" RENAME TO \"{old}\"; ALTER DATABASE \"{fresh}\" RENAME TO \"{name}\"; COMMIT"
        ),
    ]
}

/// It is what was written then, byte for byte.
async fn whole(path: &Path, sha256: Option<&str>) -> Result<(), String> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || digest(&path)).await;
    let read = read.map_err(|e| e.to_string())?;
    let found =
        read.map_err(|e| format!("The backup can't be read ({e}); nothing was changed."))?;
    match sha256 == Some(found.as_str()) {
        true => Ok(()),
        false => Err("The backup's file is not what was written then (its SHA-256 differs); nothing was changed.".into()),
    }
}

fn digest(path: &Path) -> std::io::Result<String> {
    let (mut file, mut hash) = (std::fs::File::open(path)?, Sha256::new());
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            n => hash.update(&chunk[..n]),
        }
    }
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

async fn remove(path: &Path) -> Result<(), String> {
    match tokio::fs::remove_file(path).await {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{} can't be removed: {e}.", path.display()))
        }
        _ => Ok(()),
    }
}

/// What a crash left half-written; nobody else writes here now.
fn clear(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "part") {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> String {
    format!("{} can't be written: {error}.", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p23_the_mark_of_a_transfer_is_no_part_of_the_dump() {
        let said = "SYNC sent to master, writing bytes of bulk transfer until EOF marker to '-'\nTransfer finished with success after 172 bytes\n";
        assert_eq!(payload(said), Some(172));
        assert_eq!(payload("pg_dump: nothing of the kind"), None);
    }
}
