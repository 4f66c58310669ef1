//! Commands inside fake instances.

use super::knob::{Knob, millis};
use super::{FakeDriver, Mode};
use crate::driver::{Command, DriverError, Exec, Executed};
use async_trait::async_trait;
use domain::instance::State;
use std::time::Duration;

#[async_trait]
impl Exec for FakeDriver {
    async fn exec(&self, command: Command<'_>) -> Result<Executed, DriverError> {
        let now = self.room.clock.now();
        let id = command.instance;
        let knob = self.verb("exec", &id.to_string(), |world| {
            let runs = world.get(id).filter(|i| i.state(now) == State::Running);
            runs.map(|instance| instance.knob)
                .ok_or_else(|| DriverError::Refused("The instance does not run just now.".into()))
        })?;
        let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
        let takes = match words.as_slice() {
            ["sleep", time] => Duration::from_millis(u64::from(millis(time).unwrap_or(0))),
            _ => Duration::ZERO,
        };
        let in_time = takes <= command.limit;
        // Where nothing has sockets, nothing takes time either.
        if self.room.mode == Mode::Sockets {
            tokio::time::sleep(takes.min(command.limit)).await;
        }
        let mut done = Executed {
            code: in_time.then(|| code(knob, &words)),
            ended: true,
            ..Executed::default()
        };
        done.print(
            format!("{}\n", words.join(" ")).as_bytes(),
            command.keep_bytes,
        );
        done.trim(command.keep_bytes);
        Ok(done)
    }
}

fn code(knob: Knob, words: &[&str]) -> i64 {
    match (knob, words) {
        (Knob::ExecFails { code }, _) => code,
        (_, ["exit", code]) => code.parse().unwrap_or(1),
        _ => 0,
    }
}
