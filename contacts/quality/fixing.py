"""Putting one issue right where it stands: the form that its kind asks for, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from contacts import adding, fields, merged, provenance, services
from contacts.entries import EmailEntry, PhoneEntry
from contacts.fields import references
from contacts.fields.reading import reference_names
from contacts.fields.values_form import control
from contacts.forms import ContactForm, EmailForm, PhoneForm, values_of
from contacts.models import Company, Contact, CustomField, QualityIssue
from contacts.provenance import wording
from contacts.provenance.reading import Change
from contacts.quality import kinds, work
from contacts.quality.checks import CHOSEN, NO_OPINION
from contacts.quality.kinds import Remedy
from contacts.quality.services import close_issue
from contacts.services.restoring import can_restore, value_of
from ecrm.tenancy.models import Membership
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui import formats

_AS_IT_IS = ""


class FixForm:
    """``form`` holds the controls; nothing of it is in the way of what others change meanwhile:
    only what is empty is filled in, and only what was chosen is written."""

    def __init__(self, request: MemberRequest, issue: QualityIssue) -> None:
        self.issue, self.person, self.by = issue, issue.contact, request.user
        self.membership = request.membership
        kind = kinds.find(issue.kind)
        self.remedy = kind.remedy if kind else Remedy.CONFIRM
        posted = request.POST if request.method == "POST" else None
        codes = kinds.codes_of(issue.facts)
        if self.remedy is Remedy.FILL:
            self.form: Any = _filling(request, posted, self.person, codes)
        elif self.remedy is Remedy.REPLACE:
            self.form = _ReplaceForm(posted, person=self.person)
        else:
            self.form = _ChooseForm(posted, request=request, person=self.person, keys=codes)
        for name in list(self.form.fields)[:1]:
            self.form.fields[name].widget.attrs["autofocus"] = True

    def save(self) -> bool:
        """False when something is wrong, which the form then says. What is right by then leaves the list at once."""
        if not self.form.is_valid():
            return False
        try:
            with transaction.atomic():
                self._write()
        except ValidationError as error:
            self.form.add_error(None, ValidationError(error.messages))
            return False
        work.check([self.person.pk])
        return True

    def _write(self) -> None:
        given = self.form.cleaned_data
        if self.remedy is Remedy.FILL:
            services.edit_contact(contact=self.person, by=self.by, **_filled(self.person, given, self.membership))
        elif self.remedy is Remedy.REPLACE:
            services.edit_contact(contact=self.person, by=self.by, emails=self.form.emails())
        else:
            services.edit_contact(contact=self.person, by=self.by, via=CHOSEN, **self.form.changes())
            close_issue(issue=self.issue, by=self.by)


def _filling(request: MemberRequest, posted: Any, person: Contact, codes: list[str]) -> Any:
    form = ContactForm(posted, request=request, initial=values_of(person), use_required_attribute=False)
    further = {"email": EmailForm.base_fields["address"], "phone": PhoneForm.base_fields["number"]}
    own = {fields.prefixed(field): field for field in fields.of("contact", request.membership)}
    known = {
        **form.fields,
        **{code: deepcopy(field) for code, field in further.items()},
        **{code: control(own[code]) for code in codes if code in own},
    }
    form.fields = {code: known[code] for code in codes if code in known}
    return form


def _filled(person: Contact, given: dict[str, Any], membership: Membership) -> dict[str, Any]:
    """What was written, as ``services.edit_contact`` takes it; what stayed empty stays so.

    People and companies are found by name among those the member sees, else it is a ``ValidationError``.
    """
    own = {name.removeprefix(fields.PREFIX): value for name, value in given.items() if name.startswith(fields.PREFIX)}
    changes = {name: value for name, value in given.items() if value and not name.startswith(fields.PREFIX)}
    if own := {key: value for key, value in own.items() if value not in (None, "", [])}:
        changes["custom_fields"] = fields.checked("contact", own, membership)
    email, phone = changes.pop("email", ""), changes.pop("phone", "")
    if email:
        changes["emails"] = [*adding.emails(person), EmailEntry(email)]
    if phone:
        changes["phones"] = [*adding.phones(person), PhoneEntry(phone)]
    return changes


class _ReplaceForm(forms.Form):
    address = deepcopy(EmailForm.base_fields["address"])
    drops = forms.BooleanField(required=False, initial=True)

    def __init__(self, posted: Any, *, person: Contact) -> None:
        super().__init__(posted, use_required_attribute=False)
        self.known = adding.emails(person)
        self.fields["address"].label = _("New email")
        self.fields["address"].required = True
        self.fields["drops"].label = _("Remove %(address)s") % {"address": self.known[0].address if self.known else ""}

    def emails(self) -> list[EmailEntry]:
        kept = self.known[1:] if self.cleaned_data["drops"] else self.known
        return [EmailEntry(self.cleaned_data["address"]), *kept]


class _ChooseForm(forms.Form):
    """For each field the values it was given lately, by whom and when; the present one is ticked.

    People and companies are offered only to those who may see them.
    """

    def __init__(self, posted: Any, *, request: MemberRequest, person: Contact, keys: list[str]) -> None:
        super().__init__(posted, use_required_attribute=False)
        self.person = person
        self.membership = request.membership
        self.custom = fields.by_key("contact", request.membership)
        self.offered: dict[str, dict[str, Any]] = {}
        for key in dict.fromkeys(keys):
            bare = key.removeprefix(fields.PREFIX)
            if can_restore(key) or (key.startswith(fields.PREFIX) and bare in self.custom):
                self._offer(key)

    def _offer(self, key: str) -> None:
        _page, changes = provenance.history(self.person, key=key)
        known: dict[str, Any] = {}
        choices: list[tuple[str, str]] = []
        for change, words in self._in_words(key, [one for one in changes if one.source_type not in NO_OPINION]):
            if words in known:
                continue
            known[words] = change.new
            said = f"{words or _('Not set')} ({change.source_label}, {formats.day(change.at)})"
            choices.append((str(change.id), said))
        self.offered[key] = dict(zip([pk for pk, _said in choices], known.values(), strict=True))
        self.fields[key] = forms.ChoiceField(
            label=wording.label_of(key, self.custom),
            choices=[*choices, (_AS_IT_IS, _("Leave it as it is"))],
            initial=_AS_IT_IS,
            required=False,
            widget=forms.RadioSelect,
        )

    def _in_words(self, key: str, changes: list[Change]) -> Iterator[tuple[Change, str]]:
        """Of values that name somebody or a company only those in sight."""
        field = self.custom.get(key.removeprefix(fields.PREFIX)) if key.startswith(fields.PREFIX) else None
        if field is not None and field.kind in references.KINDS:
            yield from self._named(field, changes)
            return
        open_ids = self._open_companies(changes) if key == "company" else set()
        for change in changes:
            if key != "company" or change.new is None or change.new in open_ids:
                yield change, wording.shown(key, change.new, custom=self.custom, name=change.new_name)

    def _named(self, field: CustomField, changes: list[Change]) -> Iterator[tuple[Change, str]]:
        given = [{} if one.new is None else {field.key: one.new} for one in changes]
        asked = {field.key: field}
        resolved = references.resolve(asked, given, self.membership)
        names = reference_names(asked, given, self.membership)[field.kind]
        for change, values in zip(changes, resolved, strict=True):
            if not isinstance(values.get(field.key), ValidationError):
                yield change, fields.shown(field, change.new, names)

    def _open_companies(self, changes: list[Change]) -> set[int]:
        """Those of them that are in sight, themselves or as what they were merged into."""
        named = {one.new for one in changes if isinstance(one.new, int)}
        stands = merged.company_survivors(named)
        seen = Company.objects.visible_to(self.membership).unbinned().filter(pk__in=named | {*stands.values()})
        open_ids = set(seen.values_list("pk", flat=True))
        return {former for former in named if stands.get(former, former) in open_ids}

    def changes(self) -> dict[str, Any]:
        """As ``services.edit_contact`` takes them."""
        chosen = {key: self.offered[key][pk] for key, pk in self.cleaned_data.items() if pk}
        own = {key: value_of(self.person, key, new) for key, new in chosen.items() if can_restore(key)}
        custom = {key.removeprefix(fields.PREFIX): new for key, new in chosen.items() if key not in own}
        return {**own, **({"custom_fields": custom} if custom else {})}
