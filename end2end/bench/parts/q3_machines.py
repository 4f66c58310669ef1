"""Q-3: what a confidential machine costs beyond QEMU and a TPM alone, with the same argv and files."""
import contextlib
import http.client
import os
import re
import shutil
import ssl
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from .engine import Engine, build_image, remove_image
from .server import Server, eventually, free_port
from .table import CantRun, Row

ROUNDS = int(os.environ.get("SEALDOCK_BENCH_MACHINES", "5"))
HOST = "bench.localhost"
GOAL = 1.1
CONFIG = {"health": {"path": "/health"}, "drain_s": 1, "resources": {"memory_mib": 64}}
PROGRAMS = ("qemu-system-x86_64", "swtpm")


def run(binary):
    Engine()
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        raise CantRun(f"no confidential machine starts here: {', '.join(missing)} is missing (./setup tee)")
    tags = {version: f"sealdock-bench-tee:{version}-{os.getpid()}" for version in ("a", "b")}
    tls = free_port()
    flags = ("--runtime", "docker", "--runtime", "tee", "--proxy-tls-listen", f"127.0.0.1:{tls}")
    try:
        for version, tag in tags.items():
            build_image(tag, version)
        with Server(binary, *flags) as server:
            bare_ms, ours_ms = interleaved(server, tls, tags)
    finally:
        for tag in tags.values():
            remove_image(tag)
    bare, ours = statistics.median(bare_ms), statistics.median(ours_ms)
    return [Row("Q-3", f"confidential machine: update call to first HTTPS answer, median of {ROUNDS}", f"{ours:.0f} ms",
                f"≤ {GOAL} × bare QEMU", ours <= GOAL * bare, ratio=f"{ours / bare:.2f} ×", floor=f"{bare:.0f} ms",
                details={"bare_ms": bare_ms, "ours_ms": ours_ms})]


def interleaved(server, tls, tags):
    """One of each in turn, both beside the one machine that serves."""
    runtimes = {one["name"]: one for one in server.call("GET", "/v2/runtimes")["items"]}
    if not runtimes["tee"]["reachable"]:
        raise CantRun(runtimes["tee"]["sentence"])
    source = {"kind": "image", "reference": tags["a"], "local": True}
    serving = server.call("POST", "/v2/projects", {"name": "bench", "source": source, "config": CONFIG, "runtime": "tee"})["summary"]
    server.until(serving["id"], "live")
    bare_ms, ours_ms = [], []
    for turn in range(ROUNDS):
        was, version = "ab"[turn % 2], "ba"[turn % 2]
        bare_ms.append(bare(server.data / "tee" / "machines", was))
        took_ms, serving = update(server, serving, tls, tags[version], version)
        ours_ms.append(took_ms)
    return bare_ms, ours_ms


def bare(machines, version):
    """The same machine as the one that serves, by the same two command lines, in another folder."""
    [folder] = [entry for entry in machines.iterdir() if not entry.name.startswith(".")]
    lines = {program: argv_in(folder, program) for program in PROGRAMS}
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sealdock-bench-") as own:
        for name in ("rootfs.img", "config.img", "initrd.cpio"):
            shutil.copy(folder / name, own)
        (Path(own) / "tpm").mkdir()
        began = time.perf_counter()
        processes = [start(own, lines["swtpm"])]
        try:
            eventually("the TPM listens", (Path(own) / "tpm.sock").exists)
            forwarded = [re.sub(r"(hostfwd=tcp:127\.0\.0\.1:)\d+", rf"\g<1>{port}", word) for word in lines[PROGRAMS[0]]]
            processes.append(start(own, forwarded))
            first_secure_answer(port, version)
            return (time.perf_counter() - began) * 1000
        finally:
            for process in reversed(processes):
                process.kill()
                process.wait()


def argv_in(folder, program):
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder.resolve() and (entry / "exe").readlink().name == program:
                return [os.fsdecode(word) for word in (entry / "cmdline").read_bytes().split(b"\0")[:-1]]
    raise RuntimeError(f"no {program} runs in {folder}")


def start(folder, argv):
    return subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def update(server, serving, tls, tag, version):
    """Milliseconds from the confirmation to the new version's first answer, inside whose TLS ends."""
    base = f"/v2/environments/{serving['environment']}/update"
    wanted = {"source": {"kind": "image", "reference": tag, "local": True}}
    digest = server.call("POST", f"{base}/plan", wanted)["digest"]
    began = time.perf_counter()
    new = server.call("POST", base, {"update": wanted, "digest": digest})["summary"]
    first_secure_answer(tls, version)
    took_ms = (time.perf_counter() - began) * 1000
    server.until(new["id"], "live")
    server.until(serving["id"], "stopped")
    server.until_quiet([new["id"]])
    return took_ms, new


def first_secure_answer(port, version, limit_s=240):
    eventually(f"{version} answers with TLS", lambda: secure_answer(port) == version, limit_s, every_s=0.05)


def secure_answer(port):
    """User networking takes connections long before there is a guest: who does not shake hands soon is not there."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    connection = Named("127.0.0.1", port, timeout=0.6, context=trusting)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/version", headers={"Host": HOST, "Connection": "close"})
        found = connection.getresponse()
        return found.read().decode().strip() if found.status == 200 else None


class Named(http.client.HTTPSConnection):
    """Asks for the host by name, wherever it is."""

    def connect(self):
        http.client.HTTPConnection.connect(self)
        self.sock = self._context.wrap_socket(self.sock, server_hostname=HOST)
