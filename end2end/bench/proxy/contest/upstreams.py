"""The applications behind every proxy. Each is also measured alone, as the floor."""
import sys
from pathlib import Path

from .processes import free_port, wait_for_port
from .templates import written

ECHO = Path(__file__).with_name("echo.py")
MEBIBYTE = 1024 * 1024


def web(start, folder):
    """An nginx that answers 12 bytes at /, and a file of 1 MiB at /mebibyte."""
    # Started by root, nginx reads files as nobody.
    folder.chmod(0o755)
    (folder / "mebibyte").write_bytes(bytes(MEBIBYTE))
    port = free_port()
    wait_for_port(port, start("nginx", "-c", written("upstream.conf", folder, upstream=port)))
    return port


def echo(start, _folder):
    port = free_port()
    wait_for_port(port, start(sys.executable, str(ECHO), str(port)))
    return port
