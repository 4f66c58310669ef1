//! `sealdock registry` and `sealdock git`: what opens private images and repositories.

use super::client::Client;
use super::exit::{Done, Exit, Failure, Got};
use super::find;
use super::{
    ask,
    say::{Say, table},
};
use clap::Subcommand;
use domain::credential::{CredentialKind, NewCredential, Place};
use domain::view::{CredentialView, Page};
use std::io::{IsTerminal, Read};

/// More is no secret.
const LONGEST: u64 = 64 << 10;

#[derive(Subcommand)]
pub enum Credential {
    /// Set what opens a host; the secret is read from standard input, or asked for.
    Add {
        /// A host with its port, where that is not the usual one. Git: also `host/team`.
        place: String,
        /// Git hosts that go by the token alone take any name.
        #[arg(long, default_value = "token")]
        username: String,
        /// When the host will not take it any more; shown in lists.
        #[arg(long, value_name = "DAYS")]
        expires_in_days: Option<u32>,
    },
    /// All of them, without their secrets.
    List,
    /// Remove one, by its place or its id.
    Remove { place: String },
}

impl Credential {
    pub async fn run(self, kind: CredentialKind, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match self {
            Credential::Add {
                place,
                username,
                expires_in_days,
            } => {
                let new = NewCredential {
                    kind,
                    secret: secret(&place)?,
                    place,
                    username,
                    expires_in_days,
                };
                let made: CredentialView = client.post("/v2/credentials", &new).await?;
                say.result(&made, |made| {
                    format!("{} opens to `{}`.\n", made.place, made.username)
                });
            }
            Credential::List => say.result(&all(&client, kind).await?, |all| rows(all)),
            Credential::Remove { place } => {
                let id = found(&client, kind, &place).await?.id;
                client.delete(&format!("/v2/credentials/{id}")).await?;
                say.note("It is forgotten.");
            }
        }
        Ok(Exit::Ok)
    }
}

/// Never from the command line, which everybody on the machine can read.
fn secret(place: &str) -> Got<String> {
    if std::io::stdin().is_terminal() {
        return ask::secret(&format!("Password or token for {place}"), "standard input");
    }
    let mut text = String::new();
    let read = std::io::stdin().take(LONGEST).read_to_string(&mut text);
    read.map_err(|e| Failure::usage(format!("Standard input can't be read: {e}.")))?;
    match text.trim() {
        "" => Err(
            Failure::usage("Standard input holds no password and no token.")
                .way_out("Pipe it in: sealdock registry add HOST < token.txt"),
        ),
        secret => Ok(secret.to_owned()),
    }
}

async fn all(client: &Client, kind: CredentialKind) -> Got<Vec<CredentialView>> {
    let page: Page<CredentialView> = client.get("/v2/credentials").await?;
    let of_kind = page.items.into_iter().filter(|c| c.kind == kind);
    Ok(of_kind.collect())
}

async fn found(client: &Client, kind: CredentialKind, place: &str) -> Got<CredentialView> {
    let wanted = Place::parse(kind, place).map(|p| p.to_string());
    let is_it = |c: &CredentialView| c.id.as_str() == place || wanted.as_ref() == Ok(&c.place);
    let found = all(client, kind).await?.into_iter().find(is_it);
    found.ok_or_else(|| {
        find::nothing(
            "credential",
            format!("There is no credential for `{place}`."),
        )
        .way_out(format!(
            "`sealdock {} list` shows those that there are.",
            kind.word()
        ))
    })
}

fn rows(all: &[CredentialView]) -> String {
    let head = ["ID", "PLACE", "USER", "SET", "BY", "EXPIRES"].map(str::to_owned);
    let row = |c: &CredentialView| {
        let expires = c.expires_at.map_or("never".to_owned(), |at| at.rfc3339());
        vec![
            c.id.to_string(),
            c.place.clone(),
            c.username.clone(),
            c.set_at.rfc3339(),
            c.set_by.clone().unwrap_or_else(|| "–".into()),
            if c.expired {
                format!("{expires} (expired)")
            } else {
                expires
            },
        ]
    };
    let rows: Vec<_> = [head.to_vec()]
        .into_iter()
        .chain(all.iter().map(row))
        .collect();
    table(&rows)
}
