"""The loads of Q-1, each with what stands behind the proxies for it."""
from collections.abc import Callable
from dataclasses import dataclass

from . import processor, subjects, upstreams, wrk
from .sockets import ping_pong

MANY_HOSTS = 10_000


@dataclass(frozen=True)
class Load:
    name: str
    what: str
    run: Callable
    upstream: Callable = upstreams.web
    unit: str = "requests"
    hosts: int = 1
    # Between the load and the proxies; behind them there is none.
    tls: bool = False
    # Of one answer's body, where that is the load.
    body_bytes: int = 0


LOADS = [
    Load("small", "keep-alive, small answer", wrk.same_request()),
    Load("tls", "keep-alive, small answer, TLS 1.3", wrk.same_request(), tls=True),
    Load("bodies", "1 MiB bodies", wrk.same_request("/mebibyte"), body_bytes=upstreams.MEBIBYTE),
    # wrk counts from the request's first byte, so connecting itself is in the rate and not in the tail.
    Load("connections", "a new connection per request", wrk.same_request("/", "Connection: close")),
    Load("hosts", f"{MANY_HOSTS:,} hosts", wrk.random_host, hosts=MANY_HOSTS),
    Load("sockets", "WebSocket echo of 125 bytes", ping_pong, upstream=upstreams.echo, unit="messages"),
]
# Loads that Q-1 asks for and that nobody can measure yet, with the reason.
NOT_MEASURED = {}


def measure(load, options):
    """One dictionary per round: what was found, by subject."""
    with subjects.running(options.command, load.upstream, load.hosts, load.tls) as found:
        return [{name: one(load, subject, options) for name, subject in found.items()} for _ in range(options.rounds)]


def one(load, subject, options):
    before = processor.seconds(subject.pid)
    found = load.run(subject, options.connections, options.seconds)
    used_s = processor.seconds(subject.pid) - before
    found["cpu_us"] = 1e6 * used_s / found["count"] if subject.pid else None
    found["mb_per_s"] = found["per_s"] * load.body_bytes / 1e6 if load.body_bytes else None
    return found
