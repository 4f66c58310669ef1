"""Q-4: memory and processor of a Sealdock that does nothing but keep 50 apps live."""
import os
import time
from pathlib import Path

from .engine import Engine, build_image, remove_image
from .server import Server
from .table import Row

APPS = 50
REST_S = 20
# As long as the sweep over all environments takes to come round.
WATCH_S = 60
MIB = 1024 * 1024


def run(binary):
    Engine()  # Real containers: what is idle is also watched.
    tag = f"sealdock-bench:idle-{os.getpid()}"
    build_image(tag, "idle")
    try:
        with Server(binary) as server:
            fill(server, tag)
            time.sleep(REST_S)
            pids = {"serve": server.process.pid, "proxy": server.proxy_pid()}
            before = {name: processor_s(pid) for name, pid in pids.items()}
            time.sleep(WATCH_S)
            used = {name: (processor_s(pid) - before[name]) / WATCH_S * 100 for name, pid in pids.items()}
            memory = {name: rss_mib(pid) for name, pid in pids.items()}
    finally:
        remove_image(tag)
    size = os.path.getsize(binary) / MIB
    return [
        Row("Q-4", f"memory with {APPS} live apps (RSS of both)", f"{sum(memory.values()):.1f} MiB", "< 30 MiB", sum(memory.values()) < 30,
            details=memory),
        Row("Q-4", f"processor over {WATCH_S} s of rest", f"{sum(used.values()):.2f} % of a core", "< 0.5 %", sum(used.values()) < 0.5, details=used),
        Row("Q-4", "the binary", f"{size:.1f} MiB", "< 40 MiB", size < 40),
    ]


def fill(server, tag):
    config = {"health": {"path": "/health"}, "resources": {"cpus_milli": 100, "memory_mib": 32}}
    made = [server.create(f"app-{number}", tag, config)["id"] for number in range(APPS)]
    for deployment in made:
        server.until(deployment, "live")
    server.until_quiet(made)


def processor_s(pid):
    """To the nanosecond, by the process's own clock (clock_getcpuclockid(3)). The ticks in
    /proc/PID/stat are samples of 10 ms: what wakes by a timer, as everything here does at rest,
    is met by them far more often than it runs."""
    return time.clock_gettime((~pid << 3) | 2)


def rss_mib(pid):
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
