//! One run: which instance, the command or the call in it, and what came of it.

use super::Crons;
use super::http::HttpCall;
use crate::driver::{Command, DriverError, Scope};
use crate::runtimes::Place;
use crate::store::cron::{Claimed, Ended};
use domain::cron::{Call, MAX_OUTPUT_BYTES, RunStatus};
use domain::deployment::{Deployment, Phase};
use domain::id::InstanceId;
use domain::instance::{Observed, State};
use std::net::SocketAddr;
use std::time::Duration;

/// Where it runs.
struct Stage {
    deployment: Deployment,
    place: Place,
    instance: InstanceId,
    address: Option<SocketAddr>,
}

impl Crons {
    pub async fn carry_out(&self, claimed: &Claimed) -> Ended {
        match self.stage(claimed).await {
            Err(ended) => ended,
            Ok(stage) => {
                let ended = match claimed.cron.cron.call() {
                    Call::Command(argv) => command(&stage, argv, self.limit(claimed)).await,
                    Call::Http(path) => self.http(&stage, path, claimed).await,
                };
                let redactor = self.vault.redactor_or_blind(&stage.deployment).await;
                Ended {
                    output: redactor.redact(&ended.output).into_owned(),
                    deployment: Some(stage.deployment.id),
                    ..ended
                }
            }
        }
    }

    fn limit(&self, claimed: &Claimed) -> Duration {
        Duration::from_secs(u64::from(claimed.cron.cron.timeout_s))
    }

    /// An instance of the version that serves, or how the run ended without one.
    async fn stage(&self, claimed: &Claimed) -> Result<Stage, Ended> {
        let environment = self
            .store
            .environment_of_any(&claimed.run.environment)
            .await
            .map_err(failed)?;
        let active = match environment.and_then(|e| e.active) {
            Some(id) => self.store.deployment_of_any(&id).await.map_err(failed)?,
            None => None,
        };
        let Some(deployment) = active else {
            return Err(skipped(
                "Nothing serves here, so there was nothing to run it in.",
            ));
        };
        if deployment.phase == Phase::Paused {
            return Err(skipped("The deployment is paused, and its crons with it."));
        }
        let place = self
            .runtimes
            .of(&deployment.runtime)
            .await
            .map_err(failed)?;
        let seen = place
            .driver
            .observe(Scope::Environment(&deployment.environment))
            .await
            .map_err(failed)?;
        let Some(found) = seen.into_iter().find(|o| serves(o, &deployment)) else {
            return Err(failed(format!(
                "No instance of #{} runs just now.",
                deployment.number
            )));
        };
        Ok(Stage {
            deployment,
            place,
            instance: found.id,
            address: found.address,
        })
    }

    async fn http(&self, stage: &Stage, path: &str, claimed: &Claimed) -> Ended {
        let Some(address) = stage.address else {
            return failed("The instance has no address just now.");
        };
        let key = self.key.of_environment(&claimed.run.environment);
        let call = HttpCall {
            address,
            path,
            name: &claimed.run.name,
            run: claimed.run.id.as_str(),
            key: &key,
            now: self.clock.now(),
        };
        let limit = self.limit(claimed);
        match tokio::time::timeout(limit, call.make(MAX_OUTPUT_BYTES)).await {
            Err(_) => failed(late(limit)),
            Ok(Err(what)) => failed(format!("The instance {what}.")),
            Ok(Ok(answered)) => {
                let fine = (200..300).contains(&answered.status);
                Ended {
                    code: Some(i64::from(answered.status)),
                    output: String::from_utf8_lossy(&answered.body).into_owned(),
                    output_cut: answered.cut,
                    ..judged(fine, format!("It answered {}.", answered.status))
                }
            }
        }
    }
}

async fn command(stage: &Stage, argv: &[String], limit: Duration) -> Ended {
    let Some(exec) = stage.place.driver.exec() else {
        return failed("This runtime runs no commands in its instances. Use `http` instead.");
    };
    let command = Command {
        instance: &stage.instance,
        argv,
        limit,
        keep_bytes: MAX_OUTPUT_BYTES,
    };
    match exec.exec(command).await {
        Err(DriverError::Refused(sentence) | DriverError::Unreachable(sentence)) => {
            failed(sentence)
        }
        Ok(done) => {
            let ended = match done.code {
                Some(code) => judged(code == 0, format!("It exited with {code}.")),
                None if done.ended => failed(late(limit)),
                None => failed(format!(
                    "{} It could not be ended, and may still run in its container.",
                    late(limit)
                )),
            };
            Ended {
                code: done.code,
                output: String::from_utf8_lossy(&done.output).into_owned(),
                output_cut: done.cut,
                ..ended
            }
        }
    }
}

fn serves(seen: &Observed, deployment: &Deployment) -> bool {
    seen.id.deployment == deployment.id && seen.state == State::Running
}

fn late(limit: Duration) -> String {
    format!(
        "It took longer than its limit of {} s and was ended.",
        limit.as_secs()
    )
}

fn judged(fine: bool, sentence: String) -> Ended {
    if fine {
        Ended {
            sentence: None,
            ..ended(RunStatus::Success, String::new())
        }
    } else {
        ended(RunStatus::Failure, sentence)
    }
}

fn failed(sentence: impl ToString) -> Ended {
    ended(RunStatus::Failure, sentence.to_string())
}

fn skipped(sentence: &str) -> Ended {
    ended(RunStatus::Skipped, sentence.to_owned())
}

fn ended(status: RunStatus, sentence: String) -> Ended {
    Ended {
        status,
        sentence: Some(sentence),
        deployment: None,
        code: None,
        output: String::new(),
        output_cut: false,
    }
}
