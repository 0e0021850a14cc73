"""Writing a rule: every press of a button is a form submission that comes back with fresh counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.criteria import Criterion, Scope
from contacts.models import Segment
from contacts.models.segments import SegmentKind
from contacts.segments import adding, askable, builder, drafts, edits, page, services, suggestions, tree
from contacts.segments.drafts import DraftGroup
from contacts.segments.tree import InvalidRule
from contacts.segments.views import static
from ecrm.search import recents
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page, render_page
from ecrm.ui.toasts import toast, warn

LONGEST_NAME, LONGEST_DESCRIPTION = 120, 300


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def segment(request: MemberRequest, segment_id: int) -> HttpResponse:
    found = get_object_or_404(Segment, pk=segment_id)
    recents.remember(request.membership, "segments", found.pk)
    if found.kind == SegmentKind.STATIC:
        return static.show_list(request, found)
    return _render(request, askable.of_rule(found.rule, request.membership.may), found)


@requires(Capability.SEGMENTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def create_segment(request: MemberRequest) -> HttpResponse:
    if request.method != "POST":
        return _render(request, _copied(request), None)
    if adding.is_asked(request.POST):
        return draft_segment(request)
    draft = askable.only(drafts.from_form(request.POST), request.membership.may)
    try:
        rule = _complete(draft)
        made = services.create_segment(rule=rule, by=request.user, **_named(request))
    except (InvalidRule, ValidationError) as error:
        return _render(request, draft, None, error=error)
    toast(request, _("Created the segment “%(name)s”") % {"name": made.name})
    return redirect_page(request, reverse("segment", args=[made.pk]))


@requires(Capability.SEGMENTS_EDIT)
@require_POST
def change_segment(request: MemberRequest, segment_id: int) -> HttpResponse:
    found = get_object_or_404(Segment, pk=segment_id, archived_at=None, kind=SegmentKind.RULE)
    if adding.is_asked(request.POST):
        return draft_segment(request)
    draft = askable.only(drafts.from_form(request.POST), request.membership.may, stored=found.rule)
    drafts.stand_by(draft, found.rule, Scope.current())
    try:
        _save(request, found, _complete(draft))
    except (InvalidRule, ValidationError) as error:
        return _render(request, draft, found.refreshed(), error=error)
    toast(request, _("Saved the segment “%(name)s”") % {"name": found.name})
    return redirect_page(request, reverse("segment", args=[found.pk]))


@requires(Capability.SEGMENTS_EDIT)
@require_POST
def draft_segment(request: MemberRequest) -> HttpResponse:
    """The same form after one edit (``do``), counted anew. Saves nothing."""
    wanted = request.POST.get("segment", "")
    found = get_object_or_404(Segment, pk=wanted) if wanted.isdecimal() and len(wanted) < 19 else None
    matches = adding.matches(request.POST, builder.offered(request.membership.may))
    draft = edits.edited(drafts.from_form(request.POST), adding.edit(request.POST, matches))
    draft = askable.only(draft, request.membership.may, stored=found.rule if found else None)
    if found:
        drafts.stand_by(draft, found.rule, Scope.current())
    return _render(request, draft, found, matches=matches)


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def suggest_values(request: MemberRequest) -> HttpResponse:
    """Options for the list below a text field: ``about`` what, ``of`` which criterion; the field is among the rest."""
    sent = {name: request.GET.get(name, "")[:2000] for name in request.GET if name.startswith("v.")}
    about = request.GET.get("about", "")
    written = next((text for name, text in sent.items() if name == request.GET.get("field", "")), "")
    detail = next((text for name, text in sent.items() if name.endswith(".detail")), "")
    # Several texts stand with commas between them: the last one is being written.
    before, comma, last = written.rpartition(",") if request.GET.get("several") else ("", "", written)
    found = suggestions.known(
        about,
        last.strip().replace("\0", ""),
        membership=request.membership,
        of=request.GET.get("of", ""),
        detail=detail,
    )
    start = f"{before}{comma} " if comma else ""
    return render(request, "segments/_suggestions.html", {"values": [f"{start}{value}" for value in found]})


@transaction.atomic
def _save(request: MemberRequest, segment: Segment, rule: dict[str, Any]) -> None:
    version = request.POST.get("version", "")
    expected = int(version) if version.isdecimal() and len(version) < 9 else None
    services.rename_segment(segment=segment, by=request.user, **_named(request))
    services.change_rule(segment=segment, rule=rule, by=request.user, expected_version=expected)


def _named(request: MemberRequest) -> dict[str, Any]:
    return {"name": request.POST.get("name", ""), "description": request.POST.get("description", "")}


def _complete(draft: DraftGroup) -> dict[str, Any]:
    """The rule of a draft. Raises ``InvalidRule`` while anything is missing."""
    found, errors = drafts.as_tree(draft, Scope.current())
    if errors:
        raise InvalidRule(errors)
    if not found.parts:
        raise InvalidRule({"": _("Add at least one rule. A segment of everybody needs none: send to all instead.")})
    return tree.as_json(found)


def _copied(request: MemberRequest) -> DraftGroup:
    """``?from=7`` starts with another segment's rule, ``?in=7&in=9`` with those in both; else an empty condition."""
    both = [int(pk) for pk in request.GET.getlist("in")[:9] if pk.isdecimal() and len(pk) < 19]
    if both:
        found = Segment.objects.filter(pk__in=both, archived_at=None).order_by("pk").values_list("pk", flat=True)
        parts = [{"criterion": "segment", "operator": "in", "value": pk} for pk in found]
        return drafts.from_rule({"all": parts}, Scope.current())
    wanted = request.GET.get("from", "")
    if wanted.isdecimal() and len(wanted) < 19:
        return _copy_of(request, get_object_or_404(Segment, pk=wanted))
    return edits.edited(DraftGroup("all"), "add:")


