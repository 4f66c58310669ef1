//! `sealdock open`: the project in the browser.

use super::client::Client;
use super::exit::{Done, Exit, Failure};
use super::find;
use super::say::{Say, is_terminal};
use clap::Args;
use domain::refusal::Refusal;
use std::process::{Command, Stdio};

#[derive(Args)]
pub struct Open {
    project: String,
    #[arg(long, default_value = "production")]
    environment: String,
    /// The console's page of the project instead of the application.
    #[arg(long)]
    console: bool,
}

impl Open {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let project = find::project(&client, &self.project).await?;
        let app = find::environment(&project, &self.environment)?
            .urls
            .first()
            .cloned();
        let none = || Failure::refused(Refusal::conflict("no_url", "It has no address yet."));
        let url = if self.console {
            format!("{}/projects/{}", client.url, project.id)
        } else {
            app.ok_or_else(none)?
        };
        say.result(&serde_json::json!({ "url": url }), |_| format!("{url}\n"));
        if is_terminal() && !say.is_json() {
            browse(&url);
        }
        Ok(Exit::Ok)
    }
}

/// The address was printed: a machine without a browser is no error.
fn browse(url: &str) {
    let _ = Command::new("xdg-open")
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}
