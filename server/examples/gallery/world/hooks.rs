//! The pushes of the gallery.

use super::scene::{delivery_id, environment_id, hook_id};
use super::{Gallery, World, no};
use domain::access::{Action, Caller};
use domain::api::*;
use domain::hook::{self, Provider};
use domain::id::*;
use domain::refusal::Refusal;
use domain::source::Origin;
use domain::view::*;

const MIN: i64 = 60_000;

#[async_trait::async_trait]
impl Hooks for Gallery {
    async fn git(&self, caller: &Caller, project: &ProjectId) -> Reply<GitView> {
        caller.may(Action::ManageHooks)?;
        let project = self.project(caller, project).await?;
        let Origin::Git { url } = project.origin else {
            return Err(Refusal::conflict(
                "not_git",
                format!("`{}` is not deployed from a Git repository.", project.name),
            ));
        };
        let untouched = self.scene(caller).world == World::Live;
        let tracked = |e: &EnvironmentView| TrackingView {
            environment: e.id.clone(),
            name: e.name.clone(),
            branch: (!untouched && e.id == environment_id(1)).then(|| "main".to_owned()),
            poll: !untouched,
            seen: (!untouched).then(|| "3f2a91c0d4e5b6a7980123456789abcdef012345".to_owned()),
        };
        Ok(GitView {
            project: project.id,
            project_name: project.name,
            url,
            hook: (!untouched).then(|| self.hook()),
            environments: project.environments.iter().map(tracked).collect(),
            poll_every_s: 60,
        })
    }

    async fn track(&self, _: &Caller, _: &EnvironmentId, track: Track) -> Reply<TrackingView> {
        match track.branch.as_deref() {
            Some("mian") => Err(
                Refusal::invalid("branch", "The repository has no branch `mian`.")
                    .way_out("Did you mean `main`?"),
            ),
            _ => Err(no()),
        }
    }

    async fn rotate_hook(&self, caller: &Caller, _: &ProjectId) -> Reply<NewHookView> {
        caller.may(Action::ManageHooks)?;
        Ok(NewHookView {
            secret: "sdh_gallery_0000000000000000000000000000".into(),
            hook: self.hook(),
        })
    }

    async fn remove_hook(&self, _: &Caller, _: &ProjectId) -> Reply<()> {
        Err(no())
    }

    async fn deliveries(
        &self,
        caller: &Caller,
        project: &ProjectId,
        cursor: Option<&str>,
    ) -> Reply<Page<DeliveryView>> {
        let known = self.git(caller, project).await?.hook.is_some();
        let items = match known && cursor.is_none() {
            true => self.came(),
            false => vec![],
        };
        let next = (known && cursor.is_none()).then(|| "next".to_owned());
        Ok(Page { items, next })
    }

    async fn redeliver(&self, _: &Caller, _: &DeliveryId) -> Reply<DeliveryView> {
        Err(no())
    }

    async fn knock(&self, _: &HookId) -> Reply<()> {
        Err(Refusal::not_found("webhook"))
    }

    async fn receive(&self, _: Incoming) -> Reply<Received> {
        Err(Refusal::not_found("webhook"))
    }
}

impl Gallery {
    fn hook(&self) -> HookView {
        let path = |provider: &Provider| HookPath {
            provider: *provider,
            path: hook::path(*provider, &hook_id(1)),
        };
        HookView {
            id: hook_id(1),
            created_at: self.now.plus_ms(-9_000 * MIN),
            rotated_at: Some(self.now.plus_ms(-300 * MIN)),
            rejected: 3,
            rejected_at: Some(self.now.plus_ms(-200 * MIN)),
            paths: Provider::SENDERS.iter().map(path).collect(),
        }
    }

    fn came(&self) -> Vec<DeliveryView> {
        let one = |n: u128, provider, branch: Option<&str>, effect: &str| DeliveryView {
            id: delivery_id(n),
            at: self.now.plus_ms(-(n as i64) * 7 * MIN),
            provider,
            event: branch.map_or("ping", |_| "push").into(),
            branch: branch.map(str::to_owned),
            commit: branch.map(|_| "3f2a91c0d4e5b6a7980123456789abcdef012345".into()),
            subject: branch.map(|_| "Total the basket once".into()),
            author: branch.map(|_| "Grace".into()),
            effect: effect.into(),
            deployments: vec![],
            waiting: false,
            repeats: 0,
            redeliver: branch
                .is_none()
                .then(|| "There is nothing in it to deploy.".into()),
        };
        vec![
            DeliveryView {
                waiting: true,
                redeliver: Some("It is being handled.".into()),
                ..one(1, Provider::Github, Some("main"), "Waits to be handled.")
            },
            DeliveryView {
                deployments: vec![Deployed {
                    id: super::scene::deployment_id(12),
                    number: 12,
                }],
                repeats: 2,
                ..one(2, Provider::Github, Some("main"), "Deployed as #12.")
            },
            one(
                3,
                Provider::Poll,
                Some("main"),
                "Ignored: `3f2a91c` is already live as #10.",
            ),
            one(
                4,
                Provider::Github,
                Some("fix/basket-total"),
                "Ignored: branch `fix/basket-total` is not tracked.",
            ),
            one(
                5,
                Provider::Github,
                None,
                "Answered: the address and the secret are right.",
            ),
        ]
    }
}
