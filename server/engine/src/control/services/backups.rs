//! Backups: list, make, take home, put back, throw away.

use super::refused::{not_deleting, not_its_name};
use crate::control::{Control, broken, found};
use crate::services::backup_path;
use crate::store::service::{Backup, NewBackup, Service};
use domain::access::{Action, Caller};
use domain::api::{Reply, Restore};
use domain::id::{BackupId, ServiceId};
use domain::refusal::Refusal;
use domain::service::{Kind, no_backup};
use domain::view::{BackupFile, BackupView, Page, RestorePreview};
use sha2::{Digest, Sha256};

impl Control {
    pub(super) async fn list_backups(
        &self,
        caller: &Caller,
        id: &ServiceId,
    ) -> Reply<Page<BackupView>> {
        caller.may(Action::Read)?;
        self.the_service(caller, id).await?;
        let rows = self.store.backups(id).await.map_err(broken)?;
        let items = rows.into_iter().map(|row| row.view).collect();
        Ok(Page { items, next: None })
    }

    pub(super) async fn ask_for_backup(
        &self,
        caller: &Caller,
        id: &ServiceId,
    ) -> Reply<BackupView> {
        caller.may(Action::ManageServices)?;
        let service = self.the_service(caller, id).await?;
        backed_up(&service)?;
        self.ask(caller, &service, None).await
    }

    pub(super) async fn file_of_backup(&self, caller: &Caller, id: &BackupId) -> Reply<BackupFile> {
        caller.may(Action::ManageServices)?;
        let (backup, service) = self.whole_backup(caller, id).await?;
        let path = backup_path(&self.dirs.backups(&service.id), service.kind, id);
        let ending = path.extension().and_then(|e| e.to_str());
        Ok(BackupFile {
            name: format!("{}-{id}.{}", service.name, ending.unwrap_or("dump")),
            path: path.display().to_string(),
            size_bytes: backup.view.size_bytes.unwrap_or_default(),
        })
    }

    pub(super) async fn plan_restore(
        &self,
        caller: &Caller,
        id: &BackupId,
    ) -> Reply<RestorePreview> {
        caller.may(Action::ReplaceData)?;
        let (backup, service) = self.whole_backup(caller, id).await?;
        let links = self.store.links_of_service(&service.id).await;
        let users = links.map_err(broken)?;
        let users = users.iter().map(|link| {
            let name = format!("{} / {}", link.project_name, link.environment_name);
            format!("{name} uses it: its connections break, and it has to connect again")
        });
        let mut lines = what_happens(&service, &backup);
        lines.extend(users);
        let digest = digest(&(&lines, id, &service.name, &backup.view.sha256));
        Ok(RestorePreview {
            name: service.name,
            service: service.id,
            lines,
            digest,
        })
    }

    pub(super) async fn ask_for_restore(
        &self,
        caller: &Caller,
        id: &BackupId,
        restore: &Restore,
    ) -> Reply<BackupView> {
        let plan = self.plan_restore(caller, id).await?;
        let service = self.the_service(caller, &plan.service).await?;
        if restore.typed.trim() != plan.name {
            let why = "what the service holds now is replaced";
            return Err(not_its_name(&service, why));
        }
        if restore.digest != plan.digest {
            return Err(Refusal::conflict(
                "plan_changed",
                "The plan has changed since it was shown, so nothing was done.",
            )
            .way_out("Look at the new plan and confirm it."));
        }
        self.ask(caller, &service, Some(id)).await
    }

    pub(super) async fn discard_backup(&self, caller: &Caller, id: &BackupId) -> Reply<()> {
        caller.may(Action::ManageServices)?;
        let backup = found(self.store.backup(&caller.org, id).await, "backup")?;
        let service = self.the_service(caller, &backup.view.service).await?;
        if !backup.view.status.is_final() {
            return Err(under_way(&service));
        }
        let path = backup_path(&self.dirs.backups(&service.id), service.kind, id);
        match tokio::fs::remove_file(&path).await {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(broken(e)),
            _ => {}
        }
        let gone = self.store.delete_backup(&caller.org, id).await;
        gone.map_err(broken)?;
        self.changed_service(&service);
        Ok(())
    }

    /// A row; the keeper does the rest.
    async fn ask(
        &self,
        caller: &Caller,
        service: &Service,
        restores: Option<&BackupId>,
    ) -> Reply<BackupView> {
        not_deleting(service)?;
        let now = self.now();
        let id = BackupId::new(now.at, now.entropy);
        let new = NewBackup {
            id: &id,
            service,
            restores,
            by: Some(caller),
        };
        let added = self.store.add_backup(new, None, self.now()).await;
        if !added.map_err(broken)? {
            return Err(under_way(service));
        }
        self.changed_service(service);
        let row = found(self.store.backup(&caller.org, &id).await, "backup")?;
        Ok(row.view)
    }

    /// One whose file is there.
    async fn whole_backup(&self, caller: &Caller, id: &BackupId) -> Reply<(Backup, Service)> {
        let backup = found(self.store.backup(&caller.org, id).await, "backup")?;
        let service = self.the_service(caller, &backup.view.service).await?;
        match backup.view.available {
            true => Ok((backup, service)),
            false => Err(Refusal::conflict(
                "no_backup_file",
                "There is no file of this: it is a restore, or a backup that is not done.",
            )
            .way_out("Choose a backup that is done.")),
        }
    }
}

fn backed_up(service: &Service) -> Reply<()> {
    match no_backup(service.kind, service.managed.is_some()) {
        None => Ok(()),
        Some(why) => Err(Refusal::conflict("no_backup", why).way_out("Back it up where it runs.")),
    }
}

fn under_way(service: &Service) -> Refusal {
    Refusal::conflict(
        "backup_under_way",
        format!(
            "A backup or a restore of `{}` waits or is under way.",
            service.name
        ),
    )
    .way_out("Wait until it has ended; the list of backups shows how far it is.")
}

fn what_happens(service: &Service, backup: &Backup) -> Vec<String> {
    let at = backup.view.at.rfc3339();
    let bytes = backup.view.size_bytes.unwrap_or_default();
    let how = match service.kind {
        Kind::Redis => {
            "the container is made anew on an empty volume, loads the backup, and answers again after that"
        }
        _ => {
            "the backup is read into a database beside the one in use, which then takes its place; until that moment nothing is lost"
        }
    };
    vec![
        format!(
            "everything that {} holds now is replaced by what it held at {at}",
            service.name
        ),
        format!("the backup's {bytes} bytes are first compared with the SHA-256 of then"),
        how.to_owned(),
    ]
}

fn digest(what: &impl serde::Serialize) -> String {
    let text = serde_json::to_vec(what).unwrap_or_default();
    let all = Sha256::digest(text);
    all.iter().take(16).map(|b| format!("{b:02x}")).collect()
}
