//! Databases and stores that environments use: add, set, link, delete. Their backups are in
//! `backups`, how they are shown in `shown`, what a plan says of them in `planned`.

mod backups;
mod planned;
mod refused;
mod shown;

use super::{Control, broken, found, moved_on, token};
use crate::services::{address, next_backup};
use crate::store::service::{Added, LinkRow, Managed, Service};
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Link, NewService, Reply, Restore, ServiceSettings, Services};
use domain::cron::Schedule;
use domain::hint::Topic;
use domain::id::{BackupId, EnvironmentId, ServiceId};
use domain::refusal::Refusal;
use domain::service::{self, Address, clash, prefix};
use domain::view::*;
use domain::{can, name};
use refused::*;

#[async_trait]
impl Services for Control {
    async fn services(&self, caller: &Caller) -> Reply<Vec<ServiceView>> {
        caller.may(Action::Read)?;
        let mut views = vec![];
        for service in self.store.services(&caller.org).await.map_err(broken)? {
            views.push(self.service_view(service).await?);
        }
        Ok(views)
    }

    async fn service(&self, caller: &Caller, id: &ServiceId) -> Reply<ServiceView> {
        caller.may(Action::Read)?;
        let service = self.the_service(caller, id).await?;
        self.service_view(service).await
    }

    async fn create_service(&self, caller: &Caller, new: NewService) -> Reply<ServiceView> {
        caller.may(Action::ManageServices)?;
        let made = self.made(caller, new).await?;
        let added = self.store.add_service(caller, &made, self.now()).await;
        match added.map_err(broken)? {
            Added::Done => {}
            Added::NameTaken => return Err(name_taken(&made.name)),
            Added::TooMany(most) => return Err(too_many(most)),
        }
        self.changed_service(&made);
        self.service(caller, &made.id).await
    }

    async fn set_service(
        &self,
        caller: &Caller,
        id: &ServiceId,
        settings: ServiceSettings,
    ) -> Reply<ServiceView> {
        caller.may(Action::ManageServices)?;
        let service = self.the_service(caller, id).await?;
        not_deleting(&service)?;
        let set = self.with_settings(service, settings)?;
        let done = self.store.set_service(caller, &set, self.now()).await;
        done.map_err(moved_on)?;
        self.changed_service(&set);
        self.service(caller, id).await
    }

    async fn link(&self, caller: &Caller, id: &ServiceId, link: Link) -> Reply<ServiceView> {
        caller.may(Action::ManageServices)?;
        let service = self.the_service(caller, id).await?;
        not_deleting(&service)?;
        let row = self.store.environment(&caller.org, &link.environment).await;
        let row = found(row, "environment")?;
        can::update(row.deleting)?;
        let prefix = prefix(&link.prefix)?;
        let given = self.given_with(&row, &service, &prefix).await?;
        clash(&self.own_variables(caller, &row).await?, &given)?;
        self.store
            .link_service(caller, &service, &row, &prefix, self.now())
            .await
            .map_err(moved_on)?;
        self.changed_service(&service);
        self.wake(&caller.org, &row.id, None);
        self.service(caller, id).await
    }

    async fn unlink(
        &self,
        caller: &Caller,
        id: &ServiceId,
        environment: &EnvironmentId,
    ) -> Reply<ServiceView> {
        caller.may(Action::ManageServices)?;
        let service = self.the_service(caller, id).await?;
        let row = self.store.environment(&caller.org, environment).await;
        let row = found(row, "environment")?;
        let now = self.now();
        let gone = self.store.unlink_service(caller, &service, &row, now).await;
        if !gone.map_err(broken)? {
            return Err(not_linked(&service, &row.name));
        }
        self.changed_service(&service);
        self.wake(&caller.org, &row.id, None);
        self.service(caller, id).await
    }

