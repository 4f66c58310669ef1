//! Deploying what is pushed: what is tracked, the address that hosts send to, and what came in.

use super::{Control, broken, found, moved_on, token};
use crate::push::signature::{self, Wrong};
use crate::store::delivery::{Delivery, Effect, Kept, NewDelivery};
use crate::store::environment::Environment;
use crate::store::hook::Hook;
use crate::store::project::Project;
use crate::store::tracking::Tracking;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Hooks, Incoming, Reply, Track};
use domain::can;
use domain::hint::Topic;
use domain::hook::{self, Headers, Provider, Said};
use domain::id::{DeliveryId, EnvironmentId, HookId, OrgId, ProjectId};
use domain::refusal::{Kind, Refusal};
use domain::review::News;
use domain::source::Origin;
use domain::view::*;

const DELIVERIES_PAGE: u32 = 25;

#[async_trait]
impl Hooks for Control {
    async fn git(&self, caller: &Caller, project: &ProjectId) -> Reply<GitView> {
        caller.may(Action::ManageHooks)?;
        let (project, url) = self.of_git(&caller.org, project).await?;
        let (org, id) = (&caller.org, &project.id);
        let rows = self
            .store
            .environments(org, Some(id))
            .await
            .map_err(broken)?;
        let tracked = self.store.trackings(org, id).await.map_err(broken)?;
        let hook = self.store.hook_of(org, id).await.map_err(broken)?;
        Ok(GitView {
            url,
            hook: hook.as_ref().map(hook_view),
            environments: rows
                .iter()
                .filter(|row| !row.review)
                .map(|row| tracking_view(row, &tracked))
                .collect(),
            poll_every_s: self.settings.git_poll_s,
            project: project.id,
            project_name: project.name,
        })
    }

    async fn track(
        &self,
        caller: &Caller,
        environment: &EnvironmentId,
        track: Track,
    ) -> Reply<TrackingView> {
        caller.may(Action::ManageHooks)?;
        let row = self.store.environment(&caller.org, environment).await;
        let row = found(row, "environment")?;
        can::change(row.deleting, row.review)?;
        let (project, url) = self.of_git(&caller.org, &row.project).await?;
        let branch = track.branch.as_deref().map(str::trim).unwrap_or_default();
        let done = if branch.is_empty() {
            self.store.untrack(caller, &row, self.now()).await
        } else {
            let head = self.git.head_of(&caller.org, &url, branch).await;
            let head = head.map_err(|no| no.at("branch"))?.sha;
            let now = self.now();
            self.store
                .track(caller, &row, branch, track.poll, &head, now)
                .await
        };
        done.map_err(moved_on)?;
        self.told(&caller.org, &project.id);
        let tracked = self.store.trackings(&caller.org, &project.id).await;
        Ok(tracking_view(&row, &tracked.map_err(broken)?))
    }

    async fn rotate_hook(&self, caller: &Caller, project: &ProjectId) -> Reply<NewHookView> {
        caller.may(Action::ManageHooks)?;
        let (project, _) = self.of_git(&caller.org, project).await?;
        let (now, secret) = (self.now(), token::fresh("sdh_"));
        let id = HookId::new(now.at, now.entropy);
        self.store
            .put_hook(caller, &project, &id, &secret, self.now())
            .await
            .map_err(broken)?;
        self.told(&caller.org, &project.id);
        let hook = found(
            self.store.hook_of(&caller.org, &project.id).await,
            "webhook",
        )?;
        Ok(NewHookView {
            secret,
            hook: hook_view(&hook),
        })
    }

    async fn remove_hook(&self, caller: &Caller, project: &ProjectId) -> Reply<()> {
        caller.may(Action::ManageHooks)?;
        let (project, _) = self.of_git(&caller.org, project).await?;
        let gone = self.store.remove_hook(caller, &project, self.now()).await;
        self.told(&caller.org, &project.id);
        match gone.map_err(broken)? {
            true => Ok(()),
            false => Err(Refusal::conflict("no_hook", "This project has no webhook.")),
        }
    }

    async fn deliveries(
        &self,
        caller: &Caller,
        project: &ProjectId,
        cursor: Option<&str>,
    ) -> Reply<Page<DeliveryView>> {
        caller.may(Action::ManageHooks)?;
        let (project, _) = self.of_git(&caller.org, project).await?;
        let before = cursor.map(|c| c.parse().map_err(|_| super::bad_cursor()));
        let before: Option<DeliveryId> = before.transpose()?;
        let (org, most) = (&caller.org, DELIVERIES_PAGE);
        let found = self
            .store
            .deliveries(org, &project.id, before.as_ref(), most + 1)
            .await;
        let mut items: Vec<_> = found.map_err(broken)?.iter().map(delivery_view).collect();
        let more = items.len() > most as usize;
        items.truncate(most as usize);
        let next = items.last().filter(|_| more).map(|d| d.id.to_string());
        Ok(Page { items, next })
    }

