"""The inbox of what should be put right, and its settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.duplicates import reasons
from contacts.duplicates import services as duplicates
from contacts.event_kinds import FIELD_NAMES
from contacts.models import CleaningSettings, Contact, DuplicatePair, QualityIssue
from contacts.quality import checks, figures, kinds, services
from contacts.quality.kinds import DUPLICATES, IssueKind
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.teams import visible_owner_ids
from ecrm.ui import formats
from ecrm.ui.charts import Sparkline
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import INVALID, redirect_page, render_page
from ecrm.ui.toasts import toast

SIZE = 25


@requires(Capability.CONTACTS_VIEW)
@require_safe
def quality_inbox(request: MemberRequest, kind_key: str = DUPLICATES) -> HttpResponse:
    """One kind at a time, the surest or the newest first."""
    kind = kinds.find(kind_key)
    if kind is None:
        raise Http404
    page = _pairs(request) if kind.key == DUPLICATES else _issues(request, kind)
    course = figures.course()
    context = {
        "kind": kind,
        "page": page,
        "rows": [_pair(row) if kind.key == DUPLICATES else _issue(row, kind) for row in page.rows],
        "score": course[-1][1] if course else None,
        "tabs": _tabs(),
        "course": _line([score.value for _day, score in course]),
        "may_edit": request.membership.may(Capability.CONTACTS_EDIT),
        "may_set": request.membership.may(Capability.SETTINGS_MANAGE),
        "crumbs": [(_("Contacts"), reverse("contact_list"))],
    }
    return render_page(request, "contacts/quality/inbox.html", part="contacts/quality/_rows.html", context=context)


@requires(Capability.CONTACTS_VIEW)
@require_safe
def quality_standings(request: MemberRequest) -> HttpResponse:
    """Whose people, and which source's, are in what state."""
    context = {
        "score": figures.today(),
        "tables": [
            (_("By owner"), _("Nobody's"), _with_lines(figures.standings("owner"))),
            (_("By source"), _("No source"), _with_lines(figures.standings("source"))),
        ],
        "weeks": figures.WEEKS_SHOWN,
        "crumbs": [(_("Data quality"), reverse("quality_inbox"))],
    }
    return render(request, "contacts/quality/standings.html", context)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def look_now(request: MemberRequest) -> HttpResponse:
    job = services.look_now(by=request.user, url=reverse("quality_inbox"))
    toast(request, _("All contacts are being checked.") if job else _("All contacts are being checked already."))
    return redirect_page(request, reverse("quality_inbox"))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def dismiss_pair(request: MemberRequest, pair_id: int) -> HttpResponse:
    pair = _visible_pair(request, pair_id)
    if duplicates.dismiss_pair(pair=pair, by=request.user):
        toast(request, _("These stay two contacts."), undo=reverse("reopen_pair", args=[pair.pk]))
    return redirect_page(request, reverse("quality_inbox"))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def reopen_pair(request: MemberRequest, pair_id: int) -> HttpResponse:
    duplicates.reopen_pair(pair=_visible_pair(request, pair_id), by=request.user)
    return redirect_page(request, reverse("quality_inbox"))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def close_issue(request: MemberRequest, quality_issue_id: int) -> HttpResponse:
    issue = _visible_issue(request, quality_issue_id)
    if services.close_issue(issue=issue, by=request.user):
        toast(request, _("Done with."), undo=reverse("reopen_issue", args=[issue.pk]))
    return redirect_page(request, _inbox_url(issue.kind))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def reopen_issue(request: MemberRequest, quality_issue_id: int) -> HttpResponse:
    issue = _visible_issue(request, quality_issue_id)
    services.reopen_issue(issue=issue, by=request.user)
    return redirect_page(request, _inbox_url(issue.kind))


