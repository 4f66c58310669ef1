//! `sealdock logs`: of what runs, of a deployment, of one of its jobs.

use super::client::Client;
use super::exit::{Done, Exit, Failure, Got};
use super::tail::Tail;
use super::{find, say::Say};
use clap::Args;
use domain::api::LogFilter;
use domain::id::DeploymentId;
use domain::log_level::Level;
use domain::refusal::Refusal;
use domain::view::{DeploymentView, EnvironmentView, JobView, Stream};

#[derive(Args)]
pub struct Logs {
    /// A project's name, or a deployment's id.
    target: String,
    #[arg(long, default_value = "production")]
    environment: String,
    /// Go on as lines are written.
    #[arg(short, long)]
    follow: bool,
    /// Of a job instead of what runs: `build`, `BuildImageJob`, `all`.
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// How many lines from the end; everything with 0.
    #[arg(short = 'n', long, default_value_t = 200)]
    lines: u32,
    /// Only lines that contain this, in any case.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only lines that are this grave, or graver: `debug`, `info`, `warning`, `error`.
    #[arg(long, value_parser = level)]
    level: Option<Level>,
    /// Only lines of this stream: `stdout`, `stderr`, `system`.
    #[arg(long, value_parser = stream)]
    stream: Option<Stream>,
}

fn level(word: &str) -> Result<Level, String> {
    let word = if word == "warn" { "warning" } else { word };
    Level::parse(word)
        .ok_or_else(|| format!("it is one of {}", Level::ALL.map(Level::word).join(", ")))
}

fn stream(word: &str) -> Result<Stream, String> {
    let known = Stream::ALL.map(Stream::word).join(", ");
    Stream::parse(word).ok_or_else(|| format!("it is one of {known}"))
}

impl Logs {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        let id = self.deployment(&client).await?;
        let view: DeploymentView = client.get(&format!("/v2/deployments/{id}")).await?;
        let streams = self.streams(&view)?;
        let named = streams.len() > 1;
        let tails = streams.iter().map(|(name, stream)| {
            let prefix = if named {
                format!("{name} | ")
            } else {
                String::new()
            };
            Tail {
                client: client.clone(),
                stream: stream.clone(),
                prefix,
                filter: self.filter(),
                say: *say,
            }
        });
        let work = tails.map(|tail| async move {
            if self.follow {
                tail.follow(self.lines).await
            } else {
                tail.once(self.lines).await
            }
        });
        let all: Got<Vec<()>> = futures_util::future::try_join_all(work).await;
        all.map(|_| Exit::Ok)
    }

    fn filter(&self) -> LogFilter {
        LogFilter {
            search: self.search.clone(),
            level: self.level,
            stream: self.stream,
        }
    }

    async fn deployment(&self, client: &Client) -> Got<DeploymentId> {
        if let Ok(id) = self.target.parse() {
            return Ok(id);
        }
        let project = find::project(client, &self.target).await?;
        let environment = find::environment(&project, &self.environment)?;
        newest(environment, self.job.is_some())
            .ok_or_else(|| none("Nothing was ever deployed there."))
    }

    /// Names and streams. What never ran has only its jobs to show.
    fn streams(&self, view: &DeploymentView) -> Got<Vec<(String, String)>> {
        let of_job = |job: &JobView| (job.kind.name().to_owned(), job.stream.clone());
        let found: Vec<_> = match &self.job {
            Some(name) => view
                .jobs
                .iter()
                .filter(|job| is_called(job, name))
                .map(of_job)
                .collect(),
            None if view.instances.is_empty() => view
                .jobs
                .iter()
                .filter(|j| j.started_at.is_some())
                .map(of_job)
                .collect(),
            None => view
                .instances
                .iter()
                .map(|i| (i.id.to_string(), i.stream.clone()))
                .collect(),
        };
        let names = || {
            view.jobs
                .iter()
                .map(|j| j.kind.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        if found.is_empty() {
            Err(none("There is nothing of that name.").way_out(format!("Its jobs: {}.", names())))
        } else {
            Ok(found)
        }
    }
}

/// What serves; for jobs, what was made last.
fn newest(environment: &EnvironmentView, for_jobs: bool) -> Option<DeploymentId> {
    let EnvironmentView {
        active,
        candidate,
        latest,
        ..
    } = environment;
    let order = if for_jobs {
        [candidate, latest, active]
    } else {
        [active, candidate, latest]
    };
    order
        .into_iter()
        .flatten()
        .next()
        .map(|summary| summary.id.clone())
}

/// By its name, by the start of it, or by its title: `build` is `BuildImageJob`.
fn is_called(job: &JobView, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "all"
        || job.kind.name().to_ascii_lowercase().starts_with(&name)
        || job.title.to_ascii_lowercase().starts_with(&name)
}

fn none(sentence: &str) -> Failure {
    Failure::refused(Refusal {
        sentence: sentence.into(),
        ..Refusal::not_found("log")
    })
}
