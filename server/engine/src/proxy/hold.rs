//! Requests that wait in the gap of a `replace`, instead of being answered 503 at once (I-9).
//!
//! Bounded in time by the route, in number by the process, and in bytes by that: nothing is read of
//! the body of a request that waits, so it holds what its header holds.

use super::answer::find;
use super::link::Link;
use super::table::Door;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// There are few of them, and one look is one load of a pointer and one look-up.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// One of the requests that the process may hold.
struct Held<'a>(&'a Link);

impl<'a> Held<'a> {
    fn count(link: &'a Link) -> Option<Self> {
        let shared = &link.core.shared;
        let before = shared.held.fetch_add(1, Relaxed);
        let held = Self(link);
        (before < shared.options.limits.max_held_requests).then_some(held)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.core.shared.held.fetch_sub(1, Relaxed);
    }
}

/// Where the request leads once it need not wait any more: the new version, or the same page.
/// One too many is not held, and neither is any while this process is about to end.
pub async fn out(link: &Link, mut door: Arc<Door>, authority: &str) -> Arc<Door> {
    let began = Instant::now();
    let Some(_held) = wants_to(&door, began).then(|| Held::count(link)).flatten() else {
        return door;
    };
    while wants_to(&door, began) && !link.core.is_ending() {
        sleep(LOOK_EVERY).await;
        match find(link, authority) {
            Some(now) => door = now,
            None => break,
        }
    }
    door
}

fn wants_to(door: &Door, began: Instant) -> bool {
    let most = Duration::from_secs(door.route.target.hold_s().into());
    began.elapsed() < most
}
