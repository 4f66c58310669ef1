//! The databases of the gallery's shop.

use super::{Gallery, World, no};
use domain::access::{Action, Caller};
use domain::api::{Link, NewService, Reply, Restore, ServiceSettings, Services};
use domain::id::{BackupId, DeploymentId, EnvironmentId, ProjectId, ServiceId};
use domain::refusal::Refusal;
use domain::service::{Address, Kind, ServiceState, WorkStatus, no_backup, variables};
use domain::time::Time;
use domain::view::*;

const HOUR: i64 = 3_600_000;

fn id(n: u128) -> ServiceId {
    ServiceId::new(Time(1), n)
}

impl Gallery {
    fn all(&self, caller: &Caller) -> Vec<ServiceView> {
        match World::of(caller) {
            World::Empty => vec![],
            World::Failed => vec![
                self.database(),
                self.cache(ServiceState::Failed),
                self.store(),
            ],
            _ => vec![
                self.database(),
                self.cache(ServiceState::Starting),
                self.store(),
            ],
        }
    }

    fn of_kind(&self, n: u128, name: &str, kind: Kind, url: &str, prefix: &str) -> ServiceView {
        let address = Address::parse(kind, url).ok();
        let names = address.as_ref().map(|a| variables(kind, a, prefix));
        let link = LinkView {
            environment: EnvironmentId::new(Time(1), 1),
            environment_name: "production".into(),
            project: ProjectId::new(Time(1), 1),
            project_name: "shop".into(),
            prefix: prefix.into(),
            variables: names.unwrap_or_default().into_keys().collect(),
            unlinked: false,
            deployment: Some(DeploymentId::new(Time(1), 11)),
            sentence: "#41 runs with it.".into(),
        };
        ServiceView {
            id: id(n),
            name: name.into(),
            kind,
            managed: None,
            address: address.map(|a| a.shown(kind)).unwrap_or_default(),
            state: ServiceState::Ready,
            sentence: "It answers.".into(),
            note: None,
            links: vec![link],
            no_backup: no_backup(kind, false),
            created_at: self.now.plus_ms(-90 * 24 * HOUR),
        }
    }

    fn database(&self) -> ServiceView {
        ServiceView {
            managed: Some(ManagedView {
                image: "postgres:17".into(),
                memory_mib: 1024,
                schedule: Some("30 3 * * *".into()),
                next_backup_at: Some(self.now.plus_ms(7 * HOUR)),
                keep: 14,
            }),
            no_backup: None,
            ..self.of_kind(
                1,
                "orders",
                Kind::Postgres,
                "postgres://app:x@orders/app",
                "",
            )
        }
    }

    fn cache(&self, state: ServiceState) -> ServiceView {
        let sentence = match state {
            ServiceState::Failed => {
                "The registry of redis:8 does not answer (dial tcp: i/o timeout). Check the machine's network and the registry's name."
            }
            _ => "The image redis:8 is being pulled.",
        };
        let mut view = self.of_kind(2, "cache", Kind::Redis, "redis://:x@cache", "CACHE");
        for link in &mut view.links {
            link.deployment = None;
            link.sentence = "What runs there has it not yet; redeploy, and it has.".into();
        }
        ServiceView {
            managed: Some(ManagedView {
                image: "redis:8".into(),
                memory_mib: 256,
                schedule: None,
                next_backup_at: None,
                keep: 7,
            }),
            state,
            sentence: sentence.into(),
            no_backup: None,
            ..view
        }
    }

    fn store(&self) -> ServiceView {
        let url = "https://AKIA:x@s3.eu-central-1.example.com/shop-pictures";
        ServiceView {
            sentence: "It answers this server.".into(),
            ..self.of_kind(3, "pictures", Kind::S3, url, "")
        }
    }

    fn a_backup(&self, n: u128, status: WorkStatus, hours_ago: i64) -> BackupView {
        let at = self.now.plus_ms(-hours_ago * HOUR);
        let done = status == WorkStatus::Done;
        BackupView {
            id: BackupId::new(at, n),
            service: id(1),
            restores: None,
            status,
            sentence: match status {
                WorkStatus::Done => Some("4812044 bytes in 2140 ms.".into()),
                WorkStatus::Failed => Some("`pg_dump` took longer than 7200 s.".into()),
                _ => None,
            },
            by: (n == 1).then(|| "ada@example.com".into()),
            at,
            ended_at: status.is_final().then(|| at.plus_ms(2_140)),
            size_bytes: done.then_some(4_812_044),
            sha256: done.then(|| super::scene::sha("backup")),
            available: done,
        }
    }
}

