"""Where the values of a person came from, and taking one back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contacts import fields, provenance, services
from contacts.models import Contact, ContactChange, CustomField
from contacts.provenance import wording
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import redirect_page, render_page
from ecrm.ui.toasts import toast, warn

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One value of one change, in words."""

    change: provenance.Change
    label: str
    old: str
    new: str
    can_restore: bool
    restore_url: str


@requires(Capability.CONTACTS_VIEW)
@require_safe
def contact_changes(request: MemberRequest, contact_id: int) -> HttpResponse:
    """All changes, or those of one ``?key=``. Fields hidden from the reader's roles are left out."""
    contact = get_object_or_404(Contact.objects.visible_to(request.membership), pk=contact_id)
    custom = fields.by_key("contact", request.membership)
    key = request.GET.get("key", "").replace("\x00", "")[:80]
    key = "" if fields.is_unseen(key, custom) else key
    page, changes = provenance.history(contact, cursor=request.GET.get("cursor"), key=key)
    may_edit = request.membership.may(Capability.CONTACTS_EDIT) and contact.binned_at is None
    context = {
        "record": contact,
        "all_url": reverse("contact_changes", args=[contact.pk]),
        "page": page,
        "rows": [_row(one, custom, may_edit=may_edit) for one in changes if not fields.is_unseen(one.key, custom)],
        "key": key,
        "label": wording.label_of(key, custom) if key else "",
        "may_edit": may_edit,
        "crumbs": [
            (_("Contacts"), reverse("contact_list")),
            (str(contact), reverse("contact_page", args=[contact.pk])),
        ],
    }
    return render_page(request, "contacts/changes.html", part="contacts/_changes.html", context=context)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def restore_value(request: MemberRequest, change_id: int) -> HttpResponse:
    """Takes one value back, unless somebody changed the person since the page was read."""
    change = get_object_or_404(ContactChange, pk=change_id)
    contact = get_object_or_404(Contact.objects.visible_to(request.membership).unbinned(), pk=change.contact_id)
    key = request.POST.get("key", "")
    if fields.is_unseen(key, fields.by_key("contact", request.membership)) or key not in change.changes:
        warn(request, _("This value cannot be restored."))
    else:
        _restore(request, contact, change, key)
    back = reverse("contact_changes", args=[contact.pk])
    return redirect_page(request, f"{back}?{urlencode({'key': key})}" if request.GET.get("key") else back)


def _restore(request: MemberRequest, contact: Contact, change: ContactChange, key: str) -> None:
    custom = fields.by_key("contact", request.membership)
    try:
        with transaction.atomic():
            is_done = _put_back(request, contact, change, key)
    except ValidationError as error:
        warn(request, error.messages[0])
    except services.StaleContact:
        warn(request, _("Somebody changed this contact meanwhile. Nothing was restored: look again first."))
    else:
        label = wording.label_of(key, custom)
        words = _("%(field)s is restored.") if is_done else _("%(field)s is what it was already.")
        toast(request, words % {"field": label})


def _put_back(request: MemberRequest, contact: Contact, change: ContactChange, key: str) -> bool:
    expected = expected_version(request)
    if not key.startswith(fields.PREFIX):
        return services.restore_value(
            contact=contact, change=change, key=key, by=request.user, expected_updated_at=expected
        )
    current = Contact.objects.select_for_update().get(pk=contact.pk)
    if current.updated_at != expected:
        raise services.StaleContact(current)
    values = {key.removeprefix(fields.PREFIX): change.changes[key][0]}
    source = fields.Source("undo", change.pk)
    return bool(fields.write("contact", {contact.pk: values}, by=request.user, source=source))


def _row(change: provenance.Change, custom: Mapping[str, CustomField], *, may_edit: bool) -> Row:
    def words(value: Any, name: str) -> str:
        return wording.shown(change.key, value, custom=custom, name=name)

    is_known = change.key.removeprefix(fields.PREFIX) in custom or services.can_restore(change.key)
    return Row(
        change,
        wording.label_of(change.key, custom),
        words(change.old, change.old_name),
        words(change.new, change.new_name),
        may_edit and is_known,
        reverse("restore_value", args=[change.id]),
    )


def expected_version(request: MemberRequest) -> datetime:
    """Garbage counts as stale, as in the form."""
    try:
        given = parse_datetime(request.POST.get("expected_updated_at", ""))
    except ValueError:
        given = None
    return given or NEVER
