//! What a managed service needs next: a pure function of what is wanted, what is seen and the time.
//! Whoever obeys it looks again; so a crash, a click and a restart of the machine are all one path.

use super::ServiceState;
use crate::id::EnvironmentId;
use crate::plan::world::Trouble;
use crate::time::Time;
use std::collections::BTreeSet;

/// What answers is asked again this often.
const READY_MS: i64 = 15_000;
/// What does not answer yet, at first.
const FIRST_MS: i64 = 500;
const LONGEST_MS: i64 = 10_000;
/// What has not answered for so long has failed, and goes on being asked.
const PATIENCE_MS: i64 = 90_000;
/// A look at the container itself.
const LOOK_MS: i64 = 5_000;

/// A container, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Container {
    /// It has a process since then.
    Running(Time),
    /// It ended and the runtime starts it again; its last words.
    Restarting(String),
    /// It does not run; its last words.
    Ended(String),
}

/// What the runtime shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How it is.
    pub container: Container,
    /// It was made from today's settings.
    pub current: bool,
    /// The environments whose network it is in.
    pub joined: BTreeSet<EnvironmentId>,
}

/// The last time that it was asked whether it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// When.
    pub at: Time,
    /// What it said.
    pub result: Result<(), String>,
    /// How often in a row it did not answer.
    pub failures: u32,
    /// The first of those.
    pub failing_since: Option<Time>,
}

impl Checked {
    /// This answer after that one.
    pub fn after(earlier: Option<&Checked>, at: Time, result: Result<(), String>) -> Checked {
        let failed = result.is_err();
        let before = earlier.filter(|_| failed);
        Checked {
            at,
            result,
            failures: before.map_or(0, |c| c.failures) + u32::from(failed),
            failing_since: failed.then(|| before.and_then(|c| c.failing_since).unwrap_or(at)),
        }
    }

    fn due(&self) -> Time {
        let pause_ms = match self.failures {
            0 => READY_MS,
            n => (FIRST_MS << n.min(10).saturating_sub(1)).min(LONGEST_MS),
        };
        self.at.plus_ms(pause_ms)
    }
}

/// Everything that decides.
#[derive(Clone, Debug)]
pub struct World {
    /// The time.
    pub now: Time,
    /// A person wants it gone.
    pub deleting: bool,
    /// The environments that use it.
    pub wanted: BTreeSet<EnvironmentId>,
    /// `Err`: the runtime does not answer, and says so.
    pub seen: Result<Option<Seen>, String>,
    /// Since its container last started.
    pub checked: Option<Checked>,
    /// It could not be brought up.
    pub trouble: Option<Trouble>,
}

/// One idempotent deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Volume, network and container, from today's settings; the data stays.
    Ensure,
    /// Into the environment's private network, by the service's name.
    Join(EnvironmentId),
    /// Out of it.
    Leave(EnvironmentId),
    /// Ask whether it answers.
    Check,
    /// Container, network and volume: the data goes.
    Remove,
    /// The rows and the backups.
    Forget,
}

/// What to do, and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upkeep {
    /// In this order.
    pub steps: Vec<Step>,
    /// For pages.
    pub state: ServiceState,
    /// Why it is so.
    pub sentence: String,
    /// Look again then.
    pub look_at: Time,
}

/// The decision.
pub fn upkeep(world: &World) -> Upkeep {
    let soon = world.now.plus_ms(LOOK_MS);
    let is = |state, sentence: String, steps, look_at| Upkeep {
        steps,
        state,
        sentence,
        look_at,
    };
    if world.deleting {
        let steps = vec![Step::Remove, Step::Forget];
        return is(
            ServiceState::Deleting,
            "It is being deleted.".into(),
            steps,
            soon,
        );
    }
    let seen = match &world.seen {
        Err(why) => return is(ServiceState::Failed, why.clone(), vec![], soon),
        Ok(seen) => seen.as_ref().filter(|seen| seen.current),
    };
    match seen.map(|seen| (&seen.container, seen)) {
        Some((Container::Running(since), seen)) => running(world, *since, seen),
        Some((Container::Restarting(lines), _)) => is(
            ServiceState::Failed,
            ended("It ends and is started again", lines),
            vec![],
            soon,
        ),
        Some((Container::Ended(lines), _)) => {
            bring_up(world, ended("It ended and is started again", lines))
        }
        None => bring_up(world, "It is being brought up.".into()),
    }
}

