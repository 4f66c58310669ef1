"""Readers of a log: who follows it and is cut off, who only looks how far it goes, and `docker logs`."""
import contextlib
import http.client
import json
import re
import subprocess
import threading
import time
import urllib.parse
from datetime import datetime

from .server import eventually
from .table import CantRun

# How often a reader is cut off while it follows a log, and comes back.
CUTS = 8
# So long without a line, and none will come.
SILENCE_S = 30
PAGE_EVERY_S, GROWTH_EVERY_S = 0.1, 0.2
NUMBERED = re.compile(r"\bline (\d+) of \d+")


class Lines:
    """The numbers that lines begin with: each is one more than the one before, or something is wrong."""

    def __init__(self):
        self.last, self.seen, self.steps = 0, 0, 0

    def take(self, text):
        match = NUMBERED.search(text)
        if match:
            number = int(match.group(1))
            self.steps += number != self.last + 1
            self.last, self.seen = number, self.seen + 1
        return match

    def wrong(self, count):
        """At least how many: those that are not there or there twice, or places where they are not in order."""
        return max(abs(count - self.seen), self.steps, count - self.last)


class Reader:
    """Follows a log from its first line on, is cut off in the middle and comes back as browsers do."""

    def __init__(self, server, stream, count):
        self.server, self.stream, self.count = server, stream, count
        self.lines, self.next_seq, self.last_seq, self.gaps, self.cut = Lines(), 1, 0, 0, 0
        self.over, self.heard_at = False, time.time()
        self.first_at, self.last_at = None, None

    def read(self):
        while not self.over and time.time() - self.heard_at < SILENCE_S:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.read_until(self.count * (self.cut + 1) // (CUTS + 1) if self.cut < CUTS else self.count)

    def read_until(self, line):
        """Until that line, or until the log ends. Then the connection is closed, whatever is on its way."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=SILENCE_S)) as connection:
            for kind, data in events(self.follow(connection)):
                if kind == "message":
                    self.take(json.loads(data))
                if kind == "end" or time.time() - self.heard_at > SILENCE_S:
                    self.over = data == "complete"
                    return
                if self.lines.last >= line:
                    self.over = line == self.count
                    self.cut += not self.over
                    return

    def follow(self, connection):
        again = {} if self.next_seq == 1 else {"Last-Event-ID": str(self.next_seq - 1)}
        connection.request("GET", f"{log_path(self.stream)}/follow?from=1", headers={**bearer(self.server), **again})
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"following {self.stream}: {answer.status} {answer.read(300)!r}")
        return answer

    def take(self, page):
        for line in page["lines"]:
            self.gaps += line["seq"] != self.next_seq
            self.next_seq = line["seq"] + 1
            if self.lines.take(line["text"]):
                self.first_at = self.first_at or line["at"] / 1000
                self.last_at, self.last_seq = time.time(), line["seq"]
        self.heard_at = time.time()


def events(answer):
    """Server-sent events, as kind and data; a heartbeat too, which has neither."""
    kind, data = "message", []
    for line in iter(answer.readline, b""):
        name, _, value = line.rstrip(b"\n").partition(b":")
        if not line.strip():
            yield (kind, b"\n".join(data).decode()) if data else (None, None)
            kind, data = "message", []
        elif name == b"event":
            kind = value.strip().decode()
        elif name == b"data":
            data.append(value.removeprefix(b" "))


class EnginesOwn(threading.Thread):
    """`docker logs` of the same container, at the same time: what the Engine itself makes of it."""

    def __init__(self, deployment, count):
        super().__init__(daemon=True)
        self.count = count
        listed = ["docker", "ps", "--all", "--filter", f"name={deployment}", "--format", "{{.ID}}"]
        found = eventually("its container is listed", lambda: subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split())
        argv = ["docker", "logs", "--follow", "--timestamps", found[0]]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines, self.first_at, self.last_at = Lines(), None, None

    def run(self):
        for line in self.process.stdout:
            if self.lines.take(line):
                self.first_at = self.first_at or datetime.fromisoformat(f"{line[:26]}+00:00").timestamp()
                self.last_at = time.time()
            if self.lines.last >= self.count:
                break

    def stop(self):
        self.process.kill()
        self.process.wait()

    def rate(self):
        return per_second(self.lines.seen, self.first_at, self.last_at)


class Watched:
    """Asks for something again and again while something else happens; that it failed is told at the end."""

    def __init__(self, ask, every_s):
        self.ask, self.every_s, self.over, self.failed = ask, every_s, threading.Event(), None
        self.samples = []
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        if self.failed:
            raise self.failed

    def watch(self):
        try:
            while not self.over.wait(self.every_s):
                self.samples.append(self.ask())
        except Exception as error:  # noqa: BLE001
            self.failed = error

    def p99(self):
        if not self.samples:
            raise CantRun("there are too few lines: nothing was asked for while they came")
        return sorted(self.samples)[int(len(self.samples) * 0.99)]


def watched(server, path):
    """The milliseconds that a page takes."""
    def look():
        status, _, _ = server.ask("GET", path, headers=session(server))
        if status != 200:
            raise RuntimeError(f"{path}: {status}")
    return Watched(lambda: timed(look), PAGE_EVERY_S)


class Growth(Watched):
    """How far a log goes, and when."""

    def __init__(self, server, stream):
        path = f"{log_path(stream)}?limit=1"
        super().__init__(lambda: (server.call("GET", path)["last_seq"], time.time()), GROWTH_EVERY_S)

    def __exit__(self, *nothing):
        self.samples.append(self.ask())
        super().__exit__(*nothing)

    def reached(self, seq):
        return next((at for last, at in self.samples if last >= seq), None)


def per_second(count, since, until):
    """From the first line's own time on, by this machine's one clock."""
    return count / max(until - since, 0.001) if since and until else 0


def readable(server, stream):
    return server.ask("GET", f"{log_path(stream)}?limit=1", headers=bearer(server))[0] == 200


def found(server, stream, **what):
    return server.call("GET", f"{log_path(stream)}/find?{urllib.parse.urlencode(what)}")


def timed(work):
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def log_path(stream):
    return f"/v2/logs/{urllib.parse.quote(stream, safe='')}"


def bearer(server):
    return {"Authorization": f"Bearer {server.token}"}


def session(server):
    return {"Cookie": server.cookie, "Accept": "text/html"}
