"""WebSocket frames, as far as short texts need them (RFC 6455)."""
import base64
import hashlib

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT = 0x81
# The longest text whose length fits into the second byte.
SHORT_BYTES = 125
MASK_BYTES = 4


def accept(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def from_server(text):
    return bytes((TEXT, len(text))) + text


def from_client(text, mask):
    return bytes((TEXT, 0x80 | len(text))) + mask + masked(text, mask)


def masked(text, mask):
    """Masking twice unmasks. As two large numbers: byte by byte, Python would be the load."""
    length = len(text)
    key = (mask * (length // MASK_BYTES + 1))[:length]
    return (int.from_bytes(text, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
