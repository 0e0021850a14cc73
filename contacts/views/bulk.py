"""Acts on many people: what shall happen with them, how far it is, taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts import bulk_actions
from contacts.bulk import services
from contacts.bulk_actions import ActForm, BulkAction
from contacts.lists import finding
from contacts.lists.query import ListQuery
from contacts.models import BulkRun, Contact
from contacts.querysets import ContactQuerySet
from contacts.segments import counting
from contacts.segments.counting import TooSlow
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui import formats, pages
from ecrm.ui.pages import Count
from ecrm.ui.parts import INVALID, redirect_page, render_live, version_of, wants_part
from ecrm.ui.toasts import toast, warn

PAGE_AT_MOST = services.AT_ONCE
SECONDS = 8
LONGEST_CURSOR = 1_000


@requires(Capability.CONTACTS_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def act_on_contacts(request: MemberRequest) -> HttpResponse:
    """One act on the people ticked, or on ``all`` the list shows; each act has its own capability.

    Asks on a page of its own for what the act needs, and before it touches more than the page.
    """
    query = ListQuery.read(request.GET, request.membership)
    here = query.url() + _page_of(request)
    action = bulk_actions.find(request.POST.get("action", ""), request.membership)
    is_all = request.POST.get("all") == "1"
    ids = [] if is_all else _ticked(request)
    if action is None:
        warn(request, _("Choose what to do with them."))
    elif not ids and not is_all:
        warn(request, _("Tick somebody first."))
    elif action.opens is not None:
        return redirect_page(request, action.opens(request, _meant(query, ids)))
    else:
        return _ask(request, query, action, ids, here)
    return redirect_page(request, reverse("contact_list") + here)


@requires(Capability.CONTACTS_VIEW)
@require_safe
def bulk_run(request: MemberRequest, bulk_run_id: int) -> HttpResponse:
    """How far an act is, whom it changed, and the way back to the list: as the address says, else all it was about."""
    run = get_object_or_404(
        BulkRun.objects.filter(**_whose(request)).select_related("job", "started_by"), pk=bulk_run_id
    )
    action = bulk_actions.find(run.action, request.membership)
    job = run.job
    is_open = job is not None and job.is_open
    here = f"?{run.query or 'all=1'}"
    if request.GET:
        here = ListQuery.read(request.GET, request.membership).url() + _page_of(request)
    context = {
        "run": run,
        "job": job,
        "is_open": is_open,
        "can_undo": bool(action and action.can_undo) and services.can_undo(run),
        "here": here,
        "list_url": reverse("contact_list") + here,
        "crumbs": [(_("Contacts"), reverse("contact_list") + here)],
        "is_part": wants_part(request),
    }
    if not wants_part(request):
        return render(request, "contacts/bulk_run.html", context)
    progress = (job.state, job.done, job.total, job.cancel_requested_at) if job else ()
    version = version_of(run.changed, run.restored, run.finished_at, run.undone_at, *progress)
    return render_live(request, "contacts/_bulk_run.html", context, version=version, is_done=not is_open)


@requires(Capability.CONTACTS_VIEW)
@require_POST
def undo_bulk_run(request: MemberRequest, bulk_run_id: int) -> HttpResponse:
    """Leads back to the list that the address names."""
    here = ListQuery.read(request.GET, request.membership).url() + _page_of(request)
    list_url = reverse("contact_list") + here
    run = get_object_or_404(BulkRun.objects.filter(**_whose(request)), pk=bulk_run_id)
    if bulk_actions.find(run.action, request.membership) is None:
        warn(request, _("This cannot be taken back."))
        return redirect_page(request, list_url)
    try:
        done = services.undo_act(run=run, by=request.user)
    except ValidationError as error:
        warn(request, error.messages[0])
    else:
        if done.total <= services.AT_ONCE:
            toast(request, _restored(done))
            return redirect_page(request, list_url)
    return redirect_page(request, reverse("bulk_run", args=[run.pk]) + here)


def _ask(request: MemberRequest, query: ListQuery, action: BulkAction, ids: Sequence[int], here: str) -> HttpResponse:
    """Runs the act when nothing is left to ask. ``here`` is the list's address, its page included."""
    list_url = reverse("contact_list") + here
    is_sent = action.form.is_sent(request.POST) if action.form else "sure" in request.POST
    form = _form(request, action, is_sent=is_sent)
    is_ready = form is None or (form.is_bound and form.is_valid())
    if is_ready and (is_sent or ids):
        try:
            return _run(request, query, action, form, ids, here)
        except ValidationError as error:
            warn(request, error.messages[0])
            return redirect_page(request, list_url)
    count = Count(len(ids), False) if ids else _count(query, is_exact=request.POST.get("count") == "exact")
    context = {
        "action": action,
        "form": form,
        "ids": ids,
        "count": count,
        "act_url": reverse("act_on_contacts") + here,
        "list_url": list_url,
        "chips": query.chips(""),
        "term": query.term,
        "crumbs": [(_("Contacts"), list_url)],
    }
    has_errors = form is not None and bool(form.errors)
    return render(request, "contacts/act.html", context, status=INVALID if has_errors else 200)


