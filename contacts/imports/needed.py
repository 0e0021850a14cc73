"""Custom fields that people lack at the stage they have after an import: said, the row comes in.

Whoever may import can read what is said: a field that one of them does not see is not named.
"""

from __future__ import annotations

from typing import Any

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from contacts import fields
from contacts.imports.checking import Trouble
from contacts.imports.wishes import Wishes
from contacts.models import CustomField
from contacts.models.people import Stage
from ecrm.tenancy.roles import GRANTS, Capability, Role

CONTACT = CustomField.Entity.CONTACT.value
# Owners and admins see every field.
_IMPORTERS = {role.value for role, granted in GRANTS.items() if Capability.CONTACTS_IMPORT in granted} - {
    Role.OWNER.value,
    Role.ADMIN.value,
}


def lacking(wishes: Wishes) -> list[Trouble]:
    """After ``custom.compare``, of the people ``import_plan`` makes or changes; two statements at most."""
    needed = [field for field in fields.of(CONTACT) if field.required_at]
    if not needed:
        return []
    rows = _landing(wishes, sorted({stage for field in needed for stage in field.required_at}))
    held = fields.values(CONTACT, [known_id for _line, known_id, _stage, _changes in rows if known_id], needed)
    return [
        Trouble(line, "", words, is_fatal=False)
        for line, known_id, stage, changes in rows
        for words in _words(needed, stage, {**held.get(known_id or 0, {}), **changes})
    ]


def _words(needed: list[CustomField], stage: str, values: dict[str, Any]) -> list[str]:
    lacked = fields.missing(needed, stage, values)
    shown = {field.key for field in needed if not field.visible_to or set(field.visible_to) >= _IMPORTERS}
    named = [words for key, words in lacked.items() if key in shown]
    if len(named) == len(lacked):
        return named
    hidden = _("A field that not everybody sees is needed at the stage %(stage)s. An admin can fill it in.")
    return [*named, hidden % {"stage": Stage(stage).label}]


def _landing(wishes: Wishes, stages: list[str]) -> list[tuple[int, int | None, str, dict[str, Any]]]:
    """Line, known person, stage afterwards and custom fields given. Who keeps their stage is not asked."""
    stage = f"coalesce(new_stage, '{Stage.LEAD}')" if wishes.has("stage") else f"'{Stage.LEAD}'"
    is_asked = "(is_new OR new_stage IS DISTINCT FROM old_stage)" if wishes.has("stage") else "is_new"
    has_custom = any(key.startswith(fields.PREFIX) for key in wishes.fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT line, known_id, {stage}, {'custom_changes::text' if has_custom else 'NULL'} FROM import_plan"
            f" WHERE NOT is_twin AND {is_asked} AND {stage} = ANY (%s) ORDER BY line",
            [stages],
        )
        found = cursor.fetchall()
    return [(line, known_id, after, _values(changes)) for line, known_id, after, changes in found]


def _values(changes: str | None) -> dict[str, Any]:
    if not changes:
        return {}
    return {key.removeprefix(fields.PREFIX): new for key, (_old, new) in orjson.loads(changes).items()}
