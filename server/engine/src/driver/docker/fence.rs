//! A build's control group: what all the steps of one build may use together.
//!
//! BuildKit takes no limits over the API, only the name of the group its steps run under; so the
//! group is made here, with the limits in it. That needs the Engine on this machine and the right
//! to write `/sys/fs/cgroup`. An Engine before 23.0 (API 1.42) takes no name either: all its
//! builds share the group `docker/buildkit`, which then gets the sum of what runs.

use crate::driver::BuildLimits;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const ROOT: &str = "/sys/fs/cgroup";
const OURS: &str = "sealdock";
const SHARED: &str = "docker/buildkit";
const CONTROLLERS: [&str; 3] = ["memory", "cpu", "pids"];
/// Against the 100 (or 1024) of everything else, where a group can't be idle.
const WEIGHT: u64 = 10;
pub const SHARES: u32 = 102;
pub const PERIOD_US: u32 = 100_000;
/// Its steps are ended by the Engine; until the last is, the group can't be removed.
const REMOVALS: u32 = 100;
const BETWEEN: Duration = Duration::from_millis(100);

/// The limits of the builds that share a group, by build.
#[derive(Default)]
pub struct Sharing(Mutex<BTreeMap<String, BuildLimits>>);

/// Stands as long as it is kept.
pub struct Fence {
    groups: Groups,
    kind: Kind,
}

enum Kind {
    Own(String),
    Shared { build: String, with: Arc<Sharing> },
}

impl Fence {
    /// A group for this build alone.
    pub fn own(installation: &str, build: &str, limits: &BuildLimits) -> io::Result<Self> {
        let name = format!("{OURS}/{installation}/{build}");
        let groups = Groups::of(Path::new(ROOT), &name);
        groups.make()?;
        // A weight counts among neighbours: those of the group that holds all builds are the apps.
        groups.named(OURS).yields()?;
        let fence = Self {
            groups,
            kind: Kind::Own(name),
        };
        fence.groups.limit(limits)?;
        Ok(fence)
    }

    /// A place in the group that all BuildKit builds of an older Engine run in.
    pub fn shared(build: &str, limits: &BuildLimits, with: &Arc<Sharing>) -> io::Result<Self> {
        let fence = Self {
            groups: Groups::of(Path::new(ROOT), SHARED),
            kind: Kind::Shared {
                build: build.to_owned(),
                with: with.clone(),
            },
        };
        fence.groups.make()?;
        fence.groups.yields()?;
        let mut all = with.all();
        all.insert(build.to_owned(), *limits);
        fence.groups.limit(&sum(&all))?;
        drop(all);
        Ok(fence)
    }

    /// What the builder is told.
    pub fn parent(&self) -> Option<String> {
        match &self.kind {
            Kind::Own(name) => Some(format!("/{name}")),
            Kind::Shared { .. } => None,
        }
    }
}

impl Drop for Fence {
    fn drop(&mut self) {
        match &self.kind {
            Kind::Own(_) => self.groups.clone().remove_soon(),
            Kind::Shared { build, with } => {
                let mut all = with.all();
                all.remove(build);
                // The last one leaves its limits behind, so that none is ever without.
                if !all.is_empty() {
                    let _ = self.groups.limit(&sum(&all));
                }
            }
        }
    }
}

/// Removes what a killed boot of this installation left, but for groups that something runs in.
pub fn sweep(installation: &str) {
    let groups = Groups::of(Path::new(ROOT), &format!("{OURS}/{installation}"));
    groups.directories().iter().for_each(|at| {
        remove(at);
    });
}

impl Sharing {
    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, BuildLimits>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sum(all: &BTreeMap<String, BuildLimits>) -> BuildLimits {
    let nothing = BuildLimits {
        memory_mib: 0,
        cpus_milli: 0,
        pids: 0,
    };
    all.values().fold(nothing, |sum, one| BuildLimits {
        memory_mib: sum.memory_mib.saturating_add(one.memory_mib),
        cpus_milli: sum.cpus_milli.saturating_add(one.cpus_milli),
        pids: sum.pids.saturating_add(one.pids),
    })
}

/// Where a group's files are: in one tree, or (version 1) in one per controller.
#[derive(Clone)]
struct Groups {
    unified: bool,
    root: PathBuf,
    name: String,
}

impl Groups {
    fn of(root: &Path, name: &str) -> Self {
        Self {
            unified: root.join("cgroup.controllers").is_file(),
            root: root.to_owned(),
            name: name.to_owned(),
        }
    }

    fn directories(&self) -> Vec<PathBuf> {
        match self.unified {
            true => vec![self.root.join(&self.name)],
            false => CONTROLLERS
                .map(|c| self.root.join(c).join(&self.name))
                .into(),
        }
    }

    fn make(&self) -> io::Result<()> {
        for directory in self.directories() {
            std::fs::create_dir_all(&directory)?;
        }
        if self.unified {
            self.delegate()
        } else {
            Ok(())
        }
    }

