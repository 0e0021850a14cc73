"""Consent beside a person: the panel on their page and the marks in the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from consent import classes, customer_rules, customers, purposes, rules, step_acts
from consent.classes import ConsentClass
from consent.models import Basis, Channel, ConsentAsk, ConsentClaim, ConsentRecord, ConsentState, Purpose, Suppression
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
    """One purpose of one person, with the ledger row that decided.

    ``step`` is the class they are in (None for purposes that need no yes), ``is_claimed`` says that a
    yes without evidence is kept, ``is_to_be_asked`` that somebody marked them, ``is_customer_basis``
    that the answer rests on a sale.
    """

    name: str
    icon: str
    mark: str
    status: str
    record: ConsentRecord | None
    step: ConsentClass | None = None
    is_claimed: bool = False
    is_to_be_asked: bool = False

    @property
    def is_customer_basis(self) -> bool:
        return self.record is not None and self.record.evidence.get("basis") == "customer"

    @property
    def needs_evidence(self) -> bool:
        return self.step == ConsentClass.NEEDS

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
    standing = _standing(contact)
    entries = [_entry(each, standing) for each in _catalogue(request)]
    context = {
        "contact": contact,
        "entries": entries,
        "suppression": standing.block,
        "may_record": request.membership.may(Capability.CONSENT_RECORD),
        "steps": _steps(contact, entries),
    }
    context["csrf_token"] = get_token(request)
    return render_to_string("consent/_panel.html", context)


def entries(contact: Contact, catalogue: Sequence[Wording]) -> list[Entry]:
    """Where a person stands on every purpose. One query."""
    standing = _standing(contact)
    return [_entry(each, standing) for each in catalogue]


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
# Which purposes somebody claimed a yes for, and which are to be asked about: two short lists.
_STANDING = f"""
    SELECT {_STATE.sql}, {_RECORD.sql}, {_BLOCK.sql}, email.id,
           ARRAY(SELECT claim.purpose_id FROM {ConsentClaim.table()} claim
                  WHERE claim.tenant_id = asked.tenant_id AND claim.contact_id = asked.contact_id
                    AND claim.settled_at IS NULL),
           ARRAY(SELECT mark.purpose_id FROM {ConsentAsk.table()} mark
                  WHERE mark.tenant_id = asked.tenant_id AND mark.contact_id = asked.contact_id),
           {customer_rules.ALONG}
      FROM (SELECT %(tenant)s::bigint AS tenant_id, %(contact)s::bigint AS contact_id) asked
      LEFT JOIN {ConsentState.table()} state
        ON state.tenant_id = asked.tenant_id AND state.contact_id = asked.contact_id
      LEFT JOIN {ConsentRecord.table()} record ON record.tenant_id = state.tenant_id AND record.id = state.record_id
      LEFT JOIN {EmailAddress.table()} email
        ON email.tenant_id = asked.tenant_id AND email.contact_id = asked.contact_id AND email.is_primary
           AND email.binned_at IS NULL
      LEFT JOIN {Suppression.table()} block
        ON block.tenant_id = email.tenant_id AND block.address_hash = email.address_hash
           AND block.channel = 'email' AND block.lifted_at IS NULL"""


@dataclass(frozen=True, slots=True)
class _Standing:
    states: Mapping[int, ConsentState]
    block: Suppression | None
    has_address: bool
    claimed: Sequence[int]
    to_be_asked: Sequence[int]

    def is_reachable(self, purpose: Purpose) -> bool:
        return purpose.channel != Channel.EMAIL or (self.has_address and self.block is None)


def _standing(contact: Contact) -> _Standing:
    """A person's states by purpose, each with its record, and the block on their main address. One query."""
    rows = prepared.fetch_all(_STANDING, {"tenant": require_tenant_id(), "contact": contact.pk})
    states = [_state(row) for row in rows if row[0] is not None]
    place = _STATE.count + _RECORD.count
    block = _BLOCK.read(rows[0], start=place) if rows[0][place] is not None else None
    address_id, claimed, to_be_asked, own_rules = rows[0][-4:]
    customer_rules.bring(own_rules)
    return _Standing({state.purpose_id: state for state in states}, block, address_id is not None, claimed, to_be_asked)


def _state(row: Sequence[Any]) -> ConsentState:
    state = _STATE.read(row)
    state.record = _RECORD.read(row, start=_STATE.count)
    return state


def _entry(wording: Wording, standing: _Standing) -> Entry:
    purpose = wording.purpose
    state = standing.states.get(purpose.pk)
    answer = state.state if state else None
    reason = rules.reason_of(purpose, answer)
    record = state.record if state and purpose.basis != Basis.CONTRACT else None
    step = (
        classes.of_one(
            is_allowed=answer in rules.allowing_states(purpose),
            has_objected=answer in rules.OBJECTIONS,
            is_reachable=standing.is_reachable(purpose),
        )
        if purpose.basis == Basis.CONSENT
        else None
    )
    is_open = step == ConsentClass.NEEDS
    return Entry(
        wording.name,
        wording.icon,
        _MARKS.get(reason, NONE),
        str(reason.label),
        record,
        step,
        is_claimed=is_open and purpose.pk in standing.claimed,
        is_to_be_asked=is_open and purpose.pk in standing.to_be_asked,
    )


@dataclass(frozen=True, slots=True)
class Step:
    """An act that this person's page offers, or why it is not (``refusal``)."""

    action: str
    label: str
    icon: str
    refusal: str = ""


def _steps(contact: Contact, entries: Sequence[Entry]) -> list[Step]:
    """What can lawfully be done next, where a yes is missing for something."""
    if not any(entry.needs_evidence for entry in entries):
        return []
    found = [Step(step_acts.ASK, _("Ask on next contact"), "message-square")]
    refusal = customers.refusal(contact.country)
    found.insert(0, Step(step_acts.CUSTOMER, _("Existing customer"), "shopping-bag", refusal))
    if any(entry.is_claimed for entry in entries):
        found.insert(0, Step(step_acts.ATTEST, _("Attest"), "stamp"))
    return found


def _asked(request: MemberRequest) -> list[Wording]:
    return [each for each in _catalogue(request) if each.purpose.has_choice]


def _catalogue(request: MemberRequest) -> list[Wording]:
    """The tenant's purposes, read once a page."""
    kept: list[Wording] | None = getattr(request, "consent_catalogue", None)
    if kept is None:
        kept = purposes.catalogue()
        setattr(request, "consent_catalogue", kept)  # noqa: B010  not a field of the request
    return kept
