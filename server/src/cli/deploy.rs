//! `sealdock deploy`: a new project, or a new version of the one of that name.

use super::change::ChangeFlags;
use super::client::Client;
use super::exit::{Done, Exit, Got};
use super::follow::{self, WaitFlags};
use super::source::SourceFlags;
use super::{find, plan, say::Say, update};
use clap::Args;
use domain::api::NewProject;
use domain::config::ConfigPatch;
use domain::source::Wanted;
use domain::view::{DeploymentView, Preview};

#[derive(Args)]
pub struct Deploy {
    #[command(flatten)]
    source: SourceFlags,
    /// The project; taken from the source when not said.
    #[arg(long)]
    name: Option<String>,
    #[arg(long, default_value = "production")]
    environment: String,
    /// Where a new project runs; the server's first runtime when not said.
    #[arg(long)]
    runtime: Option<String>,
    #[command(flatten)]
    change: ChangeFlags,
    /// Go on without asking.
    #[arg(short, long)]
    yes: bool,
    /// Show the plan and stop.
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    wait: WaitFlags,
}

impl Deploy {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let name = self.name.clone().map_or_else(|| self.source.name(), Ok)?;
        let existing = find::maybe_project(&client, &name).await?;
        let wanted = self.source.wanted(&client, say).await?;
        let Some(project) = existing else {
            return self.create(&client, name, wanted, say).await;
        };
        let environment = find::environment(&project, &self.environment)?;
        let change =
            update::change(&client, &environment.id, Some(wanted), &self.change, &[]).await?;
        let go = update::Go {
            hold: false,
            yes: self.yes,
            plan: self.plan,
            wait: self.wait,
        };
        update::carry_out(&client, &environment.id, change, go, say).await
    }

    async fn create(&self, client: &Client, name: String, wanted: Wanted, say: &Say) -> Done {
        let new = self.new_project(name, wanted);
        let preview: Preview = client.post("/v2/projects/plan", &new).await?;
        if self.plan {
            say.result(&preview, |p| plan::text(p) + "\n");
            return Ok(Exit::Ok);
        }
        plan::confirmed(&preview, self.yes, say)?;
        let view: Got<DeploymentView> = client.post("/v2/projects", &new).await;
        follow::finish(client, view?, self.wait, say).await
    }

    fn new_project(&self, name: String, source: Wanted) -> NewProject {
        let mut config = ConfigPatch::default();
        self.change.lay_over(&mut config);
        NewProject {
            name,
            source,
            environment: Some(self.environment.clone()),
            config,
            runtime: self.runtime.clone(),
        }
    }
}