    /// In the one tree, a group has the controllers that every group above it hands down.
    fn delegate(&self) -> io::Result<()> {
        let mut at = self.root.clone();
        for part in Path::new(&self.name) {
            std::fs::write(at.join("cgroup.subtree_control"), "+memory +cpu +pids")?;
            at.push(part);
        }
        Ok(())
    }

    fn named(&self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self.clone()
        }
    }

    /// An idle group runs when nobody else wants to, and is left at once when somebody does. It takes
    /// no weight. A kernel before Linux 5.15 has none, and shares by weight.
    fn yields(&self) -> io::Result<()> {
        let (at, file, weight) = match self.unified {
            true => (self.root.join(&self.name), "cpu.weight", WEIGHT),
            false => (
                self.root.join("cpu").join(&self.name),
                "cpu.shares",
                SHARES.into(),
            ),
        };
        match at.join("cpu.idle").exists() {
            true => write(&at, "cpu.idle", 1),
            false => write(&at, file, weight),
        }
    }

    fn limit(&self, limits: &BuildLimits) -> io::Result<()> {
        let bytes = u64::from(limits.memory_mib) << 20;
        let quota = limits.cpu_quota_us(PERIOD_US);
        if self.unified {
            let at = self.root.join(&self.name);
            write(&at, "memory.max", bytes)?;
            // Where the kernel counts no swap there is none to limit.
            let _ = write(&at, "memory.swap.max", 0);
            write(&at, "cpu.max", format!("{quota} {PERIOD_US}"))?;
            return write(&at, "pids.max", limits.pids);
        }
        let [memory, cpu, pids] = CONTROLLERS.map(|c| self.root.join(c).join(&self.name));
        // The limit with swap is never below the one without, whichever way both go.
        let _ = write(&memory, "memory.memsw.limit_in_bytes", "-1");
        write(&memory, "memory.limit_in_bytes", bytes)?;
        let _ = write(&memory, "memory.memsw.limit_in_bytes", bytes);
        write(&cpu, "cpu.cfs_period_us", PERIOD_US)?;
        write(&cpu, "cpu.cfs_quota_us", quota)?;
        write(&pids, "pids.max", limits.pids)
    }

    fn remove_soon(self) {
        std::thread::spawn(move || {
            for _ in 0..REMOVALS {
                if self.directories().iter().all(|at| remove(at)) {
                    return;
                }
                std::thread::sleep(BETWEEN);
            }
            tracing::warn!(
                group = self.name,
                "a build's control group could not be removed"
            );
        });
    }
}

fn write(at: &Path, file: &str, value: impl ToString) -> io::Result<()> {
    std::fs::write(at.join(file), value.to_string())
}

/// The group and the groups in it; a control group's files can't be deleted and go with it.
fn remove(at: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(at) else {
        return !at.exists();
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    std::fs::remove_dir(at).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BuildLimits = BuildLimits {
        memory_mib: 64,
        cpus_milli: 1500,
        pids: 100,
    };

    fn read(at: &Path) -> String {
        std::fs::read_to_string(at).unwrap_or_default()
    }

    #[test]
    fn p5_limits_go_into_the_one_tree_or_into_one_per_controller() {
        let dir = tempfile::tempdir().expect("a directory");
        let groups = Groups::of(dir.path(), "sealdock/x");
        groups.make().expect("it is made");
        groups.limit(&LIMITS).expect("it is limited");
        let at = |file: &str| read(&dir.path().join(file));
        assert_eq!(at("memory/sealdock/x/memory.limit_in_bytes"), "67108864");
        assert_eq!(at("cpu/sealdock/x/cpu.cfs_quota_us"), "150000");
        assert_eq!(at("pids/sealdock/x/pids.max"), "100");
        let apart = groups.named("sealdock");
        apart.yields().expect("it yields");
        assert_eq!(at("cpu/sealdock/cpu.shares"), "102");
        std::fs::write(dir.path().join("cpu/sealdock/cpu.idle"), "0").expect("a file");
        apart.yields().expect("it yields");
        assert_eq!(at("cpu/sealdock/cpu.idle"), "1");

        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("cgroup.controllers"), "memory").expect("a file");
        let groups = Groups::of(dir.path(), "sealdock/x");
        groups.make().expect("it is made");
        groups.limit(&LIMITS).expect("it is limited");
        let at = |file: &str| read(&dir.path().join(file));
        assert_eq!(at("sealdock/x/memory.max"), "67108864");
        assert_eq!(at("sealdock/x/cpu.max"), "150000 100000");
        assert_eq!(at("sealdock/x/pids.max"), "100");
        assert!(at("sealdock/cgroup.subtree_control").contains("+pids"));
        assert!(
            !dir.path()
                .join("sealdock/x/cgroup.subtree_control")
                .exists()
        );
    }

    #[test]
    fn p5_builds_that_share_a_group_have_the_sum() {
        let all = [("a", LIMITS), ("b", LIMITS)].map(|(name, l)| (name.to_owned(), l));
        let sum = sum(&all.into());
        assert_eq!((sum.memory_mib, sum.cpus_milli, sum.pids), (128, 3000, 200));
    }
}
