"""Q-5: the list of a thousand deployments out of a hundred thousand, and what a page weighs."""
import contextlib
import http.client
import re
import sqlite3
import statistics
import time

from .server import Server
from .table import Row

DEPLOYMENTS = 100_000
SHOWN = 1_000
ROUNDS = 60
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
KIB = 1024
PAGES = ("/", "/deployments")


def run(binary):
    with Server(binary, "--runtime", "fake") as server:
        made = server.create("many", "fake/ok", local=False)
        server.until(made["id"], "live")
        server.stop()
        seed(server.data / "sealdock.db", made["id"])
        server.start()
        try:
            list_ms = times(server, f"/v2/deployments?limit={SHOWN}", {"Authorization": f"Bearer {server.token}"})
            page_ms = times(server, f"/deployments?limit={SHOWN}", {"Cookie": server.cookie, "Accept": "text/html"})
            weights = {path: weigh(server, path) for path in PAGES}
        finally:
            # 100,000 rows would be deleted one by one; the whole directory goes.
            server.delete_all = lambda: None
    return [
        timing(f"API: {SHOWN:,} of {DEPLOYMENTS:,} deployments, p50", list_ms),
        timing(f"page: {SHOWN:,} of {DEPLOYMENTS:,} deployments, p50", page_ms),
        weight(weights),
    ]


def weight(weights):
    what, goal = "first load over the wire (brotli)", "≤ 250 KiB"
    missing = sorted({path for parts in weights.values() for path, size in parts.items() if not size})
    if missing:
        return Row("Q-5", what, f"no {', '.join(missing)} in this binary", goal, False, details=weights)
    heaviest = max(sum(parts.values()) for parts in weights.values()) / KIB
    return Row("Q-5", what, f"{heaviest:.0f} KiB", goal, heaviest <= 250, details=weights)


def timing(what, times_ms):
    middle = statistics.median(times_ms)
    return Row("Q-5", what, f"{middle:.1f} ms", "≤ 10 ms", middle <= 10, details={"times_ms": times_ms})


def seed(path, template):
    """Copies a real row, so that what is listed is what the product writes."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("SELECT * FROM deployments WHERE id = ?", (template,)).fetchone())
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        database.executemany(f"INSERT INTO deployments ({names}) VALUES ({marks})", copies(row))
        database.execute("UPDATE projects SET last_number = ? WHERE id = ?", (DEPLOYMENTS, row["project"]))


def copies(row):
    """Older ones, a minute apart, that have served once."""
    for number in range(2, DEPLOYMENTS + 1):
        at = row["created_at"] - number * 60_000
        yield {**row, "id": identity(at, number), "number": number, "phase": "stopped", "created_at": at, "since": at + 30_000,
               "claimed_at": at, "built_at": at + 10_000, "ended_at": at + 20_000}


def identity(at, number):
    value, letters = (at << 80) | number, []
    for _ in range(26):
        letters.append(ALPHABET[value & 31])
        value >>= 5
    return "dep_" + "".join(reversed(letters))


def times(server, path, headers):
    """Milliseconds to the last byte, on a kept connection; the first few only warm up."""
    taken = []
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection):
        for turn in range(ROUNDS + 5):
            began = time.perf_counter()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            took_ms = (time.perf_counter() - began) * 1000
            if answer.status != 200 or body.count(b"dep_") < SHOWN:
                raise RuntimeError(f"{path}: {answer.status}, {body.count(b'dep_')} ids in {len(body)} bytes")
            if turn >= 5:
                taken.append(took_ms)
    return taken


def weigh(server, path):
    """Bytes over the wire, by address: the page and all that it loads before it is interactive."""
    headers = {"Cookie": server.cookie, "Accept-Encoding": "br", "Accept": "text/html"}
    status, _, wire = server.ask("GET", path, headers=headers)
    if status != 200:
        raise RuntimeError(f"{path}: {status}")
    _, _, plain = server.ask("GET", path, headers={"Cookie": server.cookie, "Accept": "text/html"})
    text = plain.decode()
    wanted = sorted(set(re.findall(r"""["'(](/[\w./-]+\.(?:css|js|wasm|woff2|svg|ico))["')?]""", text)))
    return {path: len(wire), **{asset: size_of(server, asset, headers) for asset in wanted}}


def size_of(server, asset, headers):
    status, _, wire = server.ask("GET", asset, headers=headers)
    return len(wire) if status == 200 else 0
