"""One detail of a person, edited where it stands.

Two people may edit different details at once; the same one only when they know of each other: the
form carries what its reader saw, and what stands there now must still be that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.html import escape

from contacts import fields, provenance, services
from contacts.conflicts import shown
from contacts.fields.values_form import ValuesForm
from contacts.forms import ContactForm, values_of
from contacts.models import Contact
from ecrm.tenancy.requests import MemberRequest

OWN = frozenset({"company", "job_title", "language", "time_zone", "birthday", "owner", "source"})


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
    """The control of one detail. ``seen`` is what its reader knew when the form was made."""

    def __init__(self, request: MemberRequest, contact: Contact, key: str) -> None:
        self.contact, self.key = contact, key
        self.membership = request.membership
        self._posted = request.POST if request.method == "POST" else None
        self.form = self._custom() if key.startswith(fields.PREFIX) else self._own(request)
        self.field = self.form[key]
        self.field.field.widget.attrs["autofocus"] = True
        self.now = bare(self.form.initial.get(key))
        self.seen = self._posted.get("seen", "") if self._posted is not None else self.now
        self.conflict: Conflict | None = None

    @property
    def label(self) -> str:
        return str(self.field.label)

    def save(self) -> bool:
        """False when something is wrong or somebody was faster: the form then says what.

        Holds the person while it looks, so that nobody comes between.
        """
        if not self.form.is_valid():
            return False
        mine = bare(self.field.value())
        if mine == self.now:
            return True
        if self.seen != self.now:
            self.conflict, self.seen = self._conflict(), self.now
            return False
        return self._write()

    def _write(self) -> bool:
        value = self.form.cleaned_data[self.key]
        changes = {"custom_fields": self.form.values} if self._is_custom else {self.key: value}
        try:
            with transaction.atomic():
                services.edit_contact(contact=self.contact, by=self.membership.user, **changes)
        except ValidationError as error:
            for words in error.messages:
                self.form.add_error(self.key, words)
            return False
        return True

    def _conflict(self) -> Conflict:
        origin = provenance.of(self.contact.pk).get(self.key)
        theirs, yours = (shown(self.field.field, value) for value in (self.form.initial.get(self.key), self._given()))
        return Conflict(theirs, yours, origin.by_name if origin else "", origin.at if origin else None)

    def _given(self) -> Any:
        return self.field.value()

    @property
    def _is_custom(self) -> bool:
        return self.key.startswith(fields.PREFIX)

    def _own(self, request: MemberRequest) -> Any:
        if self.key not in OWN:
            raise Gone
        form = ContactForm(self._posted, request=request, initial=values_of(self.contact), use_required_attribute=False)
        form.fields = {self.key: form.fields[self.key]}
        return form

    def _custom(self) -> Any:
        form = ValuesForm(
            self._posted,
            entity="contact",
            membership=self.membership,
            owner_id=self.contact.pk,
            stage=lambda: self.contact.stage,
        )
        if self.key not in form.fields:
            raise Gone
        bare_key = self.key.removeprefix(fields.PREFIX)
        form.fields = {self.key: form.fields[self.key]}
        form.custom = {bare_key: form.custom[bare_key]}
        return form


def bare(value: Any) -> str:
    """A control's value as one text, to compare what was seen with what is there."""
    if isinstance(value, list | tuple):
        return "\n".join(sorted(map(str, value)))
    return str(value).replace("\r\n", "\n").strip() if value not in (None, "") else ""


def can_edit(key: str) -> bool:
    return key in OWN or key.startswith(fields.PREFIX)


def place_of(key: str) -> str:
    """The id of its place on the page."""
    return escape(f"fact-{key.replace(':', '-')}")
