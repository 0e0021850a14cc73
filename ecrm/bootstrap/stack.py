"""The two servers everything stands on, PostgreSQL and Redis, in one data directory."""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import psycopg

from ecrm.bootstrap import accounts, environment, ports, postgres, redis
from ecrm.bootstrap.errors import BootstrapError
from ecrm.bootstrap.leftovers import Record
from ecrm.bootstrap.supervisor import Supervisor

CLUSTER_SQL = Path(__file__).resolve().parents[1] / "tenancy" / "sql" / "cluster.sql"
MARK = "ecrm-data"  # says that a folder is ours to delete


class Stack:
    """A data directory with its servers.

    values: the settings for every child; complete for databases and Redis after `start_*`.
    """

    def __init__(self, data_dir: Path, supervisor: Supervisor, *, settings: Mapping[str, str], database: str) -> None:
        self.data_dir = data_dir
        self.values = {**environment.lasting_secrets(), **environment.read(data_dir)}
        self.superuser_url = ""
        self._supervisor = supervisor
        self._settings = settings
        self._database = database

    def start_postgres(self) -> None:
        """Made when new, resumed otherwise; roles and database are there afterwards."""
        port = self._port_of("ECRM_DATABASE_URL")
        server = postgres.locate(self.data_dir, port=port, log=self.log("postgres"), settings=self._settings)
        self._forget_deleted(server)
        password = self._superuser_password()
        if server.is_new:
            server.initialise(password)
        self._supervisor.start(server.program(os.environ))
        self.superuser_url = server.superuser_url(password)
        try:
            self._set_up_roles(port)
            postgres.create_database(self.superuser_url, self._database)
        except psycopg.Error as error:
            raise BootstrapError(f"PostgreSQL could not be set up: {error}\nIts log: {server.log}") from error

    def start_redis(self) -> None:
        port = self._port_of("ECRM_REDIS_URL")
        program = redis.program(self.data_dir / "redis", port=port, log=self.log("redis"), environment=os.environ)
        self._supervisor.start(program)
        self.values["ECRM_REDIS_URL"] = redis.url(port)

    def save(self) -> None:
        environment.write(self.data_dir, self.values)

    def log(self, name: str) -> Path:
        return self.data_dir / "logs" / f"{name}.log"

    def child_environment(self) -> dict[str, str]:
        return environment.for_children(self.values)

    def _port_of(self, variable: str) -> int:
        """The port of last time if it is free again, for others may have noted the address."""
        last = ports.port_of(self.values.get(variable, ""))
        return ports.choose(last)

    def _forget_deleted(self, server: postgres.Postgres) -> None:
        """A cluster kept elsewhere stays behind when somebody deletes the data directory by hand."""
        is_elsewhere = not server.folder.is_relative_to(self.data_dir.resolve())
        if is_elsewhere and not self._password_file.exists():
            shutil.rmtree(server.folder, ignore_errors=True)

    @property
    def _password_file(self) -> Path:
        return self.data_dir / "superuser-password"

    def _superuser_password(self) -> str:
        if not self._password_file.exists():
            environment.write_private(self._password_file, secrets.token_hex(32))
        return self._password_file.read_text().strip()

    def _set_up_roles(self, port: int) -> None:
        """Again whenever the script has changed; passwords are new then, nobody else keeps them."""
        script = CLUSTER_SQL.read_text()
        stamp = self.data_dir / "roles"
        current = hashlib.sha256(script.encode()).hexdigest()
        passwords = environment.passwords_in(self.values)
        if not passwords or not stamp.exists() or stamp.read_text() != current:
            passwords = postgres.set_up_roles(self.superuser_url, cluster_sql=script)
        self.values |= environment.for_databases(passwords, port=port, name=self._database)
        self.save()
        stamp.write_text(current)


@contextlib.contextmanager
def only_user_of(data_dir: Path) -> Iterator[None]:
    """Hold the data directory; raises BootstrapError when another command holds it."""
    lock = try_lock(data_dir)
    if lock is None:
        raise BootstrapError(
            f"Another eCRM is using {data_dir}. Stop it first, or give this one a folder of its own with --data-dir."
        )
    with lock:
        yield


def try_lock(data_dir: Path) -> IO[str] | None:
    """Lock a data directory, making it when needed, for as long as the file stays open."""
    prepare(data_dir)
    try:
        handle = (data_dir / "lock").open("w")
    except OSError as error:
        raise BootstrapError(
            f"{data_dir} cannot be used by you ({error.strerror}); it may belong to another user. "
            "Name another folder with --data-dir."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def prepare(data_dir: Path) -> None:
    """Make the folder, open enough for the database's user to walk through.

    Raises BootstrapError when it holds files that are not ours: --fresh deletes all that is in it.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if (data_dir / MARK).exists():
            return
        if any(data_dir.iterdir()):
            raise BootstrapError(f"{data_dir} holds other files. Name an empty or a new folder.")
        data_dir.chmod(0o755)
        (data_dir / MARK).touch()
    except OSError as error:
        raise BootstrapError(f"{data_dir} cannot be used for data: {error.strerror}.") from error


def erase(data_dir: Path) -> None:
    """Delete all data of a directory that is ours; call with its lock held."""
    if not (data_dir / MARK).exists():
        raise BootstrapError(f"{data_dir} was not made by eCRM, so it is not deleted.")
    home = postgres.home_of(data_dir, accounts.unprivileged())
    shutil.rmtree(home, ignore_errors=True)
    for path in data_dir.iterdir():
        if path.name in {"lock", MARK}:
            continue
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def record_of(data_dir: Path) -> Record:
    return Record(data_dir / "children.json")
