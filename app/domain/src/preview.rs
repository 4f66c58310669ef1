//! The plan that a person confirms (I-5): what would change, what stops, and its digest. The
//! confirmation carries the digest back, so nothing runs that nobody saw.

use crate::can;
use crate::config::{self, Config};
use crate::deployment::{Deployment, Trigger};
use crate::detect::BuildPlan;
use crate::source::{Commit, Revision, Source};
use crate::strategy::{Strategy, between};
use crate::view::{Preview, ReusedView};
use sha2::{Digest, Sha256};

/// What a change would come to.
pub struct Proposal<'a> {
    /// What serves now.
    pub active: Option<&'a Deployment>,
    /// What is on its way, and would be waited for.
    pub candidate: Option<&'a Deployment>,
    /// The pinned version that would run.
    pub source: &'a Source,
    /// What it would run with.
    pub config: &'a Config,
    /// What changes about the linked services: names of variables, never a value.
    pub services: Vec<config::Change>,
    /// Whose artifact would be started again, and what that is called.
    pub reuses: Option<(&'a Deployment, Trigger)>,
    /// Nothing ever served where it goes.
    pub first: bool,
    /// Its environment is for debugging.
    pub debug: bool,
    /// How its repository would be built.
    pub build: Option<&'a BuildPlan>,
    /// From what serves to what is proposed, newest first.
    pub commits: Vec<Commit>,
    /// There are more than are shown.
    pub commits_more: bool,
    /// What a person should read first.
    pub notes: Vec<String>,
}

impl<'a> Proposal<'a> {
    /// The first deployment of a project that is not there yet.
    pub const fn of_new_project(
        source: &'a Source,
        config: &'a Config,
        build: Option<&'a BuildPlan>,
        notes: Vec<String>,
    ) -> Proposal<'a> {
        Proposal {
            active: None,
            candidate: None,
            source,
            config,
            services: vec![],
            reuses: None,
            first: true,
            debug: false,
            build,
            commits: vec![],
            commits_more: false,
            notes,
        }
    }
}

/// The plan, with the digest of everything in it.
pub fn preview(proposal: Proposal<'_>) -> Preview {
    let active = proposal.active;
    let strategy = between(active.map(|a| &a.config), proposal.config);
    let downtime = strategy == Strategy::Replace;
    let mut changes = active.map_or_else(Vec::new, |a| config::diff(&a.config, proposal.config));
    changes.extend(proposal.services);
    let trigger = match proposal.reuses {
        Some((_, called)) => called,
        None if proposal.first => Trigger::Create,
        None => trigger(active, proposal.source, !changes.is_empty()),
    };
    let plan = Preview {
        digest: String::new(),
        trigger,
        verb: verb(trigger, active.is_some(), proposal.source, downtime),
        from: active.map(|a| a.source.clone()),
        to: proposal.source.clone(),
        reuses: proposal.reuses.map(|(of, _)| ReusedView::of(of)),
        commits: proposal.commits,
        commits_more: proposal.commits_more,
        changes,
        strategy,
        downtime,
        stops: stops(active, proposal.candidate, downtime),
        hold: can::hold(strategy).err().map(|no| no.sentence),
        debug: proposal.debug,
        build: proposal.build.cloned(),
        notes: proposal.notes,
        typed: downtime.then(|| "yes".to_owned()),
        config: proposal.config.clone(),
    };
    Preview {
        digest: digest(&plan, active),
        ..plan
    }
}

fn trigger(active: Option<&Deployment>, to: &Source, changed: bool) -> Trigger {
    match active {
        Some(a) if a.source == *to && changed => Trigger::Config,
        Some(a) if a.source == *to => Trigger::Redeploy,
        _ => Trigger::Update,
    }
}

fn verb(trigger: Trigger, serves: bool, to: &Source, downtime: bool) -> String {
    let label = match to {
        Source::Git {
            revision: Revision::Head,
            commit,
            ..
        } => commit.short().to_owned(),
        other => other.label(),
    };
    let verb = match trigger {
        Trigger::Update | Trigger::Push if serves => format!("Update to {label}"),
        Trigger::Create | Trigger::Update | Trigger::Push => format!("Deploy {label}"),
        Trigger::Config => "Apply this configuration".to_owned(),
        Trigger::Redeploy => format!("Redeploy {label}"),
        Trigger::Retry => format!("Retry {label}"),
        Trigger::Restart => format!("Restart {label}"),
        Trigger::Start => format!("Start {label}"),
        Trigger::Rollback => format!("Roll back to {label}"),
        Trigger::Promote => format!("Promote {label}"),
    };
    if downtime {
        format!("{verb} with downtime")
    } else {
        verb
    }
}

fn stops(
    active: Option<&Deployment>,
    candidate: Option<&Deployment>,
    downtime: bool,
) -> Vec<String> {
    let when = if downtime {
        "before the new version starts"
    } else {
        "after the switch, once its requests have finished"
    };
    let serving = active.map(|a| {
        let n = a.config.replicas;
        let plural = if n == 1 { "" } else { "s" };
        format!(
            "#{} ({}): {n} instance{plural}, {when}, within {} s",
            a.number,
            a.source.label(),
            a.config.drain_s
        )
    });
    let waiting = candidate.map(|c| match c.is_held() {
        true => format!("#{}, which is held at ready, is cancelled", c.number),
        false => format!("nothing yet: #{} is on its way and goes first", c.number),
    });
    serving.into_iter().chain(waiting).collect()
}

