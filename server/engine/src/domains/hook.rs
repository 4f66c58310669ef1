//! DNS-01: the operator's executable sets and removes a record. It is called by its arguments, with
//! no shell, nothing of our environment but the path, and a time limit.

use crate::store::custom_domain::Record;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// It comes back when the record can be looked up.
const WITHIN: Duration = Duration::from_secs(120);
/// What of its complaint is shown.
const MOST_CHARS: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Present,
    Cleanup,
}

impl Verb {
    const fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Cleanup => "cleanup",
        }
    }
}

pub async fn call(hook: &Path, verb: Verb, record: &Record) -> Result<(), String> {
    let child = Command::new(hook)
        .arg(verb.word())
        .arg(&record.name)
        .arg(&record.value)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("the DNS hook can't be started: {error}"))?;
    match tokio::time::timeout(WITHIN, child.wait_with_output()).await {
        Ok(Ok(output)) if output.status.success() => Ok(()),
        Ok(Ok(output)) => Err(format!(
            "the DNS hook could not {} the record {} ({}): {}",
            verb.word(),
            record.name,
            output.status,
            complaint(&output.stderr)
        )),
        Ok(Err(error)) => Err(format!("the DNS hook can't be waited for: {error}")),
        Err(_) => Err(format!(
            "the DNS hook took longer than {} s",
            WITHIN.as_secs()
        )),
    }
}

fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    match text.trim() {
        "" => "it says no more".into(),
        said => said.chars().take(MOST_CHARS).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn record() -> Record {
        Record {
            name: "_acme-challenge.example.com".into(),
            value: "a; touch b".into(),
        }
    }

    fn hook(folder: &Path, script: &str) -> std::path::PathBuf {
        let path = folder.join("hook");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&path, mode).expect("made executable");
        path
    }

    #[tokio::test]
    async fn i15_the_hook_gets_arguments_and_nothing_of_our_environment() {
        let folder = tempfile::tempdir().expect("folder");
        let out = folder.path().join("out");
        let script = format!("echo \"$1|$2|$3|$HOME\" > {}", out.display());
        let path = hook(folder.path(), &script);
        call(&path, Verb::Present, &record()).await.expect("done");
        let said = std::fs::read_to_string(out).expect("said");
        assert_eq!(said, "present|_acme-challenge.example.com|a; touch b|\n");
    }

    #[tokio::test]
    async fn i15_a_hook_that_fails_is_quoted_and_one_that_is_missing_is_named() {
        let folder = tempfile::tempdir().expect("folder");
        let path = hook(folder.path(), "echo no such zone >&2; exit 3");
        let why = call(&path, Verb::Present, &record()).await.expect_err("no");
        assert!(
            why.contains("no such zone") && why.contains("exit status: 3"),
            "{why}"
        );
        let why = call(Path::new("/nowhere"), Verb::Cleanup, &record()).await;
        assert!(why.expect_err("no").contains("can't be started"));
    }
}
