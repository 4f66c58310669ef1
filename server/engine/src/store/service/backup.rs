//! Backups and restores: a row before either begins, and at most one under way for each service.

use super::Service;
use crate::store::event::{NewEvent, write};
use crate::store::{Now, Row, Store, StoreError, Stored};
use domain::access::Caller;
use domain::id::{BackupId, OrgId, ServiceId};
use domain::service::WorkStatus;
use domain::time::Time;
use domain::view::BackupView;
use sqlx::Row as _;

const LISTED: i64 = 200;

/// A backup, or a restore of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    pub view: BackupView,
    pub org: OrgId,
}

/// One to be made.
pub struct NewBackup<'a> {
    pub id: &'a BackupId,
    pub service: &'a Service,
    /// The backup to put back.
    pub restores: Option<&'a BackupId>,
    /// `None`: the schedule.
    pub by: Option<&'a Caller>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub status: WorkStatus,
    pub sentence: String,
    /// The file's length and digest.
    pub file: Option<(u64, String)>,
}

const SELECT: &str = "SELECT b.id, b.org, b.service, b.restores, b.status, b.sentence, u.email, b.created_at, b.ended_at, b.size_bytes, b.sha256 \
    FROM service_backups b LEFT JOIN users u ON u.id = b.actor";

impl Store {
    /// False when one waits or is under way already. `next` is when the schedule's next one is due.
    pub async fn add_backup(
        &self,
        new: NewBackup<'_>,
        next: Option<Option<Time>>,
        now: Now,
    ) -> Stored<bool> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO service_backups (id, org, service, restores, status, actor, created_at) \
                   SELECT $1, $2, s.id, $4, 'waiting', $5, $6 FROM services s WHERE s.id = $3 AND s.deleting = 0 \
                   AND NOT EXISTS (SELECT 1 FROM service_backups b WHERE b.service = $3 AND b.status IN ('waiting', 'running'))";
        let service = new.service;
        let added = sqlx::query(sql)
            .bind(new.id.as_str())
            .bind(service.org.as_str())
            .bind(service.id.as_str())
            .bind(new.restores.map(BackupId::as_str))
            .bind(new.by.map(|caller| caller.user.as_str()))
            .bind(now.at.0)
            .execute(&mut *tx)
            .await?;
        let is_new = added.rows_affected() > 0;
        if let Some(next) = next {
            sqlx::query("UPDATE services SET next_backup_at = $1 WHERE id = $2")
                .bind(next.map(|at| at.0))
                .bind(service.id.as_str())
                .execute(&mut *tx)
                .await?;
        }
        if is_new {
            let (kind, sentence) = asked(&new);
            let actor = new.by.map(|caller| &caller.user);
            let event = NewEvent::by(&service.org, actor, kind, sentence);
            write(&mut tx, now, event).await?;
        }
        tx.commit().await?;
        Ok(is_new)
    }

    /// The newest first.
    pub async fn backups(&self, service: &ServiceId) -> Stored<Vec<Backup>> {
        let sql = format!("{SELECT} WHERE b.service = $1 ORDER BY b.id DESC LIMIT $2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(service.as_str())
            .bind(LISTED)
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(backup).collect()
    }

    pub async fn backup(&self, org: &OrgId, id: &BackupId) -> Stored<Option<Backup>> {
        let sql = format!("{SELECT} WHERE b.org = $1 AND b.id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(org.as_str())
            .bind(id.as_str())
            .fetch_optional(self.pool())
            .await?;
        row.map(|r| backup(&r)).transpose()
    }

    /// What waits for this service, now under way.
    pub(crate) async fn claim_backup(
        &self,
        service: &ServiceId,
        epoch: &str,
    ) -> Stored<Option<Backup>> {
        let sql = "UPDATE service_backups SET status = 'running', epoch = $2 WHERE status = 'waiting' \
                   AND id = (SELECT id FROM service_backups WHERE service = $1 AND status = 'waiting' ORDER BY id LIMIT 1) RETURNING id, org";
        let row = sqlx::query(sql)
            .bind(service.as_str())
            .bind(epoch)
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let org = row.try_get::<String, _>("org")?.parse()?;
        let id = row.try_get::<String, _>("id")?.parse()?;
        self.backup(&org, &id).await
    }

    pub(crate) async fn end_backup(
        &self,
        service: &Service,
        backup: &Backup,
        done: &Done,
        now: Now,
    ) -> Stored<()> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE service_backups SET status = $1, sentence = $2, ended_at = $3, size_bytes = $4, sha256 = $5 WHERE id = $6 AND status = 'running'";
        let ended = sqlx::query(sql)
            .bind(done.status.word())
            .bind(&done.sentence)
            .bind(now.at.0)
            .bind(done.file.as_ref().map(|(size, _)| *size as i64))
            .bind(done.file.as_ref().map(|(_, sha256)| sha256))
            .bind(backup.view.id.as_str())
            .execute(&mut *tx)
            .await?;
        if ended.rows_affected() == 0 {
            return Err(StoreError::Stale);
        }
        let (kind, what) = match &backup.view.restores {
            None => ("service_backed_up", "The backup"),
            Some(_) => ("service_restored", "The restore"),
        };
        let how = match done.status {
            WorkStatus::Done => "is done",
            _ => "failed",
        };
        let sentence = format!(
            "{what} of the service {} {how}. {}",
            service.name, done.sentence
        );
        write(
            &mut tx,
            now,
            NewEvent::by(&service.org, None, kind, sentence),
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Done backups beyond so many: the oldest.
    pub(crate) async fn old_backups(
        &self,
        service: &ServiceId,
        keep: u32,
    ) -> Stored<Vec<BackupId>> {
        let sql = "SELECT id FROM service_backups WHERE service = $1 AND restores IS NULL AND status = 'done' ORDER BY id DESC LIMIT 1000 OFFSET $2";
        let rows = sqlx::query(sql)
            .bind(service.as_str())
            .bind(i64::from(keep))
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|r| Ok(r.try_get::<String, _>("id")?.parse()?))
            .collect()
    }

    /// The entry alone; the file is the caller's to remove.
    pub async fn delete_backup(&self, org: &OrgId, id: &BackupId) -> Stored<bool> {
        let sql = "DELETE FROM service_backups WHERE org = $1 AND id = $2 AND status IN ('done', 'failed')";
        let gone = sqlx::query(sql)
            .bind(org.as_str())
            .bind(id.as_str())
            .execute(self.pool())
            .await?;
        Ok(gone.rows_affected() > 0)
    }

    /// What another boot was at is not done, and nobody knows how much of it is.
    pub(crate) async fn lose_backups_of_earlier_boots(&self, epoch: &str, now: Now) -> Stored<u64> {
        let sql = "UPDATE service_backups SET status = 'failed', ended_at = $2, \
                   sentence = CASE WHEN restores IS NULL THEN 'Sealdock was stopped meanwhile; make another one.' \
                   ELSE 'Sealdock was stopped meanwhile: the data may be incomplete. Restore it again.' END \
                   WHERE status = 'running' AND epoch <> $1";
        let lost = sqlx::query(sql)
            .bind(epoch)
            .bind(now.at.0)
            .execute(self.pool())
            .await?;
        Ok(lost.rows_affected())
    }
}

fn asked(new: &NewBackup<'_>) -> (&'static str, String) {
    let name = &new.service.name;
    let who = new
        .by
        .map_or("The schedule", |caller| caller.email.as_str());
    match new.restores {
        None => (
            "service_backup_asked",
            format!("{who} asked for a backup of the service {name}."),
        ),
        Some(_) => (
            "service_restore_asked",
            format!("{who} asked to restore the service {name} from a backup."),
        ),
    }
}

fn backup(row: &Row) -> Stored<Backup> {
    let status: String = row.try_get("status")?;
    let status = WorkStatus::parse(&status)
        .ok_or_else(|| StoreError::Unreadable(format!("the status `{status}`")))?;
    let restores = row.try_get::<Option<String>, _>("restores")?;
    let restores: Option<BackupId> = restores.map(|id| id.parse()).transpose()?;
    let size = row.try_get::<Option<i64>, _>("size_bytes")?;
    Ok(Backup {
        org: row.try_get::<String, _>("org")?.parse()?,
        view: BackupView {
            id: row.try_get::<String, _>("id")?.parse()?,
            service: row.try_get::<String, _>("service")?.parse()?,
            available: restores.is_none() && status == WorkStatus::Done,
            restores,
            status,
            sentence: row.try_get("sentence")?,
            by: row.try_get("email")?,
            at: Time(row.try_get("created_at")?),
            ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(Time),
            size_bytes: size.map(|n| n.max(0) as u64),
            sha256: row.try_get("sha256")?,
        },
    })
}
