//! The memory that the Engine's machine can spare for a build. Only where that machine is this one;
//! elsewhere a build has its limits and no more.

use super::Room;
use crate::driver::{BuildLimits, Lines};
use domain::admission::{Admission, Memory, admit};
use domain::view::Stream;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const LOOKS_AGAIN: Duration = Duration::from_secs(1);

/// What running builds may use, by build.
#[derive(Default)]
pub struct Promises(Mutex<BTreeMap<String, u64>>);

/// A build's promise; it ends with it.
pub struct Promise {
    build: String,
    all: Arc<Promises>,
}

impl Promises {
    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In one step, so that two builds never count on the same memory.
    fn ask(
        self: &Arc<Self>,
        build: &str,
        asked_mib: u64,
        available_mib: u64,
    ) -> Option<(Promise, u64)> {
        let mut all = self.all();
        let promised_mib = all.values().sum();
        let given = match admit(
            asked_mib,
            Memory {
                available_mib,
                promised_mib,
            },
        ) {
            Admission::Whole => asked_mib,
            Admission::Less(mib) => mib,
            Admission::Wait => return None,
        };
        all.insert(build.to_owned(), given);
        let promise = Promise {
            build: build.to_owned(),
            all: self.clone(),
        };
        Some((promise, given))
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.all.all().remove(&self.build);
    }
}

/// Waits until there is memory for it, and lowers its limit where there will not be more.
pub async fn memory(
    room: &Room,
    build: &str,
    limits: &mut BuildLimits,
    lines: &dyn Lines,
) -> Option<Promise> {
    let asked = u64::from(limits.memory_mib);
    let mut told = false;
    loop {
        let available = available_mib()?;
        if let Some((promise, given)) = room.promises.ask(build, asked, available) {
            if given < asked {
                lines.line(Stream::Note, &format!(
                    "The machine has {available} MiB of memory left: this build may use {given} MiB of the {asked} MiB that `build.memory` allows."
                ));
                limits.memory_mib = u32::try_from(given).unwrap_or(u32::MAX);
            }
            return Some(promise);
        }
        if !std::mem::replace(&mut told, true) {
            lines.line(Stream::Note, &format!(
                "Waits for memory: the machine has {available} MiB left, other builds may still use some of it, and this one {asked} MiB (`build.memory`)."
            ));
        }
        tokio::time::sleep(LOOKS_AGAIN).await;
    }
}

/// What the kernel could hand out without swapping; `None` where it does not say.
fn available_mib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_a_promise_counts_until_its_build_ends() {
        let all = Arc::new(Promises::default());
        let first = all.ask("a", 1000, 2000).expect("there is room");
        assert_eq!(first.1, 1000);
        assert!(all.ask("b", 1000, 2000).is_none());
        drop(first);
        assert!(all.ask("b", 1000, 2000).is_some());
    }
}