def _copy_of(request: MemberRequest, segment: Segment) -> DraftGroup:
    """Its rule, in which conditions this member may not see wait to be chosen anew."""
    may = request.membership.may
    draft = drafts.as_new(askable.of_rule(segment.rule, may))
    if askable.has_hidden(draft):
        warn(request, _("A condition your role does not see was not copied."))
    return askable.only(draft, may)


def _render(
    request: MemberRequest,
    draft: DraftGroup,
    segment: Segment | None,
    *,
    error: InvalidRule | ValidationError | None = None,
    matches: Sequence[Criterion] = (),
) -> HttpResponse:
    context = page.rules(request, draft, segment=segment, shows_errors=error is not None)
    context |= (
        page.frame(request, segment, "rules") if segment else {"crumbs": [(_("Segments"), reverse("segment_list"))]}
    )
    context |= adding.context(request.POST, context["board"].offered, matches)
    context |= _texts(request, segment) | _complaints(error, context["board"].errors)
    return render_page(
        request,
        "segments/segment.html",
        part="segments/_rules.html",
        context=context,
        status=200 if error is None else INVALID,
    )


def _texts(request: MemberRequest, segment: Segment | None) -> dict[str, Any]:
    sent = request.POST if request.method == "POST" else {}
    return {
        "name": sent.get("name", segment.name if segment else "")[:LONGEST_NAME],
        "description": sent.get("description", segment.description if segment else "")[:LONGEST_DESCRIPTION],
        # What the form was opened with: a newer one on the server is another person's.
        "version": sent.get("version", segment.rule_version if segment else ""),
    }


def _complaints(error: InvalidRule | ValidationError | None, shown: dict[str, str]) -> dict[str, Any]:
    """``name_error`` stands at the name, ``rule_errors`` above the rule when no row shows them."""
    if error is None:
        return {}
    if isinstance(error, InvalidRule):
        elsewhere = [words for place, words in error.errors.items() if place not in shown]
        return {"rule_errors": elsewhere, "error_count": len(error.errors)}
    if hasattr(error, "error_dict"):
        return {"name_error": " ".join(error.message_dict.get("name", [])), "error_count": 1}
    return {"rule_errors": error.messages, "error_count": 1}
