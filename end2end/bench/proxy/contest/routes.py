"""Our route table: filled over the control socket, in one line, as a control plane does it."""
import json
import socket
import sys

# What clients ask for that name no host of their own.
ADDRESS = "127.0.0.1"


def host(number):
    return f"app-{number}.localhost"


def publish(control, upstream, hosts):
    """One route per host. All lead to one application, as they do in the peers' maps: what
    differs from one host to 10,000 is the look-up and nothing behind it.

    The first route goes ahead: routes that bring the same new upstream in one table each get
    connections of their own to it, and 10,000 of those would be the load.
    """
    first = route("bench", [ADDRESS], upstream)
    rest = [route(f"bench-{number}", [host(number)], upstream) for number in range(hosts)]
    tell(control, {"op": "put", "generation": 1, "route": first})
    tell(control, {"op": "replace", "table": {"generation": 2, "routes": [first, *rest]}})


def secure(control, name, pair):
    """The name leads where the address leads, with this certificate."""
    leads = {"host": name, "route": "bench", "https_only": False, "hsts_s": 0}
    shown = {"host": name, "chain": pair.chain.read_text(), "key": pair.key.read_text()}
    tell(control, {"op": "front", "generation": 3, "frontage": {"names": [leads], "certificates": [shown]}})


def route(name, hosts, upstream):
    app = {"id": "app", "address": f"127.0.0.1:{upstream}"}
    target = {"kind": "upstreams", "deployment": "bench", "upstreams": [app], "health": None}
    return {"id": name, "hosts": hosts, "target": target}


def tell(control, request):
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(str(control))
        door.sendall(json.dumps(request).encode() + b"\n")
        answer = door.makefile().readline()
    if '"serving"' not in answer:
        sys.exit(f"the routes were not published: {answer}")
