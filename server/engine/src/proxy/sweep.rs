//! The only timer of a serving thread: closes what waited too long.

use super::clock::now_ms;
use super::core::Core;
use super::link::Watch;
use std::sync::Arc;
use std::time::Duration;

const SWEEP_EVERY: Duration = Duration::from_millis(200);
/// A kept connection that was used just now is about to be used again: closing it would meet that
/// request on its way. Its next answer says that it closes.
const QUIET_MS: u64 = 1_000;
/// Idle upstream connections are looked at every so many sweeps.
const PRUNE_EVERY: u32 = 5;

pub async fn run(core: Arc<Core>) {
    let mut sweeps: u32 = 0;
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        sweep(&core, now_ms());
        sweeps = sweeps.wrapping_add(1);
        if sweeps.is_multiple_of(PRUNE_EVERY) {
            prune(&core, now_ms());
        }
    }
}

fn sweep(core: &Core, now_ms: u64) {
    core.set_tick(now_ms);
    let (limits, ending) = (&core.shared.options.limits, core.is_ending());
    let is_over = |watch: &Watch| {
        watch.is_overdue(now_ms, limits) || (ending && watch.is_idle_for(QUIET_MS, now_ms))
    };
    core.each_watch(|watch| {
        if is_over(watch) {
            watch.close();
        }
    });
}

fn prune(core: &Core, now_ms: u64) {
    let idle_before_ms = now_ms.saturating_sub(core.shared.options.limits.upstream_idle_timeout_ms);
    for live in core.shared.table.load().routes() {
        live.origins
            .iter()
            .for_each(|origin| origin.prune_idle(core.index, idle_before_ms));
    }
}
