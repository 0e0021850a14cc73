"""What narrows the contact list: read from the address, shown as chips, editable as a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Func, TextField, Value
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import people_sets, places
from contacts.models import Company, Tag
from contacts.models.people import Stage
from contacts.querysets import ContactQuerySet
from ecrm.tenancy.models import Membership
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui.widgets import LongSelect

MINE, NOBODY = "me", "none"
ACTIVE = {
    "7": gettext_lazy("in the last 7 days"),
    "30": gettext_lazy("in the last 30 days"),
    "90": gettext_lazy("in the last 90 days"),
    "365": gettext_lazy("in the last 365 days"),
    "never": gettext_lazy("never"),
}


@dataclass(frozen=True, slots=True)
class Chip:
    label: str | Promise
    operator: str
    value: str
    remove_url: str
    edit_url: str


class ContactFilter(forms.Form):
    """``narrow`` applies what is valid; ``has_problem`` tells that something was not."""

    stage = forms.MultipleChoiceField(
        label=gettext_lazy("Stage"), choices=Stage.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    tag = forms.ModelChoiceField(
        label=gettext_lazy("Tag"),
        queryset=Tag.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("Any"),
    )
    owner = forms.CharField(label=gettext_lazy("Owner"), required=False, widget=forms.Select)
    country = forms.CharField(label=gettext_lazy("Country"), required=False, widget=LongSelect)
    company = forms.CharField(
        label=gettext_lazy("Company"), max_length=200, required=False, help_text=gettext_lazy("The whole name.")
    )
    active = forms.ChoiceField(
        label=gettext_lazy("Active"), choices=[("", gettext_lazy("Any time")), *ACTIVE.items()], required=False
    )

    only = forms.ChoiceField(label=gettext_lazy("Only people who"), required=False)

    def __init__(self, request: MemberRequest) -> None:
        super().__init__(request.GET)
        self.request = request
        sets = [(each.key, each.label) for each in people_sets.allowed(request.membership)]
        only: Any = self.fields["only"]
        only.choices = [("", gettext_lazy("Any")), *sets]

    @property
    def has_problem(self) -> bool:
        return bool(self.errors)

    def offer_choices(self) -> None:
        """Fills the lists, for the page that edits the filter; a list page does without."""
        members = Membership.objects.filter(tenant=self.request.tenant).select_related("user")
        names = sorted(((str(member.user_id), str(member.user)) for member in members), key=lambda pair: pair[1])
        owner: Any = self.fields["owner"].widget
        owner.choices = [("", _("Anybody")), (MINE, _("Me")), (NOBODY, _("Unassigned")), *names]
        country: Any = self.fields["country"].widget
        country.choices = [("", _("Any")), *places.countries()]

    def clean_owner(self) -> Any:
        """None, ``NOBODY`` or a member's user."""
        given = self.cleaned_data["owner"]
        if given in ("", NOBODY):
            return given
        if given == MINE:
            return self.request.user
        members = Membership.objects.filter(tenant=self.request.tenant).select_related("user")
        member = members.filter(user=int(given)).first() if given.isdecimal() and len(given) < 19 else None
        if member is None:
            raise ValidationError(_("Nobody like this works here."))
        return member.user

    def clean_country(self) -> str:
        given: str = self.cleaned_data["country"].upper()
        if given and given not in dict(places.countries()):
            raise ValidationError(_("There is no country with this code."))
        return given

    def clean_company(self) -> Company | None:
        given = " ".join(self.cleaned_data["company"].split())
        if not given:
            return None
        folded = Func(Value(given), function="search.fold", output_field=TextField())
        company = Company.objects.filter(name_norm=folded, binned_at=None).first()
        if company is None:
            raise ValidationError(_("No company has this name."))
        return company

    def narrow(self, people: ContactQuerySet) -> ContactQuerySet:
        given = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        if given.get("stage"):
            people = people.filter(stage__in=given["stage"])
        if given.get("tag"):
            people = people.tagged(given["tag"].pk)
        if given.get("owner"):
            people = people.filter(owner=None if given["owner"] == NOBODY else given["owner"])
        if given.get("country"):
            people = people.filter(country=given["country"])
        if given.get("company"):
            people = people.filter(company=given["company"])
        if given.get("only"):
            people = people_sets.get(given["only"]).narrow(people)
        return _active(people, given.get("active", ""))

    def chips(self, edit_url: str) -> list[Chip]:
        """What is in force, each with the address of the list without it."""
        given = getattr(self, "cleaned_data", {})
        return [
            Chip(
                self.fields[name].label or name,
                self._operator(name, given[name]),
                self._in_words(name, given[name]),
                f"?{without(self.request.GET, name)}",
                edit_url,
            )
            for name in self.fields
            if given.get(name)
        ]

    def _operator(self, name: str, value: Any) -> str:
        if name == "only":
            return ""
        return _("is any of") if name == "stage" and len(value) > 1 else _("is")

    def _in_words(self, name: str, value: Any) -> str:
        if name == "stage":
            return ", ".join(str(Stage(stage).label) for stage in value)
        if name == "country":
            return places.country_name(value)
        if name == "active":
            return str(ACTIVE[value])
        if name == "only":
            return str(people_sets.get(value).label)
        return _("Unassigned") if value == NOBODY else str(value)


def without(query: QueryDict, *names: str) -> str:
    """The query string less some parameters, back on the first page."""
    kept = query.copy()
    for name in (*names, "cursor"):
        kept.pop(name, None)
    return kept.urlencode()


def _active(people: ContactQuerySet, active: str) -> ContactQuerySet:
    if active == "never":
        return people.filter(last_active_at=None)
    if active:
        # The first is what the index is on, the second leaves out who is merely new.
        since = timezone.now() - timedelta(days=int(active))
        return people.filter(active_at__gte=since, last_active_at__gte=since)
    return people
