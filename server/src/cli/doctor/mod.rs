//! `sealdock doctor`: what is right, what is not, and the way out, line by line.

mod local;
mod master;
mod remote;

use super::exit::{Done, Exit};
use super::master::Place;
use super::say::Say;
use super::serve::usual_data;
use clap::Args;
use engine::driver::tee::usual_kit;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Args)]
pub struct Doctor {
    /// Only the server that `login` remembers.
    #[arg(long, conflicts_with = "local")]
    remote: bool,
    /// Only this machine.
    #[arg(long)]
    local: bool,
    /// The data directory that `serve` uses or would use.
    #[arg(long, env = "SEALDOCK_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    master: Place,
    /// What confidential machines are made from, as `serve` is told.
    #[arg(long, env = "SEALDOCK_TEE_KIT", value_name = "DIR")]
    tee_kit: Option<PathBuf>,
    #[arg(long, env = "SEALDOCK_LISTEN", default_value = "127.0.0.1:4600")]
    listen: SocketAddr,
    #[arg(long, env = "SEALDOCK_PROXY_LISTEN", default_value = "127.0.0.1:8080")]
    proxy_listen: SocketAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    Ok,
    /// It works, but not as well as it could.
    Warn,
    Fail,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub verdict: Verdict,
    /// What was looked at.
    pub check: &'static str,
    pub sentence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way_out: Option<String>,
}

pub fn ok(check: &'static str, sentence: impl Into<String>) -> Finding {
    Finding {
        verdict: Verdict::Ok,
        check,
        sentence: sentence.into(),
        way_out: None,
    }
}

pub fn warn(
    check: &'static str,
    sentence: impl Into<String>,
    way_out: impl Into<String>,
) -> Finding {
    Finding {
        verdict: Verdict::Warn,
        way_out: Some(way_out.into()),
        ..ok(check, sentence)
    }
}

pub fn fail(
    check: &'static str,
    sentence: impl Into<String>,
    way_out: impl Into<String>,
) -> Finding {
    Finding {
        verdict: Verdict::Fail,
        way_out: Some(way_out.into()),
        ..ok(check, sentence)
    }
}

impl Doctor {
    pub async fn run(self, say: &Say) -> Done {
        let mut findings = Vec::new();
        if !self.local {
            findings.extend(remote::check().await);
        }
        if !self.remote {
            let data = self.data.unwrap_or_else(usual_data);
            let kit = self.tee_kit.unwrap_or_else(usual_kit);
            findings.extend(local::check(&data, &kit, &[self.listen, self.proxy_listen]).await);
            findings.push(master::check(&self.master.file(&data), &data).await);
        }
        say.result(&findings, |all| all.iter().map(line).collect());
        let worst = findings.iter().map(|f| f.verdict).max();
        Ok(if worst == Some(Verdict::Fail) {
            Exit::Failed
        } else {
            Exit::Ok
        })
    }
}

fn line(finding: &Finding) -> String {
    let verdict = match finding.verdict {
        Verdict::Ok => "OK  ",
        Verdict::Warn => "WARN",
        Verdict::Fail => "FAIL",
    };
    let way_out = finding
        .way_out
        .as_ref()
        .map(|w| format!("      → {w}\n"))
        .unwrap_or_default();
    format!(
        "{verdict}  {}: {}\n{way_out}",
        finding.check, finding.sentence
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_that_is_not_ok_has_a_way_out() {
        assert_eq!(line(&ok("git", "2.39.")), "OK    git: 2.39.\n");
        assert_eq!(
            line(&fail("git", "Not there.", "Install it.")),
            "FAIL  git: Not there.\n      → Install it.\n"
        );
    }
}
