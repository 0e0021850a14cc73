"""Pages for a tenant's customers: preferences, and the one-click unsubscribe that campaigns wire.

No sign-in; the token is the proof. GET and HEAD never change anything: scanners follow links.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import get_language_from_request
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from consent import evidence as proof
from consent import preferences, purposes, services
from consent.models import Purpose, Source
from consent.preferences import Shown
from contacts.models import Contact
from ecrm.tenancy import tokens
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.urls import absolute, platform_url

TOKEN_KIND = "preferences"


def preferences_url(contact_id: int) -> str:
    """The absolute address of a person's preference page, in the current tenant. Valid for ever."""
    return absolute(preferences_path(contact_id))


def preferences_path(contact_id: int) -> str:
    return platform_url("preferences", tokens.make(TOKEN_KIND, contact_id))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_preferences(request: HttpRequest, token: str) -> HttpResponse:
    """One person's purposes as switches. Forged, altered and truncated tokens give 404."""
    found = tokens.read(TOKEN_KIND, token)
    with tenant_context(found.tenant):
        contact = get_object_or_404(Contact, pk=found.object_id)
        language = reader_language(request, found.tenant, contact)
        with _reading(found.tenant, contact, language):
            if request.method == "POST":
                return _save(request, contact, language)
            return render(request, "consent/preferences.html", _page(request, found.tenant, contact, language))


def one_click(request: HttpRequest, *, contact: Contact, purpose: Purpose, evidence: Mapping[str, Any]) -> HttpResponse:
    """The answer to ``List-Unsubscribe`` (RFC 8058), for a view that has read its own token.

    POST withdraws, at once and once: 200, no redirect, no cookie, any body. GET shows a page with
    the button, HEAD nothing. Call it inside the tenant, from a view that is ``csrf_exempt``.
    ``evidence`` says what the token proves (delivery, campaign); the request's is added.
    """
    if request.method == "HEAD":
        return HttpResponse()
    tenant = contact.tenant
    language = reader_language(request, tenant, contact)
    with _reading(tenant, contact, language):
        is_done = request.method == "POST" and purpose.has_choice
        if is_done:
            told = {**proof.of_request(request, language=language), **evidence}
            services.withdraw(contact=contact, purpose=purpose, source=Source.ONE_CLICK, evidence=told)
        context = {
            **_frame(tenant, contact, language),
            "is_done": is_done,
            "purpose": purposes.wording(purpose, [language, tenant.language]),
            "preferences_url": preferences_path(contact.pk),
        }
        return render(request, "consent/one_click.html", context)


def reader_language(request: HttpRequest, tenant: Tenant, contact: Contact) -> str:
    """Chosen on the page, else the person's, else the browser's, among those the tenant writes in."""
    wished = (request.GET.get("language", ""), contact.language, get_language_from_request(request))
    for language in wished:
        for spelling in (language, language.partition("-")[0]):
            if spelling in tenant.languages:
                return spelling
    return tenant.language


def page_context(tenant: Tenant, contact: Contact, language: str) -> dict[str, Any]:
    """What the page shows of a person; staff see the same in their preview."""
    languages = [language, tenant.language]
    names = purposes.names(languages)
    return {
        **_frame(tenant, contact, language),
        "choices": preferences.choices(contact, languages),
        "always_on": preferences.always_on(languages),
        "records": [(each, names.get(each.purpose_id, "")) for each in preferences.record_of_choices(contact)],
        "address": preferences.masked_address(contact),
    }


def _page(request: HttpRequest, tenant: Tenant, contact: Contact, language: str) -> dict[str, Any]:
    return {**page_context(tenant, contact, language), "is_saved": "saved" in request.GET}


def _save(request: HttpRequest, contact: Contact, language: str) -> HttpResponse:
    shown = [each for each in map(Shown.read, request.POST.getlist("shown")) if each]
    wanted = {int(text) for text in request.POST.getlist("yes") if text.isdecimal()}
    preferences.save(
        contact=contact,
        wanted=preferences.changes(shown, wanted, all_off="all" in request.POST),
        evidence=lambda notice: proof.of_request(request, notice=notice, language=language),
    )
    return HttpResponseRedirect(f"{request.path}?{urlencode({'language': language, 'saved': 1})}")


def _frame(tenant: Tenant, contact: Contact, language: str) -> dict[str, Any]:
    return {"tenant": tenant, "contact": contact, "language": language, "tenant_languages": _spoken(tenant.languages)}


def _spoken(codes: Sequence[str]) -> list[tuple[str, str]]:
    return [(code, translation.get_language_info(code)["name_local"].capitalize()) for code in codes]


@contextmanager
def _reading(tenant: Tenant, contact: Contact, language: str) -> Iterator[None]:
    """The person's language and time zone around a page."""
    with translation.override(language), timezone.override(contact.time_zone or tenant.time_zone):
        yield
