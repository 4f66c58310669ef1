//! `sealdock service`: databases and stores that environments use.

use super::client::{Client, escape};
use super::exit::{Done, Exit, Failure, Got};
use super::say::{Say, table};
use super::{ask, find};
use clap::{Args, Subcommand};
use domain::api::{Link, NewService, Restore, ServiceSettings};
use domain::id::{BackupId, NotAnId};
use domain::refusal::Refusal;
use domain::service::Kind;
use domain::view::{BackupView, DeletePreview, Page, RestorePreview, ServiceView};
use reqwest::Method;
use serde_json::json;
use std::path::PathBuf;
use tokio::io::AsyncWriteExt;
use tokio_stream::StreamExt;

#[derive(Subcommand)]
pub enum Service {
    /// All of them, with how they are and who uses them.
    List,
    /// Add one: run by Sealdock, or elsewhere with --url.
    Add(Add),
    /// Change its settings; what is not said stays.
    Set(Set),
    /// Give it to an environment, with the next deployment.
    Link(Linked),
    /// Take it from an environment, with the next deployment.
    Unlink(Linked),
    /// Make a backup.
    Backup { service: String },
    /// Its backups and restores, the newest first.
    Backups { service: String },
    /// Write the file of a backup here.
    Download {
        backup: String,
        /// Where to; named after service and backup when not said.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Put a backup in the place of what the service holds now.
    Restore {
        backup: String,
        /// The service's name, typed here instead of when asked.
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
    /// Delete it, with its data and its backups.
    Delete {
        service: String,
        /// The service's name, typed here instead of when asked.
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
}

#[derive(Args)]
pub struct Add {
    name: String,
    /// postgres, redis or s3.
    #[arg(long, value_parser = kind)]
    kind: Kind,
    /// Where it runs, with its credentials; `-` asks for it, so that it stays out of the history.
    #[arg(long, value_name = "URL", conflicts_with_all = ["image", "memory_mib", "schedule", "keep"])]
    url: Option<String>,
    /// What Sealdock runs.
    #[arg(long)]
    image: Option<String>,
    #[arg(long, value_name = "MIB")]
    memory_mib: Option<u32>,
    /// When backups are made by themselves: `@daily` or five fields, in UTC.
    #[arg(long)]
    schedule: Option<String>,
    /// How many backups stay.
    #[arg(long)]
    keep: Option<u32>,
}

#[derive(Args)]
pub struct Set {
    service: String,
    /// Of one that runs elsewhere; `-` asks for it.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[arg(long)]
    image: Option<String>,
    #[arg(long, value_name = "MIB")]
    memory_mib: Option<u32>,
    /// Empty for no backups by themselves.
    #[arg(long)]
    schedule: Option<String>,
    #[arg(long)]
    keep: Option<u32>,
}

#[derive(Args)]
pub struct Linked {
    service: String,
    project: String,
    #[arg(long, default_value = "production")]
    environment: String,
    /// In front of the variables' names: CACHE makes CACHE_REDIS_URL.
    #[arg(long, default_value = "")]
    prefix: String,
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::parse(text).ok_or_else(|| "it is one of postgres, redis, s3".to_owned())
}

impl Service {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match self {
            Service::List => say.result(&all(&client).await?, |all| services(all)),
            Service::Add(add) => say.result(&added(&client, add).await?, one),
            Service::Set(set) => say.result(&changed(&client, set).await?, one),
            Service::Link(linked) => say.result(&link(&client, linked).await?, one),
            Service::Unlink(linked) => say.result(&unlink(&client, linked).await?, one),
            Service::Backup { service } => {
                let path = format!(
                    "/v2/services/{}/backups",
                    named(&client, &service).await?.id
                );
                let begun: BackupView = client.post(&path, &json!({})).await?;
                say.result(&begun, |b| format!("{}\n", b.id));
            }
            Service::Backups { service } => {
                let path = format!(
                    "/v2/services/{}/backups",
                    named(&client, &service).await?.id
                );
                let page: Page<BackupView> = client.get(&path).await?;
                say.result(&page.items, |all| backups(all));
            }
            Service::Download { backup, to } => {
                download(&client, &id_of(&backup)?, to, say).await?
            }
            Service::Restore { backup, confirm } => {
                restore(&client, &id_of(&backup)?, confirm, say).await?;
            }
            Service::Delete { service, confirm } => delete(&client, &service, confirm, say).await?,
        }
        Ok(Exit::Ok)
    }
}

async fn all(client: &Client) -> Got<Vec<ServiceView>> {
    Ok(client.get::<Page<ServiceView>>("/v2/services").await?.items)
}

async fn named(client: &Client, name: &str) -> Got<ServiceView> {
    let found = all(client).await?.into_iter();
    let mut found = found.filter(|s| s.name == name || s.id.as_str() == name);
    found.next().ok_or_else(|| {
        let sentence = format!("There is no service `{name}` here.");
        let refusal = Refusal {
            sentence,
            ..Refusal::not_found("service")
        };
        Failure::refused(refusal).way_out("`sealdock service list` shows those that there are.")
    })
}

fn asked_for(url: Option<String>) -> Got<Option<String>> {
    match url.as_deref() {
        Some("-") => ask::secret("URL with its credentials", "--url URL").map(Some),
        _ => Ok(url),
    }
}

async fn added(client: &Client, add: Add) -> Got<ServiceView> {
    let new = NewService {
        name: add.name,
        kind: add.kind,
        url: asked_for(add.url)?,
        image: add.image,
        memory_mib: add.memory_mib,
        schedule: add.schedule,
        keep: add.keep,
        runtime: None,
    };
    client.post("/v2/services", &new).await
}

async fn changed(client: &Client, set: Set) -> Got<ServiceView> {
    let path = format!("/v2/services/{}", named(client, &set.service).await?.id);
    let settings = ServiceSettings {
        url: asked_for(set.url)?,
        image: set.image,
        memory_mib: set.memory_mib,
        schedule: set.schedule,
        keep: set.keep,
    };
    client.post(&path, &settings).await
}

async fn link(client: &Client, linked: Linked) -> Got<ServiceView> {
    let service = named(client, &linked.service).await?;
    let project = find::project(client, &linked.project).await?;
    let environment = find::environment(&project, &linked.environment)?;
    let link = Link {
        environment: environment.id.clone(),
        prefix: linked.prefix,
    };
    let path = format!("/v2/services/{}/link", service.id);
    client.post(&path, &link).await
}

async fn unlink(client: &Client, linked: Linked) -> Got<ServiceView> {
    let service = named(client, &linked.service).await?;
    let project = find::project(client, &linked.project).await?;
    let environment = find::environment(&project, &linked.environment)?;
    let path = format!("/v2/services/{}/unlink", service.id);
    client
        .post(&path, &json!({ "environment": environment.id }))
        .await
}

fn id_of(text: &str) -> Got<BackupId> {
    text.parse()
        .map_err(|e: NotAnId| Failure::usage(format!("{e}.")))
}

async fn download(client: &Client, id: &BackupId, to: Option<PathBuf>, say: &Say) -> Got<()> {
    let path = to.unwrap_or_else(|| PathBuf::from(format!("{id}.backup")));
    let unwritable =
        |e: std::io::Error| Failure::usage(format!("`{}` can't be written: {e}.", path.display()));
    let request = client.request(Method::GET, &format!("/v2/backups/{id}/file"));
    let mut pieces = client.send(request).await?.bytes_stream();
    let mut file = tokio::fs::File::create_new(&path)
        .await
        .map_err(unwritable)?;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|e| Failure::unreachable(format!("It broke off: {e}.")))?;
        file.write_all(&piece).await.map_err(unwritable)?;
    }
    file.flush().await.map_err(unwritable)?;
    say.line(&path.display().to_string());
    Ok(())
}

