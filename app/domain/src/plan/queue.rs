//! Who may begin (P-18): one deployment at a time per environment, the newest wins, and the
//! ones it overtakes say so.

use super::Plan;
use super::world::{Build, World};
use crate::deployment::{Event, Phase};

pub(super) fn plan(world: &World, plan: &mut Plan) {
    overtake(world, plan);
    begin(world, plan);
    building(world, plan);
}

/// Of those that wait, only the newest is still wanted.
fn overtake(world: &World, plan: &mut Plan) {
    let Some(newest) = world.in_phase(Phase::Queued).max_by_key(|d| d.number) else {
        return;
    };
    for older in world.in_phase(Phase::Queued).filter(|d| d.id != newest.id) {
        let reason = format!("Superseded by #{} before it began.", newest.number);
        plan.record(older, Event::Cancel, Some(reason));
    }
}

fn begin(world: &World, plan: &mut Plan) {
    let Some(newest) = world.in_phase(Phase::Queued).max_by_key(|d| d.number) else {
        return;
    };
    match world.candidate() {
        Some(held) if held.is_held() => {
            let reason = format!("Superseded by #{} while it was held.", newest.number);
            plan.record(held, Event::Cancel, Some(reason));
            let held = held.number;
            plan.say(
                newest,
                format!("Begins next: #{held} was held and gives way."),
            );
        }
        Some(busy) => plan.say(
            newest,
            format!(
                "Waits for #{}, which is {}.",
                busy.number,
                busy.phase.word()
            ),
        ),
        None => {
            plan.say(newest, "Begins now.");
            plan.record(newest, Event::Claim, None);
        }
    }
}

fn building(world: &World, plan: &mut Plan) {
    for deployment in world.in_phase(Phase::Building) {
        match world.builds.get(&deployment.id) {
            Some(Build::Done(_)) => plan.record(deployment, Event::Built, None),
            Some(Build::Failed(sentence)) => plan.fail(deployment, sentence.clone()),
            Some(Build::Working(sentence)) => plan.say(deployment, sentence.clone()),
            None => plan.fail(deployment, "Its jobs are gone from the database.".into()),
        }
    }
}
