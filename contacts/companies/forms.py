"""The form of one company."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts import domains, places
from contacts.models import Company
from contacts.services.naming import LONGEST_NAME
from ecrm.tenancy.models import User
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui.widgets import LongSelect

_ANY_DIRECTION = {"dir": "auto"}


class CompanyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME, widget=forms.TextInput(attrs=_ANY_DIRECTION))
    owner = forms.ModelChoiceField(
        label=_("Owner"), queryset=User.objects.none(), required=False, empty_label=_("Unassigned")
    )
    domains = forms.CharField(
        label=_("Email domains"),
        max_length=2000,
        required=False,
        help_text=_("With commas between them, as in company.com. New people who write from one join this company."),
    )
    phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    street = forms.CharField(
        label=_("Street"), max_length=200, required=False, widget=forms.TextInput(attrs=_ANY_DIRECTION)
    )
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(
        label=_("City"), max_length=120, required=False, widget=forms.TextInput(attrs=_ANY_DIRECTION)
    )
    region = forms.CharField(
        label=_("Region"), max_length=120, required=False, widget=forms.TextInput(attrs=_ANY_DIRECTION)
    )
    country = forms.CharField(label=_("Country"), required=False, widget=LongSelect)

    def __init__(self, *args: Any, request: MemberRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = User.objects.filter(memberships__tenant=request.tenant).order_by("name", "email")
        country: Any = self.fields["country"].widget
        country.choices = [("", _("Not set")), *places.countries()]

    @property
    def who(self) -> list[Any]:
        return [self[name] for name in ("name", "owner", "domains", "phone")]

    @property
    def place(self) -> list[Any]:
        return [self[name] for name in ("street", "postcode", "city", "region", "country")]

    def clean_country(self) -> str:
        return places.known_country(self.cleaned_data["country"])

    def clean_domains(self) -> list[str]:
        try:
            return domains.clean(self.cleaned_data["domains"].replace("\n", ",").split(","))
        except ValidationError as error:
            raise ValidationError(error.error_dict["domains"]) from error

    def add_errors(self, error: ValidationError, *, explain: Callable[[ValidationError], str]) -> None:
        """Puts what a service refused at the field it speaks of."""
        for name, errors in error.update_error_dict({}).items():
            for one in errors:
                self.add_error(name if name in self.fields else None, explain(one))


def values_of(company: Company) -> dict[str, Any]:
    names = ("name", "phone", "street", "postcode", "city", "region", "country")
    domains = company.domains.order_by("id").values_list("domain_norm", flat=True)
    return {
        **{name: getattr(company, name) for name in names},
        "owner": company.owner_id,
        "domains": ", ".join(domains),
    }
