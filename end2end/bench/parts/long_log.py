"""A log of a million lines: opened anywhere, searched, and read again."""
import contextlib
import http.client
import os
import random
import statistics
import subprocess
import time
import urllib.parse

from .follow import CUTS, Reader, bearer, found, log_path, session, timed
from .table import Row

ROUNDS = 15
OPEN_GOAL_MS, SEARCH_GOAL_MS = 300, 1000
RARE, ABSENT = "the needle broke", "nowhere to be found"


def of_a_long_log(server, app, count, file):
    stream = app["instances"][0]["stream"]
    last = server.call("GET", f"{log_path(stream)}?limit=1")["last_seq"]
    download(server, stream, file)
    chance = random.Random(6)
    middle = [chance.randrange(last // 4, last * 3 // 4) for _ in range(ROUNDS)]
    places = {
        "its start": (["from=1"] * ROUNDS, [1] * ROUNDS, ["sed", "-n", "1,500p;500q"]),
        "any line in the middle": ([f"around={seq}" for seq in middle], middle, ["sed", "-n", f"{middle[0]},{middle[0] + 499}p;{middle[0] + 499}q"]),
        "its end": (["limit=500"] * ROUNDS, [last] * ROUNDS, ["tail", "-n", "500"]),
    }
    for place, how in places.items():
        yield opened(server, stream, file, last, place, *how)
    yield page_row(server, app, count)
    for name, word in (("rare", RARE), ("absent", ABSENT)):
        yield searched(server, stream, file, last, name, word)
    yield reread(server, stream, last, count)
    yield levels(server, stream, last)


def opened(server, stream, file, last, place, queries, wanted, tool):
    took = [timed(lambda query=query, seq=seq: holds(server, stream, query, seq)) for query, seq in zip(queries, wanted)]
    floor = statistics.median(timed(lambda: command([*tool, file])) for _ in range(5))
    middle = statistics.median(took)
    return Row("Q-6", f"a log of {last:,} lines opens at {place}, median of {len(took)}; floor: {tool[0]} over a file", f"{middle:.1f} ms",
               f"< {OPEN_GOAL_MS} ms", middle < OPEN_GOAL_MS, ratio=f"{middle / floor:.2f} ×", floor=f"{floor:.1f} ms", details={"took_ms": took})


def holds(server, stream, query, seq):
    page = server.call("GET", f"{log_path(stream)}?{query}")
    if seq not in (line["seq"] for line in page["lines"]):
        raise RuntimeError(f"{query}: line {seq} is not in it")


def page_row(server, app, count):
    job = app["instances"][0]["stream"].removeprefix("instance/")
    path = f"/deployments/{app['summary']['id']}?job={urllib.parse.quote(job)}"

    def look():
        status, _, body = server.ask("GET", path, headers=session(server))
        if status != 200 or f"line {count}".encode() not in body:
            raise RuntimeError(f"{path}: {status}, its last line is not in the page")
    took = [timed(look) for _ in range(ROUNDS)]
    middle = statistics.median(took)
    return Row("Q-6", f"the page of a deployment with that log, median of {len(took)}", f"{middle:.1f} ms", f"< {OPEN_GOAL_MS} ms",
               middle < OPEN_GOAL_MS, details={"took_ms": took})


def searched(server, stream, file, last, name, word):
    grep = ["grep", "-ci", word, file]
    total = int(subprocess.run(grep, stdout=subprocess.PIPE, check=False).stdout)

    def look():
        got = found(server, stream, search=word)
        if got["total"] != total:
            raise RuntimeError(f"{word!r} is in {got['total']} lines, and by grep in {total}")
    took = [timed(look) for _ in range(ROUNDS)]
    floor = statistics.median(timed(lambda: command(grep, also=(1,), LC_ALL="C")) for _ in range(5))
    lines_ms = timed(lambda: server.call("GET", f"{log_path(stream)}?{urllib.parse.urlencode({'from': 1, 'search': word})}"))
    middle = statistics.median(took)
    return Row("Q-6", f"search in {last:,} lines for a word that is {name}, median of {len(took)}; floor: grep -ci over a file", f"{middle:.0f} ms",
               f"< {SEARCH_GOAL_MS} ms", middle < SEARCH_GOAL_MS, ratio=f"{middle / floor:.2f} ×", floor=f"{floor:.0f} ms",
               details={"took_ms": took, "hits": total, "page_of_hits_ms": lines_ms})


def levels(server, stream, last):
    took = [timed(lambda: found(server, stream, level="error")) for _ in range(5)]
    return Row("Q-6", f"the errors among {last:,} lines, counted by their level, median of {len(took)}", f"{statistics.median(took):.0f} ms", "–", None,
               details={"took_ms": took})


def reread(server, stream, last, count):
    """Again from its first line, as fast as they are sent. What was never kept is not missed again here."""
    reader = Reader(server, stream, count)
    began = time.perf_counter()
    reader.read()
    took = time.perf_counter() - began
    wrong = reader.gaps + last - reader.last_seq
    return Row("Q-6", f"gaps and doubles in {last:,} lines read again, cut off {reader.cut} times ({last / took:,.0f} lines/s)", str(wrong), "0",
               wrong == 0 and reader.cut == CUTS)


def download(server, stream, file):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection), file.open("wb") as out:
        connection.request("GET", f"{log_path(stream)}?raw=1", headers=bearer(server))
        answer = connection.getresponse()
        while piece := answer.read(1 << 20):
            out.write(piece)


def command(argv, also=(), **environment):
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, env={**os.environ, **environment}, check=False)
    if done.returncode not in (0, *also):
        raise RuntimeError(f"{argv[0]} ended with {done.returncode}")
