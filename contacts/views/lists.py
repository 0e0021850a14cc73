"""The list of people, its columns, and the bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contacts import bulk_actions, listing, people_table, search
from contacts.lists import columns, heads, neighbours, saved, shown
from contacts.lists.columns import Column
from contacts.lists.query import ListQuery
from contacts.lists.shown import Shown
from contacts.models import Contact
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.urls import plain_url
from ecrm.ui.pages import Count, Page
from ecrm.ui.parts import render_page, wants_part


@requires(Capability.CONTACTS_VIEW)
@require_safe
def contact_list(request: MemberRequest) -> HttpResponse:
    views = saved.visible(request.membership)
    if not request.GET and (start := saved.first_of(views)) is not None:
        return HttpResponseRedirect(f"{reverse('contact_list')}{start.url}")
    query = saved.opened(request.GET, views, request.membership)
    found = shown.show(query, cursor=request.GET.get("cursor"), is_exact=request.GET.get("count") == "exact")
    context = {
        **_frame(request, query),
        **_rows(request, query, found),
        "views": saved.standing(views, query),
    }
    return render_page(request, "contacts/list.html", part="contacts/_people.html", context=context)


@requires(Capability.CONTACTS_VIEW)
@require_safe
def list_columns(request: MemberRequest) -> HttpResponse:
    """Which columns in which order: every step is an address of its own."""
    query = saved.opened(request.GET, saved.visible(request.membership), request.membership)
    taken = columns.chosen(query.columns, request.membership)
    keys = [column.key for column in taken]
    others = [column for column in columns.every(request.membership) if column.key not in keys]
    here = reverse("list_columns")

    def url(wanted: Sequence[str]) -> str:
        return here + query.but(columns=tuple(wanted)).url()

    context = {
        "query": query,
        "taken": [_arranged(column, number, keys, url) for number, column in enumerate(taken)],
        "others": [(column.label, url([*keys, column.key])) for column in others],
        "list_url": reverse("contact_list") + query.url(),
        "usual_url": here + query.but(columns=()).url(),
        "crumbs": [(_("Contacts"), reverse("contact_list") + query.url())],
    }
    return render(request, "contacts/columns.html", context)


@requires(Capability.CONTACTS_DELETE)
@require_safe
def binned_contacts(request: MemberRequest) -> HttpResponse:
    people = Contact.objects.visible_to(request.membership).binned()
    page, count = listing.page(people, order=("-binned_at", "-id"), cursor=request.GET.get("cursor"))
    rows = listing.rows(request, page.rows, [])
    binned = [(row, found.binned_at) for row, found in zip(rows, page.rows, strict=True)]
    context = {
        "page": page,
        "binned": binned,
        "count": count,
        "shown": _shown(page, count),
        "views": saved.standing(saved.visible(request.membership), ListQuery(request.membership)),
        "may_bin": True,
    }
    return render_page(request, "contacts/bin.html", part="contacts/_binned.html", context=context)


def _frame(request: MemberRequest, query: ListQuery) -> dict[str, Any]:
    """What stands around the rows."""
    may = request.membership.may
    url = query.url()
    to_segment = may(Capability.SEGMENTS_EDIT) and query.is_narrowed
    return {
        "query": query,
        "term": query.term,
        "cap": search.CAP,
        "filter_url": plain_url("filter_contacts") + url,
        "columns_url": plain_url("list_columns") + url,
        "segment_url": plain_url("segment_of_list") + url if to_segment else "",
        "chips": query.chips(plain_url("filter_contacts") + url),
        "kept": [(name, value) for name, value in query.but(term="").parameters()] + _marks(query),
        "groups": heads.groups(query),
        "density": query.but(is_compact=not query.is_compact).url(),
        "exact_url": f"{url}&count=exact",
        "may_edit": may(Capability.CONTACTS_EDIT),
        "may_bin": may(Capability.CONTACTS_DELETE),
        "import_url": plain_url("import_list") if may(Capability.CONTACTS_IMPORT) else "",
        "export_url": plain_url("export_contacts") + url if may(Capability.CONTACTS_EXPORT) else "",
        "is_part": wants_part(request),
    }


def _rows(request: MemberRequest, query: ListQuery, found: Shown) -> dict[str, Any]:
    actions = bulk_actions.allowed(request.membership)
    chosen = columns.chosen(query.columns, request.membership)
    extras = [column.extra for column in chosen if column.extra]
    rows = listing.rows(request, found.page.rows, extras, own={column.key for column in chosen} | {found.group})
    # A row that vanished between the two questions leaves nothing to group by.
    is_whole = len(rows) == len(found.page.rows)
    headings = shown.headings(found.group, found.page, rows) if found.group and is_whole else {}
    may_edit = request.membership.may(Capability.CONTACTS_EDIT)
    return {
        "found": found,
        "headings": headings,
        "page": found.page,
        "rows": rows,
        "table": people_table.body(
            rows,
            chosen,
            may_pick=bool(actions),
            may_edit=may_edit,
            headings=headings,
            suffix=neighbours.suffix(query),
        ),
        "heads": heads.column_heads(request, query, chosen),
        "sorts": heads.sorts(query, chosen),
        "actions": actions,
        "count": found.count,
        "shown": _shown(found.page, found.count),
    }


def _arranged(column: Column, number: int, keys: list[str], url: Any) -> dict[str, Any]:
    before, rest = keys[:number], keys[number + 1 :]
    up = [*before[:-1], column.key, *before[-1:], *rest]
    down = [*before, *rest[:1], column.key, *rest[1:]]
    return {
        "label": column.label,
        "up": url(up) if number else "",
        "down": url(down) if rest else "",
        "remove": url([*before, *rest]) if len(keys) > 1 else "",
    }


def _marks(query: ListQuery) -> list[tuple[str, str]]:
    return [("view", str(query.view_id))] if query.view_id is not None else []


def _shown(page: Page[Any], count: Count) -> str:
    return _("%(shown)s shown of %(count)s") % {"shown": len(page.rows), "count": count}
