"""Makes `.venv` from the locked requirements and keeps it current. Standard library only."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from ecrm.bootstrap.errors import BootstrapError

STAMP = "ecrm-locks.json"
IMPLIED = {"base": ("base",), "dev": ("dev", "base")}  # dev.txt is base.txt and more


def enter(root: Path, *, lock: str, argv: Sequence[str]) -> None:
    """Continue in the current environment of `root`; making it and re-executing where needed."""
    environment = root / ".venv"
    if ensure(root, lock=lock) or not _is_inside(environment):
        _restart(environment, argv)


def ensure(root: Path, *, lock: str) -> bool:
    """Bring `.venv` up to `requirements/<lock>.txt`; True when something had to be installed.

    Two commands started together wait for each other, and the second finds the work done.
    """
    environment = root / ".venv"
    if is_current(root, lock=lock):
        return False
    with _only_one(root / ".venv.lock"):
        if is_current(root, lock=lock):
            return False
        started = time.monotonic()
        print(f"Preparing the Python environment in {environment.name} …", flush=True)
        _create(environment)
        _install(environment, root / "requirements" / f"{lock}.txt")
        _stamp(root, lock=lock)
        print(f"Environment ready after {time.monotonic() - started:.1f} s", flush=True)
    return True


def is_current(root: Path, *, lock: str) -> bool:
    """Whether `.venv` works and was installed from this very lock file by the same Python."""
    environment = root / ".venv"
    stamp = _read_stamp(environment)
    return _python_of(environment) == stamp.get("python") and stamp.get(lock) == _digest(root, lock)


def _is_inside(environment: Path) -> bool:
    return Path(sys.prefix).resolve() == environment.resolve()


def _restart(environment: Path, argv: Sequence[str]) -> NoReturn:
    python = str(environment / "bin" / "python")
    sys.stdout.flush()
    os.execv(python, [python, *argv])


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    try:
        handle = path.open("w")
    except OSError as error:
        raise BootstrapError(
            f"The folder {path.parent} cannot be written to, so no environment can be made there. "
            "Use a copy of eCRM that belongs to you."
        ) from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _create(environment: Path) -> None:
    if _python_of(environment):
        return
    shutil.rmtree(environment, ignore_errors=True)
    if _uv() and _succeeds([_uv(), "venv", "-q", "--python", sys.executable, str(environment)]):
        return
    if not _succeeds([sys.executable, "-m", "venv", str(environment)]):
        raise BootstrapError(
            "Python could not make a virtual environment. On Debian and Ubuntu its venv module is "
            "a package of its own: apt-get install python3-venv"
        )


def _install(environment: Path, requirements: Path) -> None:
    """Through uv when it is there (seconds instead of a minute), else, or when it fails, pip."""
    python = str(environment / "bin" / "python")
    wanted = ["--require-hashes", "-r", str(requirements)]
    if _uv() and _succeeds([_uv(), "pip", "install", "-q", "--python", python, *wanted]):
        return
    if not _succeeds([python, "-m", "pip", "--version"], quiet=True):
        _succeeds([python, "-m", "ensurepip", "-q"])
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if not _succeeds([*pip, *wanted]):
        raise BootstrapError(
            f"The packages of requirements/{requirements.name} could not be installed (pip says "
            "why above). Check the network connection and run the command again."
        )


def _stamp(root: Path, *, lock: str) -> None:
    environment = root / ".venv"
    stamp: dict[str, str] = {"python": _python_of(environment)}
    stamp.update({name: _digest(root, name) for name in IMPLIED[lock]})
    temporary = environment / f"{STAMP}.{os.getpid()}"
    temporary.write_text(json.dumps(stamp))
    temporary.replace(environment / STAMP)


def _read_stamp(environment: Path) -> dict[str, str]:
    try:
        stamp = json.loads((environment / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _digest(root: Path, lock: str) -> str:
    return hashlib.sha256((root / "requirements" / f"{lock}.txt").read_bytes()).hexdigest()


def _python_of(environment: Path) -> str:
    """The venv's interpreter and its version, or "" when it is missing or broken.

    Read from files: asking the interpreter would cost every command 20 ms.
    """
    executable = environment / "bin" / "python"
    if not executable.exists():  # follows links: false when the Python it came from is gone
        return ""
    versions = sorted(path.name for path in (environment / "lib").glob("python3.*"))
    return f"{executable.resolve()} {' '.join(versions)}" if versions else ""


def _uv() -> str:
    return shutil.which("uv") or ""


def _succeeds(command: Sequence[str], *, quiet: bool = False) -> bool:
    sink = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(command, stdout=sink, stderr=sink, check=False).returncode == 0
    except OSError:
        return False
