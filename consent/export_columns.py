"""What people said to each purpose, in the columns an import reads: answer, day, origin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from consent import purposes
from consent.import_columns import LABELS, NO, YES, Keys
from consent.models import Action, ConsentRecord, ConsentState, Source
from contacts import export_columns
from contacts.export_columns import ExportColumns
from ecrm import prepared
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability

_NOTHING = ExportColumns({}, lambda _contact_ids: {})


def register() -> None:
    export_columns.register_source(columns)


def columns(membership: Membership) -> ExportColumns:
    """Three for each purpose a person has a say in; none for who may not see consent."""
    if not membership.may(Capability.CONSENT_VIEW):
        return _NOTHING
    asked = {each.purpose.pk: (Keys.of(each), each.name) for each in purposes.catalogue() if each.purpose.has_choice}
    labels: dict[str, str] = {}
    for keys, name in asked.values():
        labels[keys.opt_in] = _(LABELS["in"]) % {"purpose": name}
        labels[keys.at] = _(LABELS["at"]) % {"purpose": name}
        labels[keys.origin] = _(LABELS["origin"]) % {"purpose": name}
    keys_of = {purpose_id: keys for purpose_id, (keys, _name) in asked.items()}
    return ExportColumns(labels, lambda contact_ids: _load(contact_ids, keys_of))


_STATES = f"""
    SELECT state.contact_id, state.purpose_id, state.state, record.given_at, record.source, record.evidence
      FROM {ConsentState.table()} state
      JOIN {ConsentRecord.table()} record ON record.tenant_id = state.tenant_id AND record.id = state.record_id
     WHERE state.tenant_id = %s AND state.contact_id = ANY (%s)"""


def _load(contact_ids: Sequence[int], keys_of: dict[int, Keys]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for contact_id, purpose_id, *said in prepared.fetch_all(_STATES, [require_tenant_id(), list(contact_ids)]):
        if purpose_id in keys_of:
            found.setdefault(contact_id, {}).update(_cells(keys_of[purpose_id], *said))
    return found


def _cells(keys: Keys, state: str, given_at: Any, source: str, evidence: str) -> dict[str, str]:
    if state != Action.GRANTED:
        return {keys.opt_in: NO}
    return {keys.opt_in: YES, keys.at: given_at.isoformat(), keys.origin: _origin(source, json.loads(evidence))}


def _origin(source: str, evidence: dict[str, Any]) -> str:
    """The words it came with, the page it was given on, else the way it was given."""
    return str(evidence.get("origin") or evidence.get("url") or Source(source).label)
