"""What DNS says about the domains we send from and take mail at: SPF, DKIM, DMARC, MX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from ecrm.doctor.findings import Finding, bad, good, warn
from ecrm.jobs.beats import tenant_ids
from ecrm.mail.addresses import ascii_domain
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.context import tenant_context

# A DKIM key is found only under its selector's name, which nothing announces; these are common.
SELECTORS = ("default", "ecrm", "mail", "dkim", "selector1", "selector2", "google", "s1", "s2", "k1", "k2", "k3", "pm")
SECONDS = 5.0
LOCAL = (".localhost", ".local", ".test", ".example", ".invalid")


def check(selectors: Iterable[str] = (), resolver: Resolver | None = None) -> Iterator[Finding]:
    names = Names(resolver or Resolver())
    found = sorted(sending_domains())
    if not found:
        yield warn("No domain to send from is set up yet.")
    for domain in found:
        yield from check_sending(domain, names, [*selectors, *SELECTORS])
    if settings.RETURN_PATH_DOMAIN and not _is_local(settings.RETURN_PATH_DOMAIN):
        yield check_inbound(settings.RETURN_PATH_DOMAIN, names)


def sending_domains() -> set[str]:
    """Of every workspace's sending addresses and of the installation's own, names of no real domain left out."""
    addresses = [parseaddr(settings.DEFAULT_FROM_EMAIL)[1]]
    for tenant_id in tenant_ids():
        with tenant_context(tenant_id):
            addresses += SendingIdentity.objects.values_list("email", flat=True)
    domains = {ascii_domain(address.rpartition("@")[2].lower()) for address in addresses if "@" in address}
    return {domain for domain in domains if not _is_local(domain)}


class Names:
    """Asks DNS. What is not there is an empty answer; what cannot be asked raises ``DNSException``."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.resolver.lifetime = SECONDS

    def texts(self, name: str) -> list[str]:
        return [b"".join(row.strings).decode("utf-8", "replace") for row in self._ask(name, "TXT")]

    def mail_hosts(self, name: str) -> list[str]:
        return [str(row.exchange).rstrip(".") for row in self._ask(name, "MX")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            return list(self.resolver.resolve(name, kind, search=False))
        except (NXDOMAIN, NoAnswer):
            return []


def check_sending(domain: str, names: Names, selectors: Iterable[str]) -> Iterator[Finding]:
    """SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489) of one domain."""
    try:
        yield _spf(domain, names)
        yield _dkim(domain, names, selectors)
        yield _dmarc(domain, names)
    except DNSException as error:
        yield warn(f"{domain}: DNS could not be asked ({type(error).__name__}).")


def check_inbound(domain: str, names: Names) -> Finding:
    try:
        hosts = names.mail_hosts(domain)
    except DNSException as error:
        return warn(f"{domain}: DNS could not be asked ({type(error).__name__}).")
    if hosts:
        return good(f"{domain}: mail comes to {', '.join(hosts)}.")
    return bad(f"{domain}: no MX record, so answers and bounces do not arrive.", "Point it to this host.")


def _spf(domain: str, names: Names) -> Finding:
    records = [text for text in names.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if not records:
        return bad(f"{domain}: no SPF record.", "Publish v=spf1 with your relay's include, ending in ~all or -all.")
    if len(records) > 1:
        return bad(f"{domain}: {len(records)} SPF records, which counts as none.", "Join them into one.")
    if records[0].rstrip().endswith("+all"):
        return bad(f"{domain}: SPF allows the whole world to send (+all).", "End it in ~all or -all.")
    return good(f"{domain}: SPF is there.")


def _dkim(domain: str, names: Names, selectors: Iterable[str]) -> Finding:
    for selector in dict.fromkeys(selectors):
        texts = names.texts(f"{selector}._domainkey.{domain}")
        keys = [text for text in texts if "p=" in text]
        if keys:
            words = f"{domain}: a DKIM key is there (selector {selector})."
            is_revoked = any(part.strip() == "p=" for part in keys[0].split(";"))
            return bad(f"{domain}: the DKIM key of {selector} is revoked.") if is_revoked else good(words)
    return warn(f"{domain}: no DKIM key under the usual selectors.", "Name yours: doctor --dkim-selector NAME")


def _dmarc(domain: str, names: Names) -> Finding:
    for name in _ancestors(domain):
        records = [text for text in names.texts(f"_dmarc.{name}") if text.lower().startswith("v=dmarc1")]
        if records:
            policy = next((part.partition("=")[2] for part in _parts(records[0]) if part.startswith("p=")), "")
            if policy in {"quarantine", "reject"}:
                return good(f"{domain}: DMARC says {policy}.")
            return warn(
                f"{domain}: DMARC only watches (p={policy or 'missing'}).", "Large mailboxes ask for more in time."
            )
    return bad(f"{domain}: no DMARC record.", "Gmail and Yahoo want one: v=DMARC1; p=none; rua=mailto:…")


def _ancestors(domain: str) -> list[str]:
    """The domain and those above it that may hold its policy, the top level left out."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))]


def _parts(record: str) -> list[str]:
    return [part.strip().replace(" ", "").lower() for part in record.split(";")]


def _is_local(domain: str) -> bool:
    return f".{domain}".endswith(LOCAL)
