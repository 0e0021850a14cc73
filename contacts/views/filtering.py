"""The filter of the list, written with the rule builder of segments; and the list as a segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.criteria import Criterion
from contacts.lists import language
from contacts.lists.language import Part
from contacts.lists.query import ListQuery, sentence
from contacts.models import Contact
from contacts.segments import adding, askable, builder, drafts, edits, services, tree
from contacts.segments.drafts import DraftGroup
from contacts.segments.tree import InvalidRule
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page, render_page
from ecrm.ui.toasts import toast

LONGEST_NAME = 120
OTHERS = "others"
OPENED = "opened"


@requires(Capability.CONTACTS_VIEW)
@require_safe
def filter_contacts(request: MemberRequest) -> HttpResponse:
    query = ListQuery.read(request.GET, request.membership)
    draft = drafts.from_rule(language.rule_of(query.parts), query.scope)
    if not query.parts:
        draft = edits.edited(draft, "add:")
    return _render(request, query, draft)


@requires(Capability.CONTACTS_VIEW)
@require_POST
def draft_filter(request: MemberRequest) -> HttpResponse:
    """The same form after one edit (``do``). Saves nothing."""
    matches = adding.matches(request.POST, builder.offered(request.membership.may))
    draft = edits.edited(drafts.from_form(request.POST), adding.edit(request.POST, matches))
    return _render(request, _sent(request), _standing(request, draft), matches=matches)


@requires(Capability.CONTACTS_VIEW)
@require_POST
def apply_filter(request: MemberRequest) -> HttpResponse:
    """Leads to the list that the form describes. Changes nothing."""
    if adding.is_asked(request.POST):
        return draft_filter(request)
    query = _sent(request)
    draft = _standing(request, drafts.from_form(request.POST))
    found, errors = drafts.as_tree(draft, query.scope)
    if errors:
        return _render(request, query, draft, shows_errors=True)
    # Through the reader once more, which puts conditions of one kind into one.
    parts = tuple(Part(part) for part in tree.parse(tree.as_json(found)).parts)
    return redirect_page(request, reverse("contact_list") + query.but(parts=parts).url())


@requires(Capability.SEGMENTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def segment_of_list(request: MemberRequest) -> HttpResponse:
    """Saves the filter of a list as a segment, which follows whoever meets it from then on."""
    query = ListQuery.read(request.GET, request.membership)
    rule = _segment_rule(query)
    error = ""
    if request.method == "POST":
        try:
            if not rule["all"]:
                raise ValidationError(_("There is no filter that a segment could follow."))
            made = services.create_segment(name=request.POST.get("name", ""), rule=rule, by=request.user)
        except (InvalidRule, ValidationError) as found:
            error = " ".join(found.messages) if isinstance(found, ValidationError) else str(found)
        else:
            toast(request, _("Created the segment “%(name)s”") % {"name": made.name})
            return redirect_page(request, reverse("segment", args=[made.pk]))
    context = {
        "name": request.POST.get("name", "")[:LONGEST_NAME],
        "error": error,
        "sentences": [sentence(part, query.scope) for part in tree.parse(rule).parts],
        "is_partial": bool(query.term or query.only),
        "list_url": reverse("contact_list") + query.url(),
        "crumbs": [(_("Contacts"), reverse("contact_list") + query.url())],
    }
    return render(request, "contacts/segment_of_list.html", context, status=INVALID if error else 200)


def _segment_rule(query: ListQuery) -> dict[str, Any]:
    """``owner=me`` is whoever saves it."""
    rule = language.rule_of(query.parts)
    if query.is_mine:
        rule["all"].insert(0, {"criterion": "owner", "operator": "any_of", "value": [query.membership.user_id]})
    return rule


def _sent(request: MemberRequest) -> ListQuery:
    """What the form kept of the list besides its rule."""
    return ListQuery.read(QueryDict(request.POST.get(OTHERS, "")[:8000]), request.membership).but(parts=())


def _standing(request: MemberRequest, draft: DraftGroup) -> DraftGroup:
    """As far as this member may ask it; what the list asked already when the form was opened stands."""
    draft = askable.only(draft, request.membership.may)
    opened = ListQuery.read(QueryDict(request.POST.get(OPENED, "")[:8000]), request.membership)
    return drafts.stand_by(draft, language.rule_of(opened.parts), opened.scope)


def _render(
    request: MemberRequest,
    query: ListQuery,
    draft: DraftGroup,
    *,
    shows_errors: bool = False,
    matches: Sequence[Criterion] = (),
) -> HttpResponse:
    # As the list will show it, the search and what else stands in its address aside.
    seen = Contact.objects.visible_to(request.membership).unbinned()
    board = builder.board(draft, query.scope, may=request.membership.may, shows_errors=shows_errors, base=seen)
    others = query.but(parts=()).url().removeprefix("?")
    context = {
        "board": board,
        "may_edit": True,
        "is_filter": True,
        "others": others,
        "opened": request.POST.get(OPENED, request.GET.urlencode())[:8000],
        "draft_url": reverse("draft_filter"),
        "error_count": len(board.errors) if shows_errors else 0,
        "list_url": reverse("contact_list") + query.url(),
        "crumbs": [(_("Contacts"), reverse("contact_list") + query.url())],
        **adding.context(request.POST, board.offered, matches),
    }
    return render_page(
        request,
        "contacts/filter.html",
        part="contacts/_filter.html",
        context=context,
        status=INVALID if shows_errors else 200,
    )
