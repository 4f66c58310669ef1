"""Q-25: how an app answers while a build beside it takes all that it can."""
import http.client
import os
import tempfile
import threading
import time
from pathlib import Path

from .engine import Engine, build_image, first_answer, remove_image
from .repository import begin, commit, source
from .server import Server
from .table import Row

HOST = "bench.localhost"
WATCHED_S = 15
# At a fixed rate: an app that is asked as fast as it answers has no tail of its own.
CLIENTS, EVERY_S = 4, 0.01
GOAL = 2
# The first eats memory up to its build's limit, again and again; the second keeps every processor busy.
HOGS = {"memory": ["memory"], "every processor": ["cpu", "8"]}
FENCE = "build:\n  memory: 512MiB\n  timeout_s: 120\n"


def run(binary):
    Engine()
    tag = f"sealdock-bench:beside-{os.getpid()}"
    build_image(tag, "a")
    try:
        with Server(binary) as server, tempfile.TemporaryDirectory() as folder:
            app = server.create("bench", tag, {"health": {"path": "/health"}})
            server.until_quiet([server.until(app["id"], "live")["id"]])
            first_answer(server.proxy_port, HOST, "a")
            alone = tail(watch(server.proxy_port, lambda: time.sleep(WATCHED_S)))
            beside = {name: hogged(server, Path(folder), name, words) for name, words in HOGS.items()}
    finally:
        remove_image(tag)
    return [row(name, alone, *found) for name, found in beside.items()]


def row(name, alone, p99_ms, failed):
    return Row("Q-25", f"p99 of an app beside a build that takes {name}; failed: {failed}", f"{p99_ms:.2f} ms", f"< {GOAL} × alone",
               p99_ms < GOAL * alone[0] and failed == 0, ratio=f"{p99_ms / alone[0]:.2f} ×", floor=f"{alone[0]:.2f} ms")


def hogged(server, folder, name, words):
    """The tail while that is built again and again for as long as the app alone was watched."""
    def build_for_a_while():
        until, turn = time.monotonic() + WATCHED_S, 0
        while time.monotonic() < until:
            made = server.call("POST", "/v2/projects", {"name": f"hog-{words[0]}-{turn}", "source": repository(folder, words, turn)})
            ended(server, made["summary"]["id"])
            turn += 1
    return tail(watch(server.proxy_port, build_for_a_while))


def ended(server, deployment, limit_s=120):
    deadline = time.monotonic() + limit_s
    while server.call("GET", f"/v2/deployments/{deployment}")["summary"]["phase"] not in ("failed", "live", "cancelled"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{deployment} builds on")
        time.sleep(0.1)


def repository(folder, words, turn):
    """A Git repository whose build runs the hog with these words."""
    tree = folder / f"{words[0]}-{turn}"
    begin(tree, "hello", "hog")
    argv = ", ".join(f'"{word}"' for word in ["/hog", *words, f"{turn}-{time.time_ns()}"])
    dockerfile = f'FROM scratch\nCOPY --chmod=755 hello hog /\nRUN [{argv}]\nENTRYPOINT ["/hello"]\n'
    commit(tree, {"Dockerfile": dockerfile, "sealdock.yml": FENCE})
    return source(tree)


def watch(port, work):
    """The milliseconds of every answer while `work` runs; None for one that failed."""
    took, over = [], threading.Event()
    clients = [threading.Thread(target=ask_on, args=(port, took, over)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        work()
    finally:
        over.set()
        for client in clients:
            client.join()
    return took


def ask_on(port, took, over):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    while not over.wait(EVERY_S):
        began = time.perf_counter()
        try:
            connection.request("GET", "/version", headers={"Host": HOST})
            answer = connection.getresponse()
            answer.read()
            took.append((time.perf_counter() - began) * 1000 if answer.status == 200 else None)
        except (OSError, http.client.HTTPException):
            took.append(None)
            connection.close()


def tail(took):
    answered = sorted(ms for ms in took if ms is not None)
    return answered[int(len(answered) * 0.99)], len(took) - len(answered)
