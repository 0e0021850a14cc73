"""The lawful next steps as acts on the people of the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import purposes, steps
from consent.models import Basis, Purpose
from consent.steps import Attested
from contacts import bulk_actions
from contacts.bulk_actions import ActForm, BulkAction, Doing
from ecrm.tenancy.roles import Capability

ATTEST, CUSTOMER, ASK = "attest_consent", "customer_basis", "ask_consent"


def register() -> None:
    for action in (
        BulkAction(
            ATTEST, gettext_lazy("Attest consent"), "stamp", Capability.CONSENT_RECORD,
            _attest, _take_back, AttestForm, order=41,
        ),
        BulkAction(
            CUSTOMER, gettext_lazy("Existing customers"), "shopping-bag", Capability.CONSENT_RECORD,
            _rest_on_sale, _take_back, CustomerForm, order=42,
        ),
        BulkAction(
            ASK, gettext_lazy("Ask for consent on next contact"), "message-square", Capability.CONSENT_RECORD,
            _ask, _forget_ask, PurposeForm, order=43,
        ),
    ):  # fmt: skip
        bulk_actions.register(action)


class PurposeForm(ActForm):
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["purpose"]
        chosen.choices = self._names

    @cached_property
    def _names(self) -> list[tuple[str, str]]:
        asked = (each for each in purposes.catalogue() if each.purpose.basis == Basis.CONSENT)
        return [(str(each.purpose.pk), each.name) for each in asked]

    def arguments(self) -> dict[str, Any]:
        return {**self.cleaned_data, "purpose": int(self.cleaned_data["purpose"])}

    def says(self) -> str:
        return str(dict(self._names)[self.cleaned_data["purpose"]])


class AttestForm(PurposeForm):
    name = forms.CharField(
        label=gettext_lazy("Who attests this"),
        max_length=120,
        help_text=gettext_lazy("Your name, or that of whoever holds the proof. Kept in the evidence of each answer."),
    )
    reason = forms.CharField(
        label=gettext_lazy("What proves it, and where it is kept"),
        max_length=200,
        help_text=gettext_lazy("Such as “Paper cards of the spring fair 2024, folder 12”."),
    )
    agreed_on = forms.DateField(
        label=gettext_lazy("They agreed on or before"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Used where the old system did not keep the day. Only people with a claim are meant."),
    )

    def clean_agreed_on(self) -> Any:
        day = self.cleaned_data["agreed_on"]
        if day > timezone.localdate():
            raise ValidationError(_("This day is yet to come."))
        return day

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "agreed_on": self.cleaned_data["agreed_on"].isoformat()}


class CustomerForm(PurposeForm):
    reason = forms.CharField(
        label=gettext_lazy("What they bought, and where they were told that they may refuse"),
        max_length=200,
        help_text=gettext_lazy(
            "Only your own similar products, and only where the law of the person’s country allows it."
            " Others are left out."
        ),
    )
    was_offered = forms.BooleanField(
        label=gettext_lazy("Refusing was offered, free of charge, when the address was taken."),
    )


def _attest(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    given = doing.arguments
    day = datetime.fromisoformat(given["agreed_on"]).date()
    attested = Attested(given["name"], given["reason"], datetime.combine(day, time(), UTC))
    found = steps.attest(
        purpose=_purpose(doing), contact_ids=ids, attested=attested, by=doing.by, at=doing.at, run_id=doing.run.pk
    )
    _refuse_when_alone(doing, found, _("Nothing was claimed for them that could be attested."))
    return found


def _rest_on_sale(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    found, refused = steps.rest_on_sale(
        purpose=_purpose(doing),
        contact_ids=ids,
        reason=doing.arguments["reason"],
        by=doing.by,
        at=doing.at,
        run_id=doing.run.pk,
    )
    reasons = " ".join(dict.fromkeys(refused.values()))
    _refuse_when_alone(doing, found, reasons or _("Nobody of them needs evidence."))
    return found


def _ask(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    return steps.ask(purpose=_purpose(doing), contact_ids=ids, by=doing.by, at=doing.at)


def _refuse_when_alone(doing: Doing, found: Sequence[int], reason: str) -> None:
    """Whoever waits for the answer is told why nothing happened; a job goes on with the others."""
    if not found and doing.run.job_id is None:
        raise ValidationError(reason)


def _take_back(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    return steps.take_back(purpose=_purpose(doing), contact_ids=ids, run_id=doing.run.pk, by=doing.by)


def _forget_ask(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    return steps.forget_ask(purpose=_purpose(doing), contact_ids=ids, at=doing.at)


def _purpose(doing: Doing) -> Purpose:
    return Purpose.objects.get(pk=doing.arguments["purpose"])
