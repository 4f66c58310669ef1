//! `sealdock cancel`, `pause` and `resume`: a deployment on its way ends, one that serves answers 503
//! on purpose, and serves again (P-10).

use super::client::Client;
use super::exit::{Done, Exit, Failure, Got};
use super::{find, say::Say};
use clap::Args;
use domain::id::DeploymentId;
use domain::refusal::Refusal;
use domain::view::{DeploymentSummary, DeploymentView, EnvironmentView};

#[derive(Args)]
pub struct Of {
    /// A project's name, or a deployment's id.
    target: String,
    #[arg(long, default_value = "production")]
    environment: String,
}

impl Of {
    pub async fn cancel(self, say: &Say) -> Done {
        let coming = |of: &EnvironmentView| of.candidate.clone();
        self.tell("cancel", coming, "Nothing is on its way here.", say)
            .await
    }

    pub async fn pause(self, say: &Say) -> Done {
        let serving = |of: &EnvironmentView| of.active.clone();
        self.tell("pause", serving, "Nothing serves here.", say)
            .await
    }

    pub async fn resume(self, say: &Say) -> Done {
        let paused = |of: &EnvironmentView| of.active.clone();
        self.tell("resume", paused, "Nothing is paused here.", say)
            .await
    }

    async fn tell(
        self,
        word: &str,
        of: impl Fn(&EnvironmentView) -> Option<DeploymentSummary>,
        nothing: &str,
        say: &Say,
    ) -> Done {
        let client = Client::from_profile()?;
        let id = self.deployment(&client, of, nothing).await?;
        let path = format!("/v2/deployments/{id}/{word}");
        let view: DeploymentView = client.post(&path, &()).await?;
        say.result(&view, |view| {
            let DeploymentSummary {
                number, sentence, ..
            } = &view.summary;
            format!("#{number}: {sentence}\n")
        });
        Ok(Exit::Ok)
    }

    async fn deployment(
        &self,
        client: &Client,
        of: impl Fn(&EnvironmentView) -> Option<DeploymentSummary>,
        nothing: &str,
    ) -> Got<DeploymentId> {
        if let Ok(id) = self.target.parse() {
            return Ok(id);
        }
        let project = find::project(client, &self.target).await?;
        let found = of(find::environment(&project, &self.environment)?);
        found.map(|d| d.id).ok_or_else(|| none(nothing))
    }
}

fn none(sentence: &str) -> Failure {
    Failure::refused(Refusal::conflict("nothing_there", sentence))
        .way_out("`sealdock list PROJECT` shows the deployments with their ids.")
}
