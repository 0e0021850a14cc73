"""The catalogue lint: asks PostgreSQL itself whether every wall stands. Each query names faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Tables without a tenant, and why each may be so.
SHARED_TABLES = {
    "tenancy_tenant": "the tenants themselves",
    "tenancy_erasedtenant": "proof of tenants that are no more",
    "tenancy_user": "a person may work for several tenants",
    "tenancy_user_groups": "Django's table; unused",
    "tenancy_user_user_permissions": "Django's table; unused",
    "auth_group": "Django's table; unused",
    "auth_group_permissions": "Django's table; unused",
    "auth_permission": "Django's table; unused",
    "django_content_type": "Django's table",
    "django_migrations": "Django's table",
    "django_session": "sign-in comes before the tenant",
    "django_admin_log": "Django's table; unused, the admin writes to our audit",
    "administration_platformentry": "what staff of the installation did outside of all tenants",
    "account_emailaddress": "allauth: addresses of users",
    "account_emailconfirmation": "allauth: addresses of users",
    "usersessions_usersession": "allauth: where users are signed in",
    "mfa_authenticator": "allauth: second factors of users",
}
# Tables with a tenant column that are read before a tenant is known.
SHARED_WITH_TENANT = {
    "tenancy_membership": "decides which tenant a user may enter",
    "tenancy_invitation": "opened by people who are not members yet",
    "tenancy_route": "finds the tenant of a public token",
}
DEFINER_FUNCTIONS = {
    "public.ensure_partitions": "makes tables, reads nothing",
    "public.tend_partitions": "makes tables; counts rows of the default partition, answers none",
    "public.erase_tenant_batch": "erases what the app may not delete, of a tenant past its hold only",
    "public.erase_tenant_end": "the same for the tenant's own row, once nothing of it is left",
    "public.tenant_rows": "counts rows of a tenant for the platform's pages, answers numbers only",
    "public.mark_sample": "writes marks the app may not, for a tenant made in this very transaction only",
    "public.remove_sample_batch": "deletes marked rows of the current tenant, ledgers among them",
    "public.reassign_events": "event facts have no update grant",
    "public.return_events": "event facts have no update grant",
    "public.blank_events": "event facts have no update grant",
    "public.claim_visitor": "event facts have no update grant",
    "public.forget_visitor": "event facts have no update grant",
    "public.consent_follow_ledger": "trigger: the app may not write consent state",
    "public.delivery_needs_consent": "trigger: must see the state whoever inserts",
    "public.campaign_is_frozen": "trigger: must see the deliveries whoever updates",
    "public.content_is_frozen": "trigger: must see the campaign whoever writes",
    "public.blank_deliveries": "deliveries and outcomes have no update grant",
    "public.blank_hits": "of a hit only the verdict has an update grant",
    "search.settle": "sorts waiting entries into the index of the search, takes and answers no values",
    "public.ensure_import_statistics": "defines statistics of one import's rows, answers no values",
    "search.case_ids": "text operators lose their index under row security",
    "search.contact_ids": "text operators lose their index under row security",
    "search.alike_ids": "reads names and their keys across row security, answers ids of the tenant",
    "search.best_ids": "text operators lose their index under row security",
    "search.alike_company_ids": "text operators lose their index under row security",
    "search.contact_ids_among": "text operators lose their index under row security",
    "search.company_ids": "text operators lose their index under row security",
}
POLICY_NAMES = {"tenant_wall", "dispatch", "searcher"}

TABLES = """
    SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
           EXISTS (SELECT FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
"""


def all_findings(cursor: Any) -> list[str]:
    return [finding for query in QUERIES for finding in query(cursor)]


def tables_without_tenant(cursor: Any) -> list[str]:
    return [
        f"{name}: no tenant_id, and not on the list of shared tables"
        for _oid, name, _rls, _force, _part, has_tenant in _rows(cursor, TABLES)
        if not has_tenant and name not in SHARED_TABLES
    ]


def stale_exceptions(cursor: Any) -> list[str]:
    names = {row[1] for row in _rows(cursor, TABLES)}
    functions = {row[0] for row in _rows(cursor, DEFINERS)}
    gone = [name for name in [*SHARED_TABLES, *SHARED_WITH_TENANT] if name not in names]
    gone += [name for name in DEFINER_FUNCTIONS if name not in functions]
    return [f"{name}: excepted, but gone" for name in gone]


def tables_without_row_security(cursor: Any) -> list[str]:
    found = []
    for _oid, name, rls, force, _partition, has_tenant in _rows(cursor, TABLES):
        if has_tenant and name not in SHARED_WITH_TENANT:
            found += [f"{name}: row security is off"] * (not rls)
            found += [f"{name}: row security is not forced"] * (not force)
    return found


POLICIES = """
    SELECT c.relname, p.polname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
           ARRAY(SELECT rolname::text FROM pg_roles WHERE oid = ANY (p.polroles)), p.polcmd
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
"""


def tables_without_policy(cursor: Any) -> list[str]:
    wall = "(tenant_id = current_tenant())"
    good = {
        table
        for table, name, using, check, roles, command in _rows(cursor, POLICIES)
        if name == "tenant_wall" and using == wall and check == wall and roles == ["ecrm_app"] and command == "*"
    }
    return [
        f"{name}: no tenant_wall policy as it should be"
        for _oid, name, _rls, _force, _part, has_tenant in _rows(cursor, TABLES)
        if has_tenant and name not in SHARED_WITH_TENANT and name not in good
    ]


def odd_policies(cursor: Any) -> list[str]:
    found = []
    for table, name, _using, _check, roles, command in _rows(cursor, POLICIES):
        if name not in POLICY_NAMES:
            found.append(f"{table}: unknown policy {name}")
        if name == "dispatch" and (roles != ["ecrm_dispatch"] or command != "r"):
            found.append(f"{table}: policy dispatch is not for reading by ecrm_dispatch alone")
        if name == "searcher" and roles != ["ecrm_searcher"]:
            found.append(f"{table}: policy searcher is not for ecrm_searcher alone")
    return found


FOREIGN_KEYS = """
    SELECT k.conname, c.relname, f.relname,
           ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = ANY (k.conkey)),
           EXISTS (SELECT FROM pg_attribute WHERE attrelid = k.confrelid AND attname = 'tenant_id' AND NOT attisdropped)
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
     WHERE k.contype = 'f'
