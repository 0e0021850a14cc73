from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from contacts.models import Company
from ecrm.tenancy.context import require_tenant_id

LONGEST_NAME = 200


@transaction.atomic
def get_or_create_companies(names: Iterable[str]) -> dict[str, int]:
    """Company ids by the name as given, set-based. Case, accents and spaces do not tell two apart."""
    given = sorted({name for name in names if name.strip()})
    if not given:
        return {}
    tenant_id = require_tenant_id()
    folded = "left(search.fold(regexp_replace(btrim(name), '\\s+', ' ', 'g')), 200)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Company.table()} (tenant_id, name, name_norm, search_text,"
            "  phone, street, postcode, city, region, country, created_at, updated_at)"
            f" SELECT DISTINCT ON ({folded}) %s, left(btrim(name), 200), {folded}, ' ' || {folded},"
            "  '', '', '', '', '', '', now(), now()"
            f" FROM unnest(%s::text[]) AS given (name) ORDER BY {folded}, name"
            " ON CONFLICT (tenant_id, name_norm) WHERE binned_at IS NULL DO NOTHING",
            [tenant_id, given],
        )
        cursor.execute(
            f"SELECT given.name, company.id FROM unnest(%s::text[]) AS given (name)"
            f" JOIN {Company.table()} company ON company.tenant_id = %s AND company.binned_at IS NULL"
            f" AND company.name_norm = {folded.replace('name', 'given.name')}",
            [given, tenant_id],
        )
        return dict(cursor.fetchall())
