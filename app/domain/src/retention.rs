//! What may go when disk space is short, and what never does (P-19). Only what Sealdock made or pulled is in
//! these lists; nothing else on the machine is ever looked at.

use crate::deployment::Phase;
use crate::id::{DeploymentId, EnvironmentId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Former versions that an environment can always be rolled back to.
pub const ALWAYS: usize = 3;

/// A deployment whose artifact takes space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Ids are in the order of time.
    pub id: DeploymentId,
    /// Where it served, or would.
    pub environment: EnvironmentId,
    /// Final ones may go.
    pub phase: Phase,
    /// The same artifact under another deployment takes its space once.
    pub digest: String,
    /// On disk.
    pub size_bytes: u64,
    /// Whose artifact it starts again.
    pub reuses: Option<DeploymentId>,
}

/// Why an artifact is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It serves, is on its way, or is being started again.
    InUse,
    /// Among the newest of its environment that served.
    Rollback,
    /// It failed, nothing came after it, and nothing serves there: it can be tried again.
    Retry,
    /// It can be rolled back to as long as the budget allows it.
    Budget,
    /// It never served: it goes with the next look.
    NeverServed,
}

impl Why {
    /// For a page.
    pub const fn sentence(self) -> &'static str {
        match self {
            Why::InUse => "In use",
            Why::Rollback => "Kept for rolling back",
            Why::Retry => "Kept for another try",
            Why::Budget => "Kept while there is room",
            Why::NeverServed => "Goes within the hour",
        }
    }
}

/// Each with the reason for which it is there.
pub fn reasons(held: &[Held]) -> BTreeMap<DeploymentId, Why> {
    let started_again: BTreeSet<_> = held
        .iter()
        .filter(|h| !h.phase.is_final())
        .filter_map(|h| h.reuses.clone())
        .collect();
    let serving: BTreeSet<_> = held
        .iter()
        .filter(|h| !h.phase.is_final())
        .map(|h| &h.environment)
        .collect();
    let mut newest: Vec<_> = held.iter().collect();
    newest.sort_by(|a, b| b.id.cmp(&a.id));
    let mut seen: BTreeMap<&EnvironmentId, (usize, bool)> = BTreeMap::new();
    let why = |h: &Held, (served, later): &mut (usize, bool)| match h.phase {
        _ if !h.phase.is_final() || started_again.contains(&h.id) => Why::InUse,
        Phase::Failed if !*later && !serving.contains(&h.environment) => Why::Retry,
        Phase::Stopped => {
            *served += 1;
            if *served <= ALWAYS {
                Why::Rollback
            } else {
                Why::Budget
            }
        }
        _ => Why::NeverServed,
    };
    newest
        .into_iter()
        .map(|h| {
            let of_there = seen.entry(&h.environment).or_default();
            let reason = why(h, of_there);
            of_there.1 = true;
            (h.id.clone(), reason)
        })
        .collect()
}

/// What takes space, with every artifact counted once.
pub fn used_bytes<'a>(held: impl IntoIterator<Item = &'a Held>) -> u64 {
    let sizes: BTreeMap<&str, u64> = held
        .into_iter()
        .map(|h| (h.digest.as_str(), h.size_bytes))
        .collect();
    sizes.values().sum()
}

