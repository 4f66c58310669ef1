"""Q-6: lines of a build and of an app as fast as 10,000 a second, and a log of a million of them."""
import os
import subprocess
import tempfile
import time
from pathlib import Path

from .engine import Engine, remove_image
from .follow import SILENCE_S, EnginesOwn, Growth, Reader, found, per_second, readable, watched
from .long_log import of_a_long_log
from .q25_hog import repository
from .repository import executable
from .server import Server, eventually
from .table import Row

LINES = int(os.environ.get("SEALDOCK_BENCH_LINES", "1000000"))
BUILD_LINES = LINES // 5
PACE = 10_000
QUIET_S = 10
OPEN_GOAL_MS = 300
# What stands in a log where the Engine or the connection to it dropped lines.
OWNED_UP = ("BUILDKIT_STEP_LOG_MAX_SIZE", "lines may be missing here")
CONFIG = {"health": {"path": "/"}, "drain_s": 1}


def run(binary):
    """Row by row: what was measured stays, though what comes after it breaks."""
    Engine()
    tag = f"sealdock-bench-logs:{os.getpid()}"
    chatter_image(tag)
    try:
        with Server(binary) as server, tempfile.TemporaryDirectory(prefix="sealdock-bench-") as folder:
            yield from of_a_build(server, Path(folder))
            app, rows = of_an_app(server, tag)
            yield from rows
            yield from of_a_long_log(server, app, LINES, Path(folder) / "log.txt")
    finally:
        remove_image(tag)


def chatter_image(tag):
    with tempfile.TemporaryDirectory(prefix="sealdock-bench-") as folder:
        hog = Path(executable("hog"))
        (Path(folder) / "hog").write_bytes(hog.read_bytes())
        (Path(folder) / "hog").chmod(0o755)
        (Path(folder) / "Dockerfile").write_text(f'FROM scratch\nCOPY hog /\nEXPOSE 8080\nENTRYPOINT ["/hog", "chatter", "{LINES}"]\n')
        subprocess.run(["docker", "build", "--quiet", "--tag", tag, folder], check=True, capture_output=True,
                       env={**os.environ, "DOCKER_BUILDKIT": "0"})


def of_a_build(server, folder):
    source = repository(folder, ["paced", str(BUILD_LINES)], 0)
    made = server.call("POST", "/v2/projects", {"name": "build", "source": source})["summary"]
    stream = eventually("its build has a log", lambda: stream_of_build(server, made["id"]))
    reader = Reader(server, stream, BUILD_LINES)
    with watched(server, f"/deployments/{made['id']}"), Growth(server, stream) as growth:
        reader.read()
    server.until(made["id"], "live")
    owned = [words for words in OWNED_UP if found(server, stream, search=words)["total"]]
    row = ingested("a build", reader, growth, BUILD_LINES, f"printed at {PACE:,}/s")
    if owned:
        row.met, row.what = None, f"{row.what}; this dockerd drops lines by its own limits, and the log says so"
    return [row, resumed("a build", reader)]


def of_an_app(server, tag):
    made = server.create("chatter", tag, CONFIG)
    app = eventually("it has an instance", lambda: with_instance(server, made["id"]))
    stream = app["instances"][0]["stream"]
    eventually("its log begins", lambda: readable(server, stream))
    reader, engine = Reader(server, stream, LINES), EnginesOwn(made["id"], LINES)
    engine.start()
    with watched(server, f"/deployments/{made['id']}") as page, Growth(server, stream) as growth:
        reader.read()
    engine.join(SILENCE_S)
    engine.stop()
    floor = f"docker logs: {engine.lines.wrong(LINES)} at {engine.rate():,.0f}/s"
    rows = [ingested("an app", reader, growth, LINES, floor), resumed("an app", reader)]
    server.until(made["id"], "live")
    server.until_quiet([made["id"]])
    with watched(server, f"/deployments/{made['id']}") as quiet:
        time.sleep(QUIET_S)
    busy = page.p99()
    return app, [*rows, Row("Q-6", "the deployment's page while these come in, p99; floor: its p99 when nothing does", f"{busy:.0f} ms",
                            f"< {OPEN_GOAL_MS} ms", busy < OPEN_GOAL_MS, ratio=f"{busy / quiet.p99():.2f} ×", floor=f"{quiet.p99():.0f} ms",
                            details={"busy_ms": page.samples, "quiet_ms": quiet.samples})]


def ingested(whose, reader, growth, count, floor):
    wrong = reader.lines.wrong(count)
    kept = per_second(reader.lines.seen, reader.first_at, growth.reached(reader.last_seq))
    read = per_second(reader.lines.seen, reader.first_at, reader.last_at)
    what = f"of {count:,} lines that {whose} prints at {PACE:,}/s lost, doubled or out of order"
    return Row("Q-6", what, f"{wrong} (kept at {kept:,.0f}/s, read at {read:,.0f}/s)", "0", wrong == 0, floor=floor,
               details={"seen": reader.lines.seen, "kept_per_s": kept, "read_per_s": read, "growth": growth.samples})


def resumed(whose, reader):
    what = f"gaps and doubles for who follows {whose}'s log, cut off {reader.cut} times"
    return Row("Q-6", what, str(reader.gaps), "0", reader.gaps == 0 and reader.cut > 0)


def stream_of_build(server, deployment):
    jobs = server.call("GET", f"/v2/deployments/{deployment}")["jobs"]
    [stream] = [job.get("stream") for job in jobs if job["kind"] == "BuildImageJob"] or [None]
    return stream if stream and readable(server, stream) else None


def with_instance(server, deployment):
    view = server.call("GET", f"/v2/deployments/{deployment}")
    return view if view["instances"] else None
