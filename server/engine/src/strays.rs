//! What an earlier boot left running in its scratch directory: a `kill -9` reaches no child, so a
//! browser goes on writing there until somebody ends it.

use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::path::Path;
use std::time::Duration;

const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// Ends what works in the directory, and empties it. What can't be removed stays, and says so:
/// scratch is no reason not to start.
pub fn clear(scratch: &Path) {
    for _ in 0..TRIES {
        for stray in working_in(scratch) {
            tracing::info!(
                pid = stray.as_raw_nonzero(),
                "ending what an earlier boot left running"
            );
            let _ = kill_process(stray, Signal::KILL);
        }
        match empty(scratch) {
            Ok(()) => return,
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
    tracing::warn!(dir = %scratch.display(), "can't be emptied");
}

fn empty(dir: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => std::fs::remove_dir_all(entry.path())?,
            false => std::fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

/// By working directory: each tool is started in a room of its own under scratch.
fn working_in(scratch: &Path) -> Vec<Pid> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return vec![];
    };
    processes
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let cwd = std::fs::read_link(entry.path().join("cwd")).ok()?;
            cwd.starts_with(scratch)
                .then(|| Pid::from_raw(pid))
                .flatten()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn q20_what_still_writes_there_is_ended_and_nothing_of_it_stays() {
        let dir = tempfile::tempdir().unwrap();
        let scratch = dir.path().canonicalize().unwrap().join("scratch");
        let room = scratch.join("room");
        std::fs::create_dir_all(&room).unwrap();
        let mut child = Command::new("sleep")
            .arg("1000")
            .current_dir(&room)
            .spawn()
            .unwrap();
        clear(&scratch);
        assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0);
        assert!(!child.wait().unwrap().success());
    }
}
