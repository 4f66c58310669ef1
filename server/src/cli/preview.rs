//! `sealdock preview`: previews of branches and pull requests.

use super::client::Client;
use super::exit::{Done, Exit, Failure, Got};
use super::say::{Say, table};
use super::{ask, find};
use clap::Subcommand;
use domain::api::Approve;
use domain::attest::Hex;
use domain::forge::NewForge;
use domain::hook::Provider;
use domain::id::{NotAnId, ReviewId};
use domain::review::Rules;
use domain::view::{ReviewView, ReviewsView};

/// Not an option: whoever lists this machine's processes would read it.
const TOKEN: &str = "SEALDOCK_HOST_TOKEN";

#[derive(Subcommand)]
pub enum Preview {
    /// Those there are, with what each waits for.
    List { project: String },
    /// Run the head of a fork's pull request: this commit, and no later one.
    Approve {
        /// As the list shows it: rev_…
        preview: String,
        /// All its digits: the commit that was looked at.
        #[arg(long)]
        commit: String,
    },
    /// Remove one with all it made; a push makes it again.
    Close { preview: String },
    /// Set what gets one. What is not said stays as it is.
    Set(Set),
    /// Tell a Git host how deployments went. The token comes from SEALDOCK_HOST_TOKEN, or is asked for.
    Host {
        project: String,
        /// github, gitlab or gitea.
        #[arg(long, value_parser = provider)]
        provider: Provider,
        /// Of its API: https://api.github.com, https://gitlab.example/api/v4.
        #[arg(long)]
        url: String,
        /// As the host calls it: team/app.
        #[arg(long)]
        repository: String,
        /// Who signs the project's releases, as `sealdock release keygen` says it: an environment that
        /// is not for debugging takes nothing else. Left out: it stays as it is.
        #[arg(long, value_name = "HEX")]
        release_key: Option<Hex<32>>,
        /// Nobody does any more: anything may go there.
        #[arg(long, conflicts_with = "release_key")]
        no_release_key: bool,
    },
}

#[derive(clap::Args)]
pub struct Set {
    project: String,
    /// Every pull (merge) request gets one: true or false.
    #[arg(long)]
    pulls: Option<bool>,
    /// Branches whose name fits get one, like "feature/*"; empty: none.
    #[arg(long)]
    branches: Option<String>,
    /// Hours after the last push.
    #[arg(long)]
    ttl_h: Option<u32>,
    /// At the same time.
    #[arg(long)]
    most: Option<u32>,
    /// Of each instance.
    #[arg(long)]
    memory_mib: Option<u32>,
}

fn provider(word: &str) -> Result<Provider, String> {
    Provider::sender(word).ok_or_else(|| "the hosts are github, gitlab and gitea".to_owned())
}

impl Preview {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match self {
            Preview::List { project } => {
                let view: ReviewsView = client.get(&previews_of(&client, &project).await?).await?;
                say.result(&view.reviews, |all| rows(all));
            }
            Preview::Approve { preview, commit } => {
                let path = format!("/v2/previews/{}/approve", id(&preview)?);
                let view: ReviewView = client.post(&path, &Approve { commit }).await?;
                say.result(&view, |view| format!("{}\n", view.sentence));
            }
            Preview::Close { preview } => {
                let path = format!("/v2/previews/{}/close", id(&preview)?);
                let request = client.request(reqwest::Method::POST, &path);
                client.send(request).await?;
                say.note("It is being removed.");
            }
            Preview::Set(set) => set.run(&client, say).await?,
            Preview::Host {
                project,
                provider,
                url,
                repository,
                release_key,
                no_release_key,
            } => {
                let project = find::project(&client, &project).await?;
                let path = format!("/v2/projects/{}/git/host", project.id);
                let token = match std::env::var(TOKEN) {
                    Ok(token) => token,
                    Err(_) => ask::secret("The token of the host's API", TOKEN)?,
                };
                let new = NewForge {
                    provider,
                    url,
                    repository,
                    token: Some(token),
                    release_key: release_key
                        .map(|key| key.to_string())
                        .or(no_release_key.then(String::new)),
                };
                let _: ReviewsView = client.post(&path, &new).await?;
                say.note("It is told how deployments went from now on.");
            }
        }
        Ok(Exit::Ok)
    }
}

impl Set {
    async fn run(self, client: &Client, say: &Say) -> Got<()> {
        let path = previews_of(client, &self.project).await?;
        let now: ReviewsView = client.get(&path).await?;
        let rules = Rules {
            pulls: self.pulls.unwrap_or(now.rules.pulls),
            branches: self.branches.or(now.rules.branches),
            ttl_h: self.ttl_h.unwrap_or(now.rules.ttl_h),
            most: self.most.unwrap_or(now.rules.most),
            memory_mib: self.memory_mib.unwrap_or(now.rules.memory_mib),
            variables: now.rules.variables,
            secrets: now.rules.secrets,
        };
        let view: ReviewsView = client.post(&path, &rules).await?;
        say.result(&view.rules, |rules| format!("{}\n", said(rules)));
        Ok(())
    }
}

fn said(rules: &Rules) -> String {
    let pulls = rules.pulls.then(|| "pull requests".to_owned());
    let branches = rules.branches.as_ref().map(|b| format!("branches {b}"));
    let all: Vec<_> = pulls.into_iter().chain(branches).collect();
    match all.is_empty() {
        true => "Nothing gets a preview.".to_owned(),
        false => format!(
            "Previews for {}: {} at most, {} hours after the last push, {} MiB.",
            all.join(" and "),
            rules.most,
            rules.ttl_h,
            rules.memory_mib
        ),
    }
}

async fn previews_of(client: &Client, project: &str) -> Got<String> {
    let project = find::project(client, project).await?;
    Ok(format!("/v2/projects/{}/previews", project.id))
}

fn id(text: &str) -> Got<ReviewId> {
    text.parse()
        .map_err(|e: NotAnId| Failure::usage(format!("{e}.")))
}

fn rows(all: &[ReviewView]) -> String {
    let head = ["ID", "OF", "HEAD", "ADDRESS", "STATE"].map(str::to_owned);
    let row = |r: &ReviewView| {
        vec![
            r.id.to_string(),
            r.subject.title(),
            r.head.clone(),
            r.url.clone().unwrap_or_else(|| "–".into()),
            r.sentence.clone(),
        ]
    };
    let rows: Vec<_> = [head.to_vec()]
        .into_iter()
        .chain(all.iter().map(row))
        .collect();
    table(&rows)
}
