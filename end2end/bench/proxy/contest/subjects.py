"""Who takes part: the upstream alone, nginx, HAProxy, Caddy, and ours."""
import contextlib
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import certificate, routes
from .processes import free_port, starter, wait_for_port, wait_until
from .templates import written


@dataclass(frozen=True)
class Subject:
    port: int
    # None: nobody asks for its processor time.
    pid: int | None
    # How many hosts its clients pick from.
    hosts: int = 1
    # With TLS its clients ask for a name, since an address is none that a certificate is chosen by.
    origin: str = "http://127.0.0.1"


@contextlib.contextmanager
def running(command, upstream, hosts, tls=False):
    """Everyone by name, in front of the same upstream, until this is left.

    With more than one host, ours also runs a second time with one: for Q-7.
    """
    with tempfile.TemporaryDirectory() as folder, starter() as start:
        folder = Path(folder)
        behind = upstream(start, folder)
        found = {"direct": Subject(behind, None, hosts)}
        pair = certificate.made(folder) if tls else None
        for name, subject in (("nginx", nginx), ("haproxy", haproxy), ("caddy", caddy)):
            found[name] = subject(start, folder, behind, hosts, pair)
        found["ours"] = ours(start, command, folder / "ours", behind, hosts, pair)
        if hosts > 1:
            found["ours, 1 host"] = ours(start, command, folder / "ours-1", behind, 1)
        yield found


def nginx(start, folder, upstream, hosts, pair=None):
    words = {"ssl": "", "certificate": ""}
    if pair:
        lines = f"ssl_certificate {pair.chain}; ssl_certificate_key {pair.key}; ssl_protocols TLSv1.3; ssl_session_cache shared:tls:10m;"
        words = {"ssl": " ssl", "certificate": lines}
    words |= nginx_choice(folder, hosts)
    return peer(start, folder, hosts, ("nginx", "-c"), "nginx.conf", pair=pair, upstream=upstream, **words)


def nginx_choice(folder, hosts):
    """Where the target of a request comes from: fixed, or looked up by host."""
    if hosts == 1:
        return {"map": "", "target": "app"}
    lines = "".join(f"{routes.host(number)} app;\n" for number in range(hosts))
    (folder / "nginx.hosts").write_text(lines)
    sizes = "map_hash_max_size 65536; map_hash_bucket_size 128;"
    return {"map": f"{sizes} map $host $target {{ include {folder}/nginx.hosts; }}", "target": "$target"}


def haproxy(start, folder, upstream, hosts, pair=None):
    argv = ("haproxy", "-db", "-q", "-f")
    words = {"ssl": f" ssl crt {pair.both} ssl-min-ver TLSv1.3" if pair else "", "scheme": "https" if pair else "http"}
    words["choice"] = haproxy_choice(folder, hosts)
    return peer(start, folder, hosts, argv, "haproxy.cfg", pair=pair, upstream=upstream, **words)


def haproxy_choice(folder, hosts):
    if hosts == 1:
        return "default_backend app"
    lines = "".join(f"{routes.host(number)} app\n" for number in range(hosts))
    (folder / "haproxy.hosts").write_text(lines)
    return f"use_backend %[req.hdr(host),host_only,lower,map_str({folder}/haproxy.hosts)]"


def caddy(start, folder, upstream, hosts, pair=None):
    """With many hosts, one site that has all these names: Caddy finds a name among them by
    halving. As sites of their own, or in its `map`, it would try them one after another."""
    names = [routes.host(number) for number in range(hosts)] if hosts > 1 else [certificate.NAME if pair else routes.ADDRESS]
    line = f"tls {pair.chain} {pair.key}" if pair else ""
    argv = ("caddy", "run", "--adapter", "caddyfile", "--config")
    return peer(start, folder, hosts, argv, "Caddyfile", names=names, pair=pair, upstream=upstream, certificate=line)


def peer(start, folder, hosts, argv, config, names=None, pair=None, **words):
    port = free_port()
    if names:
        words["sites"] = ", ".join(f"{'https' if pair else 'http'}://{name}:{port}" for name in names)
    process = start(*argv, written(config, folder, port=port, **words))
    wait_for_port(port, process)
    return subject(port, process, hosts, pair)


def subject(port, process, hosts, pair):
    return Subject(port, process.pid, hosts, f"https://{certificate.NAME}" if pair else Subject.origin)


def ours(start, command, folder, upstream, hosts, pair=None):
    folder.mkdir()
    port, control = free_port(), folder / "control"
    filled = command.format(listen=f"127.0.0.1:{port}", control=control, snapshot=folder / "routes")
    secure = free_port()
    process = start(*shlex.split(filled), *(["--listen-tls", f"127.0.0.1:{secure}"] if pair else []))
    wait_until(control.exists, "our control socket", process)
    routes.publish(control, upstream, hosts)
    if pair:
        routes.secure(control, certificate.NAME, pair)
    wait_for_port(port, process)
    return subject(secure if pair else port, process, hosts, pair)
