"""PostgreSQL refuses to run as root: finds it an unprivileged user, and folders that user can reach."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from ecrm.bootstrap.errors import BootstrapError
from ecrm.bootstrap.processes import Account

USER = "ecrm"
SHARED_PLACE = Path("/var/lib/ecrm")


def unprivileged() -> Account | None:
    """None for an ordinary user; for root the system user `ecrm`, made when it is missing."""
    if os.geteuid() != 0:
        return None
    found = _look_up(USER) or _create(USER) or _look_up("nobody")
    if found is None:
        raise BootstrapError(
            "PostgreSQL does not run as root, and there is no user to run it as. Make one with "
            f"`useradd --system {USER}`, or start eCRM as an ordinary user."
        )
    return found


def can_reach(account: Account | None, path: Path) -> bool:
    """Whether the account may walk down to `path` (which need not exist). No folder is changed."""
    if account is None:
        return True
    existing = [folder for folder in path.resolve().parents if folder.exists()]
    return all(_may_enter(account, folder) for folder in existing)


def _may_enter(account: Account, folder: Path) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def _look_up(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid) if entry.pw_uid != 0 else None


def _create(name: str) -> Account | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return None
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    subprocess.run(command, capture_output=True, check=False)
    return _look_up(name)
