//! What the kernel of this machine counts of a container: the files of its control group, of
//! either version, and of its network namespace.

use domain::usage::Usage;
use std::path::{Path, PathBuf};

const ROOT: &str = "/sys/fs/cgroup";

/// `None` where that process is not (any more) the container's, or nothing can be read of it.
pub fn usage(pid: i64, container: &str) -> Option<Usage> {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let groups = std::fs::read_to_string(process.join("cgroup")).ok()?;
    let (cpu, memory) = (
        group(&groups, "cpuacct", container)?,
        group(&groups, "memory", container)?,
    );
    let net = std::fs::read_to_string(process.join("net/dev")).unwrap_or_default();
    let (rx_bytes, tx_bytes) = network(&net);
    Some(Usage {
        cpu_us: cpu_us(&cpu)?,
        rx_bytes,
        tx_bytes,
        ..held(&memory)?
    })
}

/// The directory of one controller, or of all of them, by a line like `4:cpu,cpuacct:/docker/3f2a…`
/// or `0::/system.slice/docker-3f2a….scope`.
fn group(groups: &str, controller: &str, container: &str) -> Option<PathBuf> {
    let lines = groups.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        rest.split_once(':')
    });
    let found = lines.filter_map(|(controllers, path)| {
        let of_all = controllers.is_empty();
        let is_it = of_all || controllers.split(',').any(|one| one == controller);
        // A number of a process is used again; an id of a container never is.
        let ours = path.contains(container) && !path.contains("..");
        let root = if of_all {
            ROOT.into()
        } else {
            Path::new(ROOT).join(controller)
        };
        (is_it && ours).then(|| root.join(path.trim_start_matches('/')))
    });
    // Where both versions are mounted, the older one has the numbers.
    let mut found: Vec<_> = found.filter(|dir| dir.is_dir()).collect();
    found.sort_by_key(|dir| !dir.starts_with(Path::new(ROOT).join(controller)));
    found.into_iter().next()
}

fn cpu_us(dir: &Path) -> Option<u64> {
    match number(&dir.join("cpuacct.usage")) {
        Some(ns) => Some(ns / 1_000),
        None => field(&dir.join("cpu.stat"), "usage_usec"),
    }
}

fn held(dir: &Path) -> Option<Usage> {
    let stat = dir.join("memory.stat");
    let of =
        |first: &str, second: &str| number(&dir.join(first)).or_else(|| number(&dir.join(second)));
    let used = of("memory.usage_in_bytes", "memory.current")?;
    let given_back = field(&stat, "total_inactive_file").or_else(|| field(&stat, "inactive_file"));
    Some(Usage {
        memory_bytes: used.saturating_sub(given_back.unwrap_or_default()),
        memory_limit_bytes: of("memory.limit_in_bytes", "memory.max").unwrap_or_default(),
        ..Usage::default()
    })
}

fn number(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Of lines like `inactive_file 4096`.
fn field(file: &Path, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value?.trim().parse().ok()
}

/// Received and sent, over every interface but the loopback.
fn network(text: &str) -> (u64, u64) {
    let counted = text.lines().filter_map(|line| {
        let (name, numbers) = line.split_once(':')?;
        let numbers: Vec<u64> = numbers
            .split_whitespace()
            .filter_map(|n| n.parse().ok())
            .collect();
        (name.trim() != "lo").then_some((*numbers.first()?, *numbers.get(8)?))
    });
    counted.fold((0, 0), |(rx, tx), (r, t)| (rx + r, tx + t))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p22_the_kernel_s_counts_of_a_network_are_read() {
        let text = "Inter-|   Receive    |  Transmit\n face |bytes    packets errs |bytes    packets\n    lo: 99 1 0 0 0 0 0 0 99 1 0 0 0 0 0 0\n  eth0: 1000 8 0 0 0 0 0 0 250 3 0 0 0 0 0 0\n  eth1: 1 1 0 0 0 0 0 0 2 1 0 0 0 0 0 0\n";
        assert_eq!(network(text), (1001, 252));
    }

    #[test]
    fn p22_a_process_of_another_container_says_nothing() {
        let pid = i64::from(std::process::id());
        assert_eq!(usage(pid, "3f2a91c00000"), None);
        assert_eq!(usage(-1, ""), None);
    }

    #[test]
    fn p22_either_version_of_control_groups_is_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let put = |name: &str, text: &str| {
            std::fs::write(dir.path().join(name), text).expect("a file");
        };
        put("cpu.stat", "usage_usec 5000\nuser_usec 1\n");
        put("memory.current", "9000\n");
        put("memory.max", "max\n");
        put("memory.stat", "inactive_file_x 1\ninactive_file 4000\n");
        assert_eq!(cpu_us(dir.path()), Some(5000));
        let two = held(dir.path()).expect("counts");
        assert_eq!((two.memory_bytes, two.memory_limit_bytes), (5000, 0));
        put("cpuacct.usage", "7000000\n");
        put("memory.limit_in_bytes", "65536\n");
        put("memory.usage_in_bytes", "10000\n");
        put("memory.stat", "inactive_file 1\ntotal_inactive_file 2000\n");
        assert_eq!(cpu_us(dir.path()), Some(7000));
        let one = held(dir.path()).expect("counts");
        assert_eq!((one.memory_bytes, one.memory_limit_bytes), (8000, 65_536));
    }
}
