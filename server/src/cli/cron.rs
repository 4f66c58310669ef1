//! `sealdock cron`: what happens at set times.

use super::client::Client;
use super::exit::{Done, Exit, Got};
use super::find;
use super::say::{Say, table};
use clap::{Args, Subcommand};
use domain::time::Time;
use domain::view::{CronRunView, CronView, Page};

#[derive(Subcommand)]
pub enum Cron {
    /// Those of a project, with when each runs next and how it ended last.
    List { project: String },
    /// Run one now, besides its schedule, by its rule for overlapping runs.
    Run(Which),
    /// What it did, the newest first.
    History(Which),
}

#[derive(Args)]
pub struct Which {
    project: String,
    /// As `sealdock.yml` calls it.
    cron: String,
    #[arg(long, default_value = "production")]
    environment: String,
}

impl Cron {
    pub async fn run(self, say: &Say) -> Done {
        let client = Client::from_profile()?;
        match self {
            Cron::List { project } => {
                let crons = crons(&client, &project).await?;
                say.result(&crons, |all| listed(all));
            }
            Cron::Run(which) => {
                let cron = which.find(&client).await?;
                let path = format!("/v2/crons/{}/run", cron.id);
                let run: CronRunView = client.post(&path, &()).await?;
                say.result(&run, |run| format!("{}\n", run.id));
                say.note(&format!(
                    "Asked for; `sealdock cron history {} {}` shows what it did.",
                    which.project, which.cron
                ));
            }
            Cron::History(which) => {
                let cron = which.find(&client).await?;
                let path = format!("/v2/crons/{}/runs", cron.id);
                let page: Page<CronRunView> = client.get(&path).await?;
                say.result(&page.items, |all| history(all));
            }
        }
        Ok(Exit::Ok)
    }
}

impl Which {
    async fn find(&self, client: &Client) -> Got<CronView> {
        let all = crons(client, &self.project).await?;
        let names: Vec<_> = all
            .iter()
            .filter(|c| c.environment_name == self.environment)
            .map(|c| format!("`{}`", c.cron.name))
            .collect();
        let found = all
            .into_iter()
            .find(|c| c.cron.name == self.cron && c.environment_name == self.environment);
        found.ok_or_else(|| {
            let sentence = format!(
                "`{}` has no cron `{}` in {}.",
                self.project, self.cron, self.environment
            );
            find::nothing("cron", sentence).way_out(match names.is_empty() {
                true => "It has none there; they are declared in sealdock.yml.".to_owned(),
                false => format!("It has: {}.", names.join(", ")),
            })
        })
    }
}

async fn crons(client: &Client, project: &str) -> Got<Vec<CronView>> {
    let project = find::project(client, project).await?;
    let path = format!("/v2/projects/{}/crons", project.id);
    Ok(client.get::<Page<CronView>>(&path).await?.items)
}

fn at(time: Option<Time>) -> String {
    time.map_or_else(|| "–".to_owned(), Time::rfc3339)
}

fn listed(all: &[CronView]) -> String {
    let head = ["NAME", "ENVIRONMENT", "SCHEDULE", "NEXT", "LAST", "WHAT"].map(str::to_owned);
    let row = |c: &CronView| {
        let last = c.runs.first().map(|run| run.status.word().to_owned());
        vec![
            c.cron.name.clone(),
            c.environment_name.clone(),
            c.words.clone(),
            at(c.next_at),
            last.unwrap_or_else(|| "–".into()),
            c.what.clone(),
        ]
    };
    rows(head, all.iter().map(row))
}

fn history(all: &[CronRunView]) -> String {
    let head = ["RUN", "DUE", "STATUS", "CODE", "WHY"].map(str::to_owned);
    let row = |run: &CronRunView| {
        vec![
            run.id.to_string(),
            run.due_at.rfc3339(),
            run.status.word().to_owned(),
            run.code.map_or("–".into(), |code| code.to_string()),
            run.sentence.clone().unwrap_or_default(),
        ]
    };
    rows(head, all.iter().map(row))
}

fn rows<const N: usize>(head: [String; N], all: impl Iterator<Item = Vec<String>>) -> String {
    let rows: Vec<_> = [head.to_vec()].into_iter().chain(all).collect();
    table(&rows)
}