#[async_trait::async_trait]
impl Services for Gallery {
    async fn services(&self, caller: &Caller) -> Reply<Vec<ServiceView>> {
        Ok(self.all(caller))
    }

    async fn service(&self, caller: &Caller, id: &ServiceId) -> Reply<ServiceView> {
        let mut all = self.all(caller).into_iter();
        all.find(|s| s.id == *id)
            .ok_or_else(|| Refusal::not_found("service"))
    }

    async fn create_service(&self, caller: &Caller, _: NewService) -> Reply<ServiceView> {
        caller.may(Action::ManageServices)?;
        Err(no())
    }

    async fn set_service(
        &self,
        caller: &Caller,
        _: &ServiceId,
        _: ServiceSettings,
    ) -> Reply<ServiceView> {
        caller.may(Action::ManageServices)?;
        Err(no())
    }

    async fn link(&self, caller: &Caller, _: &ServiceId, _: Link) -> Reply<ServiceView> {
        caller.may(Action::ManageServices)?;
        Err(no())
    }

    async fn unlink(
        &self,
        caller: &Caller,
        _: &ServiceId,
        _: &EnvironmentId,
    ) -> Reply<ServiceView> {
        caller.may(Action::ManageServices)?;
        Err(no())
    }

    async fn preview_delete_service(
        &self,
        caller: &Caller,
        id: &ServiceId,
    ) -> Reply<DeletePreview> {
        caller.may(Action::ReplaceData)?;
        let service = self.service(caller, id).await?;
        if service.id == self::id(1) {
            let sentence = format!(
                "`{}` is in use: shop / production is linked to it.",
                service.name
            );
            return Err(Refusal::conflict("service_in_use", sentence).way_out(
                "Unlink it there, and deploy what runs with it once more; then nothing uses it.",
            ));
        }
        Ok(DeletePreview {
            name: service.name,
            lines: vec![
                "its container and its private network".into(),
                "its volume, with all the data in it".into(),
                "no backup: there is none".into(),
            ],
            urls: vec![],
        })
    }

    async fn delete_service(&self, caller: &Caller, _: &ServiceId, _: &str) -> Reply<()> {
        caller.may(Action::ReplaceData)?;
        Err(no())
    }

    async fn backups(&self, caller: &Caller, service: &ServiceId) -> Reply<Page<BackupView>> {
        self.service(caller, service).await?;
        let items = match *service == id(1) {
            false => vec![],
            true => vec![
                self.a_backup(3, WorkStatus::Running, 0),
                self.a_backup(1, WorkStatus::Done, 5),
                self.a_backup(2, WorkStatus::Failed, 17),
                self.a_backup(4, WorkStatus::Done, 41),
            ],
        };
        Ok(Page { items, next: None })
    }

    async fn back_up(&self, caller: &Caller, _: &ServiceId) -> Reply<BackupView> {
        caller.may(Action::ManageServices)?;
        Err(no())
    }

    async fn backup_file(&self, caller: &Caller, _: &BackupId) -> Reply<BackupFile> {
        caller.may(Action::ManageServices)?;
        Err(no())
    }

    async fn preview_restore(&self, caller: &Caller, id: &BackupId) -> Reply<RestorePreview> {
        caller.may(Action::ReplaceData)?;
        let page = self.backups(caller, &self::id(1)).await?;
        let found = page.items.into_iter().find(|b| b.id == *id && b.available);
        let found = found.ok_or_else(|| Refusal::not_found("backup"))?;
        Ok(RestorePreview {
            name: "orders".into(),
            service: self::id(1),
            lines: vec![
                format!("everything that orders holds now is replaced by what it held at {}", found.at.rfc3339()),
                "the backup's 4812044 bytes are first compared with the SHA-256 of then".into(),
                "the backup is read into a database beside the one in use, which then takes its place; until that moment nothing is lost".into(),
                "shop / production uses it: its connections break, and it has to connect again".into(),
            ],
            digest: "d1".into(),
        })
    }

    async fn restore(&self, caller: &Caller, _: &BackupId, _: Restore) -> Reply<BackupView> {
        caller.may(Action::ReplaceData)?;
        Err(no())
    }

    async fn delete_backup(&self, caller: &Caller, _: &BackupId) -> Reply<()> {
        caller.may(Action::ManageServices)?;
        Err(no())
    }
}
