//! Replacing what serves: the plan first, then only what was planned (I-3 … I-7).

use super::releases::marked;
use super::resolve::Resolved;
use super::{Control, broken, found, moved_on};
use crate::store::deployment::{Filter, NewDeployment};
use crate::store::environment::Environment;
use crate::store::project::Project;
use crate::store::runtime::Runtime;
use crate::store::{Ids, StoreError};
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Confirm, Reply, Update, Updates};
use domain::can;
use domain::config::{Config, ConfigPatch};
use domain::deployment::{Deployment, Trigger};
use domain::id::{DeploymentId, EnvironmentId, UserId};
use domain::preview::{Proposal, preview};
use domain::refusal::Refusal;
use domain::source::{Commit, Origin, Revision, Source};
use domain::view::{DeploymentView, EnvironmentView, Preview, UpdateOptions, VersionsView};

const COMMITS_SHOWN: u32 = 50;

/// What a plan is made of, kept for the write that follows it.
pub(super) struct Planned {
    row: Environment,
    active: Option<Deployment>,
    overrides: ConfigPatch,
    pub source: Source,
    reuses: Option<Deployment>,
    preview: Preview,
}

impl Planned {
    /// What would run.
    pub fn config(&self) -> &Config {
        &self.preview.config
    }

    /// What is written of it.
    pub fn deployment<'a>(
        &'a self,
        id: DeploymentId,
        trigger: Trigger,
        asked_by: Option<&'a UserId>,
        ids: Ids<'a>,
    ) -> NewDeployment<'a> {
        NewDeployment {
            hold: None,
            id,
            project: &self.row.project,
            project_name: &self.row.project_name,
            environment: &self.row.id,
            source: &self.source,
            reuses: self.reuses.as_ref(),
            build: self.preview.build.as_ref(),
            config: &self.preview.config,
            overrides: &self.overrides,
            trigger,
            asked_by,
            runtime: &self.row.runtime,
            expected_active: self.active.as_ref().map(|a| &a.id),
            ids,
        }
    }
}

/// What would run, before it is planned.
struct Proposed {
    resolved: Resolved,
    overrides: ConfigPatch,
    reuses: Option<(Deployment, Trigger)>,
}

#[async_trait]
impl Updates for Control {
    async fn environment(&self, caller: &Caller, id: &EnvironmentId) -> Reply<EnvironmentView> {
        caller.may(Action::Read)?;
        let row = found(self.store.environment(&caller.org, id).await, "environment")?;
        self.environment_view(caller, &row).await
    }

    async fn update_options(&self, caller: &Caller, id: &EnvironmentId) -> Reply<UpdateOptions> {
        caller.may(Action::Deploy)?;
        let row = found(self.store.environment(&caller.org, id).await, "environment")?;
        let project = found(
            self.store.project(&caller.org, &row.project).await,
            "project",
        )?;
        let base = self.base(caller, &row).await?;
        let ((mut tags, tags_problem), releases) =
            tokio::join!(self.tags(caller, &project), self.releases(&project));
        let releases_problem = marked(&mut tags, releases);
        Ok(UpdateOptions {
            environment: self.environment_view(caller, &row).await?,
            origin: project.origin,
            tags,
            tags_problem,
            releases_problem,
            live_tag: self
                .active(caller, &row)
                .await?
                .and_then(|a| tag(&a.source)),
            config: base.map(|b| b.config),
            overrides: row.overrides,
        })
    }

    async fn versions(&self, caller: &Caller, id: &EnvironmentId) -> Reply<VersionsView> {
        caller.may(Action::Deploy)?;
        let row = found(self.store.environment(&caller.org, id).await, "environment")?;
        self.versions_of(caller, &row).await
    }

    async fn preview_update(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        update: &Update,
    ) -> Reply<Preview> {
        caller.may(Action::Deploy)?;
        self.changeable(caller, id).await?;
        Ok(self.planned(caller, id, update).await?.preview)
    }

