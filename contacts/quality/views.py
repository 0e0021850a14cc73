"""The inbox of what should be put right, and its settings."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.duplicates import reasons
from contacts.models import CleaningSettings
from contacts.quality import checks, figures, kinds, queue, rows, services
from contacts.quality.queue import Asked
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui import formats
from ecrm.ui.charts import Sparkline
from ecrm.ui.parts import INVALID, redirect_page, render_page
from ecrm.ui.toasts import toast


@requires(Capability.CONTACTS_VIEW)
@require_safe
def quality_inbox(request: MemberRequest, kind_key: str = "") -> HttpResponse:
    """Everything there is to put right, or one kind of it; what matters most first."""
    kind = kinds.find(kind_key) if kind_key else None
    if kind_key and kind is None:
        raise Http404
    asked = Asked.read(request.GET, kind_key)
    page = queue.page(asked, request.membership, cursor=request.GET.get("cursor"))
    course = figures.course()
    counted, owners, sources = figures.overview()
    context = {
        "kind": kind,
        "asked": asked,
        "page": page,
        "rows": rows.rows(page.rows, request.membership, asked),
        "score": course[-1][1] if course else None,
        "tabs": _tabs(asked, counted),
        "owners": owners,
        "sources": sources,
        "nobody": queue.NOBODY,
        "dismissals": kinds.DISMISSALS,
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
    return render(
        request,
        "contacts/quality/settings.html",
        {"form": form, "rules": settings.safe_rules},
        status=INVALID if form.errors else 200,
    )


class SettingsForm(forms.Form):
    required_fields = forms.MultipleChoiceField(
        label=gettext_lazy("A complete contact has"),
        required=False,
        choices=checks.requirable,
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


def _tabs(asked: Asked, counted: dict[str, int]) -> list[tuple[str, str | Promise, str, str]]:
    """Key, label, address and count; everything first."""
    listed = [(kind.key, kind.label, asked.of_kind(kind.key), _count(counted[kind.key])) for kind in kinds.all_kinds()]
    return [("", _("Everything"), asked.of_kind(""), _count(sum(counted.values()))), *listed]


def _count(found: int) -> str:
    return f"{formats.number(figures.CAP)}+" if found > figures.CAP else formats.number(found)


def _with_lines(standings: list[figures.Standing]) -> list[tuple[figures.Standing, Sparkline | None]]:
    return [(each, _line(each.values)) for each in standings]


def _line(values: list[float]) -> Sparkline | None:
    if len(values) < 2:
        return None
    weeks = figures.WEEKS_SHOWN
    label = ngettext("Score, %(weeks)s week", "Score, %(weeks)s weeks", weeks) % {"weeks": weeks}
    return Sparkline(label, values)
