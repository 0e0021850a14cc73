"""One detail of a person, edited where it stands.

Two people may edit different details at once; the same one only when they know of each other: the
form carries what its reader saw, and what stands there now must still be that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from contacts import adding, fields, provenance, services
from contacts.conflicts import shown
from contacts.fields.requiring import missing
from contacts.fields.values_form import ValuesForm
from contacts.forms import ContactForm, values_of
from contacts.models import Contact
from ecrm.tenancy.requests import MemberRequest

OWN = frozenset({"company", "job_title", "language", "time_zone", "birthday", "owner", "source"})
# Several controls in one place, or one that other places of the page show too.
TOGETHER: Mapping[str, tuple[str, ...]] = {"name": ("given_name", "family_name", "name"), "stage": ("stage",)}
WHOLE = frozenset({*TOGETHER, *adding.KEYS})
_LABELS = {"name": _("Name"), "stage": _("Stage")}


class Gone(Exception):
    """No such detail, or none that this member may edit."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both values in words; ``by`` and ``at`` tell of the other change, empty where nothing is known of it."""

    theirs: str
    yours: str
    by: str
    at: datetime | None


class FactForm:
    """The controls of one detail. ``seen`` is what its reader knew when the form was made.

    ``needed`` are further fields that the chosen stage asks for and that are empty.
    """

    def __init__(self, request: MemberRequest, contact: Contact, key: str) -> None:
        self.contact, self.key = contact, key
        self.membership = request.membership
        self._posted = request.POST if request.method == "POST" else None
        self.form = self._custom() if key.startswith(fields.PREFIX) else self._own(request)
        self.fields = [self.form[name] for name in self.form.fields]
        self.fields[0].field.widget.attrs["autofocus"] = True
        self.now = self._told([self.form.initial.get(field.name) for field in self.fields])
        self.seen = self._posted.get("seen", "") if self._posted is not None else self.now
        self.needed: Any = None
        self.conflict: Conflict | None = None

    @property
    def label(self) -> str:
        return str(_LABELS.get(self.key) or adding.label(self.key) or self.fields[0].label)

    @property
    def is_whole(self) -> bool:
        """Whether the page is shown anew after it, and not only its own place."""
        return self.key in WHOLE

    @property
    def has_errors(self) -> bool:
        return bool(self.form.errors or (self.needed and self.needed.errors))

    def save(self) -> bool:
        """False when something is wrong or somebody was faster: the form then says what.

        Holds the person while it looks, so that nobody comes between.
        """
        if not self.form.is_valid():
            return False
        if self.key in adding.KEYS:
            return self._write()
        if self._told([field.value() for field in self.fields]) == self.now:
            return True
        if self.seen != self.now:
            self.conflict, self.seen = self._conflict(), self.now
            return False
        return self._fills_needed() and self._write()

    def _fills_needed(self) -> bool:
        """A stage may ask for fields: those that are empty are asked for along with it."""
        if self.key != "stage":
            return True
        stage = self.form.cleaned_data["stage"]
        form = self._values_form(stage)
        keys = missing(list(form.custom.values()), stage, form.current)
        self.needed = _only(form, keys) if keys else None
        return self.needed is None or self.needed.is_valid()

    def _write(self) -> bool:
        try:
            with transaction.atomic():
                services.edit_contact(contact=self.contact, by=self.membership.user, **self._changes())
        except ValidationError as error:
            for words in error.messages:
                self.form.add_error(self.fields[0].name, words)
            return False
        return True

    def _changes(self) -> dict[str, Any]:
        if self._is_custom:
            return {"custom_fields": self.form.values}
        if self.key in adding.KEYS:
            return adding.changes(self.key, self.contact, self.form.cleaned_data)
        return {**self.form.cleaned_data, **({"custom_fields": self.needed.values} if self.needed else {})}

    def _conflict(self) -> Conflict:
        origins = provenance.of(self.contact.pk)
        origin = next((origins[name] for name in (self.key, *self.form.fields) if name in origins), None)
        theirs = [shown(field.field, self.form.initial.get(field.name)) for field in self.fields]
        yours = [shown(field.field, field.value()) for field in self.fields]
        at, by = (origin.at, origin.by_name) if origin else (None, "")
        return Conflict(" · ".join(theirs), " · ".join(yours), by, at)

    def _told(self, values: list[Any]) -> str:
        return "\n".join(map(bare, values)).rstrip("\n")

    @property
    def _is_custom(self) -> bool:
        return self.key.startswith(fields.PREFIX)

    def _own(self, request: MemberRequest) -> Any:
        if self.key in adding.KEYS:
            return adding.form(self.key, self._posted, self.contact)
        names = TOGETHER.get(self.key) or ((self.key,) if self.key in OWN else ())
        if not names:
            raise Gone
        form = ContactForm(self._posted, request=request, initial=values_of(self.contact), use_required_attribute=False)
        form.fields = {name: form.fields[name] for name in names}
        return form

    def _custom(self) -> Any:
        form = self._values_form(self.contact.stage)
        if self.key not in form.fields:
            raise Gone
        return _only(form, [self.key.removeprefix(fields.PREFIX)])

    def _values_form(self, stage: str) -> ValuesForm:
        return ValuesForm(
            self._posted,
            entity="contact",
            membership=self.membership,
            owner_id=self.contact.pk,
            stage=lambda: stage,
            was_stage=self.contact.stage,
        )


def _only(form: Any, keys: Any) -> Any:
    """The form with the fields of these keys alone."""
    form.fields = {f"{fields.PREFIX}{key}": form.fields[f"{fields.PREFIX}{key}"] for key in keys}
    form.custom = {key: form.custom[key] for key in keys}
    return form


def bare(value: Any) -> str:
    """A control's value as one text, to compare what was seen with what is there."""
    if isinstance(value, list | tuple):
        return "\n".join(sorted(map(str, value)))
    return str(value).replace("\r\n", "\n").strip() if value not in (None, "") else ""


def can_edit(key: str) -> bool:
    return key in OWN or key in WHOLE or key.startswith(fields.PREFIX)


def place_of(key: str) -> str:
    """The id of its place on the page."""
    return escape(f"fact-{key.replace(':', '-')}")
