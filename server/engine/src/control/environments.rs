//! Slots of a project beside the first one.

use super::projects::host_taken;
use super::{Control, broken, found, moved_on};
use crate::store::environment::{Added, NewEnvironment as Row};
use domain::access::{Action, Caller};
use domain::api::{NewEnvironment, Reply};
use domain::hint::Topic;
use domain::id::{EnvironmentId, ProjectId};
use domain::name;
use domain::refusal::Refusal;
use domain::view::EnvironmentView;

impl Control {
    pub(super) async fn add_environment(
        &self,
        caller: &Caller,
        project: &ProjectId,
        new: NewEnvironment,
    ) -> Reply<EnvironmentView> {
        caller.may(Action::CreateProject)?;
        let project = found(self.store.project(&caller.org, project).await, "project")?;
        let name = name::environment(&new.name)?;
        let runtime = self.runtime(caller, new.runtime.as_deref()).await?;
        let now = self.now();
        let id = EnvironmentId::new(now.at, now.entropy);
        let row = Row {
            id: id.clone(),
            project: &project,
            name: &name,
            runtime: &runtime.id,
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
