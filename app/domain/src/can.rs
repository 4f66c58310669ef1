//! What may be done to a deployment in the state it is in. The page disables the button with the
//! sentence that the server would answer 409 with: both ask here.

use crate::deployment::{Deployment, Phase};
use crate::refusal::Refusal;
use crate::source::{Artifact, Commit, Origin, Revision, Source};
use crate::strategy::Strategy;

/// Cancel is for what has not begun to take traffic's place: `pending` and `running` (P-10).
pub fn cancel(deployment: &Deployment) -> Result<(), Refusal> {
    match deployment.phase {
        Phase::Queued | Phase::Building => Ok(()),
        // It takes no traffic by itself, so there is nothing to be too late for.
        Phase::Starting | Phase::Ready if deployment.hold.is_some() => Ok(()),
        Phase::Starting | Phase::Ready => Err(no(
            "not_cancelled",
            deployment,
            "its instances are starting; it either becomes live or fails by itself",
        )),
        Phase::Live | Phase::Paused => Err(no(
            "not_cancelled",
            deployment,
            "it is live; update or delete it instead",
        )),
        _ => Err(no("not_cancelled", deployment, "it has ended")),
    }
}

/// Only what is held at ready has somebody to wait for (I-8).
pub fn promote(deployment: &Deployment) -> Result<(), Refusal> {
    let why = match deployment.phase {
        Phase::Ready if deployment.hold.is_some() => return Ok(()),
        phase if phase.is_coming() && deployment.hold.is_some() => {
            "it is not ready yet; it is held as soon as it is"
        }
        phase if phase.is_coming() => "it is not held; it takes traffic by itself when it is ready",
        phase if phase.is_active() => "it is live already",
        _ => "it has ended",
    };
    Err(no("not_promoted", deployment, why))
}

/// Held is what runs beside the one that serves; a replacement can't (I-8).
pub fn hold(strategy: Strategy) -> Result<(), Refusal> {
    match strategy {
        Strategy::BlueGreen => Ok(()),
        Strategy::Replace => Err(Refusal::conflict(
            "not_held",
            "This update can't be held at ready: the old version has to stop before the new one starts, so visitors would get 503 for as long as it is held.",
        )
        .way_out("Try it in another environment first, or update without holding.")),
    }
}

/// Production is what visitors trust: nobody looks into its instances (I-10).
pub fn debug(environment: &str, debug: bool) -> Result<(), Refusal> {
    match debug && environment == "production" {
        false => Ok(()),
        true => Err(Refusal::invalid(
            "debug",
            "An environment named `production` can't be for debugging: its instances have no terminal.",
        )
        .way_out("Give the debug environment another name, and promote from it.")),
    }
}

/// Where a project names who signs its releases, only their tags go where visitors are (I-19): the tag
/// whose release is to be read.
pub fn released<'a>(source: &'a Source, origin: &Origin) -> Result<(&'a str, &'a Commit), Refusal> {
    if let (
        Source::Git {
            url,
            revision: Revision::Tag(tag),
            commit,
        },
        Origin::Git { url: ours },
    ) = (source, origin)
    {
        let sentence = format!("Releases are signed for {ours}, and this tag is of {url}.");
        let other = Refusal::conflict("not_released", sentence).way_out(RELEASE_IT);
        return (url == ours).then_some((tag.as_str(), commit)).ok_or(other);
    }
    let sentence = format!(
        "This project takes only tags with a signed release where it is not for debugging, and {} is no tag.",
        source.label()
    );
    Err(Refusal::conflict("not_released", sentence).way_out(RELEASE_IT))
}

/// The way out where a release is missing.
pub const RELEASE_IT: &str = "Let CI release a tag (`sealdock release make --publish`) and choose that, or deploy this to a debug environment.";

/// A terminal is opened in what serves a debug environment, and nowhere else (I-10).
pub fn exec(debug: bool, title: &str, active: Option<&Deployment>) -> Result<(), Refusal> {
    let place = |sentence: String| Refusal::conflict("no_terminal", sentence);
    if !debug {
        return Err(place(format!(
            "{title} is not for debugging, so nobody opens a terminal in its instances."
        ))
        .way_out(
            "Add an environment with `--debug`, promote this version to it, and look there.",
        ));
    }
    let Some(active) = active else {
        return Err(place(format!(
            "Nothing serves in {title}, so there is no instance."
        ))
        .way_out("Deploy a version there first."));
    };
    // What was started before is what it was started as.
    if !active.debug || matches!(active.artifact, Some(Artifact::Static { .. })) {
        let sentence = format!(
            "#{} has no instance that was started for debugging.",
            active.number
        );
        return Err(place(sentence).way_out("Deploy an image there."));
    }
    Ok(())
}

/// Only what serves can be told not to.
pub fn pause(deployment: &Deployment) -> Result<(), Refusal> {
    match deployment.phase {
        Phase::Live => Ok(()),
        Phase::Paused => Err(no("not_paused", deployment, "it is paused already")),
        _ => Err(no(
            "not_paused",
            deployment,
            "only the live deployment can be paused",
        )),
    }
}

