//! `sealdock rollback`: what served before, once more.

use super::client::Client;
use super::exit::{Done, Failure, Got};
use super::update::{self, Go};
use super::{find, say::Say};
use clap::{Args, ValueEnum};
use domain::refusal::Refusal;
use domain::reuse::{Reuse, Settings};
use domain::view::VersionView;

#[derive(Args)]
pub struct Rollback {
    project: String,
    #[arg(long, default_value = "production")]
    environment: String,
    /// The deployment's number; the newest that served before when not said.
    #[arg(long, value_name = "NUMBER")]
    to: Option<u32>,
    /// Whose configuration it runs with.
    #[arg(long, value_enum, default_value_t = Config::Own)]
    config: Config,
    #[command(flatten)]
    go: Go,
}

#[derive(Clone, Copy, ValueEnum)]
enum Config {
    /// As it was when that version ran.
    Own,
    /// As it is set now.
    Current,
}

impl Rollback {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let project = find::project(&client, &self.project).await?;
        let id = &find::environment(&project, &self.environment)?.id;
        let versions = find::versions(&client, id).await?;
        let to = chosen(versions.earlier, self.to)?;
        let config = match self.config {
            Config::Own => Settings::Own,
            Config::Current => Settings::Current,
        };
        let reuse = Reuse {
            deployment: to.deployment.id,
            config,
        };
        update::again(&client, id, reuse, self.go, say).await
    }
}

fn chosen(earlier: Vec<VersionView>, to: Option<u32>) -> Got<VersionView> {
    let wanted = |v: &VersionView| match to {
        Some(number) => v.deployment.number == number,
        None => v.is_earlier(),
    };
    earlier.into_iter().find(wanted).ok_or_else(|| {
        let sentence = match to {
            Some(number) => format!("#{number} is not among the versions that served here."),
            None => "Nothing served here before, so there is nothing to go back to.".to_owned(),
        };
        Failure::refused(Refusal::conflict("nothing_before", sentence))
            .way_out("`sealdock list PROJECT` shows what was deployed.")
    })
}