/// What goes now: all that never served, then the oldest first until the budget is met or nothing
/// is left that may go.
pub fn collect(held: &[Held], budget_bytes: u64) -> Vec<DeploymentId> {
    let reasons = &reasons(held);
    let of = |why: Why| held.iter().filter(move |h| reasons[&h.id] == why);
    let mut gone: BTreeSet<_> = of(Why::NeverServed).map(|h| h.id.clone()).collect();
    let mut old: Vec<_> = of(Why::Budget).collect();
    old.sort_by(|a, b| a.id.cmp(&b.id));
    // Of each artifact: its size, and how many deployments still hold it.
    let mut left: BTreeMap<&str, (u64, usize)> = BTreeMap::new();
    for one in held.iter().filter(|h| !gone.contains(&h.id)) {
        let (size, holders) = left.entry(&one.digest).or_default();
        (*size, *holders) = (one.size_bytes, *holders + 1);
    }
    let mut used: u64 = left.values().map(|(size, _)| size).sum();
    for next in old {
        if used <= budget_bytes {
            break;
        }
        gone.insert(next.id.clone());
        let (size, holders) = left.entry(&next.digest).or_default();
        *holders -= 1;
        if *holders == 0 {
            used -= *size;
        }
    }
    gone.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;
    use proptest::prelude::*;

    fn held(number: u128, environment: u128, phase: Phase, size_bytes: u64) -> Held {
        Held {
            id: DeploymentId::new(Time(number as i64), number),
            environment: EnvironmentId::new(Time(0), environment),
            phase,
            digest: format!("sha256:{number}"),
            size_bytes,
            reuses: None,
        }
    }

    fn numbers(of: &[Held], ids: &[DeploymentId]) -> Vec<usize> {
        let at = |id: &DeploymentId| of.iter().position(|h| h.id == *id).map(|i| i + 1);
        ids.iter().filter_map(at).collect()
    }

    #[test]
    fn p19_what_never_served_goes_and_three_to_roll_back_to_stay() {
        let mut all: Vec<_> = (1..=6).map(|n| held(n, 1, Phase::Stopped, 10)).collect();
        all.push(held(7, 1, Phase::Failed, 10));
        all.push(held(8, 1, Phase::Live, 10));
        assert_eq!(numbers(&all, &collect(&all, 1_000)), [7]);
        assert_eq!(numbers(&all, &collect(&all, 55)), [1, 2, 7]);
        assert_eq!(numbers(&all, &collect(&all, 0)), [1, 2, 3, 7]);
    }

    #[test]
    fn i9_what_failed_last_stays_for_another_try_where_nothing_serves() {
        let mut all = vec![
            held(1, 1, Phase::Failed, 10),
            held(2, 1, Phase::Stopped, 10),
        ];
        all.push(held(3, 1, Phase::Failed, 10));
        assert_eq!(reasons(&all)[&all[2].id], Why::Retry);
        assert_eq!(numbers(&all, &collect(&all, 0)), [1]);
        all[1].phase = Phase::Live;
        assert_eq!(reasons(&all)[&all[2].id], Why::NeverServed);
    }

    #[test]
    fn p19_one_artifact_of_two_deployments_is_counted_once_and_kept_while_it_is_started() {
        let mut all: Vec<_> = (1..=5).map(|n| held(n, 1, Phase::Stopped, 10)).collect();
        let mut again = held(6, 1, Phase::Building, 10);
        (again.reuses, again.digest) = (Some(all[0].id.clone()), all[0].digest.clone());
        all.push(again);
        assert_eq!(used_bytes(&all), 50);
        assert_eq!(reasons(&all)[&all[0].id], Why::InUse);
        assert_eq!(numbers(&all, &collect(&all, 0)), [2]);
    }

    fn worlds() -> impl Strategy<Value = Vec<Held>> {
        let one = (1_u128..4, 0_usize..Phase::ALL.len(), 0_u64..100, 1_u8..9);
        prop::collection::vec(one, 0..40).prop_map(|all| {
            let make =
                |(at, (environment, phase, size, digest)): (usize, (u128, usize, u64, u8))| Held {
                    digest: format!("sha256:{digest}"),
                    size_bytes: if size == 0 { 0 } else { u64::from(digest) * 10 },
                    ..held(at as u128 + 1, environment, Phase::ALL[phase], size)
                };
            all.into_iter().enumerate().map(make).collect()
        })
    }

    proptest! {
        #[test]
        fn p19_nothing_in_use_and_nothing_to_roll_back_to_ever_goes(all in worlds(), budget in 0_u64..500) {
            let (gone, reasons) = (collect(&all, budget), reasons(&all));
            prop_assert!(gone.iter().all(|id| matches!(reasons[id], Why::Budget | Why::NeverServed)));
            for h in &all {
                prop_assert!(h.phase.is_final() || !gone.contains(&h.id));
            }
        }

        #[test]
        fn p19_the_budget_is_met_or_nothing_more_may_go(all in worlds(), budget in 0_u64..500) {
            let gone = collect(&all, budget);
            let left: Vec<_> = all.iter().filter(|h| !gone.contains(&h.id)).cloned().collect();
            let may_go = reasons(&left).values().any(|why| *why == Why::Budget);
            prop_assert!(used_bytes(&left) <= budget || !may_go);
            prop_assert_eq!(collect(&left, budget), vec![]);
        }
    }
}
