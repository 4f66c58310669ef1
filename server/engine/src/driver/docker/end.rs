//! Ends a process of a container from outside. Only where the Engine is on this machine and we
//! may: what is killed is first seen to belong to that container.

use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;

/// A command with more descendants than this is ended as far as that.
const MOST: usize = 4_096;

/// The process and all that it started; whether it was ended.
pub fn tree(pid: i64, container: &str) -> bool {
    let Ok(root) = i32::try_from(pid) else {
        return false;
    };
    if root <= 1 || !is_of(root, container) {
        return false;
    }
    let mut all = vec![root];
    let mut at = 0;
    while at < all.len() && all.len() < MOST {
        all.extend(children(all[at]));
        at += 1;
    }
    // The parent first: it must not start others in place of those that end.
    let ended = all.iter().map(|pid| kill(*pid, container));
    ended.fold(None, |first, killed| first.or(Some(killed))) == Some(true)
}

/// Asked again right before: the number may be another's by now.
fn kill(pid: i32, container: &str) -> bool {
    is_of(pid, container)
        && Pid::from_raw(pid).is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

/// The Engine puts every process of a container into a control group that is named after it.
fn is_of(pid: i32, container: &str) -> bool {
    let groups = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("cgroup"));
    !container.is_empty() && groups.is_ok_and(|text| text.contains(container))
}

fn children(pid: i32) -> Vec<i32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_the_container_is_left_alone() {
        let mut other = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .expect("a process");
        let pid = i64::from(other.id());
        assert!(!tree(pid, "0123456789abcdef0123456789abcdef"));
        assert!(!tree(pid, "") && !tree(1, "/") && !tree(i64::MAX, "x"));
        assert!(other.try_wait().expect("it can be asked").is_none());
        other.kill().expect("it runs");
        other.wait().expect("it ends");
    }
}
