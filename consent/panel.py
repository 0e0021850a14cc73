"""Consent beside a person: the panel on their page and the marks in the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from consent import purposes, rules
from consent.models import Basis, ConsentRecord, ConsentState, Suppression
from consent.purposes import Wording
from consent.rules import Reason
from contacts import panels
from contacts.models import Contact, EmailAddress
from ecrm import prepared
from ecrm.instances import Columns
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.templatetags.ui import icon

YES, NO, NONE, BASIS = "yes", "no", "none", "basis"
_MARKS = {
    Reason.GRANTED: YES,
    Reason.WITHDRAWN: NO,
    Reason.OBJECTED: NO,
    Reason.EXPIRED: NO,
    Reason.NEVER_ASKED: NONE,
    Reason.CONTRACT: BASIS,
    Reason.INTEREST: BASIS,
}
_TONES = {YES: "good", NO: "soft", NONE: "muted", BASIS: "soft"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One purpose of one person, with the ledger row that decided."""

    name: str
    icon: str
    mark: str
    status: str
    record: ConsentRecord | None

    @property
    def tone(self) -> str:
        return _TONES[self.mark]


def register() -> None:
    panels.register(panels.Panel("consent", render_panel, "side", 10, Capability.CONSENT_VIEW))
    panels.register_column(
        panels.ListColumn(
            "consent",
            gettext_lazy("Consent"),
            load_marks,
            legend=render_legend,
            order=30,
            capability=Capability.CONSENT_VIEW,
        )
    )


def render_panel(request: MemberRequest, contact: Contact) -> SafeString:
    states, suppression = _standing(contact)
    context = {
        "contact": contact,
        "entries": [_entry(each, states.get(each.purpose.pk)) for each in _catalogue(request)],
        "suppression": suppression,
        "may_record": request.membership.may(Capability.CONSENT_RECORD),
    }
    return render_to_string("consent/_panel.html", context)


def entries(contact: Contact, catalogue: Sequence[Wording]) -> list[Entry]:
    """Where a person stands on every purpose. One query."""
    states, _suppression = _standing(contact)
    return [_entry(each, states.get(each.purpose.pk)) for each in catalogue]


def load_marks(request: MemberRequest, contact_ids: Sequence[int]) -> Mapping[int, SafeString]:
    """A page's marks in one query, beside the purposes themselves."""
    asked = _asked(request)
    states = _states(contact_ids)
    answers = {each: tuple(states.get((each, one.purpose.pk)) for one in asked) for each in contact_ids}
    drawn = {given: _row_of_marks(asked, given) for given in set(answers.values())}
    return {each: drawn[given] for each, given in answers.items()}


def render_legend(request: MemberRequest) -> SafeString:
    return render_to_string("consent/_legend.html", {"asked": _asked(request)})


def _states(contact_ids: Sequence[int]) -> dict[tuple[int, int], str]:
    """By contact and purpose."""
    found = prepared.fetch_all(
        f"SELECT contact_id, purpose_id, state FROM {ConsentState.table()}"
        " WHERE tenant_id = %s AND contact_id = ANY (%s)",
        [require_tenant_id(), list(contact_ids)],
    )
    return {(contact_id, purpose_id): state for contact_id, purpose_id, state in found}


def _row_of_marks(asked: Sequence[Wording], answers: Sequence[str | None]) -> SafeString:
    """Drawn once for all who gave the same answers."""
    marks = " ".join(draw(one, answer) for one, answer in zip(asked, answers, strict=True))
    return mark_safe(f'<span class="marks">{marks}</span>')


def draw(wording: Wording, answer: str | None) -> SafeString:
    """One mark: a shape by the answer, the words for who cannot see it."""
    return _drawn(rules.reason_of(wording.purpose, answer), wording.name, wording.icon, get_language())


@lru_cache(maxsize=1024)
def _drawn(reason: Reason, purpose: str, symbol: str, language: str | None) -> SafeString:
    """Kept: a page has a hundred of a dozen different ones."""
    words = _words(purpose, reason)
    return format_html(
        '<span class="mark {}" title="{}">{} <span class="vh">{}</span></span>',
        _MARKS.get(reason, NONE),
        words,
        icon(symbol),
        words,
    )


def _words(purpose: str, reason: Reason) -> str:
    said = {
        Reason.GRANTED: _("yes"),
        Reason.WITHDRAWN: _("no, withdrawn"),
        Reason.OBJECTED: _("no, objected"),
        Reason.NEVER_ASKED: _("never asked"),
    }.get(reason, reason.label)
    return _("%(purpose)s: %(answer)s") % {"purpose": purpose, "answer": said}


_STATE, _RECORD = Columns(ConsentState, "state"), Columns(ConsentRecord, "record")
_BLOCK = Columns(Suppression, "block")
_STANDING = f"""
    SELECT {_STATE.sql}, {_RECORD.sql}, {_BLOCK.sql}
      FROM (SELECT %(tenant)s::bigint AS tenant_id, %(contact)s::bigint AS contact_id) asked
      LEFT JOIN {ConsentState.table()} state
        ON state.tenant_id = asked.tenant_id AND state.contact_id = asked.contact_id
      LEFT JOIN {ConsentRecord.table()} record ON record.tenant_id = state.tenant_id AND record.id = state.record_id
      LEFT JOIN {EmailAddress.table()} email
        ON email.tenant_id = asked.tenant_id AND email.contact_id = asked.contact_id AND email.is_primary
      LEFT JOIN {Suppression.table()} block
        ON block.tenant_id = email.tenant_id AND block.address_hash = email.address_hash
           AND block.channel = 'email' AND block.lifted_at IS NULL"""


def _standing(contact: Contact) -> tuple[dict[int, ConsentState], Suppression | None]:
    """A person's states by purpose, each with its record, and the block on their main address. One query."""
    rows = prepared.fetch_all(_STANDING, {"tenant": require_tenant_id(), "contact": contact.pk})
    states = [_state(row) for row in rows if row[0] is not None]
    place = _STATE.count + _RECORD.count
    block = _BLOCK.read(rows[0], start=place) if rows[0][place] is not None else None
    return {state.purpose_id: state for state in states}, block


def _state(row: Sequence[Any]) -> ConsentState:
    state = _STATE.read(row)
    state.record = _RECORD.read(row, start=_STATE.count)
    return state


def _entry(wording: Wording, state: ConsentState | None) -> Entry:
    reason = rules.reason_of(wording.purpose, state.state if state else None)
    record = state.record if state and wording.purpose.basis != Basis.CONTRACT else None
    return Entry(wording.name, wording.icon, _MARKS.get(reason, NONE), str(reason.label), record)


def _asked(request: MemberRequest) -> list[Wording]:
    return [each for each in _catalogue(request) if each.purpose.has_choice]


def _catalogue(request: MemberRequest) -> list[Wording]:
    """The tenant's purposes, read once a page."""
    kept: list[Wording] | None = getattr(request, "consent_catalogue", None)
    if kept is None:
        kept = purposes.catalogue()
        setattr(request, "consent_catalogue", kept)  # noqa: B010  not a field of the request
    return kept
