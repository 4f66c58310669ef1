"""The Docker Engine as it is, by its socket: the floor under every deployment; and images of
the sample app."""
import contextlib
import http.client
import json
import os
import socket
import subprocess
import time
from pathlib import Path

from .table import CantRun

END2END = Path(__file__).resolve().parents[2]
SOCKET = os.environ.get("DOCKER_SOCKET", "/var/run/docker.sock")


class Door(http.client.HTTPConnection):
    """HTTP over the Engine's socket."""

    def __init__(self):
        super().__init__("engine", timeout=60)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


class Engine:
    def __init__(self):
        self.door = Door()
        try:
            self.call("GET", "/version")
        except OSError as error:
            raise CantRun(f"no Docker Engine answers at {SOCKET}: {error}") from error

    def call(self, method, path, body=None):
        self.door.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = self.door.getresponse()
        raw = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {raw.decode()[:300]}")
        return json.loads(raw) if raw else None

    def create(self, image, **host_config):
        return self.call("POST", "/containers/create", {
            "Image": image,
            "ExposedPorts": {"8080/tcp": {}},
            "HostConfig": {"PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}, **host_config},
        })["Id"]

    @contextlib.contextmanager
    def private_network(self, name):
        self.call("POST", "/networks/create", {"Name": name, "Driver": "bridge"})
        try:
            yield name
        finally:
            self.call("DELETE", f"/networks/{name}")

    def start(self, container):
        """Starts it and says on which port it answers."""
        self.call("POST", f"/containers/{container}/start")
        ports = self.call("GET", f"/containers/{container}/json")["NetworkSettings"]["Ports"]
        return int(ports["8080/tcp"][0]["HostPort"])

    def remove(self, container):
        self.call("DELETE", f"/containers/{container}?force=1&v=1")


def build_image(tag, version):
    """With the end-to-end tests' own builder: the app is compiled once, the image is FROM scratch."""
    script = ("import { buildImage } from './lib/docker.js'; "
              "await buildImage(process.argv[1], { version: process.argv[2], env: { HELLO_QUIET: '1' } })")
    subprocess.run(["node", "--input-type=module", "-e", script, tag, version], cwd=END2END, check=True, stdout=subprocess.DEVNULL)


def remove_image(tag):
    subprocess.run(["docker", "image", "rm", "--force", tag], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def first_answer(port, host, body, limit_s=60):
    """Asks on a new connection until that is the answer."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if answer(port, host) == body:
            return
        time.sleep(0.001)
    raise TimeoutError(f"{host} did not answer {body!r} within {limit_s} s")


def answer(port, host):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/version", headers={"Host": host, "Connection": "close"})
        found = connection.getresponse()
        text = found.read().decode()
        return text if found.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
