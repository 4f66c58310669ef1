"""Processes that run for as long as one load, and waiting until they are there."""
import contextlib
import socket
import subprocess
import sys
import time

START_LIMIT_S = 20
END_LIMIT_S = 10


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def starter():
    """A way to start processes; all of them have ended when this is left."""
    with contextlib.ExitStack() as stack:
        def start(*argv):
            process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(end, process)
            return process
        yield start


def end(process):
    process.terminate()
    try:
        process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for_port(port, process):
    def answers():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    wait_until(answers, f"port {port}", process)


def wait_until(holds, what, process):
    deadline = time.monotonic() + START_LIMIT_S
    while not holds():
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode} before {what} came up")
        if time.monotonic() > deadline:
            sys.exit(f"{what} did not come up within {START_LIMIT_S} s")
        time.sleep(0.02)
