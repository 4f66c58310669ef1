//! `sealdock retry`: what failed and left nothing serving, once more (I-9).

use super::client::Client;
use super::exit::{Done, Failure};
use super::update::{self, Go};
use super::{find, say::Say};
use clap::Args;
use domain::refusal::Refusal;
use domain::reuse::{Reuse, Settings};

#[derive(Args)]
pub struct Retry {
    project: String,
    #[arg(long, default_value = "production")]
    environment: String,
    #[command(flatten)]
    go: Go,
}

impl Retry {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let project = find::project(&client, &self.project).await?;
        let id = &find::environment(&project, &self.environment)?.id;
        let versions = find::versions(&client, id).await?;
        let failed = versions.failed.ok_or_else(nothing_failed)?;
        let reuse = Reuse {
            deployment: failed.deployment.id,
            config: Settings::Own,
        };
        update::again(&client, id, reuse, self.go, say).await
    }
}

fn nothing_failed() -> Failure {
    let sentence = "The newest deployment here did not fail, so there is nothing to try again.";
    Failure::refused(Refusal::conflict("nothing_failed", sentence))
        .way_out("`sealdock rollback` deploys an earlier version.")
}
