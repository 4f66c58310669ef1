"""WebSocket load: every socket sends a text, waits for its echo, and sends the next."""
import base64
import contextlib
import os
import select
import socket
import statistics
import time

from . import frames, routes

# One frame, masked once: the client's own work is not what is measured.
WORDS = b"0123456789" * 12 + b"12345"
QUESTION = frames.from_client(WORDS, os.urandom(frames.MASK_BYTES))
ANSWER = frames.from_server(WORDS)
LAST_ANSWERS_S = 2


def ping_pong(subject, connections, seconds):
    with contextlib.ExitStack() as stack:
        clients = [Client(stack.enter_context(opened(subject.port))) for _ in range(connections)]
        poll = stack.enter_context(select.epoll())
        began = time.perf_counter()
        times_s, failed = exchange(poll, clients, began + seconds)
        took_s = time.perf_counter() - began
    cuts = statistics.quantiles(times_s, n=100)
    return {"count": len(times_s), "per_s": len(times_s) / took_s, "p50_ms": cuts[49] * 1000, "p99_ms": cuts[98] * 1000, "failed": failed}


def opened(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16))
    connection.sendall(b"GET /echo HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % (routes.ADDRESS.encode(), key))
    head = b""
    while not head.endswith(b"\r\n\r\n") and (byte := connection.recv(1)):
        head += byte
    if not head.startswith(b"HTTP/1.1 101 ") or frames.accept(key) not in head:
        raise ConnectionError(f"no WebSocket: {head.decode()}")
    return connection


class Client:
    """One socket, with at most one text under way."""

    def __init__(self, connection):
        self.connection, self.unread, self.asked_at = connection, b"", None

    def ask(self):
        self.asked_at = time.perf_counter()
        self.connection.sendall(QUESTION)

    def hear(self):
        """Seconds since the question, once its echo is whole."""
        data = self.connection.recv(4096)
        self.unread += data
        if self.unread == ANSWER:
            self.unread = b""
            return time.perf_counter() - self.asked_at
        if not data or not ANSWER.startswith(self.unread):
            raise ConnectionError("closed, or something else than the echo")
        return None


def exchange(poll, clients, until):
    """Seconds of every echo, and how many clients broke or were owed an echo at the end."""
    waiting, times_s, failed = {one.connection.fileno(): one for one in clients}, [], 0
    for number, client in waiting.items():
        poll.register(number, select.EPOLLIN)
        client.ask()
    while waiting and time.perf_counter() < until + LAST_ANSWERS_S:
        for number, _ in poll.poll(0.1):
            try:
                if goes_on(waiting[number], times_s, until):
                    continue
            except OSError:
                failed += 1
            poll.unregister(number)
            del waiting[number]
    return times_s, failed + len(waiting)


def goes_on(client, times_s, until):
    took_s = client.hear()
    if took_s is not None:
        times_s.append(took_s)
        if time.perf_counter() >= until:
            return False
        client.ask()
    return True
