//! Looks components up, where somebody installed what knows vulnerabilities.

use crate::camera::on_path;
use crate::group::Group;
use async_trait::async_trait;
use domain::view::FindingsView;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// The first run of a scanner fetches its database.
const LIMIT: Duration = Duration::from_secs(300);
const MOST_BYTES: u64 = 64 << 20;
const MOST_COMPLAINTS: u64 = 16 << 10;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    Found(FindingsView),
    /// The sentence says what is missing.
    Skipped(String),
}

#[async_trait]
pub trait Scanner: Send + Sync {
    /// Looks up what the bill of materials in that file names.
    async fn scan(&self, sbom: &Path) -> Result<Scanned, String>;
}

/// Trivy or Grype, whichever is on the search path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tools;

#[async_trait]
impl Scanner for Tools {
    async fn scan(&self, sbom: &Path) -> Result<Scanned, String> {
        let Some(tool) = Tool::find() else {
            return Ok(Scanned::Skipped(
                "Neither trivy nor grype is installed; the SBOM was made.".into(),
            ));
        };
        let answer = tool.run(sbom).await?;
        let answer: Value = serde_json::from_slice(&answer)
            .map_err(|e| format!("What {} answered is no JSON: {e}.", tool.name))?;
        Ok(Scanned::Found(count(tool.name, &answer)))
    }
}

struct Tool {
    name: &'static str,
    executable: PathBuf,
}

impl Tool {
    fn find() -> Option<Self> {
        ["trivy", "grype"].into_iter().find_map(|name| {
            let executable = on_path(&[name])?;
            Some(Self { name, executable })
        })
    }

    fn arguments(&self, sbom: &Path) -> Vec<String> {
        let file = sbom.display();
        match self.name {
            "trivy" => vec![
                "sbom".into(),
                "--quiet".into(),
                "--format".into(),
                "json".into(),
                file.to_string(),
            ],
            _ => vec![
                format!("sbom:{file}"),
                "--quiet".into(),
                "--output".into(),
                "json".into(),
            ],
        }
    }

    async fn run(&self, sbom: &Path) -> Result<Vec<u8>, String> {
        let mut command = Command::new(&self.executable);
        command
            .args(self.arguments(sbom))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(|e| format!("{} can't be started: {e}.", self.name))?;
        let _group = Group::of(&child);
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let ended = tokio::time::timeout(LIMIT, async {
            let (out, err, status) = tokio::join!(
                some(out, MOST_BYTES),
                some(err, MOST_COMPLAINTS),
                child.wait()
            );
            status.map(|status| (status, out, err))
        });
        let (status, out, err) = ended
            .await
            .map_err(|_| {
                format!(
                    "{} took longer than {} s and was ended.",
                    self.name,
                    LIMIT.as_secs()
                )
            })?
            .map_err(|e| format!("{} can't be waited for: {e}.", self.name))?;
        if status.success() {
            return Ok(out);
        }
        let said = String::from_utf8_lossy(&err);
        let last = said
            .lines()
            .rfind(|l| !l.trim().is_empty())
            .unwrap_or_default();
        let last: String = last.chars().take(300).collect();
        Err(format!("{} ended with {status}: {last}", self.name))
    }
}

/// At most so much; the rest is thrown away, so that nobody waits for us.
async fn some(pipe: Option<impl tokio::io::AsyncRead + Unpin>, most: u64) -> Vec<u8> {
    let mut kept = vec![];
    if let Some(pipe) = pipe {
        let mut pipe = pipe.take(most);
        let _ = pipe.read_to_end(&mut kept).await;
        let _ = tokio::io::copy(&mut pipe.into_inner(), &mut tokio::io::sink()).await;
    }
    kept
}

/// Both say `Severity` of each; Trivy in lists of its results, Grype in one list of matches.
fn count(name: &str, answer: &Value) -> FindingsView {
    let trivy = answer["Results"].as_array().into_iter().flatten();
    let trivy = trivy.flat_map(|r| r["Vulnerabilities"].as_array().into_iter().flatten());
    let grype = answer["matches"].as_array().into_iter().flatten();
    let severities = trivy
        .map(|v| &v["Severity"])
        .chain(grype.map(|m| &m["vulnerability"]["severity"]));
    let mut found = FindingsView {
        scanner: name.to_owned(),
        ..FindingsView::default()
    };
    for severity in severities {
        match severity
            .as_str()
            .unwrap_or_default()
            .to_lowercase()
            .as_str()
        {
            "critical" => found.critical += 1,
            "high" => found.high += 1,
            "medium" => found.medium += 1,
            "low" | "negligible" => found.low += 1,
            _ => found.unknown += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn p11_what_both_scanners_say_is_counted() {
        let trivy = json!({ "Results": [{ "Vulnerabilities": [{ "Severity": "CRITICAL" }, { "Severity": "LOW" }] }, {}] });
        let found = count("trivy", &trivy);
        assert_eq!((found.critical, found.high, found.low), (1, 0, 1));
        let grype = json!({ "matches": [{ "vulnerability": { "severity": "High" } }, { "vulnerability": { "severity": "Negligible" } }, { "vulnerability": {} }] });
        let found = count("grype", &grype);
        assert_eq!((found.high, found.low, found.unknown), (1, 1, 1));
    }
}
