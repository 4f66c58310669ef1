//! `sealdock stop`, `start` and `restart`: what serves ends and keeps its address, and serves again
//! without a build (I-13).

use super::client::Client;
use super::exit::{Done, Exit, Failure};
use super::update::{self, Go};
use super::{ask, find, say::Say};
use clap::Args;
use domain::id::DeploymentId;
use domain::refusal::Refusal;
use domain::reuse::{Reuse, Settings};
use domain::view::{DeploymentView, EnvironmentView, StopPreview};
use serde_json::json;

#[derive(Args)]
pub struct Stop {
    project: String,
    #[arg(long, default_value = "production")]
    environment: String,
    /// Stop without asking.
    #[arg(short, long)]
    yes: bool,
    /// Show what would end and stop nothing.
    #[arg(long)]
    plan: bool,
}

/// What serves, or served until it was stopped, once more.
#[derive(Args)]
pub struct Again {
    project: String,
    #[arg(long, default_value = "production")]
    environment: String,
    #[command(flatten)]
    go: Go,
}

impl Stop {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let serving = environment(&client, &self.project, &self.environment)
            .await?
            .active
            .ok_or_else(|| nothing("Nothing serves here, so there is nothing to stop."))?;
        let path = format!("/v2/deployments/{}", serving.id);
        let plan: StopPreview = client.get(&format!("{path}/stop-plan")).await?;
        if self.plan {
            say.result(&plan, text);
            return Ok(Exit::Ok);
        }
        say.note(&text(&plan));
        let typed = match self.yes {
            true => plan.typed,
            false => ask::text(&format!("Type `{}` to stop it", plan.typed), "--yes")?,
        };
        let view: DeploymentView = client
            .post(&format!("{path}/stop"), &json!({ "typed": typed }))
            .await?;
        say.result(&view, |view| {
            format!(
                "#{} is stopped. `sealdock start {}` brings it back.\n",
                view.summary.number, view.summary.project_name
            )
        });
        Ok(Exit::Ok)
    }
}

impl Again {
    pub async fn start(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let of = environment(&client, &self.project, &self.environment).await?;
        let stopped = of.redeploy.clone().filter(|_| of.stopped);
        let stopped = stopped.ok_or_else(|| nothing("Nothing here was stopped."))?;
        again(&client, &of, stopped, self.go, say).await
    }

    pub async fn restart(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let of = environment(&client, &self.project, &self.environment).await?;
        let serving = of.active.as_ref().map(|d| d.id.clone());
        let serving = serving
            .ok_or_else(|| nothing("Nothing serves here, so there is nothing to restart."))?;
        again(&client, &of, serving, self.go, say).await
    }
}

async fn environment(
    client: &Client,
    project: &str,
    name: &str,
) -> Result<EnvironmentView, Failure> {
    let project = find::project(client, project).await?;
    find::environment(&project, name).cloned()
}

async fn again(
    client: &Client,
    of: &EnvironmentView,
    deployment: DeploymentId,
    go: Go,
    say: &Say,
) -> Done {
    let reuse = Reuse {
        deployment,
        config: Settings::Own,
    };
    update::again(client, &of.id, reuse, go, say).await
}

fn text(plan: &StopPreview) -> String {
    let d = &plan.deployment;
    let urls = plan.urls.iter().map(|url| format!("{url} answers 404"));
    plan.ends.iter().cloned().chain(urls).fold(
        format!("Stop #{} ({}):\n", d.number, d.source.label()),
        |text, line| format!("{text}  {line}\n"),
    )
}

fn nothing(sentence: &str) -> Failure {
    Failure::refused(Refusal::conflict("nothing_there", sentence))
        .way_out("`sealdock list PROJECT` shows what serves.")
}
