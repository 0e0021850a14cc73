"""Choosing whom to merge, the two side by side, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts import merged, palette
from contacts.duplicates import known_pairs
from contacts.duplicates.known_pairs import KnownPair
from contacts.duplicates.reasons import merged_in_words
from contacts.fields import reading
from contacts.fields.reading import prefixed
from contacts.merge import comparing, services
from contacts.merge.choices import FIELDS, PRIMARY
from contacts.models import Contact, CustomField, Event, Merge
from contacts.quality.queue import at_row
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, own_path, redirect_page, render_page
from ecrm.ui.toasts import toast, warn

FOUND_AT_MOST = 10
MERGES_SHOWN = 20


@requires(Capability.CONTACTS_EDIT)
@require_safe
def choose_merge(request: MemberRequest, contact_id: int) -> HttpResponse:
    """Finds the other one, and lists who was merged into this one, with the way back."""
    contact = get_object_or_404(Contact.objects.visible_to(request.membership).unbinned(), pk=contact_id)
    term = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    found = palette.find_people(request.membership, term, FOUND_AT_MOST + 1) if term else []
    others = [(each, _id_of(each.path)) for each in found]
    merges = Merge.objects.filter(winner=contact, undone_at=None).select_related("loser", "merged_by").order_by("-id")
    context = {
        "contact": contact,
        "term": term,
        "alike": [] if term else known_pairs.of(contact, request.membership, at_most=FOUND_AT_MOST),
        "others": [(each, pk) for each, pk in others if pk != contact.pk][:FOUND_AT_MOST],
        "merges": [(merge, merged_in_words(merge)) for merge in merges[:MERGES_SHOWN]],
        "crumbs": _crumbs(contact),
    }
    return render_page(request, "contacts/merge/choose.html", part="contacts/merge/_others.html", context=context)


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "POST"])
def merge_contact(request: MemberRequest, contact_id: int, other_id: int) -> HttpResponse:
    """The first is kept, the other goes into it; each field's value is ticked."""
    found = comparing.people([contact_id, other_id], Contact.objects.visible_to(request.membership))
    if len(found) < 2:
        return _merged_already(request, [other_id, contact_id])
    kept, other = found[contact_id], found[other_id]
    choices = _choices(request, {kept.pk, other.pk})
    error = ""
    if request.method == "POST":
        pair = known_pairs.between(kept, other)
        try:
            with transaction.atomic():
                merge = services.merge_contacts(winner=kept, loser=other, by=request.user, choices=choices)
        except ValidationError as refusal:
            error = refusal.messages[0]
        else:
            words = _("%(other)s is part of %(kept)s now.") % {"other": other, "kept": kept}
            toast(request, words, undo=reverse("undo_merge", args=[merge.pk]) + _with_next(request, pair))
            return redirect_page(request, own_path(request) or reverse("contact_page", args=[kept.pk]))
    return render(
        request,
        "contacts/merge/compare.html",
        _compared(request, kept, other, choices, error),
        status=INVALID if error else 200,
    )


@requires(Capability.CONTACTS_EDIT)
@require_POST
def undo_merge(request: MemberRequest, merge_id: int) -> HttpResponse:
    merge = get_object_or_404(Merge.objects.select_related("winner", "loser"), pk=merge_id)
    if not Contact.objects.visible_to(request.membership).filter(pk=merge.winner_id).exists():
        raise Http404
    try:
        with transaction.atomic():
            if services.undo_merge(merge=merge, by=request.user):
                words = _("%(one)s and %(other)s are two contacts again.")
                toast(request, words % {"one": merge.winner, "other": merge.loser})
    except ValidationError as refusal:
        warn(request, refusal.messages[0])
    return redirect_page(request, own_path(request) or reverse("contact_page", args=[merge.winner_id]))


def _with_next(request: MemberRequest, pair: KnownPair | None = None) -> str:
    """Whoever came from the list of duplicates goes on there; by the way back at the ``pair`` that is in it again."""
    onward = own_path(request)
    if onward and pair:
        onward = at_row(onward, f"p{pair.pk}")
    return f"?{urlencode({'next': onward})}" if onward else ""


def _merged_already(request: MemberRequest, contact_ids: Sequence[int]) -> HttpResponse:
    """A page left open, a second click, another tab: leads to whom is there now, and says why."""
    survivors = merged.survivors(contact_ids)
    gone_id = next((pk for pk in contact_ids if pk in survivors), 0)
    visible = Contact.objects.visible_to(request.membership)
    gone, survivor = (get_object_or_404(visible, pk=pk) for pk in (gone_id, survivors.get(gone_id, 0)))
    words = _("%(other)s was merged into %(kept)s already. Nothing was changed now.")
    toast(request, words % {"other": gone, "kept": survivor})
    return redirect_page(request, reverse("contact_page", args=[survivor.pk]))


def _choices(request: MemberRequest, people: set[int]) -> dict[str, int]:
    """What was ticked, by field; anything else a form may carry is left out."""
    custom = map(prefixed, reading.of(CustomField.Entity.CONTACT, request.membership))
    given = {name: request.POST.get(name, "") for name in (*FIELDS, *PRIMARY, *custom)}
    return {
        name: int(text) for name, text in given.items() if text.isdecimal() and len(text) < 19 and int(text) in people
    }


def _compared(request: MemberRequest, kept: Any, other: Any, choices: dict[str, int], error: str) -> dict[str, Any]:
    lines = comparing.lines(kept, other, choices, request.membership)
    return {
        "kept": kept,
        "other": other,
        "differing": [line for line in lines if line.differs],
        "same": [line for line in lines if not line.differs],
        "unions": comparing.unions(kept, other),
        "told": _told([kept.pk, other.pk]),
        "pair": known_pairs.between(kept, other),
        "error": error,
        "onward": own_path(request),
        "with_next": _with_next(request),
        "crumbs": _crumbs(kept),
    }


def _told(ids: list[int]) -> list[int]:
    """How much history each has, counted up to a bound."""
    return [Event.objects.filter(contact_id=pk)[:1001].count() for pk in ids]


def _crumbs(contact: Contact) -> list[tuple[str, str]]:
    return [(_("Contacts"), reverse("contact_list")), (str(contact), reverse("contact_page", args=[contact.pk]))]


def _id_of(path: str) -> int:
    return int(path.rstrip("/").rpartition("/")[2])
