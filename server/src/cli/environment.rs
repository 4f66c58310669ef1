//! `sealdock environment`: slots of a project beside the first one.

use super::client::Client;
use super::exit::{Done, Exit};
use super::{find, say::Say};
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
    },
}

impl Environment {
    pub async fn run(self, say: &Say) -> Done {
        let Environment::Add {
            project,
            name,
            runtime,
        } = self;
        let client = Client::from_profile()?;
        let project = find::project(&client, &project).await?;
        let path = format!("/v2/projects/{}/environments", project.id);
        let made: EnvironmentView = client
            .post(&path, &NewEnvironment { name, runtime })
            .await?;
        say.result(&made, |e| {
            let url = e.urls.first().map_or("nowhere yet", String::as_str);
            format!(
                "{} / {} answers at {url} once something is deployed there.\n",
                e.project_name, e.name
            )
        });
        Ok(Exit::Ok)
    }
}
