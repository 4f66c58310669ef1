//! A `compose.yaml` becomes projects (P-20): all of them, or none.

use super::projects::{Checked, host_taken, name_taken};
use super::resolve::origin;
use super::updates::plan_changed;
use super::{Control, moved_on};
use crate::store::deployment::NewDeployment;
use crate::store::project::{Created, NewProject as ProjectRow};
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{ComposeFile, ConfirmImport, Imports, NewProject, Reply};
use domain::config::to_yaml;
use domain::deployment::Trigger;
use domain::hint::Topic;
use domain::id::{DeploymentId, EnvironmentId, ProjectId};
use domain::import::{self, Proposed};
use domain::view::{DeploymentSummary, ImportPlan, ImportedProject};

/// A project that can be made, with the ids that it gets.
struct Ready {
    new: NewProject,
    checked: Checked,
    project: ProjectId,
    environment: EnvironmentId,
    deployment: DeploymentId,
}

#[async_trait]
impl Imports for Control {
    async fn plan_import(&self, caller: &Caller, file: &ComposeFile) -> Reply<ImportPlan> {
        caller.may(Action::CreateProject)?;
        Ok(self.planned_import(caller, file).await?.0)
    }

    async fn import(
        &self,
        caller: &Caller,
        confirm: ConfirmImport,
    ) -> Reply<Vec<DeploymentSummary>> {
        caller.may(Action::CreateProject)?;
        let (plan, ready) = self.planned_import(caller, &confirm.import).await?;
        if plan.digest != confirm.digest {
            return Err(plan_changed());
        }
        self.write_all(caller, &ready).await?;
        let mut made = vec![];
        for one in &ready {
            self.bus
                .hint(&caller.org, Topic::Project(one.project.clone()));
            self.wake(&caller.org, &one.environment, Some(&one.deployment));
            made.push(self.show(caller, &one.deployment).await?.summary);
        }
        Ok(made)
    }
}

impl Control {
    /// Everything that can be wrong with any of them is refused here.
    async fn planned_import(
        &self,
        caller: &Caller,
        file: &ComposeFile,
    ) -> Reply<(ImportPlan, Vec<Ready>)> {
        let Proposed { projects, left_out } = import::proposed(file)?;
        let (mut shown, mut seen, mut ready) = (vec![], vec![], vec![]);
        for (service, new) in projects {
            let checked = self.check(caller, &new).await;
            let checked = checked.map_err(|no| {
                let place = no.place.clone().unwrap_or_default();
                no.at(format!("services.{} {place}", service.name).trim_end())
            })?;
            seen.push(checked.resolved.first().digest);
            shown.push(ImportedProject {
                service: service.name,
                line: service.line,
                name: checked.name.clone(),
                hosts: checked.hosts.clone(),
                source: checked.resolved.source.clone(),
                config: to_yaml(&new.config),
                build: checked.resolved.build.as_ref().map(|b| b.title()),
                notes: [service.notes, checked.resolved.notes.clone()].concat(),
            });
            ready.push(self.ready(new, checked));
        }
        Ok((import::plan(shown, left_out, &seen), ready))
    }

    fn ready(&self, new: NewProject, checked: Checked) -> Ready {
        let [a, b, c] = [self.now(), self.now(), self.now()];
        Ready {
            new,
            checked,
            project: ProjectId::new(a.at, a.entropy),
            environment: EnvironmentId::new(b.at, b.entropy),
            deployment: DeploymentId::new(c.at, c.entropy),
        }
    }

    async fn write_all(&self, caller: &Caller, ready: &[Ready]) -> Reply<()> {
        let ids = || self.now();
        let origins: Vec<_> = ready
            .iter()
            .map(|r| origin(&r.checked.resolved.source))
            .collect();
        let rows = ready.iter().zip(&origins).map(|(one, origin)| {
            let checked = &one.checked;
            let row = ProjectRow {
                id: one.project.clone(),
                environment: one.environment.clone(),
                name: &checked.name,
                environment_name: &checked.environment,
                origin,
                runtime: &checked.runtime.id,
                overrides: &one.new.config,
                hosts: &checked.hosts,
            };
            let first = NewDeployment {
                id: one.deployment.clone(),
                project: &one.project,
                project_name: &checked.name,
                environment: &one.environment,
                source: &checked.resolved.source,
                reuses: None,
                build: checked.resolved.build.as_ref(),
                config: &checked.resolved.config,
                overrides: &one.new.config,
                trigger: Trigger::Create,
                asked_by: Some(&caller.user),
                runtime: &checked.runtime.id,
                expected_active: None,
                hold: None,
                ids: &ids,
            };
            (row, first)
        });
        let written = self
            .store
            .create_projects(caller, rows.collect(), &ids)
            .await;
        match written.map_err(moved_on)? {
            None | Some(Created::Done(_)) => Ok(()),
            Some(Created::NameTaken(name)) => Err(name_taken(&name)),
            Some(Created::HostTaken(host)) => Err(host_taken(&host)),
        }
    }
}
