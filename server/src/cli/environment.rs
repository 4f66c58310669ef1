//! `sealdock environment`: slots of a project beside the first one.

use super::client::Client;
use super::exit::{Done, Exit};
use super::{delete, find, say::Say};
use clap::Subcommand;
use domain::api::NewEnvironment;
use domain::view::EnvironmentView;

#[derive(Subcommand)]
pub enum Environment {
    /// Add an empty one; deploy to it with `sealdock update` or `sealdock promote`.
    Add {
        project: String,
        /// Lower case, digits and hyphens: `staging`.
        name: String,
        /// The runtime's name; the first reachable one when not said.
        #[arg(long)]
        runtime: Option<String>,
        /// For debugging: `sealdock exec` opens a terminal in its instances. Never `production`.
        #[arg(long)]
        debug: bool,
    },
    /// Delete one with everything that belongs to it; the last one goes with its project.
    Delete {
        project: String,
        name: String,
        /// Its name, typed here instead of when asked.
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
}

impl Environment {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match self {
            Environment::Add {
                project,
                name,
                runtime,
                debug,
            } => {
                let new = NewEnvironment {
                    name,
                    runtime,
                    debug,
                };
                add(&client, say, &project, new).await
            }
            Environment::Delete {
                project,
                name,
                confirm,
            } => {
                let project = find::project(&client, &project).await?;
                let id = &find::environment(&project, &name)?.id;
                let path = format!("/v2/environments/{id}");
                delete::carry_out(&client, say, &path, id.as_str(), confirm).await
            }
        }
    }
}

async fn add(client: &Client, say: &Say, project: &str, new: NewEnvironment) -> Done {
    let project = find::project(client, project).await?;
    let path = format!("/v2/projects/{}/environments", project.id);
    let made: EnvironmentView = client.post(&path, &new).await?;
    say.result(&made, |e| {
        let url = e.urls.first().map_or("nowhere yet", String::as_str);
        format!(
            "{} / {} answers at {url} once something is deployed there.\n",
            e.project_name, e.name
        )
    });
    Ok(Exit::Ok)
}
