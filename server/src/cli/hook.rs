//! `sealdock hook`: deploying what is pushed.

use super::client::Client;
use super::exit::{Done, Exit, Failure};
use super::find;
use super::say::{Say, table};
use clap::Subcommand;
use domain::api::Track;
use domain::id::{DeliveryId, NotAnId};
use domain::view::{DeliveryView, GitView, HookView, NewHookView, Page, TrackingView};

#[derive(Subcommand)]
pub enum Hook {
    /// What is tracked, and the addresses of the webhook.
    Show { project: String },
    /// Make the webhook of a project, or replace its secret. The secret is printed this once.
    Rotate { project: String },
    /// Remove the webhook.
    Remove { project: String },
    /// Deploy what is pushed to a branch; without --branch, nothing.
    Track {
        project: String,
        #[arg(long, default_value = "production")]
        environment: String,
        #[arg(long)]
        branch: Option<String>,
        /// Also ask the repository for the branch's head, in case that no delivery comes.
        #[arg(long, requires = "branch")]
        poll: bool,
    },
    /// What came in, the newest first.
    Deliveries { project: String },
    /// Handle a delivery again.
    Redeliver { delivery: String },
}

impl Hook {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match self {
            Hook::Show { project } => {
                let git: GitView = client.get(&git_of(&client, &project).await?).await?;
                say.result(&git, |git| shown(git, &client.url));
            }
            Hook::Rotate { project } => {
                let path = format!("{}/hook", git_of(&client, &project).await?);
                let made: NewHookView = client.post(&path, &()).await?;
                say.result(&made, |made| format!("{}\n", made.secret));
                say.note(&addresses(&made.hook, &client.url));
            }
            Hook::Remove { project } => {
                let path = format!("{}/hook", git_of(&client, &project).await?);
                client.delete(&path).await?;
                say.note("Its address takes nothing any more.");
            }
            Hook::Track {
                project,
                environment,
                branch,
                poll,
            } => {
                let project = find::project(&client, &project).await?;
                let environment = find::environment(&project, &environment)?;
                let path = format!("/v2/environments/{}/tracking", environment.id);
                let view: TrackingView = client.post(&path, &Track { branch, poll }).await?;
                say.result(&view, |view| format!("{}\n", follows(view)));
            }
            Hook::Deliveries { project } => {
                let path = format!("{}/deliveries", git_of(&client, &project).await?);
                let page: Page<DeliveryView> = client.get(&path).await?;
                say.result(&page.items, |all| rows(all));
            }
            Hook::Redeliver { delivery } => {
                let wrong = |e: NotAnId| Failure::usage(format!("{e}."));
                let id: DeliveryId = delivery.parse().map_err(wrong)?;
                let path = format!("/v2/deliveries/{id}/redeliver");
                let view: DeliveryView = client.post(&path, &()).await?;
                say.result(&view, |view| format!("{}\n", view.effect));
            }
        }
        Ok(Exit::Ok)
    }
}

async fn git_of(client: &Client, project: &str) -> super::exit::Got<String> {
    let project = find::project(client, project).await?;
    Ok(format!("/v2/projects/{}/git", project.id))
}

fn shown(git: &GitView, url: &str) -> String {
    let tracked: Vec<_> = git.environments.iter().map(follows).collect();
    let hook = git.hook.as_ref();
    let hook = hook.map_or(
        "No webhook; `sealdock hook rotate` makes one.".into(),
        |hook| addresses(hook, url),
    );
    format!("{}\n{hook}\n", tracked.join("\n"))
}

fn follows(view: &TrackingView) -> String {
    match &view.branch {
        None => format!("{} follows no branch.", view.name),
        Some(branch) if view.poll => format!("{} follows {branch}, and asks for it.", view.name),
        Some(branch) => format!("{} follows {branch}.", view.name),
    }
}

fn addresses(hook: &HookView, url: &str) -> String {
    let line = |p: &domain::view::HookPath| format!("{}: {url}{}", p.provider.title(), p.path);
    hook.paths.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn rows(all: &[DeliveryView]) -> String {
    let head = ["ID", "CAME", "FROM", "EVENT", "PUSH", "EFFECT"].map(str::to_owned);
    let row = |d: &DeliveryView| {
        let commit: String = d.commit.iter().flat_map(|c| c.chars().take(7)).collect();
        let push = d.branch.as_ref().map(|branch| format!("{branch}@{commit}"));
        vec![
            d.id.to_string(),
            d.at.rfc3339(),
            d.provider.word().to_owned(),
            d.event.clone(),
            push.unwrap_or_else(|| "–".into()),
            d.effect.clone(),
        ]
    };
    let rows: Vec<_> = [head.to_vec()]
        .into_iter()
        .chain(all.iter().map(row))
        .collect();
    table(&rows)
}
