"""Choosing loopback ports."""

import random
import socket
import time
from urllib.parse import urlsplit

# Below 32768, where Linux takes the local ports of outgoing connections from: a port found free
# there may be gone a moment later.
CANDIDATES = range(20_000, 32_000)

# What this process has chosen, held by the UDP port of the same number until it ends: a server may take long
# to listen, and two demos that start together would find the same port free meanwhile.
_held: set[int] = set()


def choose(usual: int | None = None, *, taken: frozenset[int] = frozenset()) -> int:
    """`usual` when nothing uses it, else a free port at random. No other process is given it while this one lives."""
    if usual is not None and usual not in taken and reserve(usual):
        return usual
    while True:
        port = random.choice(CANDIDATES)
        if port not in taken and port not in _held and reserve(port):
            return port


def reserve(port: int) -> bool:
    """False when it is in use or another process has chosen it; what this one has chosen may be taken again."""
    if not is_free(port):
        return False
    if port in _held:
        return True
    token = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        token.bind(("127.0.0.1", port))
    except OSError:
        token.close()
        return False
    token.detach()  # open until the process ends
    _held.add(port)
    return True


def is_free(port: int) -> bool:
    """Whether we could listen there and no one else answers for "localhost", IPv6 included."""
    if any(_answers(host, port) for host in ("127.0.0.1", "::1")):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def port_of(url: str) -> int | None:
    """The port in an address, None when it names none."""
    return urlsplit(url).port


def wait_until_free(port: int, *, seconds: float) -> bool:
    """Give a server that is just stopping that long to let go of its port."""
    deadline = time.monotonic() + seconds
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False
