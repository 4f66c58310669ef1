//! The engine, the repository and the sender.

use crate::boot::{self, Engine, Options};
use crate::control::Control;
use crate::push::Poll;
use crate::push::signature::sign;
use crate::store::{Now, Store, delivery::NewDelivery};
use domain::access::Caller;
use domain::api::*;
use domain::hook::{Provider, Push};
use domain::id::{DeploymentId, EnvironmentId, HookId, ProjectId};
use domain::source::{Revision, Wanted};
use domain::time::Time;
use domain::view::{DeliveryView, DeploymentView, Received, TrackingView};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

pub struct Bench {
    dir: TempDir,
    engine: Engine,
    pub caller: Caller,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    pub hook: HookId,
    pub secret: String,
}

/// A push as every provider but GitLab tells of it.
pub fn push(branch: &str, head: &str) -> String {
    format!(
        r#"{{"ref":"refs/heads/{branch}","after":"{head}","repository":{{"full_name":"acme/app"}}}}"#
    )
}

/// With the content type that most send.
pub fn json(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = [("content-type", "application/json")];
    let all = all.iter().chain(headers);
    all.map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect()
}

impl Bench {
    pub async fn tracking(branch: &str) -> Bench {
        Self::following(branch, false).await
    }

    pub async fn polling(branch: &str) -> Bench {
        Self::following(branch, true).await
    }

    async fn following(branch: &str, poll: bool) -> Bench {
        let dir = tempfile::tempdir().expect("a directory");
        let engine = boot::start(Options::without_data_plane(dir.path()))
            .await
            .expect("it boots");
        let caller = owner(&engine).await;
        let mut bench = Bench {
            dir,
            engine,
            caller,
            project: ProjectId::new(Time(0), 0),
            environment: EnvironmentId::new(Time(0), 0),
            hook: HookId::new(Time(0), 0),
            secret: String::new(),
        };
        bench.deploy_first().await;
        bench.track(branch, poll).await.expect("it is tracked");
        bench.rotate().await;
        bench
    }

    async fn deploy_first(&mut self) {
        std::fs::create_dir_all(self.repository()).expect("a directory");
        self.run(&["init", "--quiet", "--initial-branch=main"]);
        self.write("Dockerfile", "FROM fake/ok\n");
        let new = NewProject {
            name: "app".into(),
            source: self.wanted(Revision::Head),
            environment: None,
            config: Default::default(),
            runtime: None,
        };
        let made = self.api().create_project(&self.caller, new).await;
        let made = made.expect("a project").summary;
        (self.project, self.environment) = (made.project, made.environment);
    }

    fn wanted(&self, revision: Revision) -> Wanted {
        Wanted::Git {
            url: self.repository().display().to_string(),
            revision,
        }
    }

    pub fn api(&self) -> &Arc<dyn Sealdock> {
        &self.engine.api
    }

    pub async fn track(&self, branch: &str, poll: bool) -> Reply<TrackingView> {
        let track = Track {
            branch: Some(branch.to_owned()),
            poll,
        };
        let api = self.api();
        api.track(&self.caller, &self.environment, track).await
    }

    pub async fn add_environment(&self, name: &str) -> EnvironmentId {
        let new = NewEnvironment {
            name: name.to_owned(),
            runtime: None,
            debug: false,
        };
        let (api, caller) = (self.api(), &self.caller);
        let made = api.create_environment(caller, &self.project, new).await;
        made.expect("an environment").id
    }

    pub async fn track_in(&self, environment: &EnvironmentId, branch: &str) {
        let track = Track {
            branch: Some(branch.to_owned()),
            poll: false,
        };
        let tracked = self.api().track(&self.caller, environment, track).await;
        tracked.expect("it is tracked");
    }

    pub async fn rotate(&mut self) {
        let made = self.api().rotate_hook(&self.caller, &self.project).await;
        let made = made.expect("a secret");
        (self.secret, self.hook) = (made.secret, made.hook.id);
    }

    pub fn repository(&self) -> PathBuf {
        self.dir.path().join("repository")
    }

