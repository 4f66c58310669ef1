//! `sealdock secret`: values that deployments are given and nobody reads. A value is never an
//! argument, since everybody on a machine can read those.

use super::ask;
use super::client::{Client, escape};
use super::exit::{Done, Exit, Failure, Got};
use super::master::Master;
use super::say::{Say, is_terminal, table};
use clap::Subcommand;
use domain::api::NewSecret;
use domain::secret::{MAX_VALUE_BYTES, SecretText};
use domain::view::{Page, SecretUse, SecretView};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum Secret {
    /// Names, and who uses them. No command shows a value.
    List,
    /// Set the value of a secret, or replace it. It is read from standard input, without its last
    /// line feed, or asked for on a terminal.
    Set {
        name: String,
        /// Read it from here instead, byte for byte.
        #[arg(long, value_name = "FILE")]
        from_file: Option<PathBuf>,
    },
    /// Delete a secret that nothing uses.
    Delete {
        name: String,
        /// Its name, typed here instead of when asked.
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
    /// On the server's machine: replace the master key that all secrets are sealed with. The
    /// server may go on running. A backup of before needs the key of before.
    RotateMaster(Master),
    /// On the server's machine: replace the data key of every organization, and seal everything
    /// anew. The server may go on running.
    RotateData(Master),
}

impl Secret {
    pub async fn run(self, say: &Say) -> Done {
        match self {
            Secret::List => list(say).await,
            Secret::Set { name, from_file } => set(say, name, from_file.as_deref()).await,
            Secret::Delete { name, confirm } => delete(say, &name, confirm).await,
            Secret::RotateMaster(master) => master.rotate(say).await,
            Secret::RotateData(master) => master.rotate_data(say).await,
        }
    }
}

async fn list(say: &Say) -> Done {
    let client = Client::from_profile()?;
    let all = client.get::<Page<SecretView>>("/v2/secrets").await?.items;
    say.result(&all, |all| rows(all));
    Ok(Exit::Ok)
}

async fn set(say: &Say, name: String, file: Option<&Path>) -> Done {
    let client = Client::from_profile()?;
    let value = match file {
        Some(path) => from_file(path)?,
        None if is_terminal() => ask::secret(&format!("Value of {name}"), "--from-file")?.into(),
        None => from_stdin()?,
    };
    let new = NewSecret { name, value };
    let view: SecretView = client.post("/v2/secrets", &new).await?;
    say.result(&view, |view| {
        format!("{} is set, version {}.\n", view.name, view.version)
    });
    let stale = view.used_by.iter().filter(|place| place.stale);
    stale.for_each(|place| {
        say.note(&format!(
            "{} has the value of before until it is deployed again.",
            place.title()
        ));
    });
    Ok(Exit::Ok)
}

async fn delete(say: &Say, name: &str, confirm: Option<String>) -> Done {
    let client = Client::from_profile()?;
    let typed = match confirm {
        Some(typed) => typed,
        None => ask::text(
            &format!("Type `{name}` to delete it, for good"),
            &format!("--confirm {name}"),
        )?,
    };
    let path = format!("/v2/secrets/{}?confirm={}", escape(name), escape(&typed));
    client.delete(&path).await?;
    say.note(&format!("`{name}` is deleted."));
    Ok(Exit::Ok)
}

fn from_file(path: &Path) -> Got<SecretText> {
    let unreadable = |error| Failure::usage(format!("{} can't be read: {error}.", path.display()));
    text(File::open(path).map_err(unreadable)?)
}

fn from_stdin() -> Got<SecretText> {
    let value = text(std::io::stdin().lock())?;
    let text = value.reveal();
    Ok(text.strip_suffix('\n').unwrap_or(text).to_owned().into())
}

/// No more than the server would take, and one byte, so that it says what is wrong.
fn text(from: impl Read) -> Got<SecretText> {
    let mut text = String::new();
    from.take(MAX_VALUE_BYTES as u64 + 2)
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("The value can't be read as text: {error}.")))?;
    Ok(text.into())
}

fn rows(all: &[SecretView]) -> String {
    let head = ["NAME", "VERSION", "SET", "BY", "USED BY"].map(str::to_owned);
    let row = |s: &SecretView| {
        let by = s.rotated_by.as_ref().or(s.created_by.as_ref());
        let users: Vec<_> = s.used_by.iter().map(place).collect();
        vec![
            s.name.clone(),
            s.version.to_string(),
            s.rotated_at.unwrap_or(s.created_at).rfc3339(),
            by.cloned().unwrap_or_else(|| "–".into()),
            users.join(", "),
        ]
    };
    let rows = [head.to_vec()].into_iter().chain(all.iter().map(row));
    table(&rows.collect::<Vec<_>>())
}

fn place(place: &SecretUse) -> String {
    match place.stale {
        true => format!("{} (older value)", place.title()),
        false => place.title(),
    }
}
