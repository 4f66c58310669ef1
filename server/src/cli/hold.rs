//! `sealdock hold`: what waits at ready for a person.

use super::client::Client;
use super::exit::{Done, Exit, Failure, Got};
use super::follow::{self, WaitFlags};
use super::{find, say::Say};
use clap::{Args, Subcommand};
use domain::refusal::Refusal;
use domain::view::{DeploymentSummary, DeploymentView, EnvironmentView};

#[derive(Subcommand)]
pub enum Hold {
    /// Let it take the traffic.
    Promote(Of),
    /// End it; what serves goes on.
    Cancel(Of),
    /// Show where it can be looked at.
    Show(Of),
}

#[derive(Args)]
pub struct Of {
    project: String,
    #[arg(long, default_value = "production")]
    environment: String,
    #[command(flatten)]
    wait: WaitFlags,
}

impl Hold {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match self {
            Hold::Promote(of) => {
                let view = decide(&client, &of, "promote").await?;
                follow::finish(&client, view, of.wait, say).await
            }
            Hold::Cancel(of) => {
                let view = decide(&client, &of, "cancel").await?;
                say.result(&view, |v| format!("#{} is cancelled.\n", v.summary.number));
                Ok(Exit::Ok)
            }
            Hold::Show(of) => {
                let path = format!("/v2/deployments/{}", held(&client, &of).await?.id);
                let view: DeploymentView = client.get(&path).await?;
                say.result(&view, |v| {
                    v.review_url.iter().map(|url| format!("{url}\n")).collect()
                });
                Ok(Exit::Ok)
            }
        }
    }
}

async fn decide(client: &Client, of: &Of, what: &str) -> Got<DeploymentView> {
    let id = held(client, of).await?.id;
    client
        .post(&format!("/v2/deployments/{id}/{what}"), &())
        .await
}

async fn held(client: &Client, of: &Of) -> Got<DeploymentSummary> {
    let project = find::project(client, &of.project).await?;
    let environment = find::environment(&project, &of.environment)?;
    let held = environment.candidate.clone().filter(|c| c.held);
    held.ok_or_else(|| nothing_held(environment))
}

fn nothing_held(environment: &EnvironmentView) -> Failure {
    let sentence = format!(
        "Nothing is held at ready in {} / {}.",
        environment.project_name, environment.name
    );
    Failure::refused(Refusal::conflict("nothing_held", sentence))
        .way_out("`sealdock update … --hold` holds the new version.")
}
