//! Crons from their declaration to their history (P-12).

use super::{Calm, MINUTE};
use crate::simulation::boot::Boot;
use crate::store::cron::Claimed;
use domain::access::Caller;
use domain::api::{Crons, Deployments};
use domain::cron::{Cron, Overlap, RunStatus};
use domain::view::{CronRunView, CronView};

impl Calm {
    async fn crons(&self) -> Vec<CronView> {
        self.boot
            .control
            .crons(&self.caller, &self.project)
            .await
            .unwrap()
    }

    /// The newest first.
    async fn runs(&self) -> Vec<CronRunView> {
        let crons = self.crons().await;
        let id = &crons[0].id;
        let runs = self.boot.control.cron_runs(&self.caller, id, None).await;
        runs.unwrap().items
    }

    async fn statuses(&self) -> Vec<RunStatus> {
        self.runs().await.iter().map(|run| run.status).collect()
    }

    async fn look(&self) {
        self.boot.crons.look().await.unwrap();
    }

    async fn begin(&self) -> Option<Claimed> {
        self.boot.crons.claim().await.unwrap()
    }

    async fn finish(&self, claimed: &Claimed) {
        let ended = self.boot.crons.carry_out(claimed).await;
        self.boot.crons.settle(claimed, &ended).await.unwrap();
    }

    async fn run_now(&self) -> Result<CronRunView, String> {
        let id = self.crons().await[0].id.clone();
        let run = self.boot.control.run_cron(&self.caller, &id).await;
        run.map_err(|no| format!("{} {}", no.code, no.sentence))
    }
}

/// Every minute.
fn beat(words: &[&str], overlap: Overlap) -> Cron {
    Cron {
        name: "beat".into(),
        schedule: "* * * * *".into(),
        timezone: "UTC".into(),
        command: Some(words.iter().map(|w| (*w).to_owned()).collect()),
        http: None,
        overlap,
        timeout_s: 5,
    }
}

#[tokio::test]
async fn p12_a_time_that_comes_is_run_and_its_output_kept() {
    let crons = vec![beat(&["hello", "world"], Overlap::Skip)];
    let calm = Calm::serving("fake/ok:v1", crons, true).await;
    assert!(calm.crons().await[0].next_at.unwrap() > calm.outside.now());
    calm.look().await;
    assert_eq!(calm.begin().await, None, "its time has not come");
    calm.wait(MINUTE);
    calm.look().await;
    calm.look().await;
    let claimed = calm.begin().await.unwrap();
    assert_eq!(calm.begin().await, None, "it is begun once");
    calm.finish(&claimed).await;
    let runs = calm.runs().await;
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!(
        (runs[0].status, runs[0].code),
        (RunStatus::Success, Some(0))
    );
    assert_eq!(
        (runs[0].output.as_str(), runs[0].output_cut),
        ("hello world\n", false)
    );
    assert_eq!(runs[0].deployment, Some(calm.first.clone()));
    assert_eq!(runs[0].due_at.0 % MINUTE, 0);
}

#[tokio::test]
async fn p12_a_command_that_fails_or_takes_too_long_is_a_failure_that_says_so() {
    let calm = Calm::serving(
        "fake/exec-fails-4:v1",
        vec![beat(&["x"], Overlap::Skip)],
        true,
    )
    .await;
    calm.run_now().await.unwrap();
    calm.finish(&calm.begin().await.unwrap()).await;
    let run = calm.runs().await.remove(0);
    assert_eq!((run.status, run.code), (RunStatus::Failure, Some(4)));
    assert_eq!(run.sentence.as_deref(), Some("It exited with 4."));
    calm.update(
        "fake/ok:v1",
        vec![beat(&["sleep", "9s"], Overlap::Skip)],
        true,
    )
    .await;
    calm.run_now().await.unwrap();
    calm.finish(&calm.begin().await.unwrap()).await;
    let run = calm.runs().await.remove(0);
    assert_eq!((run.status, run.code), (RunStatus::Failure, None));
    assert_eq!(
        run.sentence.as_deref(),
        Some("It took longer than its limit of 5 s and was ended.")
    );
}

#[tokio::test]
async fn p12_times_missed_while_nobody_ran_are_one_run_that_says_so() {
    let calm = Calm::serving("fake/ok:v1", vec![beat(&["x"], Overlap::Skip)], true).await;
    calm.wait(10 * MINUTE);
    calm.look().await;
    calm.finish(&calm.begin().await.unwrap()).await;
    assert_eq!(calm.begin().await, None);
    let runs = calm.runs().await;
    assert_eq!(runs.len(), 1);
    let sentence = runs[0].sentence.clone().unwrap();
    assert!(
        sentence.contains("were missed; this one stands for all of them"),
        "{sentence}"
    );
}