fn ended(what: &str, lines: &str) -> String {
    match lines.trim() {
        "" => format!("{what}."),
        lines => format!("{what}: {}.", lines.trim_end_matches('.')),
    }
}

fn bring_up(world: &World, sentence: String) -> Upkeep {
    match world
        .trouble
        .as_ref()
        .filter(|trouble| world.now < trouble.retry_at)
    {
        Some(trouble) => Upkeep {
            steps: vec![],
            state: ServiceState::Failed,
            sentence: trouble.sentence.clone(),
            look_at: trouble.retry_at,
        },
        None => Upkeep {
            steps: vec![Step::Ensure],
            state: world
                .trouble
                .as_ref()
                .map_or(ServiceState::Starting, |_| ServiceState::Failed),
            sentence: world
                .trouble
                .as_ref()
                .map_or(sentence, |trouble| trouble.sentence.clone()),
            look_at: world.now.plus_ms(FIRST_MS),
        },
    }
}

fn running(world: &World, since: Time, seen: &Seen) -> Upkeep {
    let mut steps: Vec<_> = world
        .wanted
        .difference(&seen.joined)
        .cloned()
        .map(Step::Join)
        .collect();
    steps.extend(
        seen.joined
            .difference(&world.wanted)
            .cloned()
            .map(Step::Leave),
    );
    // An answer from before this start says nothing about it, nor does one from a clock set back;
    // a start that is still to come is such a clock's, and no answer is before it.
    let since = if since > world.now { Time(0) } else { since };
    let checked = world
        .checked
        .as_ref()
        .filter(|checked| (since..=world.now).contains(&checked.at));
    let due = checked.map_or(world.now, Checked::due);
    if due <= world.now {
        steps.push(Step::Check);
    }
    let (state, sentence) = standing(world.now, checked);
    Upkeep {
        steps,
        state,
        sentence,
        look_at: due
            .max(world.now.plus_ms(FIRST_MS))
            .min(world.now.plus_ms(LOOK_MS)),
    }
}

fn standing(now: Time, checked: Option<&Checked>) -> (ServiceState, String) {
    match checked.map(|checked| (&checked.result, checked)) {
        None => (
            ServiceState::Starting,
            "It runs and was not asked yet.".into(),
        ),
        Some((Ok(()), _)) => (ServiceState::Ready, "It answers.".into()),
        Some((Err(why), checked)) => {
            let since = checked.failing_since.unwrap_or(checked.at);
            let state = if now.since_ms(since) < PATIENCE_MS {
                ServiceState::Starting
            } else {
                ServiceState::Failed
            };
            (
                state,
                format!(
                    "It runs and does not answer yet: {}.",
                    why.trim_end_matches('.')
                ),
            )
        }
    }
}

/// A service that runs elsewhere: whether to ask it now, how it is, and when to look again.
pub fn external(now: Time, deleting: bool, checked: Option<&Checked>) -> Upkeep {
    let due = checked.map_or(now, Checked::due);
    let (mut steps, mut state, mut sentence) = (
        vec![],
        ServiceState::Starting,
        "It was not asked yet.".to_owned(),
    );
    match checked.map(|checked| &checked.result) {
        Some(Ok(())) => (state, sentence) = (ServiceState::Ready, "It answers this server.".into()),
        Some(Err(why)) => {
            (state, sentence) = (
                ServiceState::Failed,
                format!(
                    "It does not answer this server: {}.",
                    why.trim_end_matches('.')
                ),
            );
        }
        None => {}
    }
    if deleting {
        (steps, state, sentence) = (
            vec![Step::Forget],
            ServiceState::Deleting,
            "It is being deleted.".into(),
        );
    } else if due <= now {
        steps.push(Step::Check);
    }
    Upkeep {
        steps,
        state,
        sentence,
        look_at: due.max(now.plus_ms(FIRST_MS)),
    }
}

#[cfg(test)]
mod tests;
