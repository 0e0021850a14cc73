"""The list of people, its filter, and the bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contacts import bulk_actions, listing, panels, people_table, search
from contacts.bulk_actions import BulkAction
from contacts.filters import MINE, ContactFilter, without
from contacts.models import Contact
from contacts.querysets import ContactQuerySet
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import Count, Page
from ecrm.ui.parts import render_page, wants_part
from ecrm.ui.tables import sorting

LONGEST_TERM = 200


@requires(Capability.CONTACTS_VIEW)
@require_safe
def contact_list(request: MemberRequest) -> HttpResponse:
    chosen = ContactFilter(request)
    term = _term(request)
    people = chosen.narrow(Contact.objects.visible_to(request.membership).unbinned())
    found = search.contact_ids(term, membership=request.membership) if term else None
    if found is not None:
        people = people.among(found)
    actions = bulk_actions.allowed(request.membership)
    context = {
        "filter": chosen,
        "filter_url": _filter_url(request),
        "chips": chosen.chips(_filter_url(request)),
        "term": term,
        "is_capped": found is not None and len(found) == search.CAP,
        "cap": search.CAP,
        "kept": _kept(request),
        "actions": actions,
        **_page(request, people, actions, count=_known_count(chosen, found)),
        **_rights(request),
    }
    return render_page(request, "contacts/list.html", part="contacts/_people.html", context=context)


@requires(Capability.CONTACTS_VIEW)
@require_safe
def filter_contacts(request: MemberRequest) -> HttpResponse:
    """The filter as a form of its own; sending it leads back to the list."""
    chosen = ContactFilter(request)
    chosen.offer_choices()
    kept = [(name, request.GET[name]) for name in ("q", "sort") if request.GET.get(name)]
    crumbs = [(_("Contacts"), reverse("contact_list"))]
    return render(request, "contacts/filter.html", {"form": chosen, "kept": kept, "crumbs": crumbs})


@requires(Capability.CONTACTS_DELETE)
@require_safe
def binned_contacts(request: MemberRequest) -> HttpResponse:
    people = Contact.objects.visible_to(request.membership).binned()
    page, count = listing.page(people, order=("-binned_at", "-id"), cursor=request.GET.get("cursor"))
    rows = listing.rows(request, page.rows, [])
    binned = [(row, found.binned_at) for row, found in zip(rows, page.rows, strict=True)]
    context = {"page": page, "binned": binned, "count": count, "shown": _shown(page, count), **_rights(request)}
    return render_page(request, "contacts/bin.html", part="contacts/_binned.html", context=context)


def _known_count(chosen: ContactFilter, found: Sequence[int] | None) -> Count | None:
    """A search knows how many it found, as long as no filter narrows them."""
    if found is None or any(chosen.cleaned_data.values()):
        return None
    return Count(len(found), len(found) == search.CAP)


def _page(
    request: MemberRequest, people: ContactQuerySet, actions: Sequence[BulkAction], *, count: Count | None
) -> dict[str, Any]:
    order = sorting(request, listing.ORDERS, default=listing.DEFAULT_ORDER)
    columns = panels.columns(request.membership)
    page, count = listing.page(people, order=order.order, cursor=request.GET.get("cursor"), count=count)
    rows = listing.rows(request, page.rows, columns)
    return {
        "page": page,
        "rows": rows,
        "table": people_table.body(rows, may_pick=bool(actions)),
        "columns": [(column, column.legend(request) if column.legend else "") for column in columns],
        "heads": order.heads,
        "sort": order.chosen,
        "count": count,
        "shown": _shown(page, count),
    }


def _shown(page: Page[Any], count: Count) -> str:
    return _("%(shown)s shown of %(count)s") % {"shown": len(page.rows), "count": count}


def _rights(request: MemberRequest) -> dict[str, Any]:
    may = request.membership.may
    return {
        "may_edit": may(Capability.CONTACTS_EDIT),
        "may_bin": may(Capability.CONTACTS_DELETE),
        "import_url": reverse("import_list") if may(Capability.CONTACTS_IMPORT) else "",
        "export_url": f"{reverse('export_contacts')}?{without(request.GET)}" if may(Capability.CONTACTS_EXPORT) else "",
        "is_mine": request.GET.get("owner") == MINE,
        "is_part": wants_part(request),
    }


def _term(request: MemberRequest) -> str:
    """What is searched for; a null character can be in no name, and PostgreSQL refuses it."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_TERM]


def _kept(request: MemberRequest) -> list[tuple[str, str]]:
    """What a search keeps: the filter and the order, not the page."""
    return [
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if name not in ("q", "cursor") and "\x00" not in value
    ]


def _filter_url(request: MemberRequest) -> str:
    return f"{reverse('filter_contacts')}?{without(request.GET)}"