    async fn update(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        confirm: Confirm,
    ) -> Reply<DeploymentView> {
        caller.may(Action::Deploy)?;
        self.changeable(caller, id).await?;
        let planned = self.planned(caller, id, &confirm.update).await?;
        confirmed(&planned.preview, &confirm)?;
        let now = self.now();
        let deployment = DeploymentId::new(now.at, now.entropy);
        let ids = || self.now();
        let (trigger, by) = (planned.preview.trigger, Some(&caller.user));
        let new = NewDeployment {
            hold: confirm.hold.then(|| self.held_host(&planned.row)),
            ..planned.deployment(deployment.clone(), trigger, by, &ids)
        };
        match self.store.create_deployment(caller, new).await {
            Err(StoreError::Stale) => return Err(plan_changed()),
            other => other.map_err(moved_on)?,
        };
        self.wake(&caller.org, &planned.row.id, Some(&deployment));
        self.show(caller, &deployment).await
    }
}

impl Control {
    /// By a person: what a preview runs is none of theirs, so neither are its variables.
    async fn changeable(&self, caller: &Caller, id: &EnvironmentId) -> Reply<()> {
        let row = found(self.store.environment(&caller.org, id).await, "environment")?;
        can::change(row.deleting, row.review)
    }

    pub(super) async fn planned(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        update: &Update,
    ) -> Reply<Planned> {
        let row = found(self.store.environment(&caller.org, id).await, "environment")?;
        can::update(row.deleting)?;
        let active = self.active(caller, &row).await?;
        let first = active.is_none() && self.last_served(caller, id, None).await?.is_none();
        let candidate = match &row.candidate {
            Some(id) => self
                .store
                .deployment(&caller.org, id)
                .await
                .map_err(broken)?,
            None => None,
        };
        let runtime = self.runtime_of(caller, &row).await?;
        let Proposed {
            mut resolved,
            overrides,
            reuses,
        } = self.proposed(caller, &row, &runtime, update).await?;
        self.only_released(&row, active.as_ref(), &mut resolved, reuses.as_ref())
            .await?;
        let note = self.place(caller, &runtime, &resolved.config).await?;
        resolved.notes.extend(note);
        let config = &resolved.config;
        let services = self.services_planned(&row, active.as_ref(), config);
        let (services, notes) = services.await?;
        resolved.notes.extend(notes);
        let again = reuses.is_some();
        let notes = self
            .secret_notes(&caller.org, &resolved, active.as_ref(), again)
            .await?;
        resolved.notes.extend(notes);
        let (commits, commits_more) = self
            .commits(caller, active.as_ref(), &resolved.source)
            .await;
        let preview = preview(Proposal {
            active: active.as_ref(),
            candidate: candidate.as_ref(),
            source: &resolved.source,
            config: &resolved.config,
            services,
            reuses: reuses.as_ref().map(|(of, called)| (of, *called)),
            first,
            debug: row.debug,
            build: resolved.build.as_ref(),
            commits,
            commits_more,
            notes: resolved.notes,
        });
        Ok(Planned {
            row,
            active,
            overrides,
            source: resolved.source,
            reuses: reuses.map(|(of, _)| of),
            preview,
        })
    }

    /// The wanted source, the same one again, or an artifact once more.
    async fn proposed(
        &self,
        caller: &Caller,
        row: &Environment,
        runtime: &Runtime,
        update: &Update,
    ) -> Reply<Proposed> {
        if let Some(wanted) = &update.reuse {
            only_reuse(update)?;
            let again = self.again(caller, row, runtime, wanted).await?;
            return Ok(Proposed {
                resolved: again.resolved,
                overrides: again.overrides,
                reuses: Some((again.of, again.trigger)),
            });
        }
        let overrides = update.config.as_ref().unwrap_or(&row.overrides);
        let resolved = match &update.source {
            Some(wanted) => self.resolve(caller, runtime, wanted, overrides).await?,
            None => {
                let base = self.base(caller, row).await?.ok_or_else(nothing_here)?;
                self.configure(&caller.org, base.source, overrides).await?
            }
        };
        Ok(Proposed {
            resolved,
            overrides: overrides.clone(),
            reuses: None,
        })
    }

