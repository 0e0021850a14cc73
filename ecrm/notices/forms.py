"""How one member wants to be told: of each kind, and when by mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise

from ecrm.notices import kinds
from ecrm.notices.models import MailChoice, NoticeChoice, NoticeHabits
from ecrm.tenancy.models import Membership


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class HabitsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = NoticeHabits
        fields = ["rhythm", "digest_at", "quiet_from", "quiet_until"]
        widgets = {"digest_at": ClockInput(), "quiet_from": ClockInput(), "quiet_until": ClockInput()}


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One kind with the member's choice; the names of its two fields in the form."""

    name: str
    label: str | Promise
    icon: str
    is_shown: bool
    mail: str

    @property
    def shown_field(self) -> str:
        return f"shown:{self.name}"

    @property
    def mail_field(self) -> str:
        return f"mail:{self.name}"

    @property
    def mails(self) -> list[tuple[str, str | Promise]]:
        return list(MailChoice.choices)


def choice_rows(membership: Membership) -> list[ChoiceRow]:
    """The kinds this member can be told of, one query."""
    chosen = {choice.kind: choice for choice in NoticeChoice.objects.filter(user_id=membership.user_id)}
    return [_row(kind, chosen.get(kind.name)) for kind in _kinds_for(membership)]


def save_choices(membership: Membership, posted: Mapping[str, str]) -> None:
    """Keeps what was ticked for every kind the form showed; unknown answers keep the default."""
    rows = [
        NoticeChoice(
            user_id=membership.user_id,
            kind=kind.name,
            is_shown=f"shown:{kind.name}" in posted,
            mail=_mail(posted.get(f"mail:{kind.name}", ""), kind.mail),
        )
        for kind in _kinds_for(membership)
    ]
    NoticeChoice.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["tenant", "user", "kind"],
        update_fields=["is_shown", "mail"],
    )


def _kinds_for(membership: Membership) -> list[kinds.NoticeKind]:
    return [kind for kind in kinds.kinds() if kind.capability is None or membership.may(kind.capability)]


def _row(kind: kinds.NoticeKind, choice: NoticeChoice | None) -> ChoiceRow:
    return ChoiceRow(
        kind.name,
        kind.label,
        kind.icon,
        choice.is_shown if choice else True,
        choice.mail if choice else kind.mail,
    )


def _mail(answer: str, default: str) -> str:
    return answer if answer in MailChoice.values else default