    async fn redeliver(&self, caller: &Caller, id: &DeliveryId) -> Reply<DeliveryView> {
        caller.may(Action::ManageHooks)?;
        let known = found(self.store.delivery(&caller.org, id).await, "delivery")?;
        if let Some(why) = not_again(&known) {
            return Err(Refusal::conflict("not_redelivered", why));
        }
        self.store
            .redeliver(caller, &known, self.now())
            .await
            .map_err(moved_on)?;
        self.told(&caller.org, &known.project);
        self.pushes.notify_one();
        let now = found(self.store.delivery(&caller.org, id).await, "delivery")?;
        Ok(delivery_view(&now))
    }

    async fn knock(&self, hook: &HookId) -> Reply<()> {
        let known = self.store.hook_of_any(hook).await.map_err(broken)?;
        known.map(drop).ok_or_else(|| Refusal::not_found("webhook"))
    }

    async fn receive(&self, incoming: Incoming) -> Reply<Received> {
        let hook = found(self.store.hook_of_any(&incoming.hook).await, "webhook")?;
        let signed = self.believed(&hook, &incoming).await?;
        let headers = Headers(&incoming.headers);
        let told = hook::parse(incoming.provider, headers, &incoming.body);
        let own_key = hook::delivery_key(incoming.provider, headers);
        let key = own_key.unwrap_or_else(|| unnamed(&incoming.body));
        let (push, news, effect) = at_once(&told.said);
        let new = NewDelivery {
            org: &hook.org,
            project: &hook.project,
            provider: incoming.provider,
            sender_key: &key,
            digest: signed.as_deref(),
            event: &told.event,
            push,
            news: news.as_ref(),
            effect: effect.clone().map(Effect::whole),
        };
        let kept = self.store.keep_delivery(new, self.now()).await;
        let delivery = match kept.map_err(broken)? {
            Kept::New(id) => id,
            Kept::Again(known) => return Ok(duplicate(&known)),
        };
        self.told(&hook.org, &hook.project);
        if let Said::Refused(why) = &told.said {
            return Err(unreadable(why));
        }
        self.pushes.notify_one();
        Ok(Received {
            delivery,
            effect: effect.unwrap_or_else(|| "Kept; it is handled now.".into()),
        })
    }
}

impl Control {
    /// The project, if its versions come from a repository.
    pub(super) async fn of_git(&self, org: &OrgId, id: &ProjectId) -> Reply<(Project, String)> {
        let project = found(self.store.project(org, id).await, "project")?;
        match project.origin.clone() {
            Origin::Git { url } => Ok((project, url)),
            other => Err(Refusal::conflict(
                "not_git",
                format!(
                    "`{}` is not deployed from a Git repository but from: {}.",
                    project.name,
                    other.word()
                ),
            )
            .way_out("Deploy it with `sealdock update`, or by the API, from your CI.")),
        }
    }

    async fn believed(&self, hook: &Hook, incoming: &Incoming) -> Reply<signature::Signed> {
        let now = self.clock.now();
        let headers = Headers(&incoming.headers);
        let (provider, body) = (incoming.provider, &incoming.body);
        let checked = signature::check(provider, hook.secret.reveal(), headers, body, now.0 / 1000);
        let Err(wrong) = checked else {
            return checked.map_err(|_| forged(Wrong::Signature));
        };
        self.store
            .count_rejected(&hook.id, now)
            .await
            .map_err(broken)?;
        Err(forged(wrong))
    }

    pub(super) fn told(&self, org: &OrgId, project: &ProjectId) {
        self.bus.hint(org, Topic::Project(project.clone()));
    }
}

/// What needs no look at the repository is known already.
fn at_once(said: &Said) -> (Option<&hook::Push>, Option<News>, Option<String>) {
    let known = |effect: String| (None, None, Some(effect));
    match said {
        Said::Push(push) => (Some(push), None, None),
        Said::Pull(pull) => (None, Some(News::Pull(pull.clone())), None),
        Said::Gone(branch) => {
            let branch = branch.clone();
            (None, Some(News::Gone { branch }), None)
        }
        Said::Ping => known("Answered: the address and the secret are right.".into()),
        Said::Ignored(why) => known(format!("Ignored: {why}.")),
        Said::Refused(why) => known(format!("Refused: {why}.")),
    }
}

