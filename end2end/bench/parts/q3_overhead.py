"""Q-3: what a deployment costs beyond the bare Engine, for an image that is here already."""
import os
import statistics
import time

from .engine import Engine, answer, build_image, first_answer, remove_image
from .server import Server, eventually
from .table import Row

ROUNDS = 12
HOST = "bench.localhost"
GOAL = 1.3
# What `driver/docker/spec.rs` asks for beyond a port. Its private network alone is most of it.
FENCE = {
    "Memory": 512 << 20, "MemorySwap": 512 << 20, "NanoCpus": 10**9, "PidsLimit": 512,
    "SecurityOpt": ["no-new-privileges"], "CapDrop": ["NET_RAW"],
    "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}},
}


def run(binary):
    engine = Engine()
    tags = {version: f"sealdock-bench:{version}-{os.getpid()}" for version in ("a", "b")}
    try:
        for version, tag in tags.items():
            build_image(tag, version)
        with engine.private_network(f"sealdock-bench-{os.getpid()}") as network, Server(binary) as server:
            bare_ms, fenced_ms, ours_ms, plans_ms, back_ms = interleaved(engine, server, tags, {**FENCE, "NetworkMode": network})
    finally:
        for tag in tags.values():
            remove_image(tag)
    bare, fenced, ours, plan, back = map(statistics.median, (bare_ms, fenced_ms, ours_ms, plans_ms, back_ms))
    details = {"bare_ms": bare_ms, "fenced_ms": fenced_ms, "ours_ms": ours_ms, "plan_ms": plans_ms, "back_ms": back_ms}
    return [
        Row("Q-3", f"update call to first answer, median of {ROUNDS} (its plan before: {plan:.0f} ms)", f"{ours:.0f} ms", f"≤ {GOAL} × bare Engine",
            ours <= GOAL * bare, ratio=f"{ours / bare:.2f} ×", floor=f"{bare:.0f} ms", details=details),
        Row("Q-3", "the same, beside the Engine with the network and limits that we ask it for", f"{ours:.0f} ms", "–", None,
            peer=f"{fenced:.0f} ms", ratio=f"{ours / fenced:.2f} ×", floor=f"{bare:.0f} ms"),
        Row("Q-3", f"rollback call to first answer, median of {ROUNDS}", f"{back:.0f} ms", f"≤ {GOAL} × bare Engine",
            back <= GOAL * bare, ratio=f"{back / bare:.2f} ×", floor=f"{bare:.0f} ms"),
    ]


def interleaved(engine, server, tags, fence):
    """One of each in turn, so that whatever else the machine does hits both."""
    config = {"health": {"path": "/health"}, "drain_s": 1}
    serving = server.create("bench", tags["a"], config)
    server.until(serving["id"], "live")
    first_answer(server.proxy_port, HOST, "a")
    bare_ms, fenced_ms, ours_ms, plans_ms, back_ms = [], [], [], [], []
    for turn in range(ROUNDS):
        version = "ba"[turn % 2]
        bare_ms.append(bare(engine, tags[version], version))
        fenced_ms.append(bare(engine, tags[version], version, **fence))
        image = {"source": {"kind": "image", "reference": tags[version], "local": True}}
        plan_ms, took_ms, new = update(server, serving, image, version)
        plans_ms.append(plan_ms)
        ours_ms.append(took_ms)
        _, took_ms, back = update(server, new, {"reuse": {"deployment": serving["id"]}}, "ab"[turn % 2])
        back_ms.append(took_ms)
        _, _, serving = update(server, back, {"reuse": {"deployment": new["id"]}}, version)
    return bare_ms, fenced_ms, ours_ms, plans_ms, back_ms


def bare(engine, image, version, **host_config):
    began = time.perf_counter()
    container = engine.create(image, **host_config)
    try:
        first_answer(engine.start(container), "bare", version)
        return (time.perf_counter() - began) * 1000
    finally:
        engine.remove(container)


def update(server, serving, wanted, version):
    """Milliseconds for the plan, and from its confirmation to the new version's first answer."""
    base = f"/v2/environments/{serving['environment']}/update"
    began = time.perf_counter()
    digest = server.call("POST", f"{base}/plan", wanted)["digest"]
    planned = time.perf_counter()
    new = server.call("POST", base, {"update": wanted, "digest": digest})["summary"]
    first_answer(server.proxy_port, HOST, version)
    served = time.perf_counter()
    eventually("it stays so", lambda: answer(server.proxy_port, HOST) == version)
    server.until(new["id"], "live")
    # The next one starts from rest: the old version is gone, and nobody takes its picture.
    server.until(serving["id"], "stopped")
    server.until_quiet([new["id"]])
    return (planned - began) * 1000, (served - planned) * 1000, new
