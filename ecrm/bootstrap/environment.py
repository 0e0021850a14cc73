"""The settings handed to every process, and the `env` file of a data directory that keeps them."""

import base64
import os
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

ENV_FILE = "env"
HELP = {"-h", "--help"}


def read(data_dir: Path) -> dict[str, str]:
    """The kept settings, or nothing when this directory has not been used yet."""
    try:
        lines = (data_dir / ENV_FILE).read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (shlex.split(line)[0].partition("=") for line in lines if line and line[0] != "#")
    return {name: value for name, _, value in pairs}


def write(data_dir: Path, values: Mapping[str, str]) -> None:
    """Replace the file at once, readable by its owner only; a shell can source it."""
    lines = ["# Written by manage.py. Holds secrets.", *map(_line, sorted(values.items()))]
    write_private(data_dir / ENV_FILE, "\n".join(lines) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read it, from its first byte."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)


def adopt_demo(root: Path) -> bool:
    """Let `manage.py shell`, `migrate` and the like work on the demo unless told otherwise.

    True when there is a demo and nothing else was configured.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecrm.settings")
    values = {} if "ECRM_DATABASE_URL" in os.environ else read(root / ".demo")
    for name, value in values.items():
        os.environ.setdefault(name, value)
    return bool(values)


def lasting_secrets() -> dict[str, str]:
    """Keys made once for an installation; losing them loses what they protect."""
    return {
        "ECRM_SECRET_KEY": secrets.token_urlsafe(48),
        "ECRM_FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "ECRM_SUPPRESSION_KEY": secrets.token_hex(32),
    }


DATABASE_ROLES = {
    "ECRM_DATABASE_URL": "ecrm_app",
    "ECRM_MIGRATE_DATABASE_URL": "ecrm_migrate",
    "ECRM_DISPATCH_DATABASE_URL": "ecrm_dispatch",
}


def for_databases(passwords: Mapping[str, str], *, port: int, name: str) -> dict[str, str]:
    """The three database addresses the settings know."""
    return {
        variable: f"postgres://{role}:{quote(passwords[role], safe='')}@127.0.0.1:{port}/{name}"
        for variable, role in DATABASE_ROLES.items()
    }


def passwords_in(values: Mapping[str, str]) -> dict[str, str]:
    """The passwords by role, as kept in the database addresses; empty when one is missing."""
    found = {
        role: unquote(urlsplit(values.get(variable, "")).password or "") for variable, role in DATABASE_ROLES.items()
    }
    return found if all(found.values()) else {}


def for_web(*, port: int, files: Path) -> dict[str, str]:
    """What does not depend on the databases."""
    return {
        "DJANGO_SETTINGS_MODULE": "ecrm.settings",
        "ECRM_DEBUG": "0",
        "ECRM_BASE_URL": f"http://localhost:{port}",
        "ECRM_ALLOWED_HOSTS": "localhost,127.0.0.1",
        "ECRM_FILES_DIR": str(files),
        "ECRM_LOG_FORMAT": "plain",
    }


def for_mail(*, smtp_port: int, http_port: int) -> dict[str, str]:
    """The catcher as relay, and as the log that tells what became of a message."""
    return {
        "ECRM_RELAY_URL": f"smtp://127.0.0.1:{smtp_port}?reconcile=log",
        "ECRM_RELAY_LOG_URL": f"http://127.0.0.1:{http_port}",
    }


def for_inbound(*, door_port: int) -> dict[str, str]:
    """The door mail comes in by. Bounces of campaigns are addressed to the domain too."""
    return {"ECRM_SMTP_DOOR": f"127.0.0.1:{door_port}", "ECRM_INBOUND_DOMAIN": "in.localhost"}


def for_help() -> dict[str, str]:
    """For a command that tells its options: complete, with addresses where nobody answers."""
    nobody = dict.fromkeys(DATABASE_ROLES.values(), "none")
    values = {
        **lasting_secrets(),
        **for_databases(nobody, port=1, name="ecrm"),
        "ECRM_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    return for_children({**values, **for_web(port=8000, files=Path(".var"))})


def for_children(values: Mapping[str, str]) -> dict[str, str]:
    """`values` over what this process was given, without what would confuse a child's Python."""
    inherited = {k: v for k, v in os.environ.items() if k not in {"PYTHONHOME", "PYTHONPATH"}}
    return {**inherited, "PYTHONUNBUFFERED": "1", **values}


def _line(pair: tuple[str, str]) -> str:
    name, value = pair
    return f"{name}={shlex.quote(value)}"
