"""Q-1: requests per second and tail of the data plane, beside nginx, HAProxy and Caddy."""
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .table import CantRun, Row

SCRIPT = Path(__file__).resolve().parents[1] / "proxy" / "throughput"
NEEDED = ("wrk", "nginx", "haproxy", "caddy")


def run(binary):
    missing = [name for name in NEEDED if not shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")]
    if missing:
        raise CantRun(f"{', '.join(missing)} is not installed; `./setup bench` installs it")
    measured = {row["subject"]: row for row in measure(binary)}
    ours, peers = measured["ours"], {name: measured[name] for name in ("nginx", "haproxy")}
    fastest = max(peers, key=lambda name: peers[name]["requests_per_s"])
    calmest = min(peers, key=lambda name: peers[name]["p99_ms"])
    return [
        row("requests/s, keep-alive, 64 connections", "requests_per_s", measured, fastest, 1.0, "≥ 1.0 × the better of nginx and HAProxy", "{:,.0f}"),
        tail(ours, peers[calmest], measured["direct"], calmest),
        row("requests/s beside Caddy", "requests_per_s", measured, "caddy", 4.0, "≥ 4 × Caddy", "{:,.0f}"),
    ]


def measure(binary):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        done = subprocess.run([sys.executable, SCRIPT, binary, "--json", file.name], stdout=sys.stderr, check=False)
        if done.returncode:
            raise CantRun(f"{SCRIPT.name} ended with {done.returncode}")
        return json.loads(Path(file.name).read_text())["rows"]


def row(what, key, measured, peer, least, goal, form):
    ratio = measured["ours"][key] / measured[peer][key]
    return Row("Q-1", what, form.format(measured["ours"][key]), goal, ratio >= least and not measured["ours"]["failed"],
               ratio=f"{ratio:.2f} ×", peer=f"{form.format(measured[peer][key])} ({peer})",
               floor=form.format(measured["direct"][key]), details=measured)


def tail(ours, peer, direct, name):
    ratio = ours["p99_ms"] / peer["p99_ms"]
    return Row("Q-1", "p99 of the same", f"{ours['p99_ms']:.2f} ms", "no worse than theirs", ratio <= 1,
               ratio=f"{ratio:.2f} ×", peer=f"{peer['p99_ms']:.2f} ms ({name})", floor=f"{direct['p99_ms']:.2f} ms")