def _run(
    request: MemberRequest,
    query: ListQuery,
    action: BulkAction,
    form: ActForm | None,
    ids: Sequence[int],
    here: str,
) -> HttpResponse:
    says = form.says() if form else ""
    title = _("%(act)s: %(what)s") % {"act": action.label, "what": says} if says else str(action.label)
    asked: dict[str, Any] = {
        "action": action,
        "title": title,
        "arguments": form.arguments() if form else {},
        "by": request.user,
    }
    if not ids:
        run = services.act_later(query=query, **asked)
        return redirect_page(request, reverse("bulk_run", args=[run.pk]) + here)
    with transaction.atomic():
        run = services.act_now(contact_ids=ids, **asked)
    undo = reverse("undo_bulk_run", args=[run.pk]) + here if action.undo and run.changed else ""
    toast(request, _done(run), undo=undo)
    return redirect_page(request, reverse("contact_list") + here)


def _form(request: MemberRequest, action: BulkAction, *, is_sent: bool) -> ActForm | None:
    """Bound when the act's own page sent it, or when the bar below the list asked for all it needs."""
    if action.form is None:
        return None
    if is_sent:
        return action.form(request.membership, request.POST)
    short = request.POST.get(f"{action.key}-{action.short_field}", "") if action.short_field else ""
    if short.strip():
        return action.form(request.membership, {action.short_field: short})
    return action.form.begun(request.membership, request.POST)


def _page_of(request: MemberRequest) -> str:
    """The page of the list somebody is on, to be put behind its address."""
    cursor = request.GET.get("cursor", "")
    return f"&{urlencode({'cursor': cursor})}" if cursor and len(cursor) <= LONGEST_CURSOR else ""


def _meant(query: ListQuery, ids: Sequence[int]) -> str:
    return urlencode([("contact", pk) for pk in ids]) if ids else query.text()


def _count(query: ListQuery, *, is_exact: bool) -> Count:
    """Exact when asked for; a filter that takes too long is "more than nobody"."""
    people: ContactQuerySet = finding.everybody(query).order_by()
    try:
        with counting.limited(SECONDS):
            if is_exact:
                return Count(people.count(), False)
            return pages.capped_count(people, is_estimated=query.counts_to >= pages.CAP)
    except TooSlow:
        return Count(0, True)


def _ticked(request: MemberRequest) -> list[int]:
    """Ids of the ticked people, less those this member may not see."""
    given = [int(text) for text in request.POST.getlist("contact") if text.isdecimal() and len(text) < 19]
    visible = Contact.objects.visible_to(request.membership).unbinned().filter(pk__in=given[:PAGE_AT_MOST])
    return sorted(visible.values_list("pk", flat=True))


def _whose(request: MemberRequest) -> dict[str, Any]:
    """One's own; who changes settings sees everybody's."""
    return {} if request.membership.may(Capability.SETTINGS_MANAGE) else {"started_by": request.user}


def _done(run: BulkRun) -> str:
    words = ngettext("%(title)s. %(count)s contact changed.", "%(title)s. %(count)s contacts changed.", run.changed)
    return words % {"title": run.title, "count": formats.number(run.changed)}


def _restored(run: BulkRun) -> str:
    words = ngettext("%(count)s contact is as before.", "%(count)s contacts are as before.", run.restored)
    said = words % {"count": formats.number(run.restored)}
    if not run.kept:
        return said
    left = ngettext("%(count)s was changed since and stays.", "%(count)s were changed since and stay.", run.kept) % {
        "count": formats.number(run.kept)
    }
    return f"{said} {left}"
