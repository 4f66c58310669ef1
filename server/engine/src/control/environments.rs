//! Slots of a project beside the first one.

use super::projects::host_taken;
use super::{Control, broken, found, moved_on};
use crate::store::environment::{Added, Environment, NewEnvironment as Row};
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Environments, NewEnvironment, Reply};
use domain::can;
use domain::hint::Topic;
use domain::id::{EnvironmentId, ProjectId};
use domain::name;
use domain::refusal::Refusal;
use domain::view::{DeletePreview, EnvironmentView};

#[async_trait]
impl Environments for Control {
    async fn preview_delete_environment(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
    ) -> Reply<DeletePreview> {
        caller.may(Action::Delete)?;
        let row = self.deletable(caller, id).await?;
        let view = self.environment_view(caller, &row).await?;
        let deployments = self.store.count_deployments_of(&row.id).await;
        let mut lines = what_goes(&view);
        lines.extend(self.containers(caller, &view).await);
        lines.push(counted(
            deployments.map_err(broken)?,
            "deployment",
            "with its logs, images and files",
            "with their logs, images and files",
        ));
        Ok(DeletePreview {
            name: row.name,
            lines,
            urls: view.urls,
        })
    }

    async fn delete_environment(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        typed: &str,
    ) -> Reply<()> {
        caller.may(Action::Delete)?;
        let row = self.deletable(caller, id).await?;
        if typed != row.name {
            let sentence = format!("What you typed is not `{}`.", row.name);
            return Err(Refusal::invalid("typed", sentence)
                .way_out("Type the environment's name exactly; deleting can't be undone."));
        }
        let begun = self
            .store
            .begin_delete_environment(caller, &row, self.now());
        if !begun.await.map_err(broken)? {
            // Somebody deleted the others in the same moment.
            can::delete_environment(false, 0)?;
        }
        self.wake(&caller.org, &row.id, None);
        self.bus.hint(&caller.org, Topic::Project(row.project));
        Ok(())
    }
}

impl Control {
    /// The environment, where it may go alone.
    async fn deletable(&self, caller: &Caller, id: &EnvironmentId) -> Reply<Environment> {
        let row = found(self.store.environment(&caller.org, id).await, "environment")?;
        can::change(row.deleting, row.review)?;
        let all = self
            .store
            .environments(&caller.org, Some(&row.project))
            .await;
        let others = all.map_err(broken)?;
        // A preview is nobody's last: it goes with its branch.
        let stays = |e: &&Environment| e.id != row.id && !e.deleting && !e.review;
        let others = others.iter().filter(stays);
        can::delete_environment(row.deleting, others.count())?;
        Ok(row)
    }

    pub(super) async fn add_environment(
        &self,
        caller: &Caller,
        project: &ProjectId,
        new: NewEnvironment,
    ) -> Reply<EnvironmentView> {
        caller.may(Action::CreateProject)?;
        let project = found(self.store.project(&caller.org, project).await, "project")?;
        let name = name::environment(&new.name)?;
        can::debug(&name, new.debug)?;
        let runtime = self.runtime(caller, new.runtime.as_deref()).await?;
        let now = self.now();
        let id = EnvironmentId::new(now.at, now.entropy);
        let row = Row {
            id: id.clone(),
            project: &project,
            name: &name,
            runtime: &runtime.id,
            debug: new.debug,
            hosts: &name::hosts(&project.name, &name, &self.settings.base_domain),
        };
        let added = self
            .store
            .add_environment(caller, row, self.now())
            .await
            .map_err(moved_on)?;
        match added {
            Added::Done => {}
            Added::NameTaken => return Err(name_taken(&project.name, &name)),
            Added::HostTaken(host) => return Err(host_taken(&host)),
            Added::TooMany(most) => return Err(too_many(&project.name, most)),
        }
        self.wake(&caller.org, &id, None);
        self.bus.hint(&caller.org, Topic::Project(project.id));
        let row = self.store.environment(&caller.org, &id).await;
        let row = row
            .map_err(broken)?
            .ok_or_else(|| Refusal::not_found("environment"))?;
        self.environment_view(caller, &row).await
    }
}

pub(super) fn what_goes(environment: &EnvironmentView) -> Vec<String> {
    let mut lines = vec![format!(
        "the environment {} with its configuration and variables",
        environment.name
    )];
    if let Some(candidate) = &environment.candidate {
        lines.push(format!(
            "the update in progress (#{}), cancelled",
            candidate.number
        ));
    }
    lines
}

pub(super) fn counted(n: u64, noun: &str, one: &str, many: &str) -> String {
    match n {
        1 => format!("1 {noun}, {one}"),
        n => format!("{n} {noun}s, {many}"),
    }
}

fn name_taken(project: &str, name: &str) -> Refusal {
    Refusal {
        place: Some("name".into()),
        ..Refusal::conflict(
            "name_taken",
            format!("`{project}` has an environment `{name}` already."),
        )
    }
    .way_out("Choose another name.")
}

fn too_many(project: &str, most: u32) -> Refusal {
    Refusal::conflict(
        "too_many_environments",
        format!("`{project}` has {most} environments, which is the most that a project can have."),
    )
    .way_out("Delete one that is not needed.")
}
