//! The crons of the gallery's shop.

use super::{Gallery, World, no};
use domain::access::{Action, Caller};
use domain::api::{Crons, Projects, Reply};
use domain::cron::{Cron, Overlap, RunStatus, RunTrigger, Schedule};
use domain::id::{CronId, DeploymentId, EnvironmentId, ProjectId, RunId};
use domain::time::Time;
use domain::view::{CronRunView, CronView, Page};

const MINUTE: i64 = 60_000;

#[async_trait::async_trait]
impl Crons for Gallery {
    async fn crons(&self, caller: &Caller, project: &ProjectId) -> Reply<Vec<CronView>> {
        self.project(caller, project).await?;
        if World::of(caller) == World::Failed {
            return Ok(vec![]);
        }
        let words = ["rake", "orders:expire", "--older-than", "30d"];
        let nightly = Cron {
            command: Some(words.map(str::to_owned).to_vec()),
            timezone: "Europe/Berlin".into(),
            ..cron("expire-orders", "30 3 * * mon-fri")
        };
        let beat = Cron {
            http: Some("/internal/refresh-prices".into()),
            overlap: Overlap::Queue,
            ..cron("refresh-prices", "*/5 * * * *")
        };
        Ok(vec![
            self.shown(
                caller,
                1,
                nightly,
                vec![
                    self.run(1, RunStatus::Success, 900),
                    self.run(2, RunStatus::Failure, 2340),
                ],
            ),
            self.shown(
                caller,
                2,
                beat,
                vec![
                    self.run(3, RunStatus::Running, 0),
                    self.run(4, RunStatus::Skipped, 5),
                ],
            ),
        ])
    }

    async fn cron_runs(
        &self,
        caller: &Caller,
        _: &CronId,
        _: Option<&str>,
    ) -> Reply<Page<CronRunView>> {
        caller.may(Action::ReadLogs)?;
        Ok(Page {
            items: vec![self.run(1, RunStatus::Success, 900)],
            next: None,
        })
    }

    async fn run_cron(&self, caller: &Caller, _: &CronId) -> Reply<CronRunView> {
        caller.may(Action::Deploy)?;
        Err(no())
    }
}

fn cron(name: &str, schedule: &str) -> Cron {
    Cron {
        name: name.into(),
        schedule: schedule.into(),
        timezone: "UTC".into(),
        command: None,
        http: None,
        overlap: Overlap::Skip,
        timeout_s: 300,
    }
}

impl Gallery {
    fn shown(&self, caller: &Caller, n: u128, cron: Cron, runs: Vec<CronRunView>) -> CronView {
        let schedule = Schedule::parse(&cron.schedule, &cron.timezone).ok();
        CronView {
            id: CronId::new(Time(1), n),
            environment: EnvironmentId::new(Time(1), 1),
            environment_name: "production".into(),
            words: schedule.as_ref().map(Schedule::words).unwrap_or_default(),
            what: cron.sentence(),
            deployment: DeploymentId::new(Time(1), 11),
            next_at: schedule.and_then(|s| s.next_after(self.now)),
            runs,
            cannot_run: caller.may(Action::Deploy).err().map(|no| no.sentence),
            cron,
        }
    }

    fn run(&self, n: u128, status: RunStatus, minutes_ago: i64) -> CronRunView {
        let due_at = self.now.plus_ms(-minutes_ago * MINUTE);
        let ran = status != RunStatus::Skipped;
        let (sentence, output) = match status {
            RunStatus::Failure => (
                Some("It exited with 1."),
                "connecting …\nPG::ConnectionBad: could not connect to server\n",
            ),
            RunStatus::Skipped => (Some("Another run waits already."), ""),
            RunStatus::Success => (None, "expired 214 orders\n"),
            _ => (None, ""),
        };
        CronRunView {
            id: RunId::new(due_at, n),
            trigger: if n == 1 {
                RunTrigger::Person
            } else {
                RunTrigger::Schedule
            },
            by: (n == 1).then(|| "ada@example.com".into()),
            due_at,
            status,
            sentence: sentence.map(str::to_owned),
            deployment: ran.then(|| DeploymentId::new(Time(1), 11)),
            started_at: ran.then_some(due_at),
            ended_at: status.is_final().then(|| due_at.plus_ms(4_210)),
            code: match status {
                RunStatus::Success => Some(0),
                RunStatus::Failure => Some(1),
                _ => None,
            },
            output: output.into(),
            output_cut: false,
        }
    }
}
