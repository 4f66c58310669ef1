//! What a team deploys: create, look at, delete.

use super::environments::{counted, what_goes};
use super::resolve::{Resolved, origin};
use super::{Control, broken, found, moved_on};
use crate::sample;
use crate::store::deployment::{Filter, NewDeployment};
use crate::store::environment::Environment;
use crate::store::project::{Created, NewProject as ProjectRow, Project};
use crate::store::runtime::Runtime;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{NewEnvironment, NewProject, Projects, Reply};
use domain::deployment::Trigger;
use domain::dialect;
use domain::hint::Topic;
use domain::id::{DeploymentId, EnvironmentId, ProjectId};
use domain::name;
use domain::refusal::Refusal;
use domain::source::{Revision, Wanted};
use domain::view::*;

const EVENTS_PAGE: u32 = 50;
const SAMPLE: &str = "hello";

/// Everything that was checked before a project is written.
pub(super) struct Checked {
    pub name: String,
    pub environment: String,
    pub runtime: Runtime,
    pub resolved: Resolved,
    pub hosts: Vec<String>,
}

#[async_trait]
impl Projects for Control {
    async fn overview(&self, caller: &Caller) -> Reply<OverviewView> {
        caller.may(Action::Read)?;
        let rows = self
            .store
            .environments(&caller.org, None)
            .await
            .map_err(broken)?;
        let mut environments = vec![];
        for row in &rows {
            environments.push(self.environment_view(caller, row).await?);
        }
        let moving = Filter {
            phases: dialect::phases(dialect::MOVING),
            limit: 20,
            ..Filter::default()
        };
        let moving = self.entries(caller, moving).await?;
        Ok(OverviewView {
            needs_me: self.needs_me(caller, &environments).await?,
            moving: moving.iter().map(|entry| self.summary(entry)).collect(),
            sample_available: !rows.iter().any(|r| r.project_name == SAMPLE),
            environments,
        })
    }

    async fn projects(&self, caller: &Caller) -> Reply<Vec<ProjectView>> {
        caller.may(Action::Read)?;
        let mut views = vec![];
        for project in self.store.projects(&caller.org).await.map_err(broken)? {
            views.push(self.project_view(caller, project).await?);
        }
        Ok(views)
    }

    async fn project(&self, caller: &Caller, id: &ProjectId) -> Reply<ProjectView> {
        caller.may(Action::Read)?;
        let project = found(self.store.project(&caller.org, id).await, "project")?;
        self.project_view(caller, project).await
    }

    async fn preview_project(&self, caller: &Caller, new: &NewProject) -> Reply<Preview> {
        caller.may(Action::CreateProject)?;
        let checked = self.check(caller, new).await?;
        Ok(checked.resolved.first())
    }

    async fn create_project(&self, caller: &Caller, new: NewProject) -> Reply<DeploymentView> {
        caller.may(Action::CreateProject)?;
        let checked = self.check(caller, &new).await?;
        let now = self.now();
        let (project, environment) = (
            ProjectId::new(now.at, now.entropy),
            EnvironmentId::new(now.at, self.now().entropy),
        );
        let id = DeploymentId::new(now.at, self.now().entropy);
        let ids = || self.now();
        let row = ProjectRow {
            id: project.clone(),
            environment: environment.clone(),
            name: &checked.name,
            environment_name: &checked.environment,
            origin: &origin(&checked.resolved.source),
            runtime: &checked.runtime.id,
            overrides: &new.config,
            hosts: &checked.hosts,
        };
        let first = NewDeployment {
            id: id.clone(),
            project: &project,
            project_name: &checked.name,
            environment: &environment,
            source: &checked.resolved.source,
            reuses: None,
            build: checked.resolved.build.as_ref(),
            config: &checked.resolved.config,
            overrides: &new.config,
            trigger: Trigger::Create,
            asked_by: Some(&caller.user),
            runtime: &checked.runtime.id,
            expected_active: None,
            hold: None,
            ids: &ids,
        };
        match self
            .store
            .create_project(caller, row, first, now)
            .await
            .map_err(moved_on)?
        {
            Created::Done(_) => {}
            Created::NameTaken(name) => return Err(name_taken(&name)),
            Created::HostTaken(host) => return Err(host_taken(&host)),
        }
        self.bus.hint(&caller.org, Topic::Project(project));
        self.wake(&caller.org, &environment, Some(&id));
        self.show(caller, &id).await
    }

    async fn create_environment(
        &self,
        caller: &Caller,
        project: &ProjectId,
        new: NewEnvironment,
    ) -> Reply<EnvironmentView> {
        self.add_environment(caller, project, new).await
    }

    async fn create_sample(&self, caller: &Caller) -> Reply<DeploymentView> {
        caller.may(Action::CreateProject)?;
        let dir = self.dirs.sample();
        let written = tokio::task::spawn_blocking({
            let dir = dir.clone();
            move || sample::write_repository(&dir)
        });
        written.await.map_err(broken)?.map_err(broken)?;
        let source = Wanted::Git {
            url: dir.display().to_string(),
            revision: Revision::Tag("v1.0.0".into()),
        };
        let new = NewProject {
            name: SAMPLE.into(),
            source,
            environment: None,
            config: Default::default(),
            runtime: None,
        };
        self.create_project(caller, new).await
    }