/// A delivery without an id is known by what it says.
fn unnamed(body: &[u8]) -> String {
    format!("sha256:{}", token::digest(body))
}

fn duplicate(known: &Delivery) -> Received {
    Received {
        delivery: known.id.clone(),
        effect: format!(
            "Ignored: a duplicate of the delivery of {}.",
            known.received_at.rfc3339()
        ),
    }
}

fn unreadable(why: &str) -> Refusal {
    Refusal::new(
        Kind::Invalid,
        "delivery_refused",
        format!("It can't be read: {why}."),
    )
    .way_out("Send the events of pushes and pull requests as `application/json`.")
}

fn forged(wrong: Wrong) -> Refusal {
    let refusal = |code, sentence| Refusal::new(Kind::SignedOut, code, sentence);
    match wrong {
        Wrong::Signature => refusal(
            "wrong_signature",
            "The signature is missing, or was not made with this hook's secret.".to_owned(),
        )
        .way_out("Give the sender the secret; if nobody has it, make a new one on the project's page *Git push*."),
        Wrong::Time => refusal(
            "wrong_time",
            format!("The signature holds, but its timestamp is more than {} s from now.", signature::WINDOW_S),
        )
        .way_out("Sign with the seconds since 1970 in `X-Sealdock-Timestamp`, and set the sender's clock."),
    }
}

fn hook_view(hook: &Hook) -> HookView {
    let path = |provider: &Provider| HookPath {
        provider: *provider,
        path: hook::path(*provider, &hook.id),
    };
    HookView {
        id: hook.id.clone(),
        created_at: hook.created_at,
        rotated_at: hook.rotated_at,
        rejected: hook.rejected,
        rejected_at: hook.rejected_at,
        paths: Provider::SENDERS.iter().map(path).collect(),
    }
}

fn tracking_view(row: &Environment, tracked: &[Tracking]) -> TrackingView {
    let own = tracked.iter().find(|t| t.environment == row.id);
    TrackingView {
        environment: row.id.clone(),
        name: row.name.clone(),
        branch: own.map(|t| t.branch.clone()),
        poll: own.is_some_and(|t| t.poll),
        seen: own.and_then(|t| t.seen.clone()),
    }
}

fn delivery_view(delivery: &Delivery) -> DeliveryView {
    let push = about(delivery);
    let push = push.as_ref();
    let deployed = |e: &Effect| {
        Some(Deployed {
            id: e.deployment.clone()?,
            number: e.number?,
        })
    };
    DeliveryView {
        id: delivery.id.clone(),
        at: delivery.received_at,
        provider: delivery.provider,
        event: delivery.event.clone(),
        branch: push.map(|p| p.branch.clone()),
        commit: push.map(|p| p.commit.clone()),
        subject: push.and_then(|p| p.subject.clone()),
        author: push.and_then(|p| p.author.clone()),
        effect: effect_of(delivery),
        deployments: delivery.effects.iter().filter_map(deployed).collect(),
        waiting: delivery.waiting,
        repeats: delivery.repeats,
        redeliver: not_again(delivery),
    }
}

/// A pull request's head, or a branch that is gone, in the words of a push.
fn about(delivery: &Delivery) -> Option<hook::Push> {
    let Some(News::Pull(pull)) = &delivery.news else {
        return delivery.push.clone();
    };
    Some(hook::Push {
        branch: format!("{} ({})", pull.number, pull.branch),
        commit: pull.head.clone(),
        subject: pull.title.clone(),
        author: pull.author.clone(),
        repository: None,
    })
}

/// One sentence for each environment; named where there are several.
fn effect_of(delivery: &Delivery) -> String {
    let several = delivery.effects.len() > 1;
    let mut said: Vec<_> = delivery
        .effects
        .iter()
        .map(|e| match &e.environment_name {
            Some(name) if several => format!("{name}: {}", e.sentence),
            _ => e.sentence.clone(),
        })
        .collect();
    if delivery.waiting {
        said.push(match delivery.tries {
            0 => "Waits to be handled.".into(),
            1 => "The repository could not be read; it is tried again.".into(),
            n => format!("The repository could not be read {n} times; it is tried again."),
        });
    }
    said.join(" ")
}

fn not_again(delivery: &Delivery) -> Option<String> {
    match (
        delivery.push.is_some() || delivery.news.is_some(),
        delivery.waiting,
    ) {
        (false, _) => Some("There is nothing in it to deploy.".into()),
        (true, true) => Some("It is being handled.".into()),
        (true, false) => None,
    }
}
