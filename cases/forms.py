from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.models import Case, CaseSettings, Channel, Priority
from cases.querysets import CaseQuerySet
from contacts.places import language_name
from ecrm.files.forms import FilesField
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.models import Team, User


class AnswerForm(forms.Form):
    """The composer. ``seen`` is the newest message the writer had before them."""

    text = forms.CharField(
        label=_("Answer"), required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    kind = forms.ChoiceField(choices=[("reply", _("Reply")), ("note", _("Private note"))], initial="reply")
    to = forms.CharField(required=False, max_length=254)
    then = forms.CharField(required=False)
    seen = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
    attachments = FilesField(label=_("Files"), required=False)

    @property
    def is_note(self) -> bool:
        return self.cleaned_data.get("kind") == "note"


class NewCaseForm(forms.Form):
    """A case taken down by a member: who asks, how they reached us, what they said."""

    email = forms.EmailField(label=_("Email"), required=False, max_length=254)
    name = forms.CharField(label=_("Name"), required=False, max_length=200)
    channel = forms.ChoiceField(label=_("How they reached us"), choices=Channel.choices, initial=Channel.PHONE)
    subject = forms.CharField(label=_("Subject"), max_length=300)
    text = forms.CharField(
        label=_("What they said"), required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )
    is_mine = forms.BooleanField(label=_("Give it to me"), required=False, initial=True)

    def __init__(self, *args: Any, has_contact: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_contact:
            del self.fields["email"], self.fields["name"]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if "email" in self.fields and not self.errors and not (values.get("email") or values.get("name")):
            raise ValidationError({"email": _("Say who it is, by email or by name.")})
        return values


class AssignForm(forms.Form):
    """Whom a case is given to; empty for nobody."""

    assignee = forms.TypedChoiceField(label=_("Member"), required=False, coerce=int, empty_value=None)
    team = forms.TypedChoiceField(label=_("Team"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = {user.pk: user for user in policies.assignable()}
        self.teams = {team.pk: team for team in Team.objects.order_by("name")}
        members: Any = self.fields["assignee"]
        members.choices = [("", _("Nobody")), *((pk, str(user)) for pk, user in self.members.items())]
        teams: Any = self.fields["team"]
        teams.choices = [("", _("No team")), *((pk, team.name) for pk, team in self.teams.items())]

    @property
    def chosen_member(self) -> User | None:
        return self.members.get(self.cleaned_data["assignee"])

    @property
    def chosen_team(self) -> Team | None:
        return self.teams.get(self.cleaned_data["team"])


class MergeForm(forms.Form):
    """Which case another one becomes part of. ``offered`` are those to choose from, ``visible`` what a
    number may mean. The cleaned ``into`` is a case."""

    chosen = forms.TypedChoiceField(
        label=_("Other cases of the same person"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
    )
    number = forms.IntegerField(label=_("Or the number of another case"), required=False, min_value=1)

    def __init__(self, *args: Any, offered: Sequence[Case], visible: CaseQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visible = visible
        chosen: Any = self.fields["chosen"]
        chosen.choices = [(case.pk, f"{case.number}, {case}") for case in offered]
        if not offered:
            del self.fields["chosen"]
            self.fields["number"].label = _("Number of the other case")
            self.fields["number"].required = True

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        number, chosen = values.get("number"), values.get("chosen")
        if self.errors:
            return values
        if not number and not chosen:
            raise ValidationError({"number": _("Choose a case.")})
        wanted = {"number": number} if number else {"pk": chosen}
        values["into"] = self.visible.filter(**wanted).select_related("contact").first()
        if values["into"] is None:
            raise ValidationError({"number": _("There is no such case.")})
        return values


class CaseSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """``words`` are the texts of the confirmation by language: each gets a field."""

    class Meta:
        model = CaseSettings
        fields = ["identity", "signature", "reply_goal_hours", "reopen_days", "told_of_new", "is_acknowledging"]
        widgets = {"signature": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "signature": _("Stands below every answer."),
            "told_of_new": _("A case with a team is told to the team. Each member can switch it off for themselves."),
            "is_acknowledging": _(
                "Never to automatic mail, and to each sender at most once an hour. {number} becomes the case’s number."
            ),
        }

    def __init__(self, *args: Any, words: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        identity: Any = self.fields["identity"]
        identity.queryset = SendingIdentity.objects.order_by("name", "email")
        identity.empty_label = _("The first sender")
        self.languages = list(words)
        for code, text in words.items():
            self.fields[f"words_{code}"] = forms.CharField(
                label=_("Confirmation in %(language)s") % {"language": language_name(code)},
                required=False,
                max_length=5000,
                initial=text,
                widget=forms.Textarea(attrs={"rows": 5, "lang": code}),
            )

    @property
    def words(self) -> dict[str, str]:
        return {code: self.cleaned_data[f"words_{code}"] for code in self.languages}