    async fn repository(&self, caller: &Caller, url: &str) -> Reply<RepositoryView> {
        caller.may(Action::CreateProject)?;
        self.repository_view(&caller.org, url).await
    }

    async fn preview_delete(&self, caller: &Caller, id: &ProjectId) -> Reply<DeletePreview> {
        caller.may(Action::Delete)?;
        let project = self.project(caller, id).await?;
        let deployments = self
            .store
            .count_deployments(&caller.org, id)
            .await
            .map_err(broken)?;
        let mut lines = vec![];
        for environment in &project.environments {
            lines.extend(what_goes(environment));
            lines.extend(self.containers(caller, environment).await);
        }
        lines.push(counted(
            deployments,
            "deployment",
            "with its logs, images and files",
            "with their logs, images and files",
        ));
        Ok(DeletePreview {
            name: project.name,
            lines,
            urls: project
                .environments
                .iter()
                .flat_map(|e| e.urls.clone())
                .collect(),
        })
    }

    async fn delete_project(&self, caller: &Caller, id: &ProjectId, typed: &str) -> Reply<()> {
        caller.may(Action::Delete)?;
        let project = found(self.store.project(&caller.org, id).await, "project")?;
        if typed != project.name {
            return Err(Refusal::invalid(
                "typed",
                format!("What you typed is not `{}`.", project.name),
            )
            .way_out("Type the project's name exactly; deleting can't be undone."));
        }
        for environment in self
            .store
            .begin_delete(caller, &project, self.now())
            .await
            .map_err(broken)?
        {
            self.wake(&caller.org, &environment, None);
        }
        self.bus.hint(&caller.org, Topic::Project(project.id));
        Ok(())
    }

    async fn events(
        &self,
        caller: &Caller,
        project: Option<&ProjectId>,
        cursor: Option<&str>,
    ) -> Reply<Page<EventView>> {
        caller.may(Action::Read)?;
        let before = cursor
            .map(|c| c.parse().map_err(|_| super::bad_cursor()))
            .transpose()?;
        let mut items = self
            .store
            .events(&caller.org, project, before.as_ref(), EVENTS_PAGE + 1)
            .await
            .map_err(broken)?;
        let more = items.len() > EVENTS_PAGE as usize;
        items.truncate(EVENTS_PAGE as usize);
        let next = items.last().filter(|_| more).map(|e| e.id.to_string());
        Ok(Page { items, next })
    }
}

impl Control {
    pub(super) async fn check(&self, caller: &Caller, new: &NewProject) -> Reply<Checked> {
        let name = name::project(&new.name)?;
        let environment = name::environment(new.environment.as_deref().unwrap_or("production"))?;
        if self
            .store
            .project_named(&caller.org, &name)
            .await
            .map_err(broken)?
            .is_some()
        {
            return Err(name_taken(&name));
        }
        let hosts = name::hosts(&name, &environment, &self.settings.base_domain);
        if let Some(host) = self.store.taken_host(&hosts).await.map_err(broken)? {
            return Err(host_taken(&host));
        }
        let runtime = self.runtime(caller, new.runtime.as_deref()).await?;
        let mut resolved = self
            .resolve(caller, &runtime, &new.source, &new.config)
            .await?;
        let note = self.place(caller, &runtime, &resolved.config).await?;
        resolved.notes.extend(note);
        self.named_secrets(&caller.org, &resolved).await?;
        Ok(Checked {
            name,
            environment,
            runtime,
            resolved,
            hosts,
        })
    }

    async fn project_view(&self, caller: &Caller, project: Project) -> Reply<ProjectView> {
        let rows = self
            .store
            .environments(&caller.org, Some(&project.id))
            .await
            .map_err(broken)?;
        let mut environments = vec![];
        for row in &rows {
            environments.push(self.environment_view(caller, row).await?);
        }
        Ok(ProjectView {
            id: project.id,
            name: project.name,
            origin: project.origin,
            created_at: project.created_at,
            environments,
        })
    }

    pub(super) async fn containers(
        &self,
        caller: &Caller,
        environment: &EnvironmentView,
    ) -> Option<String> {
        let row: Environment = self
            .store
            .environment(&caller.org, &environment.id)
            .await
            .ok()??;
        let place = self.runtimes.of(&row.runtime).await.ok()?;
        let seen = place
            .driver
            .observe(crate::driver::Scope::Environment(&row.id))
            .await
            .ok()?;
        (!seen.is_empty()).then(|| {
            counted(
                seen.len() as u64,
                "container",
                "stopped and removed",
                "stopped and removed",
            )
        })
    }
}

pub(super) fn name_taken(name: &str) -> Refusal {
    Refusal {
        place: Some("name".into()),
        ..Refusal::conflict(
            "name_taken",
            format!("There is a project `{name}` already."),
        )
    }
    .way_out("Choose another name, or update that project.")
}

pub(super) fn host_taken(host: &str) -> Refusal {
    Refusal {
        place: Some("name".into()),
        ..Refusal::conflict(
            "host_taken",
            format!("`{host}` leads to another app of this installation."),
        )
    }
    .way_out("Choose another name.")
}
