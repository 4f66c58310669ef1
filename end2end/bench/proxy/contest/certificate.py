"""One certificate for everybody: an ECDSA key on P-256, signed by itself."""
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAME = "localhost"


@dataclass(frozen=True)
class Pair:
    chain: Path
    key: Path
    # In one file, as HAProxy reads it.
    both: Path


def made(folder):
    pair = Pair(folder / "tls.pem", folder / "tls.key", folder / "tls.both")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    about = ("-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}")
    argv = ["openssl", "req", "-x509", *kind, "-keyout", str(pair.key), "-out", str(pair.chain), *about]
    subprocess.run(argv, check=True, capture_output=True)
    pair.both.write_text(pair.chain.read_text() + pair.key.read_text())
    return pair
