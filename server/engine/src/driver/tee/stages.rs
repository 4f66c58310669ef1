//! How long each step took on this side, before the guest's first instruction.

use domain::attest::{Boot, Status};
use std::time::Instant;

pub struct Stages {
    since: Instant,
    pub all: Vec<Boot>,
}

impl Default for Stages {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            all: vec![],
        }
    }
}

impl Stages {
    /// It is done, and the next begins.
    pub fn done(&mut self, name: &str) {
        let ms = self.since.elapsed().as_millis();
        self.all.push(Boot {
            name: name.to_owned(),
            status: Status::Ok,
            ms: u64::try_from(ms).unwrap_or(u64::MAX),
            detail: String::new(),
        });
        self.since = Instant::now();
    }
}
