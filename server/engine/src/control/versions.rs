//! What ran before, or runs elsewhere, once more: rolling back (P-13) and promoting (P-14).

use super::resolve::Resolved;
use super::views::SERVED;
use super::{Control, broken, found};
use crate::store::deployment::{Filter, Listed};
use crate::store::environment::Environment;
use crate::store::runtime::Runtime;
use domain::access::Caller;
use domain::api::Reply;
use domain::config::ConfigPatch;
use domain::deployment::{Deployment, Phase, Trigger};
use domain::detect::BuildPlan;
use domain::refusal::Refusal;
use domain::reuse::{self, Place, Reuse, Settings};
use domain::source::Artifact;
use domain::view::{VersionView, VersionsView};
use std::path::Path;

const SHOWN: u32 = 50;

/// An artifact once more, and what it would run with.
pub(super) struct Again {
    pub of: Deployment,
    pub trigger: Trigger,
    pub resolved: Resolved,
    pub overrides: ConfigPatch,
}

impl Control {
    pub(super) async fn versions_of(
        &self,
        caller: &Caller,
        row: &Environment,
    ) -> Reply<VersionsView> {
        let own = Filter {
            environment: Some(row.id.clone()),
            phases: SERVED.to_vec(),
            limit: SHOWN,
            ..Filter::default()
        };
        let view = |listed: &Listed| VersionView {
            deployment: self.summary(&listed.entry),
            refused: reuse::eligible(&listed.deployment, place(row))
                .err()
                .map(|no| no.sentence),
        };
        let earlier = self.list(caller, own).await?;
        let newest = Filter {
            environment: Some(row.id.clone()),
            limit: 1,
            ..Filter::default()
        };
        let newest = self.list(caller, newest).await?;
        let failed = |l: &&Listed| l.deployment.phase == Phase::Failed;
        Ok(VersionsView {
            environment: self.environment_view(caller, row).await?,
            earlier: earlier.iter().map(view).collect(),
            failed: newest.first().filter(failed).map(view),
            elsewhere: self
                .elsewhere(caller, row)
                .await?
                .iter()
                .map(view)
                .collect(),
        })
    }

    /// What the project's other environments run.
    async fn elsewhere(&self, caller: &Caller, row: &Environment) -> Reply<Vec<Listed>> {
        let all = self
            .store
            .environments(&caller.org, Some(&row.project))
            .await
            .map_err(broken)?;
        let active = all.iter().filter(|e| e.id != row.id && !e.review);
        let mut listed = vec![];
        for id in active.filter_map(|e| e.active.as_ref()) {
            listed.extend(self.store.listed(&caller.org, id).await.map_err(broken)?);
        }
        Ok(listed)
    }

    /// Everything that can be wrong is refused here, before anything is written.
    pub(super) async fn again(
        &self,
        caller: &Caller,
        row: &Environment,
        runtime: &Runtime,
        wanted: &Reuse,
    ) -> Reply<Again> {
        let of = self.store.deployment(&caller.org, &wanted.deployment).await;
        let of = found(of, "deployment")?;
        if of.project != row.project {
            return Err(other_project(&of, row));
        }
        let made_in = self.store.environment(&caller.org, &of.environment).await;
        if made_in.map_err(broken)?.is_some_and(|e| e.review) {
            return Err(of_a_preview(&of));
        }
        reuse::eligible(&of, place(row))?;
        self.still_here(&of, runtime).await?;
        let trigger = reuse::trigger(&of, place(row));
        if trigger != Trigger::Promote && wanted.config == Settings::Own {
            return Ok(as_it_was(of, trigger));
        }
        let beneath = of.build.as_ref().map(BuildPlan::defaults);
        let beneath = beneath.unwrap_or_default();
        let resolved = self
            .layered(&caller.org, of.source.clone(), &row.overrides, &beneath)
            .await?;
        Ok(Again {
            of,
            trigger,
            resolved,
            overrides: row.overrides.clone(),
        })
    }

    async fn still_here(&self, of: &Deployment, runtime: &Runtime) -> Reply<()> {
        let here = match &of.artifact {
            None => false,
            Some(Artifact::Static { root, .. }) => Path::new(root).is_dir(),
            Some(Artifact::Image { image, .. }) => {
                let place = self.runtimes.of(&runtime.id).await.map_err(broken)?;
                let found = place.images.find(image).await;
                found
                    .map_err(|e| Refusal::unavailable("runtime_unreachable", e.to_string()))?
                    .is_some()
            }
        };
        if here { Ok(()) } else { Err(gone(of, runtime)) }
    }
}

/// Where an artifact may go once more.
pub(super) fn place(row: &Environment) -> Place<'_> {
    Place {
        environment: &row.id,
        active: row.active.as_ref(),
        stopped: row.stopped,
    }
}

fn as_it_was(of: Deployment, trigger: Trigger) -> Again {
    Again {
        resolved: Resolved {
            source: of.source.clone(),
            build: None,
            config: of.config.clone(),
            notes: vec![],
        },
        overrides: of.overrides.clone(),
        trigger,
        of,
    }
}

/// It may hold a fork's code, which runs without what other environments know.
fn of_a_preview(of: &Deployment) -> Refusal {
    let sentence = format!("#{} is of a preview, which goes nowhere else.", of.number);
    Refusal::conflict("is_preview", sentence)
        .way_out("Merge it, then deploy the branch that it was merged into.")
}

fn gone(of: &Deployment, runtime: &Runtime) -> Refusal {
    let sentence = format!(
        "What #{} made is no longer on the runtime `{}`.",
        of.number, runtime.name
    );
    Refusal::conflict("artifact_gone", sentence).way_out(format!(
        "Update to {} instead: it is made anew.",
        of.source.label()
    ))
}

fn other_project(of: &Deployment, row: &Environment) -> Refusal {
    let sentence = format!("#{} is not a version of `{}`.", of.number, row.project_name);
    Refusal::invalid("reuse.deployment", sentence)
        .way_out("Choose a deployment of the same project.")
}