    async fn active(&self, caller: &Caller, row: &Environment) -> Reply<Option<Deployment>> {
        match &row.active {
            Some(id) => self.store.deployment(&caller.org, id).await.map_err(broken),
            None => Ok(None),
        }
    }

    /// What *Edit config* starts from: the one that serves, or else the newest.
    async fn base(&self, caller: &Caller, row: &Environment) -> Reply<Option<Deployment>> {
        if let Some(active) = self.active(caller, row).await? {
            return Ok(Some(active));
        }
        let newest = Filter {
            environment: Some(row.id.clone()),
            limit: 1,
            ..Filter::default()
        };
        Ok(self.list(caller, newest).await?.pop().map(|l| l.deployment))
    }

    /// The tags, or why there are none: a Git host that is down must not close the page.
    async fn tags(
        &self,
        caller: &Caller,
        project: &Project,
    ) -> (Vec<domain::source::Tag>, Option<String>) {
        let Origin::Git { url } = &project.origin else {
            return (vec![], None);
        };
        match self.git.tags(&caller.org, url).await {
            Ok(tags) if tags.is_empty() => (
                tags,
                Some(
                    "The repository has no tags. Push one, or choose a branch or a commit.".into(),
                ),
            ),
            Ok(tags) => (tags, None),
            Err(refusal) => (vec![], Some(refusal.to_string())),
        }
    }

    /// Commits from what serves to what is proposed; none where history does not say.
    async fn commits(
        &self,
        caller: &Caller,
        active: Option<&Deployment>,
        to: &Source,
    ) -> (Vec<Commit>, bool) {
        let (
            Some(from),
            Source::Git {
                url, commit: to, ..
            },
        ) = (active.and_then(|a| a.source.commit()), to)
        else {
            return (vec![], false);
        };
        let found = self
            .git
            .log_between(&caller.org, url, &from.sha, &to.sha, COMMITS_SHOWN + 1)
            .await
            .unwrap_or_default();
        let more = found.len() > COMMITS_SHOWN as usize;
        (
            found.into_iter().take(COMMITS_SHOWN as usize).collect(),
            more,
        )
    }
}

fn nothing_here() -> Refusal {
    Refusal::conflict(
        "nothing_here",
        "Nothing was ever deployed here, so there is nothing to deploy again.",
    )
    .way_out("Choose a version.")
}

fn only_reuse(update: &Update) -> Reply<()> {
    if update.source.is_none() && update.config.is_none() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "reuse",
        "`reuse` starts what is there already, so it goes with no `source` and no `config`.",
    )
    .way_out("Roll back first, then change the source or the configuration."))
}

fn confirmed(preview: &Preview, confirm: &Confirm) -> Reply<()> {
    if preview.digest != confirm.digest {
        return Err(plan_changed());
    }
    if confirm.hold {
        can::hold(preview.strategy)?;
    }
    match &preview.typed {
        Some(word) if confirm.typed.as_deref().map(str::trim) != Some(word) => {
            Err(Refusal::invalid(
                "typed",
                format!("This update has downtime, so it takes a typed “{word}”."),
            )
            .way_out(format!("Type {word} to confirm.")))
        }
        _ => Ok(()),
    }
}

pub(super) fn plan_changed() -> Refusal {
    Refusal::conflict(
        "plan_changed",
        "The plan has changed since it was shown, so nothing was done.",
    )
    .way_out("Look at the new plan and confirm it.")
}

fn tag(source: &Source) -> Option<String> {
    match source {
        Source::Git {
            revision: Revision::Tag(name),
            ..
        } => Some(name.clone()),
        _ => None,
    }
}