    async fn preview_delete_service(
        &self,
        caller: &Caller,
        id: &ServiceId,
    ) -> Reply<DeletePreview> {
        caller.may(Action::ReplaceData)?;
        let service = self.the_service(caller, id).await?;
        self.unused(&service).await?;
        let backups = self.store.backups(id).await.map_err(broken)?;
        Ok(DeletePreview {
            lines: what_goes(
                &service,
                backups.iter().filter(|b| b.view.available).count(),
            ),
            name: service.name,
            urls: vec![],
        })
    }

    async fn delete_service(&self, caller: &Caller, id: &ServiceId, typed: &str) -> Reply<()> {
        caller.may(Action::ReplaceData)?;
        let service = self.the_service(caller, id).await?;
        if typed != service.name {
            return Err(not_its_name(
                &service,
                "deleting takes its data along and can't be undone",
            ));
        }
        self.unused(&service).await?;
        let now = self.now();
        let begun = self.store.begin_delete_service(caller, &service, now).await;
        if !begun.map_err(broken)? {
            self.unused(&service).await?;
            return Err(moved_on(crate::store::StoreError::Stale));
        }
        self.changed_service(&service);
        Ok(())
    }

    async fn backups(&self, caller: &Caller, id: &ServiceId) -> Reply<Page<BackupView>> {
        self.list_backups(caller, id).await
    }

    async fn back_up(&self, caller: &Caller, id: &ServiceId) -> Reply<BackupView> {
        self.ask_for_backup(caller, id).await
    }

    async fn backup_file(&self, caller: &Caller, id: &BackupId) -> Reply<BackupFile> {
        self.file_of_backup(caller, id).await
    }

    async fn preview_restore(&self, caller: &Caller, id: &BackupId) -> Reply<RestorePreview> {
        self.plan_restore(caller, id).await
    }

    async fn restore(&self, caller: &Caller, id: &BackupId, restore: Restore) -> Reply<BackupView> {
        self.ask_for_restore(caller, id, &restore).await
    }

    async fn delete_backup(&self, caller: &Caller, id: &BackupId) -> Reply<()> {
        self.discard_backup(caller, id).await
    }
}

impl Control {
    pub(super) async fn the_service(&self, caller: &Caller, id: &ServiceId) -> Reply<Service> {
        found(self.store.service(&caller.org, id).await, "service")
    }

    /// Look at it, and on the pages that show it.
    fn changed_service(&self, service: &Service) {
        self.services.wake(&service.id);
        self.bus
            .hint(&service.org, Topic::Service(service.id.clone()));
    }

    /// Everything that was checked before a service is written.
    async fn made(&self, caller: &Caller, new: NewService) -> Reply<Service> {
        let now = self.now();
        let name = service_name(&new.name)?;
        let (address, managed) = match new.url.as_deref().filter(|url| !url.trim().is_empty()) {
            Some(url) => {
                only_url(&new)?;
                (Address::parse(new.kind, url)?, None)
            }
            None => {
                let managed = self.settings_of(caller, &new).await?;
                (address(new.kind, &name, token::fresh("")), Some(managed))
            }
        };
        Ok(Service {
            id: ServiceId::new(now.at, now.entropy),
            org: caller.org.clone(),
            name,
            kind: new.kind,
            address,
            managed,
            deleting: false,
            created_at: now.at,
        })
    }

    async fn settings_of(&self, caller: &Caller, new: &NewService) -> Reply<Managed> {
        let image = service::image(new.kind, new.image.as_deref())?;
        let memory_mib = service::memory(new.memory_mib)?;
        let keep = service::keep(new.keep)?;
        let schedule = schedule(new.schedule.as_deref())?;
        let runtime = self.runtime(caller, new.runtime.as_deref()).await?;
        Ok(Managed {
            runtime: runtime.id,
            next_backup_at: self.next(schedule.as_deref()),
            image,
            memory_mib,
            schedule,
            keep,
        })
    }

