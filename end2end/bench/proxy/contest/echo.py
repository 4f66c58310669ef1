"""An application that echoes WebSocket texts. usage: echo.py PORT

Bare epoll, because client, echo and proxy share two cores: what this costs, the proxy lacks.
"""
import re
import select
import socket
import sys

import frames

KEY = re.compile(rb"(?i)sec-websocket-key: *(\S+)")
HEAD_BYTES = 2 + frames.MASK_BYTES


class Peer:
    def __init__(self, connection):
        self.connection, self.unread, self.is_open = connection, b"", False

    def hear(self):
        """False once the other side has ended."""
        data = self.connection.recv(65536)
        self.unread += data
        if self.is_open:
            self.echo()
        elif b"\r\n\r\n" in self.unread:
            self.shake_hands()
        return bool(data)

    def shake_hands(self):
        head, self.unread = self.unread.split(b"\r\n\r\n", 1)
        answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n"
        self.connection.sendall(answer % frames.accept(KEY.search(head).group(1)))
        self.is_open = True

    def echo(self):
        while len(self.unread) >= HEAD_BYTES:
            whole = HEAD_BYTES + (self.unread[1] & 0x7F)
            if len(self.unread) < whole:
                return
            text = frames.masked(self.unread[HEAD_BYTES:whole], self.unread[2:HEAD_BYTES])
            self.unread = self.unread[whole:]
            self.connection.sendall(frames.from_server(text))


def serve(port):
    with socket.create_server(("127.0.0.1", port), backlog=1024) as door, select.epoll() as poll:
        poll.register(door, select.EPOLLIN)
        peers = {}
        while True:
            for number, _ in poll.poll():
                if number == door.fileno():
                    welcome(door.accept()[0], poll, peers)
                elif not heard(peers[number]):
                    peers.pop(number).connection.close()


def welcome(connection, poll, peers):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    poll.register(connection, select.EPOLLIN)
    peers[connection.fileno()] = Peer(connection)


def heard(peer):
    try:
        return peer.hear()
    except OSError:
        return False


if __name__ == "__main__":
    serve(int(sys.argv[1]))