@requires(Capability.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def quality_settings(request: MemberRequest) -> HttpResponse:
    settings = CleaningSettings.of_tenant()
    initial = {
        "required_fields": checks.required(settings),
        "stale_months": settings.stale_months,
        "safe_rules": settings.safe_rules,
    }
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.change_settings(by=request.user, **form.cleaned_data)
        toast(request, _("Saved. All contacts are being checked."))
        return redirect_page(request, reverse("quality_settings"))
    return render(request, "contacts/quality/settings.html", {"form": form}, status=INVALID if form.errors else 200)


class SettingsForm(forms.Form):
    required_fields = forms.MultipleChoiceField(
        label=gettext_lazy("A complete contact has"),
        required=False,
        choices=[(name, label) for name, (label, _sql) in checks.REQUIRABLE.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    stale_months = forms.IntegerField(
        label=gettext_lazy("Months without a sign until a contact is not heard of"),
        min_value=0,
        max_value=120,
        help_text=gettext_lazy("0 for never."),
    )
    safe_rules = forms.MultipleChoiceField(
        label=gettext_lazy("Merge by itself"),
        required=False,
        choices=[(key, label) for key, (label, _needed) in reasons.SAFE.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("The older contact is kept. Every merge can be undone, and is not made again."),
    )


def _pairs(request: MemberRequest) -> Any:
    unbinned: Any = DuplicatePair.objects.filter(
        state=DuplicatePair.State.OPEN, first__binned_at=None, second__binned_at=None
    )
    for side in ("first", "second"):
        unbinned = unbinned.filter(_seen(request, side))
    pairs = unbinned.select_related("first", "second").prefetch_related("first__emails", "second__emails")
    return keyset_page(pairs, order=("-score", "-id"), cursor=request.GET.get("cursor"), size=SIZE)


def _issues(request: MemberRequest, kind: IssueKind) -> Any:
    issues: Any = QualityIssue.objects.filter(
        _seen(request, "contact"), kind=kind.key, closed_at=None, contact__binned_at=None
    )
    people = issues.select_related("contact").prefetch_related("contact__emails")
    return keyset_page(people, order=("-found_at", "-id"), cursor=request.GET.get("cursor"), size=SIZE)


def _seen(request: MemberRequest, side: str) -> Q:
    """As ``visible_to``, for a person beside the row."""
    owner_ids = visible_owner_ids(request.membership)
    return Q() if owner_ids is None else Q(**{f"{side}__owner": None}) | Q(**{f"{side}__owner__in": owner_ids})


def _visible_pair(request: MemberRequest, pair_id: int) -> DuplicatePair:
    return get_object_or_404(
        DuplicatePair.objects.filter(_seen(request, "first"), _seen(request, "second")), pk=pair_id
    )


def _visible_issue(request: MemberRequest, issue_id: int) -> QualityIssue:
    return get_object_or_404(QualityIssue.objects.filter(_seen(request, "contact")), pk=issue_id)


def _pair(pair: Any) -> dict[str, Any]:
    older, newer = sorted((pair.first, pair.second), key=lambda person: (person.created_at, person.pk))
    return {
        "pair": pair,
        "people": [(person, _reach(person)) for person in (older, newer)],
        "merge_url": reverse("merge_contact", args=[older.pk, newer.pk]),
        "reasons": ", ".join(reasons.in_words(pair.reasons)),
    }


def _issue(issue: Any, kind: IssueKind) -> dict[str, Any]:
    words = [str(kind.facts.get(code) or FIELD_NAMES.get(code, code)) for code in issue.facts.split()]
    return {"issue": issue, "person": issue.contact, "reach": _reach(issue.contact), "words": ", ".join(words)}


def _reach(person: Contact) -> str:
    emails = sorted(person.emails.all(), key=lambda row: not row.is_primary)
    return emails[0].address if emails else ""


def _tabs() -> list[tuple[IssueKind, str, str]]:
    counted = figures.open_counts()
    return [(kind, _inbox_url(kind.key), _count(counted.get(kind.key, 0))) for kind in kinds.all_kinds()]


def _count(found: int) -> str:
    return f"{formats.number(figures.CAP)}+" if found > figures.CAP else formats.number(found)


def _inbox_url(key: str) -> str:
    return reverse("quality_inbox") if key == DUPLICATES else reverse("quality_kind", args=[key])


def _with_lines(standings: list[figures.Standing]) -> list[tuple[figures.Standing, Sparkline | None]]:
    return [(each, _line(each.values)) for each in standings]


def _line(values: list[float]) -> Sparkline | None:
    if len(values) < 2:
        return None
    weeks = figures.WEEKS_SHOWN
    label = ngettext("Score, %(weeks)s week", "Score, %(weeks)s weeks", weeks) % {"weeks": weeks}
    return Sparkline(label, values)
