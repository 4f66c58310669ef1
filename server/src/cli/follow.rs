//! Watching a deployment to its end: its stages, and what its jobs print, as they print it.

use super::client::{Client, escape};
use super::exit::{Done, Exit, Failure, Got};
use super::say::{Say, is_terminal};
use domain::deployment::Phase;
use domain::id::DeploymentId;
use domain::job::JobStatus;
use domain::view::{DeploymentView, JobView, LogPage};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(400);
/// The server may be restarted while somebody watches: the deployment goes on, and so do we.
const PATIENCE: Duration = Duration::from_secs(60);

/// `--wait` and `--no-wait`; on a terminal, waiting is what people expect.
#[derive(clap::Args, Clone, Copy, Default)]
pub struct WaitFlags {
    /// Watch it until it serves or fails; the default on a terminal.
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Return as soon as it is accepted.
    #[arg(long)]
    no_wait: bool,
}

impl WaitFlags {
    fn waits(self) -> bool {
        self.wait || (!self.no_wait && is_terminal())
    }
}

/// What every deploying command does last.
pub async fn finish(client: &Client, view: DeploymentView, flags: WaitFlags, say: &Say) -> Done {
    if !flags.waits() {
        say.result(&view, |v| {
            format!(
                "#{} is on its way: {}\n",
                v.summary.number,
                page(client, &v.summary.id)
            )
        });
        return Ok(Exit::Ok);
    }
    say.note(&format!(
        "#{} – {}",
        view.summary.number,
        page(client, &view.summary.id)
    ));
    let view = watch(client, &view.summary.id, say).await?;
    ended(client, &view, say)
}

fn page(client: &Client, id: &DeploymentId) -> String {
    format!("{}/deployments/{id}", client.url)
}

fn ended(client: &Client, view: &DeploymentView, say: &Say) -> Done {
    if view.summary.held {
        return Ok(held(view, say));
    }
    let serves = !matches!(view.summary.phase, Phase::Failed | Phase::Cancelled);
    say.result(view, |v| {
        if serves {
            v.urls.iter().map(|url| format!("{url}\n")).collect()
        } else {
            String::new()
        }
    });
    if serves {
        return Ok(Exit::Ok);
    }
    say.note(&format!(
        "#{} {}: {}",
        view.summary.number,
        view.summary.phase.word(),
        view.summary.sentence
    ));
    let failed = view
        .jobs
        .iter()
        .find(|job| job.status == JobStatus::Failure);
    if let Some(error) = failed
        .and_then(|job| job.error.as_deref())
        .filter(|e| !view.summary.sentence.contains(e))
    {
        say.note(&format!("  {error}"));
    }
    say.note(&format!("  {}", page(client, &view.summary.id)));
    Ok(Exit::Failed)
}

/// Nobody but a person ends this, so nobody waits for it.
fn held(view: &DeploymentView, say: &Say) -> Exit {
    say.result(view, |v| {
        v.review_url.iter().map(|url| format!("{url}\n")).collect()
    });
    say.note(&format!(
        "#{} is held at ready, without traffic. `sealdock hold promote {project} --environment {environment}` lets it serve, `sealdock hold cancel` ends it.",
        view.summary.number,
        project = view.summary.project_name,
        environment = view.summary.environment_name
    ));
    Exit::Ok
}

struct Watch<'a> {
    client: &'a Client,
    bar: ProgressBar,
    say: Say,
    /// The next line wanted of each log.
    next: HashMap<String, u64>,
    stage: String,
}

async fn watch(client: &Client, id: &DeploymentId, say: &Say) -> Got<DeploymentView> {
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.enable_steady_tick(Duration::from_millis(120));
    let mut watch = Watch {
        client,
        bar,
        say: *say,
        next: HashMap::new(),
        stage: String::new(),
    };
    let mut heard = Instant::now();
    loop {
        match watch.look(id).await {
            Ok(view) if is_over(&view) => {
                watch.bar.finish_and_clear();
                return Ok(view);
            }
            Ok(_) => heard = Instant::now(),
            Err(failure) if failure.exit == Exit::Unreachable && heard.elapsed() < PATIENCE => {
                watch
                    .bar
                    .set_message("the server does not answer; waiting for it");
            }
            Err(failure) => {
                watch.bar.finish_and_clear();
                return Err(failure);
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn is_over(view: &DeploymentView) -> bool {
    view.summary.held || !view.summary.phase.is_coming()
}

impl Watch<'_> {
    /// One look: the stage, then every line that is new. The lines are read after the stage, so that
    /// the last look has them all.
    async fn look(&mut self, id: &DeploymentId) -> Result<DeploymentView, Failure> {
        let view: DeploymentView = self.client.get(&format!("/v2/deployments/{id}")).await?;
        let mut jobs: Vec<_> = view
            .jobs
            .iter()
            .filter(|job| job.started_at.is_some())
            .collect();
        jobs.sort_by_key(|job| job.order);
        for job in jobs {
            self.print_new(job).await?;
        }
        self.stage(&view);
        Ok(view)
    }

    fn stage(&mut self, view: &DeploymentView) {
        let stage = format!("{}: {}", view.summary.status, view.summary.sentence);
        if stage != self.stage {
            self.bar.set_message(stage.clone());
            if self.bar.is_hidden() {
                self.say.note(&stage);
            }
            self.stage = stage;
        }
    }

    async fn print_new(&mut self, job: &JobView) -> Got<()> {
        loop {
            let from = self.next.get(&job.stream).copied().unwrap_or(1);
            let path = format!("/v2/logs/{}?from={from}&limit=1000", escape(&job.stream));
            let page: LogPage = self.client.get(&path).await?;
            let Some(last) = page.lines.last().map(|line| line.seq) else {
                return Ok(());
            };
            let say = self.say;
            self.bar
                .suspend(|| page.lines.iter().for_each(|line| say.note(&line.text)));
            self.next.insert(job.stream.clone(), last + 1);
            if last >= page.last_seq {
                return Ok(());
            }
        }
    }
}