#[tokio::test]
async fn p12_runs_overlap_by_the_cron_s_own_rule() {
    use RunStatus::{Running, Skipped, Waiting};
    for (overlap, expected) in [
        (Overlap::Skip, [Skipped, Skipped, Running]),
        (Overlap::Queue, [Skipped, Waiting, Running]),
        (Overlap::Allow, [Running, Running, Running]),
    ] {
        let calm = Calm::serving("fake/ok:v1", vec![beat(&["x"], overlap)], true).await;
        for _ in 0..3 {
            calm.wait(MINUTE);
            calm.look().await;
            calm.begin().await;
        }
        assert_eq!(calm.statuses().await, expected, "{overlap:?}");
    }
}

#[tokio::test]
async fn p12_run_now_is_refused_while_it_runs_and_says_why() {
    let calm = Calm::serving("fake/ok:v1", vec![beat(&["x"], Overlap::Skip)], true).await;
    let run = calm.run_now().await.unwrap();
    assert_eq!(
        (run.by.as_deref(), run.status),
        (Some("ada@example.org"), RunStatus::Waiting)
    );
    let no = calm.run_now().await.unwrap_err();
    assert!(
        no.starts_with("cron_under_way `beat` can't be run now."),
        "{no}"
    );
    calm.finish(&calm.begin().await.unwrap()).await;
    assert!(calm.run_now().await.is_ok());
}

#[tokio::test]
async fn p12_what_an_earlier_boot_began_is_not_begun_again() {
    let calm = Calm::serving("fake/ok:v1", vec![beat(&["x"], Overlap::Queue)], true).await;
    calm.run_now().await.unwrap();
    calm.begin().await.unwrap();
    calm.run_now().await.unwrap();
    let boot = Boot::start(&calm.outside).await.unwrap();
    assert_eq!(
        calm.statuses().await,
        [RunStatus::Waiting, RunStatus::Failure]
    );
    let lost = calm.runs().await.remove(1).sentence.unwrap();
    assert!(lost.contains("how it went on is not known"), "{lost}");
    let claimed = boot.crons.claim().await.unwrap().unwrap();
    let ended = boot.crons.carry_out(&claimed).await;
    boot.crons.settle(&claimed, &ended).await.unwrap();
    assert_eq!(
        calm.statuses().await,
        [RunStatus::Success, RunStatus::Failure]
    );
}

#[tokio::test]
async fn p12_a_version_without_crons_removes_them_and_one_with_them_finds_its_history() {
    let crons = vec![beat(&["x"], Overlap::Skip)];
    let calm = Calm::serving("fake/ok:v1", crons.clone(), true).await;
    calm.run_now().await.unwrap();
    calm.finish(&calm.begin().await.unwrap()).await;
    calm.run_now().await.unwrap();
    let next_at = calm.crons().await[0].next_at;
    calm.update("fake/ok:v2", crons.clone(), true).await;
    assert_eq!(
        calm.crons().await[0].next_at,
        next_at,
        "a new version makes it miss nothing"
    );
    calm.update("fake/ok:v3", vec![], true).await;
    assert_eq!(calm.crons().await, []);
    assert_eq!(calm.begin().await, None, "nobody declares it any more");
    calm.update("fake/ok:v4", crons, true).await;
    assert_eq!(
        calm.statuses().await,
        [RunStatus::Skipped, RunStatus::Success]
    );
}

#[tokio::test]
async fn p12_while_it_is_paused_its_crons_are_too() {
    let calm = Calm::serving("fake/ok:v1", vec![beat(&["x"], Overlap::Skip)], true).await;
    calm.boot
        .control
        .pause(&calm.caller, &calm.first)
        .await
        .unwrap();
    calm.roll(true).await;
    calm.run_now().await.unwrap();
    calm.finish(&calm.begin().await.unwrap()).await;
    let run = calm.runs().await.remove(0);
    assert_eq!(run.status, RunStatus::Skipped);
    assert!(run.sentence.unwrap().contains("paused"));
}

#[tokio::test]
async fn p12_only_the_newest_runs_are_kept() {
    let calm = Calm::serving("fake/ok:v1", vec![beat(&["x"], Overlap::Skip)], true).await;
    for _ in 0..205 {
        calm.wait(MINUTE);
        calm.look().await;
        calm.finish(&calm.begin().await.unwrap()).await;
    }
    let row = sqlx::query_as::<_, (i64,)>("SELECT COUNT(*) FROM cron_runs");
    let (kept,) = row.fetch_one(calm.outside.store.pool()).await.unwrap();
    assert_eq!(kept, 200);
}

#[tokio::test]
async fn p12_another_organization_s_cron_is_not_there() {
    let calm = Calm::serving("fake/ok:v1", vec![beat(&["x"], Overlap::Skip)], true).await;
    let id = calm.crons().await[0].id.clone();
    let stranger = Caller {
        org: domain::id::OrgId::new(domain::time::Time(9), 9),
        ..calm.caller.clone()
    };
    let control = &calm.boot.control;
    let no = [
        control.crons(&stranger, &calm.project).await.map(drop),
        control.cron_runs(&stranger, &id, None).await.map(drop),
        control.run_cron(&stranger, &id).await.map(drop),
        control.screenshot(&stranger, &calm.first).await.map(drop),
        control.sbom(&stranger, &calm.first).await.map(drop),
    ];
    for refused in no {
        assert_eq!(refused.unwrap_err().code, "not_found");
    }
}
