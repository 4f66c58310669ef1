//! A process of ours with everything that it started.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// Ends all of a group when it is dropped. The child must have been started with
/// `process_group(0)`, or the group would be our own.
pub struct Group(Option<Pid>);

impl Group {
    pub fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(id as i32)))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Gone already is what we want.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
