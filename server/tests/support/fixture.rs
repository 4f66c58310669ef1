//! The product behind its trait.

use super::views::{self, *};
use async_trait::async_trait;
use domain::access::{Caller, Role};
use domain::api::*;
use domain::deployment::Phase;
use domain::hint::{Hint, Topic};
use domain::id::*;
use domain::log_level::Level;
use domain::refusal::{Kind, Refusal};
use domain::time::Time;
use domain::view::*;
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::broadcast;

pub const PASSWORD: &str = "correct horse";
pub const SETUP_TOKEN: &str = "first";

/// Who there is: a token `sd_NAME` and an address `NAME@example.com` each.
pub const PEOPLE: [(&str, u128, Role); 4] = [
    ("viewer", 1, Role::Viewer),
    ("developer", 1, Role::Developer),
    ("owner", 1, Role::Owner),
    ("stranger", 2, Role::Owner),
];

pub struct Fixture {
    pub changes: broadcast::Sender<Hint>,
    pub log: Mutex<LogPage>,
    pub gone: Mutex<HashSet<String>>,
    pub created: AtomicUsize,
    pub directory: String,
    /// Of the one deployment.
    pub phase: Mutex<Phase>,
}

impl Fixture {
    pub fn new(directory: &str) -> Self {
        let (log, gone, created) = Default::default();
        Self {
            changes: broadcast::channel(16).0,
            log,
            gone,
            created,
            directory: directory.into(),
            phase: Mutex::new(Phase::Live),
        }
    }

    pub fn org(n: u128) -> OrgId {
        OrgId::new(Time(1), n)
    }

    /// Writes lines to the one log, errors to its standard error, and says so.
    pub fn print(&self, lines: &[&str], hint: bool) {
        let mut log = self.log.lock().unwrap();
        for text in lines {
            log.last_seq += 1;
            let line = LogLine {
                seq: log.last_seq,
                at: Time(0),
                stream: match Level::of(text) {
                    Level::Error => Stream::Err,
                    _ => Stream::Out,
                },
                level: Level::of(text),
                text: (*text).into(),
            };
            log.lines.push(line);
        }
        if hint {
            let _ = self.changes.send(Hint {
                org: Self::org(1),
                topic: Topic::Log("build".into()),
            });
        }
    }

    /// The one deployment as it stands.
    pub fn view(&self) -> DeploymentView {
        views::deployment(*self.phase.lock().unwrap())
    }

    pub fn remove(&self, name: &str) {
        self.gone.lock().unwrap().insert(name.into());
    }

    fn person(&self, name: &str) -> Reply<Caller> {
        let found = PEOPLE
            .iter()
            .zip(1_u128..)
            .find(|((n, _, _), _)| *n == name);
        let ((name, org, role), number) = found.ok_or_else(Refusal::signed_out)?;
        if self.gone.lock().unwrap().contains(*name) {
            return Err(Refusal::signed_out());
        }
        Ok(Caller {
            user: UserId::new(Time(1), number),
            email: format!("{name}@example.com"),
            org: Self::org(*org),
            org_name: "Acme".into(),
            role: *role,
        })
    }
}

/// Everything belongs to the first organization.
pub fn scoped<T: PartialEq>(caller: &Caller, id: &T, only: &T, noun: &str) -> Reply<()> {
    let ours = caller.org == Fixture::org(1) && id == only;
    if ours {
        Ok(())
    } else {
        Err(Refusal::not_found(noun))
    }
}

