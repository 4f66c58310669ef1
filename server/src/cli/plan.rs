//! The plan, as a person reads it before it runs.

use super::ask;
use super::exit::{Failure, Got};
use super::say::Say;
use domain::config::Change;
use domain::view::Preview;
use std::fmt::Write;

/// Shows the plan and asks, unless `--yes` has answered. The word to type, where there is one, comes
/// back with the confirmation.
pub fn confirmed(plan: &Preview, yes: bool, say: &Say) -> Got<Option<String>> {
    say.note(&text(plan));
    match (&plan.typed, yes) {
        (typed, true) => Ok(typed.clone()),
        (Some(word), false) => {
            let typed = ask::text(
                &format!("There will be downtime. Type `{word}` to go on"),
                "--yes",
            )?;
            if typed == *word {
                Ok(Some(typed))
            } else {
                Err(nothing_done())
            }
        }
        (None, false) => {
            let go = ask::yes(&format!("{}?", plan.verb), "--yes")?;
            if go { Ok(None) } else { Err(nothing_done()) }
        }
    }
}

fn nothing_done() -> Failure {
    Failure::usage("Not confirmed, so nothing was done.")
}

pub fn text(plan: &Preview) -> String {
    let mut text = String::new();
    let from = plan
        .from
        .as_ref()
        .map_or_else(|| "nothing".to_owned(), |s| s.label());
    let downtime = if plan.downtime {
        "with downtime"
    } else {
        "without downtime"
    };
    let _ = writeln!(
        text,
        "{} → {}, {}, {downtime}",
        from,
        plan.to.label(),
        plan.strategy.word()
    );
    if let Some(of) = &plan.reuses {
        let _ = writeln!(
            text,
            "  what #{} made starts again; nothing is built",
            of.number
        );
    }
    for commit in &plan.commits {
        let _ = writeln!(text, "  {} {}", commit.short(), commit.subject);
    }
    if plan.commits_more {
        let _ = writeln!(text, "  … and more commits");
    }
    if let Some(build) = &plan.build {
        let _ = writeln!(text, "  built as {}", build.title());
        for (name, step) in build.steps() {
            let _ = writeln!(text, "    {}: {step}", name.to_lowercase());
        }
    }
    plan.changes
        .iter()
        .for_each(|change| line(&mut text, change));
    for stop in &plan.stops {
        let _ = writeln!(text, "  stops: {stop}");
    }
    let terminal = if plan.debug {
        "its instances have a terminal"
    } else {
        "no terminal in its instances"
    };
    let _ = writeln!(text, "  debug: {} ({terminal})", plan.debug);
    for note in &plan.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    text.trim_end().to_owned()
}

fn line(text: &mut String, change: &Change) {
    let _ = match (&change.from, &change.to) {
        (None, Some(to)) => writeln!(text, "  + {}: {to}", change.path),
        (Some(from), None) => writeln!(text, "  - {}: {from}", change.path),
        (Some(from), Some(to)) => writeln!(text, "  ~ {}: {from} → {to}", change.path),
        (None, None) => Ok(()),
    };
}