async fn restore(client: &Client, id: &BackupId, confirm: Option<String>, say: &Say) -> Got<()> {
    let path = format!("/v2/backups/{id}/restore");
    let plan: RestorePreview = client.get(&format!("{path}-plan")).await?;
    say.note(&format!("This replaces the data of `{}`:", plan.name));
    plan.lines
        .iter()
        .for_each(|line| say.note(&format!("  {line}")));
    let typed = typed(&plan.name, "replace its data", confirm)?;
    let restore = Restore {
        digest: plan.digest,
        typed,
    };
    let begun: BackupView = client.post(&path, &restore).await?;
    say.result(&begun, |b| format!("{}\n", b.id));
    Ok(())
}

async fn delete(client: &Client, name: &str, confirm: Option<String>, say: &Say) -> Got<()> {
    let service = named(client, name).await?;
    let path = format!("/v2/services/{}", service.id);
    let plan: DeletePreview = client.get(&format!("{path}/delete-plan")).await?;
    say.note(&format!(
        "This deletes the service `{}`, for good:",
        plan.name
    ));
    plan.lines
        .iter()
        .for_each(|line| say.note(&format!("  {line}")));
    let typed = typed(&plan.name, "delete it", confirm)?;
    client
        .delete(&format!("{path}?confirm={}", escape(&typed)))
        .await?;
    say.result(&json!({ "deleted": service.id }), |_| {
        format!("`{}` is being deleted.\n", plan.name)
    });
    Ok(())
}

