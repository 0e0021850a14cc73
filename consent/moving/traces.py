"""What still points to the old system: addresses found in its own files, and what everybody has to undo."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.models import FormerTrace
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

STEP = "step"
KINDS: Mapping[str, str | Promise] = {
    "form": _("Sign-up form"),
    "unsubscribe": _("Unsubscribe page"),
    "script": _("Script on a website"),
    "link": _("Tracked link"),
    "picture": _("Picture or file kept there"),
    "page": _("Page kept there"),
    "api": _("Integration"),
    STEP: _("Step"),
}
_URL = re.compile(r"https?://([\w.-]+)(/[^\s\"'<>]*)?", re.IGNORECASE)
# By the end of the host and what the path begins with or holds; the first that fits.
_SIGNS: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "mailchimp": (
        ("list-manage.com", "/subscribe", "form"), ("list-manage.com", "/unsubscribe", "unsubscribe"),
        ("list-manage.com", "/profile", "unsubscribe"), ("list-manage.com", "", "link"), ("eepurl.com", "", "form"),
        ("chimpstatic.com", "", "script"), ("mailchi.mp", "", "page"), ("mcusercontent.com", "", "picture"),
        ("gallery.mailchimp.com", "", "picture"), ("api.mailchimp.com", "", "api"), ("mailchimp.com", "", "page"),
    ),
    "hubspot": (
        ("hsforms.com", "", "form"), ("hsforms.net", "", "form"), ("hs-scripts.com", "", "script"),
        ("hs-analytics.net", "", "script"), ("hubspotlinks.com", "", "link"), ("hubspotemail.net", "", "link"),
        ("hs-sites.com", "", "page"), ("hubspotpreview", "", "page"), ("hubspotusercontent", "", "picture"),
        ("hubapi.com", "", "api"), ("", "/hs/manage-preferences", "unsubscribe"), ("", "/hubfs/", "picture"),
        ("hubspot.com", "", "page"),
    ),
    "brevo": (
        ("sibforms.com", "", "form"), ("sibautomation.com", "", "script"), ("sendibm", "", "link"),
        ("sendinblue.com", "/unsub", "unsubscribe"), ("api.brevo.com", "", "api"), ("api.sendinblue.com", "", "api"),
        ("sendinblue.com", "", "page"), ("brevo.com", "", "page"), ("mailinblue.com", "", "link"),
    ),
    "mautic": (
        ("", "/form/generate.js", "form"), ("", "/form/submit", "form"), ("", "/email/unsubscribe/", "unsubscribe"),
        ("", "/mtc.js", "script"), ("", "/mtracking.gif", "script"), ("", "/r/", "link"), ("", "/asset/", "picture"),
        ("", "/s/contacts", "page"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """``note`` says what to look for; names of records are as the product's pages give them."""

    title: str | Promise
    note: str | Promise


_DNS = {
    "mailchimp": "k1._domainkey, k2._domainkey, k3._domainkey · include:servers.mcsv.net",
    "hubspot": "hs1-…._domainkey, hs2-…._domainkey · include:…hubspotemail.net",
    "brevo": "brevo1._domainkey, brevo2._domainkey, mail._domainkey, brevo-code · include:spf.brevo.com",
    "mautic": "DKIM, SPF",
}
STEPS: Mapping[str, Step] = {
    "forms": Step(_("Sign-up forms on your website"), _("Replace each with a form of eCRM, or its address with ours.")),
    "links": Step(
        _("Links in signatures, footers and on paper"),
        _("Preference and archive pages of the old system end with its account."),
    ),
    "dns": Step(
        _("Records in the DNS of your sending domains"), _("Remove the old ones once nothing is sent from there.")
    ),
    "automations": Step(
        _("Automations and welcome mails there"), _("Switch them off, or people hear from two systems at once.")
    ),
    "integrations": Step(
        _("Shop, forms and other services connected to it"), _("Connect them here, then revoke the old keys.")
    ),
    "delta": Step(
        _("The last export"), _("Export once more after the switch: only what changed comes in, opt-outs first.")
    ),
    "close": Step(_("The account"), _("Keep the export as evidence, then close it.")),
}


def note_of(system: str, step: str) -> str:
    note = str(STEPS[step].note)
    return f"{note} ({_DNS[system]})" if step == "dns" else note


def place_of(trace: FormerTrace) -> int:
    """What was found first, then the steps in their order."""
    return list(STEPS).index(trace.target) + 1 if trace.kind == STEP and trace.target in STEPS else 0


def found_in(system: str, cells: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    """(kind, host, address) of everything in these cells that leads to the old system."""
    for cell in cells:
        if "://" not in cell:
            continue
        for host, path in _URL.findall(cell):
            kind = _kind(system, host.lower(), path.lower())
            if kind:
                yield kind, host.lower()[:200], f"{host}{path}"[:200]


def _kind(system: str, host: str, path: str) -> str:
    for end, part, kind in _SIGNS[system]:
        fits = (host == end or host.endswith(f".{end}") or (end and "." not in end and end in host)) if end else True
        if fits and part in path:
            return kind
    return ""


def keep(system: str, found: Mapping[tuple[str, str], tuple[int, str]]) -> None:
    """``found``: how often and where first, by kind and host. What was settled stays so unless it is seen anew."""
    now = timezone.now()
    steps = [FormerTrace(system=system, kind=STEP, target=key) for key in STEPS]
    FormerTrace.objects.bulk_create(steps, ignore_conflicts=True)
    for (kind, target), (count, example) in sorted(found.items()):
        FormerTrace.objects.update_or_create(
            system=system,
            kind=kind,
            target=target,
            defaults={"count": count, "example": example[:300], "found_at": now},
        )


def settle(*, trace: FormerTrace, is_done: bool, by: User) -> bool:
    """Ticks something off, or back on. A second click changes nothing."""
    changed = FormerTrace.objects.filter(pk=trace.pk, done_at__isnull=is_done).update(
        done_at=timezone.now() if is_done else None, done_by=by if is_done else None
    )
    if changed:
        audit.record("former_trace.settled" if is_done else "former_trace.reopened", by=by, subject=trace)
    return bool(changed)
