//! The bundle of the end-to-end test, made by a real tool, and a trace that Node wrote of it.

use super::*;
use crate::contents::File;
use crate::source_maps::keep;
use domain::stack;
use expect_test::{Expect, expect};

const TRACE: &str = "Error: cake has no price
    at c (https://app.example/assets/main.js:1:86)
    at https://app.example/assets/main.js:1:46
    at Array.reduce (<anonymous>)
    at r (https://app.example/assets/main.js:1:30)
    at o (https://app.example/assets/main.js:1:163)
    at https://app.example/assets/other.js:1:1
    at https://app.example/assets/main.js:90:1
";

fn map() -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read(root.join("end2end/fixtures/minified/assets/main.js.map")).unwrap()
}

fn decoded(trace: &str, files: &[(&str, &[u8])]) -> TraceView {
    let dir = tempfile::tempdir().unwrap();
    let file = |(path, bytes): &(&str, &[u8])| File {
        path: (*path).into(),
        bytes: bytes.to_vec(),
    };
    let files: Vec<_> = files.iter().map(file).collect();
    let kept = keep(&files, dir.path()).unwrap();
    decode(&stack::read(trace).unwrap(), &kept.maps, dir.path())
}

fn check(view: &TraceView, expected: Expect) {
    let said = |line: &TraceLineView| match (&line.original, &line.unknown) {
        (Some(o), _) => {
            let function = o.function.as_deref().unwrap_or("?");
            format!("{function} {}:{}:{}", o.file, o.line, o.column)
        }
        (None, Some(why)) => format!("! {why}"),
        (None, None) => format!("- {}", line.text.trim()),
    };
    let lines: Vec<_> = view.lines.iter().map(said).collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn p11_a_trace_of_a_real_bundle_names_the_lines_that_a_person_wrote() {
    let view = decoded(TRACE, &[("assets/main.js.map", &map())]);
    assert_eq!((view.decoded, view.frames), (4, 6));
    let thrown = view.lines[1].original.clone().unwrap();
    let at = thrown.source.iter().find(|l| l.number == thrown.line);
    assert!(at.unwrap().text.contains("has no price"), "{thrown:?}");
    assert_eq!(thrown.source.len(), 5);
    check(
        &view,
        expect![[r#"
        - Error: cake has no price
        priceOf ../src/basket.ts:10:11
        ? ../src/basket.ts:5:44
        - at Array.reduce (<anonymous>)
        total ../src/basket.ts:5:16
        o ../src/main.ts:4:10
        ! This deployment has no source map for that file.
        ! The source map says nothing about that place."#]],
    );
}

#[test]
fn p11_a_map_that_is_gone_or_that_two_files_share_by_name_is_said() {
    let other = br#"{"version":3,"sources":["b.ts"],"names":[],"mappings":"AAAA"}"#;
    let frame = "at c (https://app.example/main.js:1:86)";
    let view = decoded(
        frame,
        &[("a/main.js.map", &map()), ("b/main.js.map", other)],
    );
    check(
        &view,
        expect!["! Both a/main.js.map and b/main.js.map could belong to that file."],
    );
    let maps = [SourceMapView {
        path: "main.js.map".into(),
        digest: "0".repeat(64),
        size_bytes: 1,
    }];
    let gone = decode(&stack::read(frame).unwrap(), &maps, Path::new("/nowhere"));
    check(
        &gone,
        expect!["! The source map of that file is gone; deploy again to have it."],
    );
}
