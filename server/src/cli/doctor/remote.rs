//! The server that `login` remembers.

use super::{Finding, fail, ok, warn};
use crate::cli::client::Client;
use crate::cli::exit::{Exit, Failure, Got};
use crate::cli::profile::Profile;
use domain::access::Caller;
use domain::view::{Page, RuntimeView, SettingsView};

const OURS: &str = env!("CARGO_PKG_VERSION");

pub async fn check() -> Vec<Finding> {
    let profile = match Profile::load() {
        Ok(profile) => profile,
        Err(_) => {
            return vec![warn(
                "server",
                "No server is remembered.",
                "Run `sealdock login URL` to check one.",
            )];
        }
    };
    match Client::new(profile) {
        Ok(client) => look(&client)
            .await
            .unwrap_or_else(|failure| vec![finding(&failure)]),
        Err(failure) => vec![finding(&failure)],
    }
}

async fn look(client: &Client) -> Got<Vec<Finding>> {
    let me: Caller = client.get("/v2/me").await?;
    let settings: SettingsView = client.get("/v2/settings").await?;
    let runtimes: Page<RuntimeView> = client.get("/v2/runtimes").await?;
    let reached = ok("server", format!("{} answers.", client.url));
    let token = ok(
        "token",
        format!(
            "Stands for {} in {}, as {}.",
            me.email,
            me.org_name,
            me.role.word()
        ),
    );
    let places = runtimes.items.iter().map(runtime);
    Ok([reached, token, version(&settings.version)]
        .into_iter()
        .chain(places)
        .collect())
}

fn version(theirs: &str) -> Finding {
    match theirs == OURS {
        true => ok("version", format!("{OURS} on both sides.")),
        false => warn(
            "version",
            format!("The server is {theirs}, this command is {OURS}."),
            "Use the same version on both sides.",
        ),
    }
}

fn runtime(view: &RuntimeView) -> Finding {
    let sentence = format!("{}: {}", view.name, view.sentence);
    let way_out = view
        .way_out
        .clone()
        .unwrap_or_else(|| "Look at the server's log.".to_owned());
    if view.reachable {
        ok("runtime", sentence)
    } else {
        fail("runtime", sentence, way_out)
    }
}

fn finding(failure: &Failure) -> Finding {
    let check = if failure.exit == Exit::Auth {
        "token"
    } else {
        "server"
    };
    let way_out = failure
        .refusal
        .way_out
        .clone()
        .unwrap_or_else(|| "Run `sealdock login URL` again.".to_owned());
    fail(check, failure.refusal.sentence.clone(), way_out)
}
