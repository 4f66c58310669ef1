"""Q-24: one push told of ten thousand times: again, under other names, out of order and forged."""
import concurrent.futures
import contextlib
import hashlib
import hmac
import json
import os
import random
import socket
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from .engine import Engine, first_answer
from .repository import begin, commit, source
from .server import Server, eventually
from .table import Row

DELIVERIES = int(os.environ.get("SEALDOCK_BENCH_DELIVERIES", "10000"))
# Of a hundred. Whoever sends again may do it under the same id, or under another one; with the
# same body, or with one that says the same; and late, of a commit that is long over.
MIX = {"duplicate": 25, "replayed": 25, "renewed": 15, "reordered": 15, "forged": 10, "forged from one address": 10}
SENDERS, PROCESSES = 48, 2
# Below what one address may get wrong before it is not read any more.
FORGED_EACH = 10
OLDER = 20
HOST = "bench.localhost"
CONFIG = "health:\n  path: /health\ndrain_s: 1\n"
DOCKERFILE = 'FROM scratch\nCOPY --chmod=755 hello /\nCOPY version /\nENTRYPOINT ["/hello"]\n'
FORGED = ("forged", "forged from one address")
GIVEN_UP_S = 30
COMMITS = 500
SETTLED_S = 1200


def run(binary):
    Engine()
    with Server(binary) as server, tempfile.TemporaryDirectory(prefix="sealdock-bench-") as folder:
        tree = Path(folder) / "app"
        app = deployed(server, tree)
        hook = server.call("POST", f"/v2/projects/{app['project']}/git/hook")
        server.call("POST", f"/v2/environments/{app['environment']}/tracking", {"branch": "main"})
        older = [commit(tree, {"version": f"older-{n}\n"}) for n in range(OLDER)]
        head = commit(tree, {"version": "b\n"})
        floor_s = flood(server, senders_of([("health", health(server))] * DELIVERIES))[1]
        disk = commits_per_second(server.data)
        told, took_s = flood(server, senders_of(deliveries(server, hook, older, head)))
        answered = time.perf_counter()
        rows = settled(server, app["project"])
        handled_s = time.perf_counter() - answered
        first_answer(server.proxy_port, HOST, "b")
        made = server.call("GET", f"/v2/deployments?project={app['project']}")["items"]
    return judged(told, rows, made, {"took": took_s, "health": floor_s, "handled": handled_s}, disk)


def deployed(server, tree):
    begin(tree, "hello")
    commit(tree, {"version": "a\n", "Dockerfile": DOCKERFILE, "sealdock.yml": CONFIG})
    app = server.call("POST", "/v2/projects", {"name": "bench", "source": source(tree)})["summary"]
    server.until_quiet([server.until(app["id"], "live")["id"]])
    return app


def judged(told, rows, made, seconds, disk):
    """`told`: how often each kind was answered with which status; `rows`: what the product lists."""
    signed = sum(count for (kind, _), count in told.items() if kind not in FORGED)
    forged = sum(count for (kind, _), count in told.items() if kind in FORGED)
    accepted = sum(count for (kind, status), count in told.items() if kind not in FORGED and status == 202)
    statuses = Counter()
    for (kind, status), count in told.items():
        if kind in FORGED:
            statuses[status] += count
    # 429 is what an address is told that was wrong too often: it is not even read.
    let_in = forged - sum(statuses[status] for status in (401, 403, 429))
    listed = sum(1 + row["repeats"] for row in rows)
    missing = (signed - accepted) + abs(accepted - listed)
    effects = Counter(row["effect"] for row in rows)
    details = {"told": {f"{kind}: {status}": count for (kind, status), count in sorted(told.items(), key=str)},
               "listed": listed, "effects": dict(effects), "seconds": seconds}
    ours, floor = DELIVERIES / seconds["took"], DELIVERIES / seconds["health"]
    refused = ", ".join(f"{count:,} × {status}" for status, count in sorted(statuses.items(), key=str))
    return [
        Row("Q-24", f"deployments of one push, told of {DELIVERIES:,} times", str(len(made) - 1), "1", len(made) == 2, details=details),
        Row("Q-24", f"of {signed:,} rightly signed deliveries not answered 202, or not in the list ({len(rows):,} and their repeats)", str(missing), "0", missing == 0),
        Row("Q-24", f"of {forged:,} forged ones not refused ({refused})", str(let_in), "0", let_in == 0),
        Row("Q-24", f"deliveries/s, each in the database before its answer (all handled {seconds['handled']:.0f} s after the last); peer: SQLite's commits alone; floor: /healthz",
            f"{ours:,.0f}", "–", None, ratio=f"{ours / floor:.2f} ×", peer=f"{disk:,.0f}", floor=f"{floor:,.0f}"),
    ]