    fn with_settings(&self, service: Service, settings: ServiceSettings) -> Reply<Service> {
        let mut set = service;
        match (&mut set.managed, settings.url) {
            (Some(_), Some(_)) => return Err(not_elsewhere(&set)),
            (None, Some(url)) => set.address = Address::parse(set.kind, &url)?,
            (_, None) => {}
        }
        let own = (settings.image, settings.memory_mib, settings.schedule);
        let (Some(managed), (image, memory_mib, times)) = (&mut set.managed, own.clone()) else {
            return match (own, settings.keep) {
                ((None, None, None), None) => Ok(set),
                _ => Err(not_here(&set)),
            };
        };
        if let Some(image) = image {
            managed.image = service::image(set.kind, Some(&image))?;
        }
        if let Some(mib) = memory_mib {
            managed.memory_mib = service::memory(Some(mib))?;
        }
        if let Some(keep) = settings.keep {
            managed.keep = service::keep(Some(keep))?;
        }
        if let Some(text) = times {
            managed.schedule = schedule(Some(&text))?;
            managed.next_backup_at = self.next(managed.schedule.as_deref());
        }
        Ok(set)
    }

    fn next(&self, schedule: Option<&str>) -> Option<domain::time::Time> {
        schedule.and_then(|text| next_backup(text, self.clock.now()))
    }

    /// Refuses while anybody uses it, and says who.
    async fn unused(&self, service: &Service) -> Reply<()> {
        let links = self.store.links_of_service(&service.id).await;
        let links = links.map_err(broken)?;
        if links.is_empty() {
            return Ok(());
        }
        let who: Vec<_> = links.iter().map(user).collect();
        Err(Refusal::conflict(
            "service_in_use",
            format!("`{}` is in use: {}.", service.name, who.join("; ")),
        )
        .way_out("Unlink it there, and deploy what runs with it once more; then nothing uses it."))
    }
}

fn user(link: &LinkRow) -> String {
    let name = format!("{} / {}", link.project_name, link.environment_name);
    match (&link.linked, &link.used) {
        (Some(_), _) => format!("{name} is linked to it"),
        (None, Some((_, number, _))) => format!("#{number} of {name} runs with it still"),
        (None, None) => name,
    }
}

fn what_goes(service: &Service, backups: usize) -> Vec<String> {
    if service.managed.is_none() {
        return vec![
            format!(
                "what Sealdock knows of {}: its address and its credentials",
                service.name
            ),
            "not the data: that is where it was, and whoever runs it has it".to_owned(),
        ];
    }
    let mut lines = vec![
        "its container and its private network".to_owned(),
        "its volume, with all the data in it".to_owned(),
    ];
    match backups {
        0 => lines.push("no backup: there is none".to_owned()),
        1 => lines.push("1 backup; take it home first if you want to keep it".to_owned()),
        n => lines.push(format!(
            "{n} backups; take one home first if you want to keep it"
        )),
    }
    lines
}

/// Apps reach it by its name, so it is one that a host can have.
fn service_name(text: &str) -> Reply<String> {
    let name = name::project(text.trim())?;
    match name.as_str() {
        "localhost" => Err(Refusal::invalid(
            "name",
            "`localhost` is every container's name for itself.",
        )
        .way_out("Choose another name.")),
        _ => Ok(name),
    }
}

/// The schedule as crons write it; nothing is none.
fn schedule(text: Option<&str>) -> Reply<Option<String>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    match Schedule::parse(text, "UTC") {
        Ok(_) => Ok(Some(text.to_owned())),
        Err(why) => Err(Refusal::invalid(
            "schedule",
            format!("Backups can't be made at these times: {why}"),
        )
        .way_out("Write it like `@daily` or `30 3 * * *`, in UTC; leave it empty for none.")),
    }
}

fn only_url(new: &NewService) -> Reply<()> {
    let own = new.image.is_some()
        || new.memory_mib.is_some()
        || new.schedule.is_some()
        || new.keep.is_some();
    match own {
        false => Ok(()),
        true => Err(Refusal::invalid(
            "url",
            "A service with a URL runs elsewhere, so it has no image, no memory and no backups here.",
        )
        .way_out("Give either the URL or those.")),
    }
}