"""


def foreign_keys_without_tenant(cursor: Any) -> list[str]:
    return [
        f"{table}.{name}: refers to {parent} without the tenant"
        for name, table, parent, columns, parent_has_tenant in _rows(cursor, FOREIGN_KEYS)
        if parent_has_tenant and parent not in SHARED_WITH_TENANT and "tenant_id" not in columns
    ]


# What holds the tenant of these instead (docs/adr/0017).
HELD_OTHERWISE = {
    "contacts_importrow.run_id": "rows of one run, made and deleted with it; row security",
    "consent_consentstate.contact_id": "copied by a trigger from a row of the ledger that has the reference",
    "consent_consentstate.purpose_id": "copied by a trigger from a row of the ledger that has the reference",
    "consent_consentstate.record_id": "made by a trigger for that row",
}


def references_without_key(cursor: Any) -> list[str]:
    """Every TenantForeignKey has its composite key in the database, or is listed with what holds it."""
    from django.apps import apps

    from ecrm.tenancy.scoping import TenantForeignKey

    have = {
        (table, column)
        for _name, table, _parent, columns, _ in _rows(cursor, FOREIGN_KEYS)
        if "tenant_id" in columns
        for column in columns
    }
    return [
        f"{model._meta.db_table}.{field.column}: no composite foreign key"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
        and (model._meta.db_table, field.column) not in have
        and f"{model._meta.db_table}.{field.column}" not in HELD_OTHERWISE
    ]


UNIQUE_KEYS = """
    SELECT i.relname, c.relname,
           (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = x.indkey[0]), x.indisprimary
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE x.indisunique AND n.nspname = 'public'
       AND EXISTS (SELECT FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
"""


def unique_keys_without_tenant(cursor: Any) -> list[str]:
    return [
        f"{table}.{index}: a unique key that does not start with tenant_id"
        for index, table, first_column, is_primary in _rows(cursor, UNIQUE_KEYS)
        if not is_primary and first_column != "tenant_id" and table not in SHARED_WITH_TENANT
    ]


def open_views(cursor: Any) -> list[str]:
    sql = """
        SELECT c.relname, c.relkind, COALESCE(c.reloptions::text, '') FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname IN ('public', 'search') AND c.relkind IN ('v', 'm')
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    """
    found = []
    for name, kind, options in _rows(cursor, sql):
        if kind == "m":
            found.append(f"{name}: materialised views have no row security")
        elif "security_invoker=true" not in options:
            found.append(f"{name}: a view that is not security_invoker")
    return found


DEFINERS = """
    SELECT n.nspname || '.' || p.proname, COALESCE(p.proconfig::text, ''), p.prolang <> 13,
           has_function_privilege('public', p.oid, 'EXECUTE')
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prosecdef AND n.nspname IN ('public', 'search')
"""


def odd_definer_functions(cursor: Any) -> list[str]:
    found = []
    for name, config, _language, is_public in _rows(cursor, DEFINERS):
        if name not in DEFINER_FUNCTIONS:
            found.append(f"{name}: a definer function nobody has explained")
        if "search_path=" not in config:
            found.append(f"{name}: a definer function without a fixed search_path")
        if is_public:
            found.append(f"{name}: a definer function everybody may call")
    return found


def wide_grants(cursor: Any) -> list[str]:
    sql = """
        SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants
         WHERE table_schema = 'public' AND grantee IN ('ecrm_app', 'ecrm_dispatch', 'PUBLIC')
           AND (privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')
                OR (grantee = 'ecrm_dispatch' AND privilege_type <> 'SELECT'))
    """
    return [f"{table}: {grantee} may {privilege}" for grantee, table, privilege in _rows(cursor, sql)]


def readable_partitions(cursor: Any) -> list[str]:
    """A partition asked for by name ignores its parent's policy; better not readable at all."""
    sql = """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relispartition AND c.relkind = 'r'
           AND has_table_privilege('ecrm_app', c.oid, 'SELECT')
    """
    return [f"{name}: the app may read this partition by name" for (name,) in _rows(cursor, sql)]


def strong_roles(cursor: Any) -> list[str]:
    sql = """
        SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
               EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid)
          FROM pg_roles r WHERE rolname IN ('ecrm_app', 'ecrm_dispatch', 'ecrm_searcher')
    """
    words = ("is superuser", "bypasses row security", "creates roles", "creates databases", "owns tables")
    return [
        f"role {name} {word}"
        for name, *flags in _rows(cursor, sql)
        for flag, word in zip(flags, words, strict=True)
        if flag
    ]


def _rows(cursor: Any, sql: str) -> list[tuple[Any, ...]]:
    cursor.execute(sql)
    return list(cursor.fetchall())


QUERIES: list[Callable[[Any], list[str]]] = [
    tables_without_tenant,
    stale_exceptions,
    tables_without_row_security,
    tables_without_policy,
    odd_policies,
    foreign_keys_without_tenant,
    references_without_key,
    unique_keys_without_tenant,
    open_views,
    odd_definer_functions,
    wide_grants,
    readable_partitions,
    strong_roles,
]