    pub fn run(&self, args: &[&str]) -> String {
        let done = Command::new("git")
            .current_dir(self.repository())
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(args)
            .output()
            .expect("git runs");
        assert!(done.status.success(), "{args:?}: {done:?}");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// A commit with this file in it; its hash.
    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.repository().join(name), text).expect("a file");
        self.run(&["add", "--all"]);
        self.run(&["commit", "--quiet", "-m", &format!("write {name}")]);
        self.run(&["rev-parse", "HEAD"])
    }

    pub fn commit(&self, text: &str) -> String {
        self.write("text", text)
    }

    pub fn branch(&self, name: &str) {
        self.run(&["checkout", "--quiet", "-b", name]);
    }

    /// The host answers, and has no repository there: or has it again.
    pub fn lose(&self, lost: bool) {
        let (here, away) = (self.repository().join(".git"), self.dir.path().join("away"));
        let moved = if lost {
            std::fs::rename(here, away)
        } else {
            std::fs::rename(away, here)
        };
        moved.expect("it is moved");
    }

    /// What the only delivery says while it waits.
    pub async fn waiting(&self) -> String {
        for _ in 0..600 {
            let page = self.api().deliveries(&self.caller, &self.project, None);
            let one = page.await.expect("a list").items.remove(0);
            if one.waiting && one.effect.contains("tried again") {
                return one.effect;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("it does not wait");
    }

    pub async fn send(
        &self,
        provider: Provider,
        headers: Vec<(String, String)>,
        body: &[u8],
    ) -> Reply<Received> {
        let incoming = Incoming {
            provider,
            hook: self.hook.clone(),
            headers,
            body: body.to_vec(),
        };
        self.api().receive(incoming).await
    }

    pub async fn github(&self, id: &str, body: &str) -> Reply<Received> {
        self.github_event("push", id, body).await
    }

    pub async fn github_event(&self, event: &str, id: &str, body: &str) -> Reply<Received> {
        let signature = format!("sha256={}", sign(&self.secret, &[body.as_bytes()]));
        let headers = json(&[
            ("x-github-event", event),
            ("x-github-delivery", id),
            ("x-hub-signature-256", &signature),
        ]);
        self.send(Provider::Github, headers, body.as_bytes()).await
    }

    /// The delivery that its sender called so, once it was handled.
    pub async fn settled(&self, key: &str) -> DeliveryView {
        let sql = "SELECT id FROM deliveries WHERE sender_key = $1";
        let id: (String,) = sqlx::query_as(sql)
            .bind(key)
            .fetch_one(self.engine.store.pool())
            .await
            .expect("it was kept");
        self.until(|d| d.id.as_str() == id.0).await
    }

    pub async fn first_settled(&self) -> DeliveryView {
        self.until(|_| true).await
    }

    async fn until(&self, is_it: impl Fn(&DeliveryView) -> bool) -> DeliveryView {
        for _ in 0..600 {
            let page = self
                .api()
                .deliveries(&self.caller, &self.project, None)
                .await;
            let all = page.expect("a list").items;
            if let Some(one) = all.into_iter().find(|d| is_it(d) && !d.waiting) {
                return one;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("it was not handled within 15 s");
    }

    pub async fn listed(&self) -> usize {
        let page = self
            .api()
            .deliveries(&self.caller, &self.project, None)
            .await;
        page.expect("a list").items.len()
    }

    pub async fn rejected(&self) -> u64 {
        let git = self.api().git(&self.caller, &self.project).await;
        git.expect("a view").hook.expect("a hook").rejected
    }

    pub async fn deployments(&self) -> usize {
        self.all().await.len()
    }

    /// The commit of the newest deployment.
    pub async fn newest(&self) -> String {
        let newest = self.all().await.remove(0);
        newest
            .source
            .commit()
            .map(|c| c.sha.clone())
            .unwrap_or_default()
    }

    async fn all(&self) -> Vec<domain::view::DeploymentSummary> {
        let filter = DeploymentFilter::default();
        let page = self.api().deployments(&self.caller, &filter).await;
        page.expect("a list").items
    }

    pub async fn deployment(&self, id: &DeploymentId) -> DeploymentView {
        let view = self.api().deployment(&self.caller, id).await;
        view.expect("a deployment")
    }

    /// Plan and confirm, as a page does.
    pub async fn by_hand(&self, commit: &str) {
        let update = Update {
            source: Some(self.wanted(Revision::Commit(commit.to_owned()))),
            ..Update::default()
        };
        let (api, caller) = (self.api(), &self.caller);
        let plan = api.preview_update(caller, &self.environment, &update).await;
        let plan = plan.expect("a plan");
        let confirm = Confirm {
            update,
            digest: plan.digest,
            typed: plan.typed,
            hold: false,
        };
        let made = api.update(caller, &self.environment, confirm);
        made.await.expect("a deployment");
    }

    /// One round of the poll.
    pub async fn look(&self) {
        let poll = Poll {
            control: self.control(),
            every: Duration::from_secs(60),
        };
        poll.look().await.expect("it looks");
    }

    pub fn control(&self) -> Arc<Control> {
        self.engine.control.clone()
    }

    pub async fn unsettle(&self) {
        sqlx::query("UPDATE deliveries SET state = 'received'")
            .execute(self.engine.store.pool())
            .await
            .expect("it is written");
        self.control().pushes.notify_one();
    }

    /// The engine ends, and what it kept last was never handled.
    pub async fn killed_with_a_delivery(self, key: &str, head: &str) -> Bench {
        self.engine.stop().await;
        let Bench { dir, engine, .. } = self;
        drop(engine);
        let store = Store::open(&dir.path().join("data/sealdock.db")).await;
        let store = store.expect("the database");
        let push = Push {
            branch: "main".into(),
            commit: head.into(),
            ..Push::default()
        };
        let new = NewDelivery {
            org: &self.caller.org,
            project: &self.project,
            provider: Provider::Github,
            sender_key: key,
            digest: None,
            event: "push",
            push: Some(&push),
            news: None,
            effect: None,
        };
        let now = Now {
            at: Time(1_795_199_700_000),
            entropy: 1,
        };
        store.keep_delivery(new, now).await.expect("kept");
        store.close().await;
        let engine = boot::start(Options::without_data_plane(dir.path()))
            .await
            .expect("it boots again");
        Bench {
            dir,
            engine,
            caller: self.caller,
            project: self.project,
            environment: self.environment,
            hook: self.hook,
            secret: self.secret,
        }
    }

    pub async fn stop(self) {
        self.engine.stop().await;
    }
}

async fn owner(engine: &Engine) -> Caller {
    let owner = NewOwner {
        token: engine.setup_token.clone().expect("a link"),
        email: "owner@example.org".into(),
        password: "correct horse battery".into(),
        organization: "Acme".into(),
    };
    engine.api.set_up(owner).await.expect("an owner")
}
