//! What a preview runs with, and what it does not.

use super::super::*;
use crate::config::{BuildPatch, Config, ConfigPatch, ResourcesPatch};

#[test]
fn p15_a_preview_gets_nothing_that_the_first_environment_knows() {
    let some = |value: &str| Some(value.to_owned());
    let base = ConfigPatch {
        port: Some(3000),
        replicas: Some(4),
        env: [("DATABASE_URL".to_owned(), some("postgres://secret"))].into(),
        secrets: Some(vec!["DATABASE_PASSWORD".into()]),
        build: BuildPatch {
            root: some("web"),
            args: [("NPM_TOKEN".to_owned(), some("secret"))].into(),
            ..BuildPatch::default()
        },
        ..ConfigPatch::default()
    };
    let rules = Rules {
        variables: [("API".to_owned(), "https://staging".to_owned())].into(),
        secrets: vec!["STAGING_KEY".into()],
        ..Rules::default()
    };
    let own = over(&base, &rules, false);
    assert_eq!((own.port, own.replicas), (Some(3000), Some(1)));
    assert_eq!(own.build.root.as_deref(), Some("web"));
    assert_eq!(
        own.env,
        [("API".to_owned(), some("https://staging"))].into()
    );
    let marked = vec!["STAGING_KEY".to_owned()];
    assert_eq!(own.secrets.as_ref(), Some(&marked));
    assert_eq!(own.build.secrets, Some(marked));
    let fork = over(&base, &rules, true);
    assert_eq!(
        (fork.secrets.as_ref(), fork.build.secrets.as_ref()),
        (Some(&vec![]), Some(&vec![]))
    );
    assert!(fork.env.is_empty() && fork.build.args.is_empty());
    assert_eq!((fork.crons, fork.exclusive), (Some(vec![]), Some(vec![])));
}

#[test]
fn p15_a_preview_s_memory_has_a_ceiling_and_no_floor() {
    let rules = Rules {
        memory_mib: 256,
        ..Rules::default()
    };
    let patch = ConfigPatch::default();
    let lower = capped(&patch, &Config::default(), &rules, false).unwrap();
    assert_eq!(lower.resources.memory_mib, Some(256));
    let small = ConfigPatch {
        resources: ResourcesPatch {
            memory_mib: Some(64),
            ..ResourcesPatch::default()
        },
        ..ConfigPatch::default()
    };
    assert_eq!(
        capped(&small, &Config::resolve(&[&small]), &rules, true),
        None
    );
}

#[test]
fn p15_rules_outside_of_their_limits_are_refused_with_the_place() {
    let place = |rules: Rules| rules.checked().err().and_then(|no| no.place);
    let with = Rules::default;
    assert_eq!(place(with()), None);
    assert_eq!(
        place(Rules {
            ttl_h: 721,
            ..with()
        })
        .as_deref(),
        Some("ttl_h")
    );
    assert_eq!(place(Rules { most: 0, ..with() }).as_deref(), Some("most"));
    assert_eq!(
        place(Rules {
            memory_mib: 8,
            ..with()
        })
        .as_deref(),
        Some("memory_mib")
    );
    let tick = Some("`".to_owned());
    assert_eq!(
        place(Rules {
            branches: tick,
            ..with()
        })
        .as_deref(),
        Some("branches")
    );
    let variables = [
        ("PORT".to_owned(), "1".to_owned()),
        ("a b".to_owned(), String::new()),
    ]
    .into();
    assert_eq!(
        place(Rules {
            variables,
            ..with()
        })
        .as_deref(),
        Some("variables")
    );
    let none = Rules {
        branches: Some("  ".into()),
        ..with()
    }
    .checked()
    .unwrap();
    assert_eq!(none.branches, None);
}

#[test]
fn p15_a_fork_s_file_gets_no_more_than_is_usual() {
    let file = ConfigPatch {
        build: BuildPatch {
            memory_mib: Some(60_000),
            timeout_s: Some(7_200),
            ..BuildPatch::default()
        },
        resources: ResourcesPatch {
            cpus_milli: Some(64_000),
            ..ResourcesPatch::default()
        },
        ..ConfigPatch::default()
    };
    let (patch, wanted) = (ConfigPatch::default(), Config::resolve(&[&file]));
    let fork = capped(&patch, &wanted, &Rules::default(), true).unwrap();
    let given = Config::resolve(&[&file, &fork]);
    let usual = Config::default();
    assert_eq!(
        (given.build, given.resources),
        (usual.build, usual.resources)
    );
    assert_eq!(capped(&patch, &wanted, &Rules::default(), false), None);
}
