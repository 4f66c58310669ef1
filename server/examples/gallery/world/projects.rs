//! The projects of the gallery.

use super::{Gallery, World, no};
use domain::access::{Action, Caller};
use domain::api::*;
use domain::id::*;
use domain::refusal::Refusal;
use domain::view::*;

#[async_trait::async_trait]
impl Environments for Gallery {
    async fn preview_delete_environment(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
    ) -> Reply<DeletePreview> {
        let environment = self.environment(caller, id).await?;
        Ok(DeletePreview {
            lines: vec![
                format!(
                    "the environment {} with its configuration and variables",
                    environment.name
                ),
                "12 deployments, with their logs, images and files".into(),
            ],
            name: environment.name,
            urls: environment.urls,
        })
    }

    async fn delete_environment(&self, _: &Caller, _: &EnvironmentId, _: &str) -> Reply<()> {
        Err(no())
    }
}

#[async_trait::async_trait]
impl Projects for Gallery {
    async fn overview(&self, caller: &Caller) -> Reply<OverviewView> {
        Ok(self.scene(caller).overview())
    }

    async fn projects(&self, caller: &Caller) -> Reply<Vec<ProjectView>> {
        Ok(self.scene(caller).projects())
    }

    async fn project(&self, caller: &Caller, id: &ProjectId) -> Reply<ProjectView> {
        let found = self
            .scene(caller)
            .projects()
            .into_iter()
            .find(|p| p.id == *id);
        found.ok_or_else(|| Refusal::not_found("project"))
    }

    async fn preview_project(&self, _: &Caller, _: &NewProject) -> Reply<Preview> {
        Err(no())
    }

    async fn create_project(&self, caller: &Caller, new: NewProject) -> Reply<DeploymentView> {
        caller.may(Action::CreateProject)?;
        if new.name == "shop" {
            return Err(Refusal::conflict(
                "name_taken",
                "There is a project named `shop` already.",
            )
            .at("name")
            .way_out("Choose another name."));
        }
        self.deployment(caller, &self.scene(caller).ids().building)
            .await
    }

    async fn create_environment(
        &self,
        caller: &Caller,
        _: &ProjectId,
        _: NewEnvironment,
    ) -> Reply<EnvironmentView> {
        caller.may(Action::CreateProject)?;
        Err(no())
    }

    async fn create_sample(&self, caller: &Caller) -> Reply<DeploymentView> {
        caller.may(Action::CreateProject)?;
        self.deployment(caller, &self.scene(caller).ids().building)
            .await
    }

    async fn repository(&self, caller: &Caller, url: &str) -> Reply<RepositoryView> {
        caller.may(Action::CreateProject)?;
        if !url.contains("example") {
            return Err(Refusal::unavailable(
                "git_unreachable",
                format!("The repository `{url}` did not answer."),
            )
            .at("url")
            .way_out(
                "Check the address; for a private one add the deploy key from the settings to it.",
            ));
        }
        let tags = self.scene(caller).tags();
        Ok(RepositoryView {
            url: url.into(),
            tags,
            branches: vec!["main".into(), "next".into(), "fix/basket-total".into()],
            build: super::scene::build(),
            build_problem: None,
        })
    }

    async fn preview_delete(&self, caller: &Caller, id: &ProjectId) -> Reply<DeletePreview> {
        caller.may(Action::Delete)?;
        let project = self.project(caller, id).await?;
        Ok(DeletePreview {
            name: project.name,
            lines: [
                "2 running containers and 1 private network",
                "1 update in progress (it is cancelled)",
                "12 deployments and their logs",
                "6 environment variables and the configuration",
                "9 images, 1.4 GB",
            ]
            .map(str::to_owned)
            .to_vec(),
            urls: vec!["http://shop.localhost:8080".into()],
        })
    }

    async fn delete_project(&self, caller: &Caller, id: &ProjectId, typed: &str) -> Reply<()> {
        let preview = self.preview_delete(caller, id).await?;
        if typed != preview.name {
            return Err(Refusal::invalid(
                "typed",
                format!("Type `{}` to delete it.", preview.name),
            ));
        }
        Err(no())
    }

    async fn events(
        &self,
        caller: &Caller,
        _: Option<&ProjectId>,
        cursor: Option<&str>,
    ) -> Reply<Page<EventView>> {
        let scene = self.scene(caller);
        if scene.world == World::Empty {
            return Ok(Page {
                items: vec![],
                next: None,
            });
        }
        Ok(Page {
            items: scene.events(cursor.is_some()),
            next: cursor.is_none().then(|| "next".to_owned()),
        })
    }
}
