"""The test database: built once per state of the code by its owner, cloned for each worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from ecrm.bootstrap import schema

Owner = psycopg.Connection[tuple[Any, ...]]
LOCK = 7_402_531  # any number, the same for every worker
REFERENCE = "test_reference"
PATIENCE = "10s"


def make_for(worker: str) -> str:
    """An empty, migrated database for this worker; returns its name."""
    name = f"test_{worker}"
    with _as_owner("postgres") as cluster:
        # Workers wait for the first one, which builds the template they all clone.
        cluster.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        template = _template(cluster)
        _drop(cluster, name)
        cluster.execute(_statement("CREATE DATABASE {} TEMPLATE {}", name, template))
    return name


def use(name: str) -> None:
    """Point every alias at this database; call before the first query."""
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name


def empty() -> None:
    """Undo what a transactional test has committed: as the owner, whom no trigger or policy holds back.

    Rows that migrations wrote are put back. Waits PATIENCE at most for a test's own
    connection that was left open in a transaction.
    """
    with _as_owner(connections["migrate"].settings_dict["NAME"]) as owner, owner.transaction():
        owner.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
        # Neither the triggers that keep ledgers append-only nor the order of foreign keys matter here.
        owner.execute("SET LOCAL session_replication_role = replica")
        unchanged = {"django_migrations", *_unchanged_reference_tables(owner)}
        filled = [table for table in _filled_tables(owner) if table not in unchanged]
        if filled:
            _delete_all(owner, filled)
            _restore(owner)


def _delete_all(owner: Owner, tables: list[str]) -> None:
    """Not TRUNCATE: a few rows are gone at once, while a new file for each table, its indexes and
    everything that refers to it takes a second."""
    owner.execute(_statement(f"LOCK TABLE {', '.join('{}' for _ in tables)}", *tables))
    owner.execute(_statement("; ".join("DELETE FROM {}" for _ in tables), *tables))


@contextmanager
def _as_owner(database: str) -> Iterator[Owner]:
    migrate = connections["migrate"].settings_dict
    with psycopg.connect(
        host=migrate["HOST"],
        port=migrate["PORT"],
        user=migrate["USER"],
        password=migrate["PASSWORD"],
        dbname=database,
        autocommit=True,
    ) as connection:
        yield connection


def _template(cluster: Owner) -> str:
    name = f"template_{schema.wanted(Path(__file__))[:16]}"
    existing = {row[0] for row in cluster.execute("SELECT datname FROM pg_database")}
    if name in existing:
        return name
    for old in existing:
        if old.startswith("template_"):
            _drop(cluster, old)
    unfinished = "template_unfinished"
    cluster.execute(
        _statement(
            "CREATE DATABASE {} TEMPLATE template0 ENCODING UTF8 "
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'",
            unfinished,
        )
    )
    _migrate(unfinished)
    cluster.execute(_statement("ALTER DATABASE {} RENAME TO {}", unfinished, name))
    return name


def _migrate(name: str) -> None:
    use(name)
    call_command("migrate", database="migrate", verbosity=0, interactive=False)
    for connection in connections.all():
        connection.close()
    with _as_owner(name) as owner:
        _remember(owner)
        owner.execute("ANALYZE")


def _remember(owner: Owner) -> None:
    """Keep the rows that migrations wrote, for `empty` to put back."""
    owner.execute(_statement("CREATE SCHEMA {}", REFERENCE))
    for table in _filled_tables(owner):
        if table != "django_migrations":
            owner.execute(_statement("CREATE TABLE {}.{} AS TABLE public.{}", REFERENCE, table, table))


def _reference_tables(owner: Owner) -> list[str]:
    rows = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [REFERENCE])
    return [row[0] for row in rows]


def _unchanged_reference_tables(owner: Owner) -> list[str]:
    return [table for table in _reference_tables(owner) if not _has_changed(owner, table)]


def _has_changed(owner: Owner, table: str) -> bool:
    now, then = "SELECT t::text FROM public.{} t", "SELECT t::text FROM {}.{} t"
    question = f"SELECT EXISTS (({now} EXCEPT {then}) UNION ALL ({then} EXCEPT {now}))"
    names = [table, REFERENCE, table, REFERENCE, table, table]
    return _one(owner, _statement(question, *names))


def _restore(owner: Owner) -> None:
    for table in _reference_tables(owner):
        if _one(owner, _statement("SELECT NOT EXISTS (SELECT FROM public.{})", table)):
            columns = _columns(owner, table)
            names = ", ".join("{}" for _ in columns)
            owner.execute(
                _statement(
                    f"INSERT INTO public.{{}} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {{}}.{{}}",
                    *(table, *columns, *columns, REFERENCE, table),
                )
            )


def _columns(owner: Owner, table: str) -> list[str]:
    rows = owner.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
        [table],
    )
    return [row[0] for row in rows]


def _filled_tables(owner: Owner) -> list[str]:
    """Tables with at least one row; a partitioned one stands for its partitions."""
    rows = owner.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
    )
    tables = [row[0] for row in rows]
    probe = "SELECT {} WHERE EXISTS (SELECT FROM public.{})"
    probes = [
        sql.SQL(probe).format(sql.Literal(table), sql.Identifier(table))  # type: ignore[arg-type]
        for table in tables
    ]
    return [row[0] for row in owner.execute(sql.SQL(" UNION ALL ").join(probes))] if probes else []


def _one(owner: Owner, statement: sql.Composed) -> bool:
    row = owner.execute(statement).fetchone()
    return bool(row and row[0])


def _drop(cluster: Owner, name: str) -> None:
    cluster.execute(_statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", name))


def _statement(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*map(sql.Identifier, names))  # type: ignore[arg-type]