/// Only what was paused.
pub fn resume(deployment: &Deployment) -> Result<(), Refusal> {
    match deployment.phase {
        Phase::Paused => Ok(()),
        _ => Err(no("not_resumed", deployment, "it is not paused")),
    }
}

/// Only what serves, and nothing is on its way: else that would serve when it is ready (I-13).
pub fn stop(deployment: &Deployment, coming: bool) -> Result<(), Refusal> {
    let why = match deployment.phase {
        phase if phase.is_active() && !coming => return Ok(()),
        phase if phase.is_active() => {
            let why = "another version is on its way and would serve instead";
            return Err(no("not_stopped", deployment, why)
                .way_out("Cancel that one, or wait until it serves."));
        }
        phase if phase.is_coming() => "it does not serve yet; cancel it instead",
        Phase::Draining => "it is being stopped already",
        _ => "it has ended",
    };
    Err(no("not_stopped", deployment, why))
}

/// Updating is possible whenever the environment is not being deleted: what runs is queued behind.
pub fn update(deleting: bool) -> Result<(), Refusal> {
    match deleting {
        false => Ok(()),
        true => Err(Refusal::conflict(
            "being_deleted",
            "This environment is being deleted, so it takes no update.",
        )),
    }
}

/// What a preview runs is decided by its branch or pull request, and by who approves a fork's.
pub fn change(deleting: bool, review: bool) -> Result<(), Refusal> {
    match review {
        true => Err(Refusal::conflict(
            "is_preview",
            "This environment is a preview: it follows its branch or pull request.",
        )
        .way_out("Push to it, or close the preview on the project's page *Git push*.")),
        false => update(deleting),
    }
}

/// The last environment of a project is the project: it goes with that, or stays.
pub fn delete_environment(deleting: bool, others: usize) -> Result<(), Refusal> {
    match (deleting, others) {
        (true, _) => Err(Refusal::conflict(
            "being_deleted",
            "This environment is being deleted already.",
        )),
        (_, 0) => Err(Refusal::conflict(
            "last_environment",
            "This is the project's last environment, and a project has at least one.",
        )
        .way_out("Delete the project, or add another environment first.")),
        _ => Ok(()),
    }
}

fn no(code: &str, deployment: &Deployment, why: &str) -> Refusal {
    Refusal::conflict(
        code,
        format!("#{} can't be {}: {why}.", deployment.number, &code[4..]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::fixture::deployment;

    fn held(phase: Phase) -> Deployment {
        Deployment {
            hold: Some("a-web.localhost".into()),
            ..deployment(3, phase)
        }
    }

    #[test]
    fn i8_only_what_is_held_at_ready_is_promoted() {
        let can = |d: &Deployment| promote(d).is_ok();
        let all: Vec<_> = Phase::ALL.iter().filter(|p| can(&held(**p))).collect();
        assert_eq!(all, [&Phase::Ready]);
        assert!(Phase::ALL.iter().all(|p| !can(&deployment(3, *p))));
        let early = promote(&held(Phase::Building)).unwrap_err();
        assert!(
            early
                .sentence
                .contains("#3 can't be promoted: it is not ready yet")
        );
    }

    #[test]
    fn i8_what_is_held_can_be_cancelled_until_it_serves() {
        let coming = |p: &&Phase| p.is_coming();
        assert!(
            Phase::ALL
                .iter()
                .filter(coming)
                .all(|p| cancel(&held(*p)).is_ok())
        );
        assert!(
            cancel(&held(Phase::Live)).is_err() && cancel(&deployment(3, Phase::Ready)).is_err()
        );
    }

    #[test]
    fn i13_only_what_serves_is_stopped_and_not_while_another_one_comes() {
        let can = |d: &Deployment| stop(d, false).is_ok();
        let all: Vec<_> = Phase::ALL
            .into_iter()
            .filter(|p| can(&deployment(3, *p)))
            .collect();
        assert_eq!(all, [Phase::Live, Phase::Paused]);
        let no = stop(&deployment(3, Phase::Live), true).unwrap_err();
        assert_eq!(
            no.sentence,
            "#3 can't be stopped: another version is on its way and would serve instead."
        );
        assert!(no.way_out.is_some());
    }

    #[test]
    fn i10_only_what_was_started_for_debugging_has_a_terminal() {
        let production = deployment(1, Phase::Live);
        let started = Deployment {
            debug: true,
            ..deployment(2, Phase::Live)
        };
        let title = "web / staging";
        assert!(exec(true, title, Some(&started)).is_ok());
        let all = [
            exec(false, title, Some(&started)),
            exec(true, title, Some(&production)),
            exec(true, title, None),
        ];
        assert!(
            all.iter()
                .all(|no| no.as_ref().is_err_and(|no| no.way_out.is_some()))
        );
        assert!(debug("production", true).is_err() && debug("staging", true).is_ok());
    }

    #[test]
    fn i8_a_replacement_is_not_held() {
        assert!(hold(Strategy::BlueGreen).is_ok());
        let no = hold(Strategy::Replace).unwrap_err();
        assert!(no.way_out.is_some() && no.sentence.contains("has to stop before"));
    }
}
