"""Load by wrk, and what its report says."""
import re
import subprocess
from pathlib import Path

HOSTS = Path(__file__).with_name("hosts.lua")


def same_request(path="/", *fields):
    """The very same request again and again."""
    def run(subject, connections, seconds):
        return wrk(subject, connections, seconds, path, *flags)
    flags = [word for field in fields for word in ("-H", field)]
    return run


def random_host(subject, connections, seconds):
    """A host picked at random for every request."""
    return wrk(subject, connections, seconds, "/", "-s", str(HOSTS), after=("--", str(subject.hosts)))


def wrk(subject, connections, seconds, path, *flags, after=()):
    url = f"{subject.origin}:{subject.port}{path}"
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", *flags, url, *after]
    return read(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


def read(text):
    return {
        "count": int(re.search(r"(\d+) requests in", text).group(1)),
        "per_s": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        "p50_ms": milliseconds(re.search(r"50%\s+([\d.]+)(us|ms|s|m)\b", text)),
        "p99_ms": milliseconds(re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", text)),
        "failed": failures(text),
    }


def failures(text):
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return (int(bad.group(1)) if bad else 0) + (sum(map(int, errors.groups())) if errors else 0)


def milliseconds(match):
    return float(match.group(1)) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[match.group(2)]
