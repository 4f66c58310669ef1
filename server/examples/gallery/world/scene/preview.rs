//! The plan that an update shows before it is confirmed.

use super::config::changes;
use super::source::bundle;
use super::{Scene, World, sha};
use domain::api::Update;
use domain::config::Config;
use domain::deployment::Trigger;
use domain::detect::{BuildPlan, Tree, plan};
use domain::source::{Revision, Source, Wanted};
use domain::strategy::Strategy;
use domain::view::{EnvironmentView, Preview};

impl Scene {
    pub fn preview(self, environment: &EnvironmentView, update: &Update) -> Preview {
        let from = environment.active.as_ref().map(|d| d.source.clone());
        let to = match &update.source {
            Some(Wanted::Git {
                revision: Revision::Tag(tag),
                ..
            }) => self.source(tag),
            Some(Wanted::Image { reference, local }) => Source::Image {
                reference: reference.clone(),
                local: *local,
            },
            Some(Wanted::Bundle { .. }) => bundle(),
            _ => from.clone().unwrap_or_else(|| self.source("v1.4.2")),
        };
        let replace = self.world == World::Refused;
        let (trigger, verb) = match (&update.source, &update.config) {
            _ if replace => (
                Trigger::Update,
                "Replace: about 40 s of downtime".to_owned(),
            ),
            (Some(_), _) => (Trigger::Update, format!("Update to {}", to.label())),
            (None, Some(c)) if *c != Default::default() => {
                (Trigger::Config, "Apply the new configuration".to_owned())
            }
            _ => (Trigger::Redeploy, "Redeploy".to_owned()),
        };
        Preview {
            digest: sha(&format!("{update:?}")),
            trigger,
            verb,
            from,
            reuses: None,
            commits: if to.commit().is_some() && update.source.is_some() {
                self.commits()
            } else {
                vec![]
            },
            to,
            commits_more: false,
            changes: changes(),
            strategy: if replace {
                Strategy::Replace
            } else {
                Strategy::BlueGreen
            },
            downtime: replace,
            stops: if replace {
                vec!["2 containers of v1.4.1 stop before the new ones start".into()]
            } else {
                vec![
                    "2 containers of v1.4.1, after their requests have finished (at most 30 s)"
                        .into(),
                ]
            },
            hold: replace.then(|| "The old version stops first.".to_owned()),
            debug: false,
            build: build(),
            notes: vec![
                "`sealdock.yml` was not found at this tag; the defaults and your overrides apply."
                    .into(),
            ],
            typed: replace.then(|| "yes".to_owned()),
            config: self.config(),
        }
    }
}

/// Of a repository without a Dockerfile.
pub fn build() -> Option<BuildPlan> {
    let manifest = r#"{"scripts": {"build": "tsc", "start": "node server.js"}}"#;
    let tree = Tree {
        commit: "3f2a91c".into(),
        names: ["package.json", "package-lock.json"]
            .map(str::to_owned)
            .into(),
        texts: [("package.json".to_owned(), manifest.to_owned())].into(),
    };
    plan(&tree, &Config::default()).ok()
}
