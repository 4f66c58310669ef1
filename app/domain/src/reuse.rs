//! An artifact once more: rolling back, starting and restarting within an environment (P-13, I-13),
//! promoting from another one (P-14). Nothing is cloned and nothing is built; what starts is what ran, bit for bit.

use crate::deployment::{Deployment, Phase, Trigger};
use crate::id::{DeploymentId, EnvironmentId};
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// Which deployment's artifact, and what it is to run with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reuse {
    /// Of this environment: it is rolled back, or restarted when it serves. Of another one of the
    /// project: it is promoted.
    pub deployment: DeploymentId,
    /// `own` when not said; a promotion always takes the environment's.
    #[serde(default)]
    pub config: Settings,
}

/// Whose configuration an artifact runs with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// The one that the deployment ran with then.
    #[default]
    Own,
    /// What is set for the environment now, over the file at the deployment's commit.
    Current,
}

/// Where it is to go.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Of the same project.
    pub environment: &'a EnvironmentId,
    /// What serves there.
    pub active: Option<&'a DeploymentId>,
    /// A person stopped what served there.
    pub stopped: bool,
}

/// What it is called: by where it ran, and where it is to run.
pub fn trigger(of: &Deployment, place: Place<'_>) -> Trigger {
    match of.environment == *place.environment {
        true if of.phase == Phase::Failed => Trigger::Retry,
        true if place.active == Some(&of.id) => Trigger::Restart,
        true if place.stopped => Trigger::Start,
        true => Trigger::Rollback,
        false => Trigger::Promote,
    }
}

/// What once was healthy is started again, and what failed to start is tried again where it failed.
pub fn eligible(of: &Deployment, place: Place<'_>) -> Result<(), Refusal> {
    let here = of.environment == *place.environment;
    let why = match of.phase {
        Phase::Queued | Phase::Building | Phase::Starting | Phase::Ready => {
            "it is still on its way and has not served yet"
        }
        Phase::Failed if !here => "it failed and never served",
        Phase::Failed if of.artifact.is_some() && !of.collected => return Ok(()),
        Phase::Failed => "nothing is left of what it made; update to its version instead",
        Phase::Cancelled => "it was cancelled and never served",
        Phase::Paused if here => "it is paused; resume it instead",
        _ if of.collected => {
            "what it made was removed to free disk space; update to its version instead"
        }
        Phase::Live | Phase::Paused | Phase::Draining | Phase::Stopped => match of.artifact {
            Some(_) => return Ok(()),
            None => "it made nothing that could be started again",
        },
    };
    let what = match trigger(of, place) {
        Trigger::Promote => "promoted",
        Trigger::Retry => "tried again",
        Trigger::Restart => "restarted",
        Trigger::Start => "started",
        _ => "rolled back to",
    };
    Err(Refusal::conflict(
        "not_eligible",
        format!("#{} can't be {what}: {why}.", of.number),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::fixture::deployment;
    use crate::source::Artifact;
    use expect_test::expect;

    fn built(number: u32, phase: Phase) -> Deployment {
        Deployment {
            artifact: Some(Artifact::Image {
                image: "sha256:1".into(),
                pulled_as: None,
                size_bytes: 1,
            }),
            ..deployment(number, phase)
        }
    }

    fn at<'a>(environment: &'a EnvironmentId, active: Option<&'a Deployment>) -> Place<'a> {
        Place {
            environment,
            active: active.map(|a| &a.id),
            stopped: false,
        }
    }

    #[test]
    fn p13_what_served_can_be_rolled_back_to_and_the_rest_says_why_not() {
        let serving = built(1, Phase::Live);
        let mut table = String::new();
        for phase in Phase::ALL {
            let of = built(2, phase);
            let answer = eligible(&of, at(&of.environment, Some(&serving)));
            let sentence = answer.map_or_else(|no| no.sentence, |()| "yes".into());
            table += &format!("{:9} {sentence}\n", phase.word());
        }
        expect![[r#"
            queued    #2 can't be rolled back to: it is still on its way and has not served yet.
            building  #2 can't be rolled back to: it is still on its way and has not served yet.
            starting  #2 can't be rolled back to: it is still on its way and has not served yet.
            ready     #2 can't be rolled back to: it is still on its way and has not served yet.
            live      yes
            paused    #2 can't be rolled back to: it is paused; resume it instead.
            draining  yes
            stopped   yes
            failed    yes
            cancelled #2 can't be rolled back to: it was cancelled and never served.
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn i13_what_serves_is_restarted_and_what_was_stopped_is_started() {
        let serving = built(1, Phase::Live);
        let here = at(&serving.environment, Some(&serving));
        assert_eq!(eligible(&serving, here), Ok(()));
        assert_eq!(trigger(&serving, here), Trigger::Restart);
        let stopped = Place {
            stopped: true,
            ..at(&serving.environment, None)
        };
        assert_eq!(trigger(&built(1, Phase::Stopped), stopped), Trigger::Start);
        let paused = built(1, Phase::Paused);
        let no = eligible(&paused, at(&paused.environment, Some(&paused))).unwrap_err();
        assert_eq!(
            no.sentence,
            "#1 can't be restarted: it is paused; resume it instead."
        );
    }

    #[test]
    fn p13_nothing_is_not_started() {
        let bare = Deployment {
            artifact: None,
            ..deployment(3, Phase::Stopped)
        };
        assert!(eligible(&bare, at(&bare.environment, None)).is_err());
    }

    #[test]
    fn i9_what_failed_is_tried_again_where_it_failed_as_long_as_what_it_made_is_there() {
        let failed = built(2, Phase::Failed);
        let here = failed.environment.clone();
        assert_eq!(trigger(&failed, at(&here, None)), Trigger::Retry);
        assert_eq!(eligible(&failed, at(&here, None)), Ok(()));
        let other = EnvironmentId::new(crate::time::Time(9), 9);
        let no = |of: &Deployment, into| eligible(of, at(into, None)).unwrap_err().sentence;
        assert_eq!(
            no(&failed, &other),
            "#2 can't be promoted: it failed and never served."
        );
        let collected = Deployment {
            collected: true,
            ..failed
        };
        assert_eq!(
            no(&collected, &here),
            "#2 can't be tried again: nothing is left of what it made; update to its version instead."
        );
    }

    #[test]
    fn p14_from_another_environment_it_is_a_promotion() {
        let of = built(1, Phase::Live);
        let other = EnvironmentId::new(crate::time::Time(9), 9);
        assert_eq!(trigger(&of, at(&other, None)), Trigger::Promote);
        assert_eq!(trigger(&of, at(&of.environment, None)), Trigger::Rollback);
        assert_eq!(eligible(&of, at(&other, None)), Ok(()));
    }
}
