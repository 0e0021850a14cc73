"""Every component on one page of the shell, for the eye and for axe. A URL configuration too."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.utils.safestring import mark_safe

from ecrm.ui import nav
from ecrm.ui.gallery.samples import SampleForm, sample_charts
from ecrm.ui.pages import Page
from ecrm.ui.parts import render_live
from ecrm.ui.toasts import toast

SOURCES = Path(__file__).parent


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