#[async_trait]
impl Accounts for Fixture {
    async fn needs_setup(&self) -> Reply<bool> {
        Ok(false)
    }
    async fn set_up(&self, owner: NewOwner) -> Reply<Caller> {
        if owner.token == SETUP_TOKEN {
            self.person("owner")
        } else {
            Err(Refusal::invalid("token", "Wrong link."))
        }
    }
    async fn sign_in(&self, email: &str, password: &str) -> Reply<Caller> {
        let wrong = Refusal::new(
            Kind::Invalid,
            "wrong_password",
            "The e-mail address or the password is wrong.",
        );
        if password != PASSWORD {
            return Err(wrong);
        }
        self.person(email.split('@').next().unwrap_or_default())
            .map_err(|_| wrong)
    }
    async fn caller_of(&self, user: &UserId) -> Reply<Caller> {
        let all = PEOPLE.iter().map(|(name, _, _)| self.person(name));
        all.flatten()
            .find(|c| c.user == *user)
            .ok_or_else(Refusal::signed_out)
    }
    async fn caller_by_token(&self, token: &str) -> Reply<Caller> {
        self.person(token.strip_prefix("sd_").unwrap_or_default())
    }
    async fn tokens(&self, _: &Caller) -> Reply<Vec<TokenView>> {
        Ok(vec![])
    }
    async fn create_token(&self, _: &Caller, new: NewToken) -> Reply<NewTokenView> {
        self.created.fetch_add(1, Ordering::SeqCst);
        let (name, role) = (new.name, new.role);
        let view = TokenView {
            id: token_id(),
            name,
            role,
            created_at: Time(1),
            expires_at: None,
            last_used_at: None,
        };
        Ok(NewTokenView {
            token: "sd_secret".into(),
            view,
        })
    }
    async fn revoke_token(&self, caller: &Caller, id: &TokenId) -> Reply<()> {
        scoped(caller, id, &token_id(), "token")
    }
    async fn members(&self, _: &Caller) -> Reply<Vec<MemberView>> {
        Ok(vec![])
    }
    async fn invite(&self, _: &Caller, email: &str, role: Role) -> Reply<InvitationView> {
        Ok(InvitationView {
            email: email.into(),
            role,
            token: "secret".into(),
            expires_at: Time(1),
        })
    }
    async fn join(&self, token: &str, _: &str) -> Reply<Caller> {
        if token == SETUP_TOKEN {
            self.person("viewer")
        } else {
            Err(Refusal::invalid("token", "Wrong link."))
        }
    }
    async fn remove_member(&self, caller: &Caller, user: &UserId) -> Reply<()> {
        scoped(caller, user, &member_id(), "member")
    }
    async fn settings(&self, caller: &Caller) -> Reply<SettingsView> {
        Ok(SettingsView {
            org: caller.org.clone(),
            org_name: caller.org_name.clone(),
            base_domain: "localhost".into(),
            proxy_port: 8080,
            version: "0".into(),
            data_dir: self.directory.clone(),
            master_key: "/var/lib/sealdock/master.key, as it is, for its owner alone to read"
                .into(),
            deploy_key: None,
        })
    }
}

#[async_trait]
impl Projects for Fixture {
    async fn overview(&self, _: &Caller) -> Reply<OverviewView> {
        Ok(OverviewView {
            needs_me: vec![],
            moving: vec![],
            environments: vec![],
            sample_available: true,
        })
    }
    async fn projects(&self, caller: &Caller) -> Reply<Vec<ProjectView>> {
        Ok(if caller.org == Self::org(1) {
            vec![views::project()]
        } else {
            vec![]
        })
    }
    async fn project(&self, caller: &Caller, id: &ProjectId) -> Reply<ProjectView> {
        scoped(caller, id, &project_id(), "project").map(|()| views::project())
    }
    async fn preview_project(&self, _: &Caller, _: &NewProject) -> Reply<Preview> {
        Ok(preview())
    }
    async fn create_project(&self, _: &Caller, new: NewProject) -> Reply<DeploymentView> {
        if new.name == "taken" {
            return Err(Refusal::conflict(
                "name_taken",
                "There is a project called `taken` already.",
            )
            .at("name"));
        }
        self.created.fetch_add(1, Ordering::SeqCst);
        Ok(self.view())
    }
    async fn create_environment(
        &self,
        caller: &Caller,
        id: &ProjectId,
        _: NewEnvironment,
    ) -> Reply<EnvironmentView> {
        scoped(caller, id, &project_id(), "project").map(|()| views::environment())
    }
    async fn create_sample(&self, _: &Caller) -> Reply<DeploymentView> {
        Ok(self.view())
    }
    async fn repository(&self, _: &Caller, url: &str) -> Reply<RepositoryView> {
        Ok(RepositoryView {
            url: url.into(),
            tags: vec![],
            branches: vec![],
            build: None,
            build_problem: None,
        })
    }
    async fn preview_delete(&self, caller: &Caller, id: &ProjectId) -> Reply<DeletePreview> {
        scoped(caller, id, &project_id(), "project")?;
        Ok(DeletePreview {
            name: "web".into(),
            lines: vec![],
            urls: vec![],
        })
    }
    async fn delete_project(&self, caller: &Caller, id: &ProjectId, typed: &str) -> Reply<()> {
        scoped(caller, id, &project_id(), "project")?;
        if typed == "web" {
            Ok(())
        } else {
            Err(Refusal::invalid("confirm", "That is not its name."))
        }
    }
    async fn events(
        &self,
        caller: &Caller,
        project: Option<&ProjectId>,
        _: Option<&str>,
    ) -> Reply<Page<EventView>> {
        if let Some(id) = project {
            scoped(caller, id, &project_id(), "project")?;
        }
        Ok(Page {
            items: vec![],
            next: None,
        })
    }
}

#[async_trait]
impl Runtimes for Fixture {
    async fn disk(&self, _: &Caller) -> Reply<DiskView> {
        Ok(DiskView {
            budget_bytes: 20 << 30,
            used_bytes: 0,
            free_bytes: None,
            items: vec![],
        })
    }
    async fn runtimes(&self, _: &Caller) -> Reply<Vec<RuntimeView>> {
        Ok(vec![])
    }
}
