"""The form of one person: their own fields and three lists of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts import places
from contacts.entries import AddressEntry, EmailEntry, PhoneEntry
from contacts.fields.values_form import ValuesForm
from contacts.models import Contact
from contacts.models.people import ChildKind, Stage
from contacts.phones import LONGEST_WRITTEN
from contacts.services.naming import LONGEST_NAME
from ecrm.mail.addresses import normalise
from ecrm.search.matching import fold
from ecrm.tenancy.forms import TIME_ZONES
from ecrm.tenancy.models import User
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui.forms import error_count
from ecrm.ui.widgets import LongSelect

MORE = "more"
# Of some hundred tags: who has more than a form takes could not be changed at all.
LONGEST_TAGS = 20_000
PLACE = ("street", "postcode", "city", "region", "country")
_ANY_DIRECTION = {"dir": "auto"}


class ContactForm(forms.Form):
    given_name = forms.CharField(label=_("Given name"), max_length=100, required=False)
    family_name = forms.CharField(label=_("Family name"), max_length=100, required=False)
    name = forms.CharField(
        label=_("Full name"),
        max_length=200,
        required=False,
        help_text=_("Made from given and family name when left empty."),
    )
    stage = forms.ChoiceField(label=_("Stage"), choices=Stage.choices, initial=Stage.LEAD)
    owner = forms.ModelChoiceField(
        label=_("Owner"), queryset=User.objects.none(), required=False, empty_label=_("Unassigned")
    )
    tags = forms.CharField(
        label=_("Tags"), max_length=LONGEST_TAGS, required=False, help_text=_("With commas between them.")
    )
    company = forms.CharField(label=_("Company"), max_length=LONGEST_NAME, required=False)
    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    country = forms.CharField(label=_("Country"), required=False, widget=LongSelect)
    language = forms.CharField(label=_("Language"), required=False, widget=LongSelect)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=[("", _("Not set")), *TIME_ZONES], required=False, widget=LongSelect
    )
    birthday = forms.DateField(
        label=_("Birthday"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    source = forms.CharField(label=_("Source"), max_length=60, required=False)

    def __init__(self, *args: Any, request: MemberRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = User.objects.filter(memberships__tenant=request.tenant)
        owner: Any = self.fields["owner"]
        owner.queryset = members.order_by("name", "email")
        for name, choices in (("country", places.countries()), ("language", places.languages())):
            widget: Any = self.fields[name].widget
            widget.choices = [("", _("Not set")), *choices]
        for name in ("given_name", "family_name", "name", "company", "tags", "job_title", "city"):
            self.fields[name].widget.attrs.update(_ANY_DIRECTION)

    def clean_country(self) -> str:
        return _known(self.cleaned_data["country"].upper(), places.countries())

    def clean_language(self) -> str:
        return _known(self.cleaned_data["language"], places.languages())

    def clean_tags(self) -> list[str]:
        return names_in(self.cleaned_data["tags"])


class RowForm(forms.Form):
    """One row of a list. ``was`` is what stood in it: what is written anew is not verified yet."""

    was = forms.CharField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("Kind"), choices=ChildKind.choices, initial=ChildKind.OTHER)
    is_verified = forms.BooleanField(label=_("Verified"), required=False)


class EmailForm(RowForm):
    # Not EmailField: the service explains what is wrong with an address better than a pattern does.
    address = forms.CharField(
        label=_("Email"), max_length=254, required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    field_order = ("address", "kind", "is_verified")


class PhoneForm(RowForm):
    number = forms.CharField(
        label=_("Phone"), max_length=LONGEST_WRITTEN, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    field_order = ("number", "kind", "is_verified")


class AddressForm(RowForm):
    street = forms.CharField(label=_("Street"), max_length=200, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    region = forms.CharField(label=_("Region"), max_length=120, required=False)
    country = forms.CharField(label=_("Country"), required=False, widget=LongSelect)
    field_order = ("street", "postcode", "city", "region", "country", "kind", "is_verified")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country: Any = self.fields["country"].widget
        country.choices = [("", _("Not set")), *places.countries()]

    def clean_country(self) -> str:
        return _known(self.cleaned_data["country"].upper(), places.countries())


ROWS: Mapping[str, tuple[type[RowForm], type[Any], str]] = {
    "emails": (EmailForm, EmailEntry, "address"),
    "phones": (PhoneForm, PhoneEntry, "number"),
    "addresses": (AddressForm, AddressEntry, "street"),
}


class ContactEditor:
    """The form and its lists together. ``values`` are the arguments of the contact services."""

    def __init__(self, request: MemberRequest, contact: Contact | None = None) -> None:
        self._contact = contact
        posted = request.POST if request.method == "POST" else None
        more = posted.get(MORE, "") if posted is not None else ""
        initial = values_of(contact) if contact is not None else {}
        self._tags_now = initial.get("tags", "")
        # What the reader of the form saw: others may tag the person meanwhile, and are not in the way.
        self.tags_seen = posted.get("tags_seen", self._tags_now) if posted is not None else self._tags_now
        self.form = ContactForm(posted, request=request, initial=initial)
        self.custom = ValuesForm(
            posted,
            entity="contact",
            membership=request.membership,
            owner_id=contact.pk if contact is not None else None,
            stage=lambda: self.form.cleaned_data.get("stage", ""),
            was_stage=contact.stage if contact is not None else "",
        )
        self.lists = {name: _formset(name, posted, initial.get(name, []), one_more=name == more) for name in ROWS}

    @property
    def wants_more(self) -> bool:
        """Whether a button asked for one more row instead of saving."""
        return self.form.data.get(MORE, "") in self.lists

    @property
    def who(self) -> list[Any]:
        return self._fields("given_name", "family_name", "name", "stage", "owner", "tags")

    @property
    def work(self) -> list[Any]:
        return self._fields("company", "job_title", "source")

    @property
    def place(self) -> list[Any]:
        return self._fields("city", "country", "language", "time_zone", "birthday")

    @property
    def primary_rows(self) -> dict[str, int]:
        return {name: self.primary(name) for name in ROWS}

    @property
    def error_count(self) -> int:
        return sum(error_count(form) for form in self.all_forms)

    @property
    def all_forms(self) -> list[Any]:
        return [self.form, self.custom, *(row for rows in self.lists.values() for row in rows)]

    def is_valid(self) -> bool:
        # The stage first: which further fields are needed hangs on it.
        return all([self.form.is_valid(), self.custom.is_valid(), *(rows.is_valid() for rows in self.lists.values())])

    def values(self) -> dict[str, Any]:
        own = {**self.form.cleaned_data, **{name: self._entries(name) for name in ROWS}}
        return {**own, "tags": self._tags(), "company": self._company(), "custom_fields": self.custom.values}

    def add_errors(self, error: ValidationError, *, explain: Callable[[ValidationError], str]) -> None:
        """Puts what a service refused at the row or field it speaks of, in the words of ``explain``."""
        for name, errors in error.update_error_dict({}).items():
            for one in errors:
                form, field = self._place_of(name, one)
                form.add_error(field, explain(one))

    def _tags(self) -> list[str]:
        """Those of now, with what was added to the ones seen and without what was taken from them."""
        wanted: list[str] = self.form.cleaned_data["tags"]
        chosen, seen = ({fold(name) for name in names} for names in (wanted, names_in(self.tags_seen)))
        kept = [name for name in names_in(self._tags_now) if fold(name) in chosen or fold(name) not in seen]
        return kept + [name for name in wanted if fold(name) not in seen]

    def _company(self) -> Any:
        """The one they have while its name stands there, be it in the bin: a name finds only those that are not."""
        name = self.form.cleaned_data["company"]
        own = self._contact.company if self._contact is not None else None
        return own if own is not None and own.name == name else name

    def _fields(self, *names: str) -> list[Any]:
        return [self.form[name] for name in names]

    def _entries(self, name: str) -> list[Any]:
        """The rows that say something, the chosen one first."""
        _form, entry, telling = ROWS[name]
        primary = self.primary(name)
        rows = sorted(enumerate(self.lists[name]), key=lambda numbered: numbered[0] != primary)
        given = [_values_of_row(name, row.cleaned_data) for _number, row in rows if row.cleaned_data]
        return [entry(**one) for one in given if name == "addresses" or one.get(telling)]

    def primary(self, name: str) -> int:
        """Which row of a list is chosen as the one to use first."""
        return _number(self.form.data.get(f"{name}-primary")) if self.form.is_bound else 0

    def _place_of(self, name: str, error: ValidationError) -> tuple[Any, str | None]:
        if name in self.custom.fields:
            return self.custom, name
        if name not in ROWS:
            return self.form, name if name in self.form.fields else None
        telling = ROWS[name][2]
        said = {str(value) for value in (error.params or {}).values()}
        for row in self.lists[name]:
            given = row.cleaned_data.get(telling, "") if row.is_bound and row.is_valid() else ""
            if given and (given in said or normalise(given) in said):
                return row, telling
        return self.lists[name][0], telling


def names_in(text: str) -> list[str]:
    """Tags as a form writes them, with commas between them."""
    return [name for part in text.split(",") if (name := " ".join(part.split()))]


def values_of(contact: Any) -> dict[str, Any]:
    """A person as the form's initial values. Reads the lists unless ``person.find`` brought them."""
    own = ("given_name", "family_name", "name", "stage", "job_title", "city", "country", "language", "time_zone")
    return {
        **{name: getattr(contact, name) for name in (*own, "birthday", "source")},
        "owner": contact.owner_id,
        "company": contact.company.name if contact.company else "",
        "tags": ", ".join(contact.taggings.order_by("tag__name").values_list("tag__name", flat=True)),
        "emails": _rows("emails", contact.emails.all(), address="address"),
        "phones": _rows("phones", contact.phones.all(), number="written"),
        "addresses": _rows("addresses", contact.addresses.all(), **{part: part for part in PLACE}),
    }


