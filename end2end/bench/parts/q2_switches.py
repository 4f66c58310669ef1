"""Q-2: a thousand switches under mixed load."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from .table import CantRun, Row

SCRIPT = Path(__file__).resolve().parents[1] / "proxy" / "switches"


def run(binary):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "switches.json"
        done = subprocess.run([sys.executable, SCRIPT, binary, "--json", str(file)], stdout=sys.stderr, check=False)
        if not file.exists():
            raise CantRun(f"{SCRIPT.name} ended with {done.returncode}")
        found = json.loads(file.read_text())
    asked = sum(found["asked"].values())
    details = {key: found[key] for key in ("asked", "p50_ms", "p99_ms", "max_ms")}
    return [
        Row("Q-2", f"failed of {asked:,} requests in {found['switches']:,} switches", str(len(found["failures"])), "0",
            not found["failures"], details={**details, "failures": found["failures"][:100]}),
        Row("Q-2", "decision to first request on the new version, p99", f"{found['p99_ms']:.2f} ms", "< 5 ms", found["p99_ms"] < 5),
    ]
