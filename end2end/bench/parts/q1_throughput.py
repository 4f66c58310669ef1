"""Q-1: throughput and tail of the data plane under six loads, beside nginx, HAProxy and Caddy."""
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .table import CantRun, Row

SCRIPT = Path(__file__).resolve().parents[1] / "proxy" / "throughput"
NEEDED = ("wrk", "nginx", "haproxy", "caddy", "openssl")
PEERS = ("nginx", "haproxy")
CADDY_GOAL = 4
GROWTH_GOAL = 1.5


def run(binary, *flags):
    missing = [name for name in NEEDED if not shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")]
    if missing:
        raise CantRun(f"{', '.join(missing)} is not installed; `./setup bench` installs it")
    found = measure(binary, flags)
    rows = [row for load in found["loads"] for row in beside_peers(load)]
    rows += [Row("Q-1", f"{what}: not measured: {reason}", "–", "the same", None) for what, reason in found["not_measured"].items()]
    return rows + [growth(load) for load in found["loads"] if load["name"] == "hosts"]


def measure(binary, flags):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        done = subprocess.run([sys.executable, SCRIPT, binary, "--json", file.name, *flags], stdout=sys.stderr, check=False)
        if done.returncode:
            raise CantRun(f"{SCRIPT.name} ended with {done.returncode}")
        return json.loads(Path(file.name).read_text())


def beside_peers(load):
    subjects = {row["subject"]: row for row in load["rows"]}
    fastest = max(PEERS, key=lambda name: subjects[name]["per_s"])
    calmest = min(PEERS, key=lambda name: subjects[name]["p99_ms"])
    what = f"{load['unit']}/s, {load['what']}"
    rate = compared(subjects, fastest, "per_s", what, "≥ 1.0 × the better of nginx and HAProxy", at_least(1))
    rate.details = subjects
    return [
        rate,
        compared(subjects, calmest, "p99_ms", "p99 of the same", "no worse than theirs", lambda ratio: ratio <= 1),
        beside_caddy(load["name"], subjects, f"{what}, beside Caddy"),
    ]


def beside_caddy(load, subjects, what):
    """Q-1 names a goal beside Caddy for small answers only; for the rest it asks for the table."""
    if load == "small":
        return compared(subjects, "caddy", "per_s", what, f"≥ {CADDY_GOAL} × Caddy", at_least(CADDY_GOAL))
    return compared(subjects, "caddy", "per_s", what, "–", None)


def at_least(goal):
    return lambda ratio: ratio >= goal


def compared(subjects, peer, key, what, goal, is_met):
    """Requests that failed are no throughput: with one of ours, no goal is met."""
    ours = subjects["ours"]
    ratio = ours[key] / subjects[peer][key]
    met = is_met and is_met(ratio) and not ours["failed"]
    return Row("Q-1", what, shown(ours, key), goal, met, ratio=f"{ratio:.2f} ×",
               peer=f"{shown(subjects[peer], key)} ({peer})", floor=shown(subjects["direct"], key))


def shown(row, key):
    failed = f", {row['failed']} failed" if row["failed"] else ""
    if key == "p99_ms":
        return f"{row[key]:.2f} ms"
    if row["mb_per_s"]:
        return f"{row[key]:,.0f}, {row['mb_per_s']:,.0f} MB/s{failed}"
    return f"{row[key]:,.0f}{failed}"


def growth(load):
    """Q-7 in processor time: the rate also depends on what the load and the upstream use."""
    many, one = ({row["subject"]: row for row in load["rows"]}[name] for name in ("ours", "ours, 1 host"))
    ratio = many["cpu_us"] / one["cpu_us"]
    return Row("Q-7", f"processor time per request, {load['what']}", f"{many['cpu_us']:.1f} µs", f"≤ {GROWTH_GOAL} × with one host",
               ratio <= GROWTH_GOAL and not many["failed"], ratio=f"{ratio:.2f} ×",
               peer=f"{one['cpu_us']:.1f} µs (1 host)", details={"requests_per_s_ratio": one["per_s"] / many["per_s"]})
