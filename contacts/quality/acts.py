"""What closes a thing of the inbox: putting it right in its place, or leaving it as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from contacts.duplicates import services as duplicates
from contacts.merge.services import merge_contacts
from contacts.models import DuplicatePair, QualityIssue
from contacts.quality import kinds, queue, rows, services
from contacts.quality.fixing import FixForm
from contacts.quality.kinds import Remedy
from contacts.quality.queue import Asked
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, own_path, redirect_page, render_page
from ecrm.ui.toasts import toast, warn


@requires(Capability.CONTACTS_EDIT)
@require_POST
def merge_pair(request: MemberRequest, pair_id: int) -> HttpResponse:
    """At one press: the older contact is kept, and its values; the other fills what is empty."""
    older, newer = rows.by_age(_pair(request, pair_id))
    try:
        with transaction.atomic():
            merge = merge_contacts(winner=older, loser=newer, by=request.user)
    except ValidationError as refusal:
        warn(request, refusal.messages[0])
    else:
        words = _("%(other)s is part of %(kept)s now.") % {"other": newer, "kept": older}
        onward = urlencode({"next": _asked(request, at=f"p{pair_id}").url})
        toast(request, words, undo=f"{reverse('undo_merge', args=[merge.pk])}?{onward}")
    return _back(request)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def dismiss_pair(request: MemberRequest, pair_id: int) -> HttpResponse:
    pair = _pair(request, pair_id)
    if duplicates.dismiss_pair(pair=pair, by=request.user, reason=request.POST.get("reason", "")):
        toast(request, _("These stay two contacts."), undo=_undo(request, "reopen_pair", f"p{pair.pk}"))
    return _back(request)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def reopen_pair(request: MemberRequest, pair_id: int) -> HttpResponse:
    duplicates.reopen_pair(pair=_pair(request, pair_id), by=request.user)
    return _back(request)


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "POST"])
def fix_issue(request: MemberRequest, quality_issue_id: int) -> HttpResponse:
    """The form in the place of the row, or on a small page of its own."""
    issue = _issue(request, quality_issue_id)
    kind = kinds.find(issue.kind)
    if kind is None or kind.remedy is Remedy.CONFIRM:
        raise Http404
    fix = FixForm(request, issue)
    if request.method == "POST" and fix.save():
        toast(request, _("Saved."))
        return _back(request)
    asked = _asked(request)
    list_url = replace(asked, at="").url  # with a place in it, a browser that is there already would stay
    context = {
        "kind": kind,
        "issue": issue,
        "person": issue.contact,
        "form": fix.form,
        "back": asked.back,
        "back_url": list_url,
        "url": reverse("fix_issue", args=[issue.pk]),
        "crumbs": [(_("Contacts"), reverse("contact_list")), (_("Data quality"), list_url)],
    }
    status = INVALID if fix.form.errors else 200
    return render_page(
        request, "contacts/quality/fix.html", part="contacts/quality/_fix.html", context=context, status=status
    )


@requires(Capability.CONTACTS_EDIT)
@require_POST
def close_issue(request: MemberRequest, quality_issue_id: int) -> HttpResponse:
    issue = _issue(request, quality_issue_id)
    if services.close_issue(issue=issue, by=request.user, reason=request.POST.get("reason", "")):
        toast(request, _("Left as it is."), undo=_undo(request, "reopen_issue", f"i{issue.pk}"))
    return _back(request)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def reopen_issue(request: MemberRequest, quality_issue_id: int) -> HttpResponse:
    services.reopen_issue(issue=_issue(request, quality_issue_id), by=request.user)
    return _back(request)


@requires(Capability.CONTACTS_EDIT)
@require_POST
@transaction.atomic
def leave_ticked(request: MemberRequest) -> HttpResponse:
    """Leaves each ticked row as it is; two people who are alike are two people."""
    ticked = request.POST.getlist("row")[: queue.SIZE]
    ids = {sort: [int(one[1:]) for one in ticked if one[:1] == sort and one[1:].isdecimal()] for sort in "pi"}
    reason, count = request.POST.get("reason", ""), 0
    for pair in _pairs(request).filter(pk__in=ids["p"]):
        count += duplicates.dismiss_pair(pair=pair, by=request.user)
    for issue in _issues(request).filter(pk__in=ids["i"]):
        count += services.close_issue(issue=issue, by=request.user, reason=reason)
    if count:
        toast(request, ngettext("%(count)s left as it is.", "%(count)s left as they are.", count) % {"count": count})
    else:
        warn(request, _("Tick some rows first."))
    return _back(request)


def _pairs(request: MemberRequest) -> Any:
    both = [queue.seen(request.membership, side) for side in ("first", "second")]
    return DuplicatePair.objects.filter(*both).select_related("first", "second")


def _pair(request: MemberRequest, pair_id: int) -> DuplicatePair:
    found: DuplicatePair = get_object_or_404(_pairs(request), pk=pair_id)
    return found


def _issues(request: MemberRequest) -> Any:
    return QualityIssue.objects.filter(queue.seen(request.membership, "contact")).select_related("contact")


def _issue(request: MemberRequest, issue_id: int) -> QualityIssue:
    found: QualityIssue = get_object_or_404(_issues(request), pk=issue_id)
    return found


def _undo(request: MemberRequest, url_name: str, key: str) -> str:
    """What takes it back, and leads to the row that is here again, in the list that the reader came from."""
    onward = own_path(request)
    way = {"next": queue.at_row(onward, key)} if onward else {"back": _asked(request, at=key).back}
    return f"{reverse(url_name, args=[int(key[1:])])}?{urlencode(way)}"


def _back(request: MemberRequest) -> HttpResponse:
    """To the list as it was asked for, and to the row that comes next."""
    return redirect_page(request, own_path(request) or _asked(request).url)


def _asked(request: MemberRequest, at: str = "") -> Asked:
    asked = Asked.read_back(request.POST.get("back") or request.GET.get("back", ""))
    return replace(asked, at=at) if at else asked
