//! The decisions, and what always holds of them.

use super::*;
use proptest::prelude::*;

fn env(n: u128) -> EnvironmentId {
    EnvironmentId::new(Time(1), n)
}

fn world() -> World {
    World {
        now: Time(1_000_000),
        deleting: false,
        wanted: BTreeSet::from([env(1)]),
        seen: Ok(None),
        checked: None,
        trouble: None,
    }
}

fn seen(container: Container) -> Seen {
    Seen {
        container,
        current: true,
        joined: BTreeSet::from([env(1)]),
    }
}

#[test]
fn p23_what_is_not_there_or_of_other_settings_is_brought_up() {
    assert_eq!(upkeep(&world()).steps, [Step::Ensure]);
    let outdated = Seen {
        current: false,
        ..seen(Container::Running(Time(0)))
    };
    let plan = upkeep(&World {
        seen: Ok(Some(outdated)),
        ..world()
    });
    assert_eq!(
        (plan.steps, plan.state),
        (vec![Step::Ensure], ServiceState::Starting)
    );
}

#[test]
fn p23_trouble_is_waited_out_with_its_sentence() {
    let trouble = Trouble::again(None, false, "No such image.".into(), Time(1_000_000));
    let waiting = World {
        trouble: Some(trouble.clone()),
        ..world()
    };
    let plan = upkeep(&waiting);
    assert_eq!(
        (plan.steps, plan.state, plan.look_at),
        (vec![], ServiceState::Failed, trouble.retry_at)
    );
    let later = upkeep(&World {
        now: trouble.retry_at,
        ..waiting
    });
    assert_eq!(
        (later.steps, later.sentence.as_str()),
        (vec![Step::Ensure], "No such image.")
    );
}

#[test]
fn p23_it_is_in_the_networks_of_those_who_use_it_and_in_no_other() {
    let running = Seen {
        joined: BTreeSet::from([env(2)]),
        ..seen(Container::Running(Time(5)))
    };
    let plan = upkeep(&World {
        seen: Ok(Some(running)),
        ..world()
    });
    assert_eq!(
        plan.steps,
        [Step::Join(env(1)), Step::Leave(env(2)), Step::Check]
    );
}

#[test]
fn p23_ready_is_what_answered_since_its_last_start() {
    let now = Time(1_000_000);
    let checked = Some(Checked::after(None, Time(999_999), Ok(())));
    let running = |since| World {
        seen: Ok(Some(seen(Container::Running(since)))),
        checked: checked.clone(),
        ..world()
    };
    assert_eq!(upkeep(&running(Time(5))).state, ServiceState::Ready);
    let again = upkeep(&running(now));
    assert_eq!(
        (again.state, again.steps),
        (ServiceState::Starting, vec![Step::Check])
    );
}

#[test]
fn p23_what_never_answers_has_failed_and_is_asked_less_often() {
    let mut checked = Checked::after(None, Time(0), Err("refused".into()));
    let first = checked.due();
    for n in 1..20 {
        checked = Checked::after(Some(&checked), Time(n * 10_000), Err("refused".into()));
    }
    assert!(first.since_ms(Time(0)) < checked.due().since_ms(checked.at));
    let late = World {
        now: Time(200_000),
        seen: Ok(Some(seen(Container::Running(Time(0))))),
        checked: Some(checked),
        ..world()
    };
    let plan = upkeep(&late);
    assert_eq!(plan.state, ServiceState::Failed);
    assert!(plan.sentence.contains("refused"), "{}", plan.sentence);
}

#[test]
fn p23_nothing_is_concluded_from_silence() {
    let plan = upkeep(&World {
        seen: Err("The Engine does not answer.".into()),
        ..world()
    });
    assert_eq!(
        (plan.steps, plan.sentence.as_str()),
        (vec![], "The Engine does not answer.")
    );
}

#[test]
fn p23_deleting_takes_the_data_and_then_the_rows() {
    let plan = upkeep(&World {
        deleting: true,
        seen: Ok(Some(seen(Container::Running(Time(0))))),
        ..world()
    });
    assert_eq!(plan.steps, [Step::Remove, Step::Forget]);
    assert_eq!(external(Time(1), true, None).steps, [Step::Forget]);
}

fn any_world() -> impl Strategy<Value = World> {
    let container = prop_oneof![
        // Not later than now.
        (0_i64..=1_000_000).prop_map(|t| Container::Running(Time(t))),
        Just(Container::Restarting("x".into())),
        Just(Container::Ended(String::new())),
    ];
    let networks = || prop::collection::btree_set((0_u128..3).prop_map(env), 0..3);
    let seen =
        (container, any::<bool>(), networks()).prop_map(|(container, current, joined)| Seen {
            container,
            current,
            joined,
        });
    let seen = prop_oneof![
        Just(Err("away".to_owned())),
        Just(Ok(None)),
        seen.prop_map(|seen| Ok(Some(seen)))
    ];
    (
        seen,
        networks(),
        any::<bool>(),
        0_i64..2_000_000,
        any::<bool>(),
    )
        .prop_map(|(seen, wanted, deleting, at, ok)| World {
            now: Time(1_000_000),
            deleting,
            wanted,
            seen,
            checked: Some(Checked::after(
                None,
                Time(at),
                if ok { Ok(()) } else { Err("no".into()) },
            )),
            trouble: None,
        })
}

proptest! {
    #[test]
    fn p23_the_data_goes_only_when_a_person_wants_it(world in any_world()) {
        let plan = upkeep(&world);
        prop_assert_eq!(plan.steps.contains(&Step::Remove), world.deleting);
        prop_assert!(plan.look_at > world.now);
    }

    /// Obeying it in a world that does what it is told ends with nothing left to do but asking.
    #[test]
    fn p23_a_cooperative_world_comes_to_rest(world in any_world()) {
        let mut world = World { deleting: false, ..world };
        for _ in 0..6 {
            let plan = upkeep(&world);
            for step in &plan.steps {
                obey(&mut world, step);
            }
            if world.seen.is_err() {
                world.seen = Ok(None);
            } else if let Ok(Some(Seen { container: container @ Container::Restarting(_), .. })) = &mut world.seen {
                *container = Container::Running(world.now);
            }
            world.now = plan.look_at;
        }
        let plan = upkeep(&world);
        prop_assert_eq!(plan.state, ServiceState::Ready);
        prop_assert!(plan.steps.iter().all(|step| *step == Step::Check));
        let joined = world.seen.ok().flatten().map(|seen| seen.joined);
        prop_assert_eq!(joined, Some(world.wanted));
    }
}

fn obey(world: &mut World, step: &Step) {
    let now = world.now;
    match (step, &mut world.seen) {
        (Step::Ensure, seen) => {
            *seen = Ok(Some(Seen {
                container: Container::Running(now),
                current: true,
                joined: BTreeSet::new(),
            }))
        }
        (Step::Join(id), Ok(Some(seen))) => drop(seen.joined.insert(id.clone())),
        (Step::Leave(id), Ok(Some(seen))) => drop(seen.joined.remove(id)),
        (Step::Check, _) => {
            world.checked = Some(Checked::after(world.checked.as_ref(), now, Ok(())))
        }
        _ => {}
    }
}
