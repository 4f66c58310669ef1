//! The plan that a person confirms (I-5): what would change, what stops, and its digest. The
//! confirmation carries the digest back, so nothing runs that nobody saw.

use crate::config::{self, Config};
use crate::deployment::{Deployment, Trigger};
use crate::source::{Commit, Revision, Source};
use crate::strategy::{Strategy, between};
use crate::view::Preview;
use sha2::{Digest, Sha256};

/// What a change would come to.
pub struct Proposal<'a> {
    /// What serves now.
    pub active: Option<&'a Deployment>,
    /// What is on its way, and would be waited for.
    pub candidate: Option<&'a Deployment>,
    pub source: &'a Source,
    pub config: &'a Config,
    pub commits: Vec<Commit>,
    pub commits_more: bool,
    pub notes: Vec<String>,
}

/// The plan, with the digest of everything in it.
pub fn preview(proposal: Proposal<'_>) -> Preview {
    let active = proposal.active;
    let strategy = between(active.map(|a| &a.config), proposal.config);
    let downtime = strategy == Strategy::Replace;
    let changes = active.map_or_else(Vec::new, |a| config::diff(&a.config, proposal.config));
    let trigger = trigger(active, proposal.source, !changes.is_empty());
    let plan = Preview {
        digest: String::new(),
        trigger,
        verb: verb(trigger, proposal.source, downtime),
        from: active.map(|a| a.source.clone()),
        to: proposal.source.clone(),
        commits: proposal.commits,
        commits_more: proposal.commits_more,
        changes,
        strategy,
        downtime,
        stops: stops(active, proposal.candidate, downtime),
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
        None => Trigger::Create,
        Some(a) if a.source != *to => Trigger::Update,
        Some(_) if changed => Trigger::Config,
        Some(_) => Trigger::Redeploy,
    }
}

fn verb(trigger: Trigger, to: &Source, downtime: bool) -> String {
    let label = match to {
        Source::Git {
            revision: Revision::Head,
            commit,
            ..
        } => commit.short().to_owned(),
        other => other.label(),
    };
    let verb = match trigger {
        Trigger::Create => format!("Deploy {label}"),
        Trigger::Update => format!("Update to {label}"),
        Trigger::Config => "Apply this configuration".to_owned(),
        Trigger::Redeploy => format!("Redeploy {label}"),
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
    let waiting =
        candidate.map(|c| format!("nothing yet: #{} is on its way and goes first", c.number));
    serving.into_iter().chain(waiting).collect()
}

/// Over everything that is shown, and which deployment it would replace.
fn digest(plan: &Preview, active: Option<&Deployment>) -> String {
    let shown = serde_json::to_vec(&(plan, active.map(|a| &a.id))).unwrap_or_default();
    Sha256::digest(shown)
        .iter()
        .take(16)
        .map(|b| format!("{b:02x}"))
        .collect()
}
