//! How the boot went, step by step: on the console while it goes on, and in the evidence.

use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

#[derive(Clone, Debug, Serialize)]
pub struct Step {
    name: &'static str,
    status: &'static str,
    ms: u64,
    detail: String,
}

#[derive(Default)]
pub struct Steps(Mutex<Vec<Step>>);

impl Steps {
    /// Runs a step. What fails ends the boot: nothing is served by half.
    pub fn run<T>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, String> {
        let begun = Instant::now();
        let done = work();
        let (status, detail) = match &done {
            Ok(_) => ("ok", String::new()),
            Err(e) => ("failed", e.clone()),
        };
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        println!("tee: {name} {status} {ms} ms {detail}");
        self.note(Step {
            name,
            status,
            ms,
            detail,
        });
        done.map_err(|e| format!("{name}: {e}"))
    }

    pub fn skip(&self, name: &'static str, detail: &str) {
        let detail = detail.to_owned();
        self.note(Step {
            name,
            status: "skipped",
            ms: 0,
            detail,
        });
    }

    fn note(&self, step: Step) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(step);
    }

    pub fn all(&self) -> Vec<Step> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
