"""Withdrawals of many people at once, from the list of contacts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import purposes, rules, services
from consent.models import Action, ConsentRecord, ConsentState, Purpose, Source
from consent.services import BULK_RUN as RUN
from consent.services import Answer
from contacts import bulk_actions
from contacts.bulk_actions import ActForm, BulkAction, Doing
from ecrm.tenancy.roles import Capability


def register() -> None:
    bulk_actions.register(
        BulkAction(
            "withdraw",
            gettext_lazy("Withdraw consent"),
            "ban",
            Capability.CONSENT_RECORD,
            _withdraw,
            _take_back,
            WithdrawForm,
            order=40,
        )
    )


class WithdrawForm(ActForm):
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))
    origin = forms.CharField(
        label=gettext_lazy("Where they said so"),
        max_length=200,
        help_text=gettext_lazy("Kept as evidence with every answer, such as “Letter of the consumer centre, 3 March”."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["purpose"]
        chosen.choices = [(str(each.purpose.pk), each.name) for each in purposes.catalogue()]

    def arguments(self) -> dict[str, Any]:
        return {"purpose": int(self.cleaned_data["purpose"]), "origin": self.cleaned_data["origin"]}

    def says(self) -> str:
        chosen: Any = self.fields["purpose"]
        return str(dict(chosen.choices)[self.cleaned_data["purpose"]])


def _withdraw(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    """A no of everybody who has not said so yet, never asked included."""
    purpose = Purpose.objects.get(pk=doing.arguments["purpose"])
    said_no = set(_states(purpose, ids).filter(state__in=rules.OBJECTIONS).values_list("contact_id", flat=True))
    meant = [pk for pk in ids if pk not in said_no]
    evidence = {"origin": doing.arguments["origin"], RUN: doing.run.pk}
    action = services.refusal(purpose)
    answers = [Answer(pk, purpose, action, doing.at, evidence) for pk in meant]
    services.record_many(answers, by=doing.by, source=Source.STAFF)
    return meant


def _take_back(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    """Corrects what we noted by mistake: the yes that stood before stands again, with its own evidence.

    Only for whom nothing was noted since, and who had said yes: nobody's consent is made up. The
    ledger keeps all three answers.
    """
    purpose = Purpose.objects.get(pk=doing.arguments["purpose"])
    ours = _states(purpose, ids).filter(**{f"record__evidence__{RUN}": doing.run.pk})
    now = timezone.now()
    answers = [_again(record, doing, now) for record in _former_yes(purpose, ours, doing)]
    services.record_many(answers, by=doing.by, source=Source.STAFF)
    return [answer.contact_id for answer in answers]


def _former_yes(purpose: Purpose, ours: QuerySet[ConsentState], doing: Doing) -> list[ConsentRecord]:
    """The answers in force until the withdrawal, where they were a yes."""
    before = ConsentRecord.objects.filter(
        purpose=purpose, contact_id__in=ours.values("contact_id"), given_at__lt=doing.at, recorded_at__lt=doing.at
    )
    latest = before.select_related("purpose").order_by("contact_id", "-given_at", "-id").distinct("contact_id")
    return [record for record in latest if record.action == Action.GRANTED]


def _again(record: ConsentRecord, doing: Doing, at: datetime) -> Answer:
    origin = record.evidence.get("origin") or _("As answered before; the withdrawal was noted by mistake")
    evidence = {**record.evidence, "origin": origin, "restores": record.pk, RUN: doing.run.pk}
    return Answer(record.contact_id, record.purpose, Action.GRANTED, at, evidence, record.notice_id)


def _states(purpose: Purpose, ids: Sequence[int]) -> QuerySet[ConsentState]:
    return ConsentState.objects.filter(purpose=purpose, contact_id__in=ids)
