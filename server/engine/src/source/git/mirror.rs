//! The bare mirror of one repository: made, brought up to date, thrown away when broken.

use super::command::{Said, UNREADABLE, explain, git, run};
use super::url::GitUrl;
use super::{Keyring, Limits, ssh};
use domain::api::Reply;
use domain::id::OrgId;
use domain::refusal::Refusal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::sync::Mutex;

/// The plan and the click that follows it are one conversation with the host, not two.
const FRESH: Duration = Duration::from_secs(3);
/// What a mirror holds: not the thousands of `refs/pull/*` that some hosts have.
const ALL: [&str; 2] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub struct Mirror {
    pub org: OrgId,
    pub url: GitUrl,
    pub dir: PathBuf,
    pub keys: PathBuf,
    pub limits: Limits,
    pub keyring: Arc<Keyring>,
    /// Held by whoever changes the mirror; holds when it was last up to date.
    pub turn: Mutex<Option<Instant>>,
}

impl Mirror {
    /// `git` in this mirror.
    pub fn git(&self) -> Command {
        let mut command = git(&self.keys);
        command.arg("--git-dir").arg(&self.dir);
        command
    }

    /// Asks the mirror itself; the host is not needed unless contents are missing.
    pub async fn ask(&self, args: &[&str]) -> Reply<Said> {
        let mut command = self.git();
        command.args(args);
        self.run(command, &mut |_| {}).await
    }

    /// With what opens the host, and within the limits.
    pub async fn run(
        &self,
        mut command: Command,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Reply<Said> {
        let lent = self.keyring.lend(&self.org, &self.url).await?;
        lent.to(&mut command);
        let said = self.bounded(run(command, line)).await;
        drop(lent);
        said
    }

    /// Branches and tags as the host has them now.
    pub async fn refresh(&self) -> Reply<()> {
        let mut turn = self.turn.lock().await;
        if turn.is_some_and(|at| at.elapsed() < FRESH) && self.dir.exists() {
            return Ok(());
        }
        self.update(&mut turn).await
    }

    /// The same, however fresh it is: before a no, because what is asked for may have been pushed since.
    pub async fn refresh_now(&self) -> Reply<()> {
        let mut turn = self.turn.lock().await;
        self.update(&mut turn).await
    }

    /// What git and ssh need before they can ask a host.
    pub fn prepare(&self) -> Reply<()> {
        ssh::prepare(&self.keys).map_err(|e| {
            Refusal::unavailable(
                "disk",
                format!("{} can't be written: {e}.", self.keys.display()),
            )
        })
    }

    async fn update(&self, turn: &mut Option<Instant>) -> Reply<()> {
        self.prepare()?;
        if !self.is_whole().await {
            self.start_over().await?;
        }
        if let Err(refusal) = self.fetch(&ALL).await {
            // A fetch that was killed leaves locks and half packs behind, which no host is to blame for.
            if refusal.code != UNREADABLE {
                return Err(refusal);
            }
            self.start_over().await?;
            self.fetch(&ALL).await?;
        }
        *turn = Some(Instant::now());
        Ok(())
    }

    /// Thrown away and fetched anew.
    pub async fn renew(&self) -> Reply<()> {
        let mut turn = self.turn.lock().await;
        *turn = None;
        self.start_over().await?;
        self.fetch(&ALL).await
    }

    /// One commit that no branch or tag leads to; hosts may refuse that.
    pub async fn fetch_commit(&self, sha: &str) -> Reply<()> {
        let _turn = self.turn.lock().await;
        match self.fetch(&[sha]).await {
            Err(no) if no.code == UNREADABLE => Err(vanished(self.url.as_str(), sha, no)),
            other => other,
        }
    }

    pub async fn has(&self, sha: &str) -> bool {
        let object = format!("{sha}^{{commit}}");
        matches!(
            self.ask(&["cat-file", "-e", &object]).await,
            Ok(Said { ok: true, .. })
        )
    }

    async fn fetch(&self, refs: &[&str]) -> Reply<()> {
        let mut command = self.git();
        command
            .args([
                "fetch",
                "--quiet",
                "--prune",
                "--force",
                "--no-tags",
                "--filter=blob:none",
                "origin",
            ])
            .args(refs);
        let said = self.run(command, &mut |_| {}).await?;
        if said.ok {
            Ok(())
        } else {
            Err(explain(self.url.as_str(), &said.err))
        }
    }

    async fn is_whole(&self) -> bool {
        self.dir.join("HEAD").exists()
            && matches!(
                self.ask(&["rev-parse", "--is-bare-repository"]).await,
                Ok(Said { ok: true, .. })
            )
    }

    async fn start_over(&self) -> Reply<()> {
        let _ = tokio::fs::remove_dir_all(&self.dir).await;
        let mut init = git(&self.keys);
        init.args(["init", "--quiet", "--bare", "--"])
            .arg(&self.dir);
        let said = run(init, &mut |_| {}).await?;
        if !said.ok {
            return Err(Refusal::unavailable(
                "disk",
                format!("A mirror can't be made: {}", said.err.join(" ")),
            ));
        }
        let settings = [
            ("remote.origin.url", self.url.as_str()),
            ("remote.origin.promisor", "true"),
            ("remote.origin.partialclonefilter", "blob:none"),
        ];
        for (name, value) in settings {
            self.ask(&["config", name, value]).await?;
        }
        Ok(())
    }

    /// Within the limits of time and size, or ended.
    pub async fn bounded<T>(&self, work: impl Future<Output = Reply<T>>) -> Reply<T> {
        let limit = Duration::from_secs(self.limits.fetch_s);
        tokio::select! {
            done = work => done,
            () = tokio::time::sleep(limit) => Err(Refusal::unavailable("git_slow", format!("Git took longer than {} s with {} and was stopped.", self.limits.fetch_s, self.url.as_str())).way_out("Try again; if the host is that slow, upload an image instead.")),
            () = outgrown(&self.dir, self.limits.mirror_bytes) => Err(Refusal::new(domain::refusal::Kind::TooLarge, "repository_too_large", format!("The repository {} is larger than {} MiB.", self.url.as_str(), self.limits.mirror_bytes >> 20)).way_out("Deploy an image instead.")),
        }
    }
}

/// A host says of what it does not have, or of what no branch leads to, that it is "not our ref".
fn vanished(url: &str, sha: &str, said: Refusal) -> Refusal {
    let signs = [
        "not our ref",
        "unadvertised object",
        "couldn't find remote ref",
        "bad object",
    ];
    let text = said.sentence.to_lowercase();
    if !signs.iter().any(|sign| text.contains(sign)) {
        return said;
    }
    let short: String = sha.chars().take(7).collect();
    Refusal::invalid(
        "revision",
        format!("{url} has no commit {short} any more: no branch or tag leads to it, and its host does not give it out."),
    )
    .way_out("It was removed by a force push, most likely; choose a tag or a branch.")
}

/// Returns when the directory holds more than this.
pub async fn outgrown(dir: &Path, most_bytes: u64) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let dir = dir.to_owned();
        let size = tokio::task::spawn_blocking(move || {
            super::checkout::measure(&dir).map_or(0, |m| m.size_bytes)
        })
        .await;
        if size.is_ok_and(|bytes| bytes > most_bytes) {
            return;
        }
    }
}
