"""The preference page as a thing apart from its address: what a person may choose, and what they chose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from consent import purposes, rules, services
from consent.models import ConsentRecord, ConsentState, Notice, Purpose, Source
from contacts import merged
from contacts.models import Contact, EmailAddress

Evidence = Callable[[Notice | None], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One switch. ``wording`` is what saying yes to it agrees to."""

    purpose: Purpose
    name: str
    wording: str
    language: str
    notice: Notice | None
    state: ConsentState | None

    @property
    def is_on(self) -> bool:
        answer = self.state.state if self.state else None
        return answer in rules.allowing_states(self.purpose)

    @property
    def has_refused(self) -> bool:
        return self.state is not None and self.state.state in rules.OBJECTIONS

    @property
    def shown(self) -> str:
        """What the form says it showed, so that only what the person changed is recorded."""
        return f"{self.purpose.pk}:{self.notice.pk if self.notice else 0}:{int(self.is_on)}"


@dataclass(frozen=True, slots=True)
class Shown:
    """One switch as the person saw it when the page was made."""

    purpose_id: int
    notice_id: int
    was_on: bool

    @classmethod
    def read(cls, text: str) -> Shown | None:
        """None for anything a page of ours did not write."""
        parts = text.split(":")
        if len(parts) != 3 or not all(part.isdecimal() and len(part) < 19 for part in parts):
            return None
        return cls(int(parts[0]), int(parts[1]), parts[2] == "1")


@dataclass(frozen=True, slots=True)
class Change:
    """What a person wants of one purpose, and the wording they saw."""

    purpose: Purpose
    notice: Notice | None
    wants: bool


def choices(contact: Contact, languages: Sequence[str]) -> list[Choice]:
    """Every purpose this person has a say in, with today's answer. Four queries."""
    notices = purposes.current_notices(languages)
    stands_for = merged.survivor_id(contact.pk)
    states = {state.purpose_id: state for state in ConsentState.objects.filter(contact=stands_for)}
    asked = (each for each in purposes.catalogue(languages) if each.purpose.has_choice)
    return [_choice(each, notices.get(each.purpose.pk), states.get(each.purpose.pk)) for each in asked]


def always_on(languages: Sequence[str]) -> list[purposes.Wording]:
    """What comes with a contract and cannot be switched off."""
    return [each for each in purposes.catalogue(languages) if not each.purpose.has_choice]


def changes(shown: Iterable[Shown], wanted: set[int], all_off: bool) -> list[Change]:
    """What differs between what a page showed and what came back.

    A switch the person did not touch says nothing, even when the answer changed meanwhile: an old
    tab can never turn a later withdrawal into consent. "All off" refuses whatever the page showed.
    """
    seen = {each.purpose_id: each for each in shown}
    found = Purpose.objects.filter(pk__in=seen, archived_at=None).in_bulk()
    notices = Notice.objects.filter(pk__in={each.notice_id for each in seen.values()}).in_bulk()
    changed = []
    for purpose_id, each in seen.items():
        purpose = found.get(purpose_id)
        if purpose is None or not purpose.has_choice:
            continue
        wants = purpose_id in wanted and not all_off
        if wants != each.was_on or all_off:
            notice = notices.get(each.notice_id)
            changed.append(Change(purpose, notice if notice and notice.purpose_id == purpose_id else None, wants))
    return changed


@transaction.atomic
def save(*, contact: Contact, wanted: Sequence[Change], evidence: Evidence) -> int:
    """Records the changes with their evidence; returns how many were new. A second time, none is."""
    return sum(_save_one(contact, change, evidence(change.notice)) for change in wanted)


def record_of_choices(contact: Contact, limit: int = 50) -> list[ConsentRecord]:
    """The person's own answers, newest first."""
    records = ConsentRecord.objects.filter(contact=contact).select_related("purpose")
    return list(records.order_by("-given_at", "-id")[:limit])


def masked_address(contact: Contact) -> str:
    """Enough of the main address for its owner to know it, not enough for anybody else."""
    main = EmailAddress.objects.filter(contact=contact, is_primary=True).first()
    if main is None:
        return ""
    local, _at, domain = main.address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _choice(wording: purposes.Wording, notice: Notice | None, state: ConsentState | None) -> Choice:
    return Choice(
        purpose=wording.purpose,
        name=wording.name,
        wording=notice.text if notice else wording.description,
        language=notice.language if notice else wording.language,
        notice=notice,
        state=state,
    )


def _save_one(contact: Contact, change: Change, evidence: dict[str, Any]) -> bool:
    before = rules.states(change.purpose).filter(contact=contact).values_list("record_id", flat=True).first()
    verb = services.grant if change.wants else services.withdraw
    record = verb(
        contact=contact,
        purpose=change.purpose,
        source=Source.PREFERENCES,
        evidence=evidence,
        notice=change.notice,
    )
    return record.pk != before
