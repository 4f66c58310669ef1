//! The one service and its one backup.

use super::fixture::{Fixture, scoped};
use super::views::{backup_id, environment_id, service_id};
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::{Link, NewService, Reply, Restore, ServiceSettings, Services};
use domain::id::{BackupId, EnvironmentId, ServiceId};
use domain::service::{Kind, ServiceState, WorkStatus};
use domain::time::Time;
use domain::view::*;

fn service() -> ServiceView {
    ServiceView {
        id: service_id(),
        name: "db".into(),
        kind: Kind::Postgres,
        managed: None,
        address: "postgres://db.example:5432/app".into(),
        state: ServiceState::Ready,
        sentence: "It answers this server.".into(),
        note: None,
        links: vec![],
        no_backup: None,
        created_at: Time(1),
    }
}

fn backup() -> BackupView {
    BackupView {
        id: backup_id(),
        service: service_id(),
        restores: None,
        status: WorkStatus::Done,
        sentence: None,
        by: None,
        at: Time(1),
        ended_at: Some(Time(2)),
        size_bytes: Some(3),
        sha256: Some("00".into()),
        available: true,
    }
}

fn known(caller: &Caller, id: &ServiceId) -> Reply<()> {
    scoped(caller, id, &service_id(), "service")
}

fn known_backup(caller: &Caller, id: &BackupId) -> Reply<()> {
    scoped(caller, id, &backup_id(), "backup")
}

#[async_trait]
impl Services for Fixture {
    async fn services(&self, _: &Caller) -> Reply<Vec<ServiceView>> {
        Ok(vec![service()])
    }
    async fn service(&self, caller: &Caller, id: &ServiceId) -> Reply<ServiceView> {
        known(caller, id).map(|()| service())
    }
    async fn create_service(&self, _: &Caller, _: NewService) -> Reply<ServiceView> {
        Ok(service())
    }
    async fn set_service(
        &self,
        caller: &Caller,
        id: &ServiceId,
        _: ServiceSettings,
    ) -> Reply<ServiceView> {
        known(caller, id).map(|()| service())
    }
    async fn link(&self, caller: &Caller, id: &ServiceId, link: Link) -> Reply<ServiceView> {
        known(caller, id)?;
        let environment = &link.environment;
        scoped(caller, environment, &environment_id(), "environment").map(|()| service())
    }
    async fn unlink(
        &self,
        caller: &Caller,
        id: &ServiceId,
        environment: &EnvironmentId,
    ) -> Reply<ServiceView> {
        known(caller, id)?;
        scoped(caller, environment, &environment_id(), "environment").map(|()| service())
    }
    async fn preview_delete_service(
        &self,
        caller: &Caller,
        id: &ServiceId,
    ) -> Reply<DeletePreview> {
        known(caller, id)?;
        Ok(DeletePreview {
            name: "db".into(),
            lines: vec![],
            urls: vec![],
        })
    }
    async fn delete_service(&self, caller: &Caller, id: &ServiceId, _: &str) -> Reply<()> {
        known(caller, id)
    }
    async fn backups(&self, caller: &Caller, id: &ServiceId) -> Reply<Page<BackupView>> {
        known(caller, id)?;
        Ok(Page {
            items: vec![backup()],
            next: None,
        })
    }
    async fn back_up(&self, caller: &Caller, id: &ServiceId) -> Reply<BackupView> {
        known(caller, id).map(|()| backup())
    }
    async fn backup_file(&self, caller: &Caller, id: &BackupId) -> Reply<BackupFile> {
        known_backup(caller, id)?;
        let path = std::path::Path::new(&self.directory).join("backup");
        std::fs::write(&path, "abc").unwrap();
        Ok(BackupFile {
            path: path.display().to_string(),
            name: "db.dump".into(),
            size_bytes: 3,
        })
    }
    async fn preview_restore(&self, caller: &Caller, id: &BackupId) -> Reply<RestorePreview> {
        known_backup(caller, id)?;
        Ok(RestorePreview {
            name: "db".into(),
            service: service_id(),
            lines: vec![],
            digest: "d1".into(),
        })
    }
    async fn restore(&self, caller: &Caller, id: &BackupId, _: Restore) -> Reply<BackupView> {
        known_backup(caller, id).map(|()| backup())
    }
    async fn delete_backup(&self, caller: &Caller, id: &BackupId) -> Reply<()> {
        known_backup(caller, id)
    }
}
