"""Every component on one page of the shell, for the eye and for axe. A URL configuration too."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.utils.safestring import mark_safe

from ecrm.ui import charts, formats, nav
from ecrm.ui.pages import Page
from ecrm.ui.parts import render_live
from ecrm.ui.toasts import toast

SOURCES = Path(__file__).parent


class SampleForm(forms.Form):
    name = forms.CharField(label="Segment name", help_text="Used in links and exports")
    address = forms.EmailField(label="Sender address")
    operator = forms.ChoiceField(label="Operator", choices=[("any", "is any of"), ("none", "is none of")])
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    is_signed = forms.BooleanField(label="Lawful basis checked", help_text="Needed before you import")
    kinds = forms.MultipleChoiceField(
        label="Kinds", choices=[("a", "Newsletter"), ("b", "Offers")], widget=forms.CheckboxSelectMultiple
    )
    start = forms.ChoiceField(
        label="Start", choices=[("now", "Send now"), ("later", "Schedule")], widget=forms.RadioSelect
    )
    file = forms.FileField(label="File", required=False)


def sample_charts() -> dict[str, object]:
    weeks = ["18 Dec", "25 Dec", "1 Jan", "8 Jan", "15 Jan", "22 Jan", "29 Jan", "5 Feb"]
    return {
        "revenue": charts.Plot(
            key="revenue",
            labels=weeks,
            series=[
                charts.Series("This period", [1160000, 1290000, 1030000, 1380000, 1490000, 1370000, 1590000, 2192000]),
                charts.Series(
                    "Before", [1010000, 970000, 1100000, 1220000, 1180000, 1340000, 1290000, 1480000], "prev"
                ),
            ],
            summary="Weekly revenue rose from €11,600 to €21,920",
            heading="Week of",
            write=lambda v: formats.money(int(v), "EUR", whole=True),
            write_axis=lambda v: formats.axis_money(int(v), "EUR"),
        ),
        "cases": charts.Plot(
            key="cases",
            labels=["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"],
            series=[
                charts.Series("Opened", [38, 42, 22, 14, 47, 52, 31]),
                charts.Series("Solved", [30, 44, 30, 18, 36, 49, 35], "two"),
            ],
            summary="246 opened and 242 solved in seven days",
            heading="Day",
            kind="bars",
            tick_count=2,
        ),
        "markets": charts.BarList(
            [charts.Bar("Portugal", 71310, "+9%", "good"), charts.Bar("France", 21066, "−6%", "bad")]
        ),
        "funnel": charts.Funnel(
            [charts.Step("Delivered", 17744), charts.Step("Clicked", 1419), charts.Step("Ordered", 201)]
        ),
        "progress": charts.SplitBar(
            [
                charts.Slice("Delivered", 17744, "good"),
                charts.Slice("Deferred", 256, "warn"),
                charts.Slice("Bounced", 232, "bad"),
            ],
            whole=28110,
            rest_label="Waiting",
        ),
        "spark": charts.Sparkline("Orders, 8 weeks", [3, 5, 4, 7, 6, 9, 8, 12]),
    }


def gallery(request: HttpRequest) -> HttpResponse:
    toast(request, "3 contacts added to Lapsed VIPs", undo="/undo/")
    entries = [
        nav.Entry("today", "Today", "list-todo", "gallery", nav.TODAY),
        nav.Entry("contacts", "Contacts", "users", "gallery", nav.CONTACTS),
        nav.Entry("segments", "Segments", "blend", "gallery", nav.SEGMENTS),
        nav.Entry("campaigns", "Campaigns", "send", "gallery", nav.CAMPAIGNS),
        nav.Entry("consent", "Consent", "shield-check", "gallery", nav.CONSENT),
    ]
    waiting = nav.Waiting(2, "need attention", is_hot=True)
    context = sample_charts() | {
        "tenant": SimpleNamespace(name="Verdelume", slug="verdelume", hue=217),
        "nav_places": [
            nav.Place(e, f"/{e.key}/", e.key == "contacts", waiting if e.key == "consent" else None) for e in entries
        ],
        "form": SampleForm(),
        "failed": SampleForm({"address": "ola@verdelume"}, prefix="failed"),
        "page": Page([], "next", None),
        "at": datetime(2026, 3, 12, 14, 5, tzinfo=UTC),
        "job": SimpleNamespace(url="/", title="Sending Spring refill", percent=65),
        "facts": [("Email", "ines.prata@correio.example"), ("Birthday", "")],
        "tabs": [SimpleNamespace(label="All contacts", url="#", is_current=True, count=37, is_hot=False)],
        "messages": messages.get_messages(request),
    }
    template = engines["django"].from_string((SOURCES / "gallery.html").read_text())
    return HttpResponse(template.render(context, request))


def sample_form(request: HttpRequest) -> HttpResponse:
    """A form that htmx sends: 422 with its errors, or what the person entered."""
    posts.append(request.POST.dict())
    form = SampleForm(request.POST or None) if request.method == "POST" else SampleForm()
    template = engines["django"].from_string(
        '<form id="sample" class="stack" method="post" action="/ui/sample-form/" hx-post="/ui/sample-form/" novalidate>'
        '{% csrf_token %}{{ form }}<button class="btn" type="submit">Save</button></form>'
    )
    part = template.render({"form": form}, request)
    if request.htmx:
        return HttpResponse(part, status=422 if form.errors else 200)
    page = engines["django"].from_string(
        '{% extends "base.html" %}{% block content %}<h1>Sample</h1>{{ part }}{% endblock %}'
    )
    return HttpResponse(page.render({"part": mark_safe(part)}, request))


def sample_live(request: HttpRequest) -> HttpResponse:
    """A part that polls. ``polls`` keeps the status of every answer."""
    response = render_live(request, "_components/evidence.html", {"reference": fact["now"]}, version=fact["now"])
    polls.append(response.status_code)
    return response


def sample_live_page(request: HttpRequest) -> HttpResponse:
    page = engines["django"].from_string(
        '{% extends "base.html" %}{% block content %}<h1>Live</h1>'
        '<div id="live" hx-get="/ui/sample-live/" hx-trigger="live" hx-swap="innerHTML" data-live="1"></div>'
        "{% endblock %}"
    )
    return HttpResponse(page.render({}, request))


posts: list[dict[str, str]] = []
polls: list[int] = []
fact = {"now": "EV-1"}

# Below a reserved slug, so that the middleware takes it for a page of the platform.
urlpatterns = [
    path("ui/gallery/", gallery, name="gallery"),
    path("ui/sample-form/", sample_form),
    path("ui/sample-live/", sample_live),
    path("ui/sample-live-page/", sample_live_page),
    path("", include("ecrm.urls")),
    path("acme/", include("ecrm.urls_tenant")),
]