def _rows(name: str, queryset: Any, **fields: str) -> list[dict[str, Any]]:
    """By the form's field; ``fields`` say which column each comes from."""
    rows = []
    for row in queryset.order_by("-is_primary", "id"):
        values = {field: getattr(row, column) for field, column in fields.items()}
        rows.append({**values, "kind": row.kind, "is_verified": bool(row.verified_at), "was": _told(name, values)})
    return rows


def _values_of_row(name: str, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    values = {field: value for field, value in cleaned.items() if field != "was"}
    was = cleaned.get("was", "")
    is_same = not was or was == _told(name, cleaned)
    return {**values, "is_verified": bool(values.get("is_verified")) and is_same}


def _told(name: str, values: Mapping[str, Any]) -> str:
    """A row in a line, however its letters are written."""
    parts = PLACE if name == "addresses" else (ROWS[name][2],)
    return "|".join(" ".join(str(values.get(part, "")).split()).casefold() for part in parts)


def _formset(name: str, posted: Any, initial: Iterable[Mapping[str, Any]], *, one_more: bool) -> Any:
    form = ROWS[name][0]
    # A page that grows without end serves nobody; the limit is on rows, and Django refuses what is beyond.
    made = forms.formset_factory(form, formset=_Rows, extra=0 if initial else 1, max_num=50, absolute_max=60)
    if posted is not None and one_more:
        posted = posted.copy()
        total = f"{name}-TOTAL_FORMS"
        posted[total] = str(_number(posted.get(total)) + 1)
    # Sent rows stand for themselves: with initial values, one that was left as it is would count as blank.
    return made(posted, initial=list(initial) if posted is None else None, prefix=name)


class _Rows(forms.BaseFormSet):  # type: ignore[type-arg]
    """Rows left blank are no rows; all rows may be blank."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "empty_permitted": True, "use_required_attribute": False}


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 4 else 0


def _known(code: str, choices: Iterable[tuple[str, str]]) -> str:
    if code and code not in dict(choices):
        raise ValidationError(_("“%(code)s” is not in the list."), params={"code": code})
    return code
