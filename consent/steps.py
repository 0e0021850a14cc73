"""The lawful next steps for people whose yes is not proven: attest it, rest on a sale, or ask them.

Each is an act on people of the list, on many or on one, and can be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from consent import classes, customer_rules, customers, services
from consent.classes import ConsentClass
from consent.models import Action, ConsentAsk, ConsentClaim, ConsentState, Purpose, Source
from consent.services import Answer
from contacts.models import Contact
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Attested:
    """``name`` vouches for it, ``reason`` says what proves it and where it is kept, ``agreed_at`` when
    people agreed at the latest, where no claim says so itself."""

    name: str
    reason: str
    agreed_at: datetime

    def refuse_empty(self) -> None:
        if not self.name.strip() or not self.reason.strip():
            raise ValidationError(_("Say who attests this, and what proves it."))


def attest(
    *, purpose: Purpose, contact_ids: Sequence[int], attested: Attested, by: User | None, at: datetime, run_id: int
) -> list[int]:
    """Turns claims into recorded answers; answers whose. Only of people who need evidence and have a claim.

    The ledger keeps who attested, why, when, and the hash of the file that held the claim.
    Raises ``ValidationError`` without a name or a reason.
    """
    attested.refuse_empty()
    claims = _claims(purpose, contact_ids)
    answers = [
        Answer(pk, purpose, Action.GRANTED, min(claim.dated or attested.agreed_at, at), _proof(claim, attested, run_id))
        for pk, claim in claims.items()
    ]
    services.record_many(answers, by=by, source=Source.STAFF)
    ConsentClaim.objects.filter(pk__in=[claim.pk for claim in claims.values()]).update(settled_at=at)
    return list(claims)


def _claims(purpose: Purpose, contact_ids: Sequence[int]) -> dict[int, ConsentClaim]:
    needing = _needing(purpose, contact_ids)
    claims = ConsentClaim.objects.filter(purpose=purpose, settled_at=None, contact_id__in=needing)
    return {claim.contact_id: claim for claim in claims}


def _needing(purpose: Purpose, contact_ids: Sequence[int]) -> list[int]:
    people = Contact.objects.filter(classes.of(purpose, ConsentClass.NEEDS), pk__in=contact_ids)
    return list(people.values_list("pk", flat=True))


def _proof(claim: ConsentClaim, attested: Attested, run_id: int) -> dict[str, Any]:
    known = {
        "origin": attested.reason,
        "attested_by": attested.name,
        "claimed_origin": claim.origin,
        "claim": claim.pk,
        "file": claim.file_name,
        "file_sha256": claim.file_sha256,
        "line": claim.line,
        services.BULK_RUN: run_id,
    }
    return {name: value for name, value in known.items() if value}


def rest_on_sale(
    *, purpose: Purpose, contact_ids: Sequence[int], reason: str, by: User | None, at: datetime, run_id: int
) -> tuple[list[int], Mapping[int, str]]:
    """Records that customers may be written to without having asked for it; answers whose, and who may
    not, each with the reason in words. Raises ``ValidationError`` without a reason."""
    if not reason.strip():
        raise ValidationError(_("Say what they bought and where they were told that they may refuse."))
    needing = _needing(purpose, contact_ids)
    countries = dict(Contact.objects.filter(pk__in=needing).values_list("pk", "country"))
    bought = customers.bought(needing)
    refused = {pk: why for pk in needing if (why := _why_not(countries[pk], pk, bought))}
    answers = [
        Answer(pk, purpose, Action.GRANTED, at, _sale(countries[pk], bought[pk], reason, run_id))
        for pk in needing
        if pk not in refused
    ]
    services.record_many(answers, by=by, source=Source.STAFF)
    return [answer.contact_id for answer in answers], refused


def _why_not(country: str, contact_id: int, bought: Mapping[int, datetime | None]) -> str:
    if contact_id not in bought:
        return _("Nothing here says that they bought something.")
    if why := customers.refusal(country):
        return why
    if customers.too_old(country, bought[contact_id]):
        return _("Their last order is too long ago for %(law)s.") % {"law": _law(country)}
    return ""


def _sale(country: str, last: datetime | None, reason: str, run_id: int) -> dict[str, Any]:
    known = {
        "origin": reason,
        "basis": CUSTOMER,
        "country": country,
        "law": _law(country),
        "own_rule": mine.reason if (mine := customer_rules.own().get(country)) else "",
        "last_order": last.isoformat() if last else "",
        services.BULK_RUN: run_id,
    }
    return {name: value for name, value in known.items() if value}


def _law(country: str) -> str:
    rule = customer_rules.rule_of(country)
    return rule.law if rule else ""


def ask(*, purpose: Purpose, contact_ids: Sequence[int], by: User | None, at: datetime) -> list[int]:
    """Marks people who need evidence, so that whoever speaks with them next asks; answers who is new."""
    needing = _needing(purpose, contact_ids)
    marked = set(_marks(purpose, needing).values_list("contact_id", flat=True))
    fresh = [pk for pk in needing if pk not in marked]
    ConsentAsk.objects.bulk_create(
        (ConsentAsk(contact_id=pk, purpose=purpose, marked_at=at, marked_by_id=by.pk if by else None) for pk in fresh),
        ignore_conflicts=True,
    )
    if by is not None and fresh:
        audit.record("consent.to_be_asked", by=by, subject=purpose, count=len(fresh))
    return fresh


def forget_ask(*, purpose: Purpose, contact_ids: Sequence[int], at: datetime) -> list[int]:
    """Takes back the marks of one act."""
    marks = _marks(purpose, contact_ids).filter(marked_at=at)
    found = list(marks.values_list("contact_id", flat=True))
    marks.delete()
    return found


def _marks(purpose: Purpose, contact_ids: Sequence[int]) -> Any:
    return ConsentAsk.objects.filter(purpose=purpose, contact_id__in=contact_ids)


def take_back(*, purpose: Purpose, contact_ids: Sequence[int], run_id: int, by: User | None) -> list[int]:
    """Ends the yeses that one act recorded, where they still stand, and opens their claims again."""
    standing = ConsentState.objects.filter(
        purpose=purpose,
        contact_id__in=contact_ids,
        state=Action.GRANTED,
        **{f"record__evidence__{services.BULK_RUN}": run_id},
    ).select_related("record")
    ours = {state.contact_id: state.record for state in standing}
    now = timezone.now()
    answers = [
        Answer(pk, purpose, Action.EXPIRED, now, {"taken_back": record.pk, services.BULK_RUN: run_id})
        for pk, record in ours.items()
    ]
    services.record_many(answers, by=by, source=Source.STAFF)
    claims = [record.evidence["claim"] for record in ours.values() if "claim" in record.evidence]
    taken = ConsentClaim.objects.filter(purpose=purpose, settled_at=None, contact_id__in=ours).values("contact_id")
    ConsentClaim.objects.filter(pk__in=claims).exclude(contact_id__in=taken).update(settled_at=None)
    return list(ours)