/// Over everything that would be done, and which deployment it would replace. Not over the notes:
/// they speak of the surroundings, and another app's update must not make this plan void.
fn digest(plan: &Preview, active: Option<&Deployment>) -> String {
    let done = Preview {
        notes: vec![],
        ..plan.clone()
    };
    let shown = serde_json::to_vec(&(done, active.map(|a| &a.id))).unwrap_or_default();
    Sha256::digest(shown)
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::Phase;
    use crate::plan::tests::fixture::{deployment, hold_alone};
    use crate::time::Time;

    fn image(tag: &str) -> Source {
        Source::Image {
            reference: format!("app:{tag}"),
            local: false,
        }
    }

    fn commit(sha: &str) -> Commit {
        Commit {
            sha: sha.repeat(40),
            subject: "Fix the door".into(),
            author: "Ada".into(),
            at: Time(1),
        }
    }

    fn by_dockerfile() -> BuildPlan {
        BuildPlan::of(
            config::Preset::Dockerfile,
            "the repository has `Dockerfile`".into(),
        )
    }

    fn shown<'a>(active: &'a Deployment, source: &'a Source, config: &'a Config) -> Proposal<'a> {
        Proposal {
            active: Some(active),
            candidate: None,
            source,
            config,
            services: vec![],
            reuses: None,
            first: false,
            debug: false,
            build: None,
            commits: vec![],
            commits_more: false,
            notes: vec![],
        }
    }

    #[test]
    fn i5_the_same_proposal_has_the_same_digest() {
        let (active, to) = (deployment(1, Phase::Live), image("2"));
        let digest = || preview(shown(&active, &to, &active.config)).digest;
        assert_eq!(digest(), digest());
        assert_eq!(digest().len(), 32);
        let noted = Proposal {
            notes: vec!["The runtime's memory is promised twice.".into()],
            ..shown(&active, &to, &active.config)
        };
        assert_eq!(digest(), preview(noted).digest);
    }

    #[test]
    fn i5_the_digest_changes_with_everything_that_would_be_done() {
        let (active, to) = (deployment(1, Phase::Live), image("2"));
        let (other_active, other_to) = (deployment(2, Phase::Live), image("3"));
        let mut other_config = active.config.clone();
        other_config.env.insert("LOG".into(), "debug".into());
        let mut alone = active.clone();
        hold_alone(&mut alone.config, "gpu");
        let base = || shown(&active, &to, &active.config);
        let waiting = deployment(9, Phase::Building);
        let built = by_dockerfile();
        let all = [
            base(),
            shown(&active, &other_to, &active.config),
            shown(&active, &to, &other_config),
            shown(&other_active, &to, &active.config),
            shown(&alone, &to, &alone.config),
            Proposal {
                active: None,
                ..base()
            },
            Proposal {
                candidate: Some(&waiting),
                ..base()
            },
            Proposal {
                commits: vec![commit("a")],
                ..base()
            },
            Proposal {
                build: Some(&built),
                ..base()
            },
            Proposal {
                debug: true,
                ..base()
            },
            Proposal {
                commits_more: true,
                ..base()
            },
        ];
        let count = all.len();
        let digests: std::collections::BTreeSet<_> =
            all.map(|p| preview(p).digest).into_iter().collect();
        assert_eq!(digests.len(), count);
    }

    #[test]
    fn i5_another_active_deployment_is_another_plan_even_if_it_reads_the_same() {
        let active = deployment(1, Phase::Live);
        let mut twin = active.clone();
        twin.id = deployment(2, Phase::Live).id;
        let to = image("2");
        let digest = |a: &Deployment| preview(shown(a, &to, &a.config)).digest;
        assert_ne!(digest(&active), digest(&twin));
    }

    #[test]
    fn i5_only_downtime_asks_for_a_typed_yes() {
        let (mut active, to) = (deployment(1, Phase::Live), image("2"));
        let free = preview(shown(&active, &to, &active.config));
        assert_eq!(
            (free.strategy, free.downtime, free.typed),
            (Strategy::BlueGreen, false, None)
        );
        hold_alone(&mut active.config, "gpu");
        let alone = preview(shown(&active, &to, &active.config));
        assert_eq!((alone.strategy, alone.downtime), (Strategy::Replace, true));
        assert_eq!(alone.typed.as_deref(), Some("yes"));
        assert_eq!(alone.verb, "Update to app:2 with downtime");
        let first = || Proposal::of_new_project(&to, &active.config, None, vec![]);
        let new = preview(first());
        assert_eq!((new.trigger, new.downtime), (Trigger::Create, false));
        let promoted = preview(Proposal {
            reuses: Some((&active, Trigger::Promote)),
            ..first()
        });
        assert_eq!(promoted.trigger, Trigger::Promote);
    }

    #[test]
    fn i13_where_nothing_serves_a_version_is_deployed_and_only_the_first_is_created() {
        let (stopped, to) = (deployment(4, Phase::Stopped), image("2"));
        for source in [&to, &stopped.source] {
            let plan = preview(Proposal {
                active: None,
                ..shown(&stopped, source, &stopped.config)
            });
            let said = (plan.trigger, plan.verb);
            assert_eq!(
                said,
                (Trigger::Update, format!("Deploy {}", source.label()))
            );
        }
    }

    #[test]
    fn i11_no_change_is_a_redeploy_and_says_what_stops() {
        let active = deployment(4, Phase::Live);
        let plan = preview(shown(&active, &active.source, &active.config));
        assert_eq!(
            (plan.trigger, plan.verb.as_str()),
            (Trigger::Redeploy, "Redeploy app:4")
        );
        assert_eq!(
            plan.stops,
            [
                "#4 (app:4): 1 instance, after the switch, once its requests have finished, within 30 s"
            ]
        );
    }
}