def commits_per_second(folder):
    """A row in a transaction of its own, again and again, in a database opened as the product opens its own."""
    with contextlib.closing(sqlite3.connect(folder / "alone.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("CREATE TABLE told (id INTEGER PRIMARY KEY, body TEXT)")
        began = time.perf_counter()
        for _ in range(COMMITS):
            database.execute("INSERT INTO told (body) VALUES (?)", ("x" * 500,))
        return COMMITS / (time.perf_counter() - began)


def settled(server, project):
    """Every delivery that the product lists, once none of them waits."""
    def look():
        rows = all_of(server, f"/v2/projects/{project}/git/deliveries")
        return rows if not any(row["waiting"] for row in rows) else None
    return eventually("every delivery is handled", look, SETTLED_S, every_s=1)


def all_of(server, path):
    page = server.call("GET", path)
    rows = page["items"]
    while page.get("next"):
        page = server.call("GET", f"{path}?cursor={page['next']}")
        rows += page["items"]
    return rows


def deliveries(server, hook, older, head):
    """Kinds and requests, in no order."""
    [path] = [one["path"] for one in hook["hook"]["paths"] if one["provider"] == "github"]
    request = lambda *what, **how: signed_request(server, path, hook["secret"], *what, **how)  # noqa: E731
    chance = random.Random(24)
    make = {
        "duplicate": lambda n: request("the-first", head, 0),
        "replayed": lambda n: request(f"replayed-{n}", head, 0),
        "renewed": lambda n: request(f"renewed-{n}", head, 1 + n),
        "reordered": lambda n: request(f"reordered-{n}", chance.choice(older), 1 + n),
        "forged": lambda n: request(f"forged-{n}", head, 1 + n, secret="guessed"),
        "forged from one address": lambda n: request(f"flood-{n}", head, 1 + n, secret="guessed"),
    }
    all_of_them = [(kind, make[kind](n)) for kind, share in MIX.items() for n in range(DELIVERIES * share // 100)]
    chance.shuffle(all_of_them)
    return all_of_them


def signed_request(server, path, own_secret, name, sha, at, secret=None):
    """A push event as GitHub sends it; `at` makes its body another one."""
    body = json.dumps({
        "ref": "refs/heads/main", "before": "0" * 40, "after": sha, "created": False, "deleted": False, "forced": False,
        "repository": {"id": 1, "name": "web", "full_name": "acme/web", "pushed_at": at},
        "head_commit": {"id": sha, "message": "Release", "author": {"name": "Ada", "email": "ada@example.invalid"}},
    })
    proof = hmac.new((secret or own_secret).encode(), body.encode(), hashlib.sha256).hexdigest()
    return (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\nX-GitHub-Event: push\r\n"
            f"X-GitHub-Delivery: {name}\r\nX-Hub-Signature-256: sha256={proof}\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def health(server):
    return f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()


def senders_of(requests):
    """Who sends what, from which address: forgers have some of their own, or the Git host's would
    not be read after theirs."""
    lone = [one for one in requests if one[0] == "forged"]
    flooding = [one for one in requests if one[0] == "forged from one address"]
    honest = [one for one in requests if one[0] not in FORGED]
    senders = [("127.0.0.1", honest[n::SENDERS]) for n in range(SENDERS)]
    senders += [("127.9.0.1", flooding)]
    senders += [(f"127.9.1.{1 + n}", lone[FORGED_EACH * n:FORGED_EACH * (n + 1)]) for n in range(-(-len(lone) // FORGED_EACH))]
    return [sender for sender in senders if sender[1]]


def flood(server, senders):
    """All senders at once, from more than one process; how often what was answered, and the seconds."""
    began = time.perf_counter()
    with concurrent.futures.ProcessPoolExecutor(PROCESSES) as pool:
        parts = [pool.submit(send_all, server.port, senders[n::PROCESSES]) for n in range(PROCESSES)]
        told = sum((part.result() for part in parts), Counter())
    return told, time.perf_counter() - began


def send_all(port, senders):
    told, one_at_a_time = Counter(), threading.Lock()

    def send(address, requests):
        mine = Counter((kind, status) for kind, status in answers(port, address, requests))
        with one_at_a_time:
            told.update(mine)
    threads = [threading.Thread(target=send, args=sender) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def answers(port, address, requests):
    """The status of each, on a kept connection; a sentence for one that was not answered."""
    line = None
    for kind, request in requests:
        try:
            line = line or Line(port, address)
            yield kind, line.ask(request)
        except (OSError, ValueError) as error:
            line = None
            yield kind, f"{type(error).__name__}: {error}"


class Line:
    """As little of HTTP/1.1 as it takes, so that the client is not what is measured."""

    def __init__(self, port, address):
        self.socket = socket.create_connection(("127.0.0.1", port), GIVEN_UP_S, (address, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = b""

    def ask(self, request):
        self.socket.sendall(request)
        head = self.until(b"\r\n\r\n")
        names = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
        self.take(int(names[b"content-length"]))
        return int(head[9:12])

    def until(self, mark):
        while mark not in self.read:
            self.more()
        return self.take(self.read.index(mark) + len(mark))

    def take(self, count):
        while len(self.read) < count:
            self.more()
        taken, self.read = self.read[:count], self.read[count:]
        return taken

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ValueError("the connection was closed")
        self.read += piece
