//! `sealdock promote`: what one environment runs, started in another one.

use super::client::Client;
use super::exit::{Done, Failure};
use super::update::{self, Go};
use super::{find, say::Say};
use clap::Args;
use domain::refusal::Refusal;
use domain::reuse::{Reuse, Settings};
use domain::view::EnvironmentView;

#[derive(Args)]
pub struct Promote {
    project: String,
    /// Where it runs now.
    #[arg(long, value_name = "ENVIRONMENT")]
    from: String,
    /// Where it is to run.
    #[arg(long, value_name = "ENVIRONMENT", default_value = "production")]
    to: String,
    #[command(flatten)]
    go: Go,
}

impl Promote {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let project = find::project(&client, &self.project).await?;
        let from = find::environment(&project, &self.from)?;
        let to = find::environment(&project, &self.to)?;
        let serving = from.active.as_ref().ok_or_else(|| nothing_serves(from))?;
        let reuse = Reuse {
            deployment: serving.id.clone(),
            config: Settings::Current,
        };
        update::again(&client, &to.id, reuse, self.go, say).await
    }
}

fn nothing_serves(from: &EnvironmentView) -> Failure {
    let sentence = format!(
        "Nothing serves in `{}`, so there is nothing to promote.",
        from.name
    );
    Failure::refused(Refusal::conflict("nothing_serves", sentence))
        .way_out("Deploy a version there first.")
}
