"""Start-up refusal: the app role must not be able to walk through the walls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections

ROLE_SQL = """
    SELECT r.rolname, r.rolsuper, r.rolbypassrls,
           EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p', 'v', 'm')),
           pg_has_role(r.oid, (SELECT oid FROM pg_roles WHERE rolname = 'ecrm_searcher'), 'MEMBER')
      FROM pg_roles r WHERE r.rolname = current_user
"""


def refuse_unsafe_role() -> None:
    """Raises ``ImproperlyConfigured`` when the database role of the app could see other tenants."""
    problems = role_problems()
    if problems:
        raise ImproperlyConfigured("eCRM does not start: " + " ".join(problems))


def role_problems() -> list[str]:
    """One plain sentence for each way the current role could bypass row-level security."""
    with connection.cursor() as cursor:
        cursor.execute(ROLE_SQL)
        name, is_super, bypasses, owns_tables, is_searcher = cursor.fetchone()
    found = {
        f"Role {name} is a superuser.": is_super,
        f"Role {name} has BYPASSRLS.": bypasses,
        f"Role {name} owns tables.": owns_tables,
        f"Role {name} is a member of ecrm_searcher.": is_searcher,
    }
    return [sentence for sentence, is_true in found.items() if is_true]


@register(Tags.database)
def check_role(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """``manage.py check --database default`` tells the same as start-up would."""
    if not databases or "default" not in databases:
        return []
    return [Error(sentence, id="tenancy.E001") for sentence in role_problems()]


@register(Tags.database)
def check_prepared_statements(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A statement prepared for one tenant keeps that tenant's plan: they must stay off."""
    return [
        Error(f"Database {alias} prepares statements.", id="tenancy.E002")
        for alias in databases or []
        if connections[alias].settings_dict.get("OPTIONS", {}).get("prepare_threshold") is not None
    ]
