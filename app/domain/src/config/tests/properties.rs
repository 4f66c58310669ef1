//! What holds for every file and every patch.

use super::super::preset::CHOICES;
use super::*;
use crate::cron::Overlap;
use proptest::prelude::*;

fn variables() -> impl Strategy<Value = EnvPatch> {
    proptest::collection::btree_map(
        "[A-Z_][A-Z0-9_]{0,6}x",
        proptest::option::of("[^\0]{0,12}"),
        0..4,
    )
}

fn exclusives() -> impl Strategy<Value = Vec<Exclusive>> {
    let all = ["gpu", "device:/dev/video0", "port:25565", "volume:data"]
        .map(|w| w.parse().expect("it is one"));
    proptest::sample::subsequence(all.to_vec(), 0..=4)
}

prop_compose! {
    fn cron()(
        name in "[a-z0-9_-]{1,9}",
        schedule in proptest::sample::select(vec!["@daily", "*/5 3 * * mon-fri", "0 0 1 jan *"]),
        timezone in proptest::sample::select(vec!["UTC", "Europe/Berlin", "Etc/GMT+5"]),
        command in proptest::option::of(proptest::collection::vec("[^\0]{1,9}", 1..4)),
        overlap in proptest::sample::select(Overlap::ALL.to_vec()), timeout_s in 1_u32..=86_400,
    ) -> Cron {
        let http = command.is_none().then(|| "/beat?a=%20".to_owned());
        Cron { name, schedule: schedule.into(), timezone: timezone.into(), command, http, overlap, timeout_s }
    }
}

fn crons() -> impl Strategy<Value = Vec<Cron>> {
    let by_name = |c: &Cron| c.name.clone();
    proptest::collection::vec(cron(), 0..4).prop_map(move |mut all| {
        all.sort_by_key(by_name);
        all.dedup_by_key(|c| c.name.clone());
        all
    })
}

prop_compose! {
    fn build_patch()(
        dockerfile in proptest::option::of("[a-zA-Z#: é'\"-]{1,9}"), args in variables(),
        timeout_s in proptest::option::of(10_u32..=86_400), memory_mib in proptest::option::of(64_u32..=1_048_576),
        preset in proptest::option::of(proptest::sample::select(&CHOICES[..])), steps in steps(),
        output in proptest::option::of("[a-z][a-z/ @+~_-]{0,9}"), images in images(),
    ) -> BuildPatch {
        let preset = preset.map(|word| word.parse().expect("it is one"));
        let (install, command, start) = steps;
        BuildPatch { preset, dockerfile, root: None, install, command, start, output, images, args, timeout_s, memory_mib, ..BuildPatch::default() }
    }
}

fn names() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set("[A-Z_][A-Z0-9_]{2,9}", 0..4)
        .prop_map(|names| names.into_iter().map(|name| format!("S{name}X")).collect())
}

fn images() -> impl Strategy<Value = EnvPatch> {
    let reference = proptest::option::of("[a-z0-9][a-z0-9./:_@-]{0,12}");
    let names = proptest::sample::select(vec!["node", "bun", "python", "go", "rust", "run"]);
    proptest::collection::btree_map(names.prop_map(str::to_owned), reference, 0..4)
}

type Step = Option<String>;

fn steps() -> impl Strategy<Value = (Step, Step, Step)> {
    let step = || {
        proptest::option::of("\\PC{0,20}".prop_filter("control", |s| !s.contains(char::is_control)))
    };
    (step(), step(), step())
}

prop_compose! {
    fn patches()(
        build in build_patch(), port in proptest::option::of(1_u16..), env in variables(),
        command in proptest::option::of(proptest::collection::vec("[^\0]{0,9}", 0..4)),
        replicas in proptest::option::of(1_u32..=16), cpus_milli in proptest::option::of(10_u32..=256_000),
        path in proptest::option::of("/[a-z/%?=&]{0,9}"),
        statuses in proptest::option::of(proptest::sample::subsequence(vec![301_u16, 401, 403, 503], 0..=4)),
        exclusive in proptest::option::of(exclusives()), spa in proptest::option::of(any::<bool>()),
        crons in proptest::option::of(crons()), secrets in proptest::option::of(names()),
        limits in (proptest::option::of(100_u32..=256_000), proptest::option::of(16_u32..=65_536), proptest::option::of(names())),
        submodules in proptest::option::of(any::<bool>()),
    ) -> ConfigPatch {
        let build = BuildPatch { cpus_milli: limits.0, pids: limits.1, secrets: limits.2, ..build };
        let source = SourcePatch { submodules, lfs: submodules };
        ConfigPatch {
            source, build, port, entrypoint: command.clone(), command, env, secrets, replicas, exclusive, spa, crons, drain_s: None, max_hold_s: None,
            resources: ResourcesPatch { cpus_milli, memory_mib: None },
            health: HealthPatch { path, statuses, ..HealthPatch::default() },
        }
    }
}

proptest! {
    #[test]
    fn what_is_rendered_reads_back(patch in patches()) {
        let text = to_yaml(&patch);
        prop_assert_eq!(parse(text.as_bytes()), Ok(patch), "{}", text);
    }

    #[test]
    fn what_a_deployment_has_can_be_said_again(patch in patches()) {
        let config = Config::resolve(&[&patch]);
        prop_assert_eq!(Config::resolve(&[&ConfigPatch::from(&config)]), config.clone());
        prop_assert_eq!(diff(&config, &config), vec![]);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn arbitrary_yaml_never_panics(pieces in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.into_iter().map(|i| PIECES[i]).collect();
        if let Err(ConfigErrors(errors)) = parse(text.as_bytes()) {
            prop_assert!((1..=MAX_ERRORS).contains(&errors.len()));
            prop_assert!(errors.iter().all(|e| e.line > 0 && e.column > 0), "{:?}", errors);
        }
    }
}

/// What YAML is made of, so that chance finds the scanner's corners.
const PIECES: [&str; 44] = [
    "port",
    "env",
    "health",
    "build",
    ":",
    ": ",
    "- ",
    "-",
    "\n",
    "\n  ",
    "\n    ",
    "  ",
    "\t",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\"",
    "'",
    "|",
    ">",
    "|-\n",
    ">+2\n",
    "&a",
    "*a",
    "!",
    "!!str ",
    "!<x>",
    "%YAML 1.2\n",
    "%TAG ! x\n",
    "---",
    "...",
    "#",
    " #c\n",
    "? ",
    "\\",
    "\\x4",
    "\\u12",
    "null",
    "1",
    "é",
    "\r",
    "\u{2028}",
];