fn typed(name: &str, what: &str, confirm: Option<String>) -> Got<String> {
    let typed = match confirm {
        Some(name) => name,
        None => ask::text(
            &format!("Type `{name}` to {what}"),
            &format!("--confirm {name}"),
        )?,
    };
    match typed == name {
        true => Ok(typed),
        false => Err(Failure::usage("That is not its name. Nothing was done.")),
    }
}

fn services(all: &[ServiceView]) -> String {
    if all.is_empty() {
        return "There are no services yet. `sealdock service add --help` adds one.\n".into();
    }
    let head = ["SERVICE", "KIND", "STATUS", "ADDRESS", "USED BY", "WHY"].map(str::to_owned);
    let row = |s: &ServiceView| {
        let users = s
            .links
            .iter()
            .map(|l| format!("{}/{}", l.project_name, l.environment_name));
        let users: Vec<_> = users.collect();
        vec![
            s.name.clone(),
            s.kind.word().to_owned(),
            s.state.word().to_owned(),
            s.address.clone(),
            if users.is_empty() {
                "–".into()
            } else {
                users.join(", ")
            },
            s.sentence.clone(),
        ]
    };
    let rows = [head.to_vec()].into_iter().chain(all.iter().map(row));
    table(&rows.collect::<Vec<_>>())
}

fn one(service: &ServiceView) -> String {
    let mut text = format!(
        "{}: {}. {}\n",
        service.name,
        service.state.word(),
        service.sentence
    );
    for link in &service.links {
        let names = link.variables.join(", ");
        text += &format!(
            "{} / {}: {names}. {}\n",
            link.project_name, link.environment_name, link.sentence
        );
    }
    text
}

fn backups(all: &[BackupView]) -> String {
    let head = ["ID", "WHAT", "STATUS", "ASKED", "SIZE", "SHA-256", "WHY"].map(str::to_owned);
    let row = |b: &BackupView| {
        vec![
            b.id.to_string(),
            if b.restores.is_some() {
                "restore".into()
            } else {
                "backup".into()
            },
            b.status.word().to_owned(),
            b.at.rfc3339(),
            b.size_bytes.map_or_else(|| "–".into(), |n| n.to_string()),
            b.sha256.clone().unwrap_or_else(|| "–".into()),
            b.sentence.clone().unwrap_or_default(),
        ]
    };
    let rows = [head.to_vec()].into_iter().chain(all.iter().map(row));
    table(&rows.collect::<Vec<_>>())
}
