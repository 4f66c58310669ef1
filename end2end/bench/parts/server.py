"""A Sealdock of our own for a measurement, and a client of its API."""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

PASSWORD = "correct horse battery staple"
START_LIMIT_S = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what, probe, limit_s=60, every_s=0.02):
    """What `probe` returns once that is true."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            found = probe()
            if found:
                return found
        time.sleep(every_s)
    raise TimeoutError(f"not within {limit_s} s: {what}")


class Refused(Exception):
    """The API said no."""


class Server:
    def __init__(self, binary, *flags):
        self.binary, self.flags = binary, flags
        self.data = Path(tempfile.mkdtemp(prefix="sealdock-bench-"))
        self.port, self.proxy_port = free_port(), free_port()
        self.log = self.data.with_suffix(".log")

    def __enter__(self):
        self.start()
        self.sign_up()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Exception):
            self.delete_all()
        self.stop()
        with contextlib.suppress(OSError):
            os.kill(self.proxy_pid(), signal.SIGTERM)
            # It writes its last snapshot while it ends.
            eventually("the data plane has ended", lambda: not self.proxy_pid(), 20)
        shutil.rmtree(self.data, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    def start(self):
        argv = [self.binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
                "--proxy-listen", f"127.0.0.1:{self.proxy_port}", *self.flags]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([str(word) for word in argv], stdout=log, stderr=log)
        eventually("serve answers", lambda: self.ask("GET", "/healthz")[0] == 200, START_LIMIT_S)
        eventually("the data plane listens", self.proxy_pid, START_LIMIT_S)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def proxy_pid(self):
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                argv = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
                if len(argv) > 1 and argv[1] == b"proxy" and any(str(self.data).encode() in word for word in argv):
                    return int(entry.name)
        return None

    def sign_up(self):
        """The first owner, by the printed link; a session for pages and a token for the API."""
        find = lambda: re.search(r"/setup\?token=(\S+)", self.log.read_text())  # noqa: E731
        token = eventually("the set-up link is printed", find).group(1)
        form = {"token": token, "email": "owner@example.invalid", "password": PASSWORD, "organization": "Bench"}
        status, headers, _ = self.ask("POST", "/setup", urllib.parse.urlencode(form), {
            "Origin": self.url, "Content-Type": "application/x-www-form-urlencoded"})
        self.cookie = headers["set-cookie"].split(";")[0]
        body = json.dumps({"name": "bench", "role": "owner"})
        _, _, made = self.ask("POST", "/v2/tokens", body, {
            "Origin": self.url, "Cookie": self.cookie, "Content-Type": "application/json"})
        self.token = json.loads(made)["token"]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def call(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        status, _, raw = self.ask(method, path, None if body is None else json.dumps(body), headers)
        if status >= 400:
            raise Refused(f"{method} {path}: {status} {raw.decode()[:300]}")
        return json.loads(raw) if raw else None

    def create(self, name, image, config=None, local=True):
        source = {"kind": "image", "reference": image, "local": local}
        return self.call("POST", "/v2/projects", {"name": name, "source": source, "config": config or {}})["summary"]

    def until(self, deployment, phase, limit_s=120):
        """Waits; one that failed ends the measurement with its own sentence."""
        def look():
            summary = self.call("GET", f"/v2/deployments/{deployment}")["summary"]
            if summary["phase"] == "failed":
                raise Refused(summary["sentence"])
            return summary if summary["phase"] == phase else None
        return eventually(f"{deployment} is {phase}", look, limit_s)

    def until_quiet(self, deployments, limit_s=600):
        """What comes after a deployment (screenshot, contents) is work too, one after the other."""
        def busy(deployment):
            jobs = self.call("GET", f"/v2/deployments/{deployment}")["jobs"]
            return any(job["status"] in ("Pending", "Running") for job in jobs)
        eventually("no job runs", lambda: not any(busy(one) for one in deployments), limit_s, every_s=1)

    def delete_all(self):
        for project in self.call("GET", "/v2/projects")["items"]:
            self.call("DELETE", f"/v2/projects/{project['id']}?confirm={project['name']}")
        eventually("everything is deleted", lambda: not self.call("GET", "/v2/projects")["items"], 120)
