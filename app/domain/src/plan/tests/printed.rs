//! A plan as text.

use super::super::world::World;
use super::super::{Plan, Step};
use crate::route::Shown;
use std::fmt::Write;

/// Steps, then one sentence per deployment, then when to look again.
pub fn print(plan: &Plan, world: &World) -> String {
    let mut out = String::new();
    for step in &plan.steps {
        let _ = writeln!(out, "do {}{step}", of(step, world));
    }
    for (id, why) in &plan.why {
        let _ = writeln!(out, "#{} {why}", world.deployments[id].number);
    }
    if let Some(at) = plan.wake_at {
        let _ = writeln!(out, "wake in {} ms", at.0 - world.now.0);
    }
    out
}

fn of(step: &Step, world: &World) -> String {
    let named = match step {
        Step::Record { deployment, .. } => Some(deployment.clone()),
        Step::Ensure(id) | Step::Remove(id) | Step::Probe(id, _) => Some(id.deployment.clone()),
        Step::Publish(target) | Step::Show(Shown { target, .. }) => {
            target.deployment().and_then(|d| d.parse().ok())
        }
        Step::Unpublish | Step::Hide | Step::Forget => None,
    };
    named
        .map(|id| format!("#{} ", world.deployments[&id].number))
        .unwrap_or_default()
}
