"""manage.py doctor against real servers, some of them ill."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import dns.message
import dns.rrset
import pytest
from django.core.management import call_command
from dns.resolver import Resolver

from ecrm.doctor import broker, checks, database, machine, mail
from ecrm.doctor.dns import Names, check_inbound, check_sending, sending_domains
from ecrm.doctor.findings import Finding, Level
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.mail.catching import RunningCatcher


def worst(findings: list[Finding]) -> Level:
    return max(finding.level for finding in findings)


def said(findings: list[Finding]) -> str:
    return "\n".join(f"{finding.level.name} {finding.words}" for finding in findings)


@pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])
def test_a_healthy_database(acme: Tenant) -> None:
    findings = list(database.check())
    assert worst(findings) == Level.GOOD, said(findings)


@pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])
def test_work_nobody_does_is_told(acme: Tenant) -> None:
    from datetime import timedelta

    from django.utils import timezone

    with tenant_context(acme):
        make.OutboxEntryFactory(due_at=timezone.now() - timedelta(minutes=30))
    assert "the oldest for" in said([each for each in database.check() if each.level is Level.BAD])


@pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])
def test_a_missing_migration_is_told(acme: Tenant) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    recorded = MigrationRecorder.Migration.objects.filter(app="audit").latest("id")
    name = recorded.name
    recorded.delete()
    try:
        assert name in said(list(database.check()))
    finally:
        MigrationRecorder.Migration.objects.create(app="audit", name=name)


def test_redis_that_is_away(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert worst(list(broker.check())) == Level.BAD


def test_a_relay_says_what_it_offers(catcher: RunningCatcher) -> None:
    findings = list(mail.check())
    assert findings[0].level is Level.GOOD, said(findings)
    assert "offers" in findings[0].words


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:1", "gopher://x", "smtp://127.0.0.1:25?windw=3"])
def test_a_relay_that_does_not_answer_or_makes_no_sense(settings: Any, url: str) -> None:
    settings.RELAY_URL = url
    assert worst(list(mail.check())) == Level.BAD


def test_keys(settings: Any) -> None:
    settings.SECRET_KEY = "x" * 50
    assert worst(list(machine.check_keys())) == Level.GOOD
    settings.SECRET_KEY, settings.FIELD_KEYS = "short", ["no key"]
    findings = list(machine.check_keys())
    assert [finding.level for finding in findings] == [Level.BAD, Level.BAD]


def test_address(settings: Any) -> None:
    settings.DEBUG, settings.IS_HTTPS = True, False
    assert worst(list(machine.check_address())) == Level.BAD
    settings.DEBUG, settings.IS_HTTPS, settings.SECURE_HSTS_SECONDS = False, True, 1
    assert worst(list(machine.check_address())) == Level.GOOD


def test_disk(settings: Any, tmp_path: Path) -> None:
    settings.FILES_DIR = str(tmp_path)
    assert worst(list(machine.check_disk())) == Level.GOOD
    settings.FILES_DIR = str(tmp_path / "nowhere")
    assert worst(list(machine.check_disk())) == Level.BAD


def test_a_check_that_breaks_does_not_silence_the_others() -> None:
    def breaks() -> Iterator[Finding]:
        yield from ()
        raise RuntimeError("out of ideas")

    assert "out of ideas" in checks.examine(breaks)[0].words


@pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])
def test_the_command_says_it_and_exits(acme: Tenant, settings: Any, tmp_path: Path) -> None:
    settings.FILES_DIR = str(tmp_path)
    out = StringIO()
    call_command("doctor", "--only", "disk", stdout=out)
    assert out.getvalue().startswith("disk\n  ok  ")
    settings.FILES_DIR = str(tmp_path / "nowhere")
    with pytest.raises(SystemExit) as stopped:
        call_command("doctor", "--only", "disk", stdout=StringIO())
    assert stopped.value.code == 1


@pytest.mark.django_db
def test_domains_are_those_of_every_workspace(acme: Tenant, globex: Tenant, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "eCRM <accounts@crm.acme.pt>"
    for tenant, address in ((acme, "a@Shop.PT"), (globex, "b@globex.pl"), (globex, "c@globex.test")):
        with tenant_context(tenant):
            make.SendingIdentityFactory(email=address)
    assert {"crm.acme.pt", "shop.pt", "globex.pl"} <= sending_domains()
    assert "globex.test" not in sending_domains()


Zone = dict[tuple[str, str], list[str]]


@pytest.fixture
def names() -> Iterator[Callable[[Zone], Names]]:
    """A small DNS server of our own, on loopback, that knows one zone."""
    stops: list[Callable[[], None]] = []

    def serve(zone: Zone) -> Names:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_answer_all, args=(server, zone))
        thread.start()

        def stop() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
                waker.sendto(b"", server.getsockname())
            thread.join()
            server.close()

        stops.append(stop)
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
        return Names(resolver)

    yield serve
    for stop in stops:
        stop()


def _answer_all(server: socket.socket, zone: Zone) -> None:
    while True:
        asked, sender = server.recvfrom(2048)
        if not asked:
            return
        query = dns.message.from_wire(asked)
        name, kind = query.question[0].name, query.question[0].rdtype
        reply = dns.message.make_response(query)
        rows = zone.get((str(name).rstrip("."), kind.name), [])
        if rows:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind.name, *rows))
        server.sendto(reply.to_wire(), sender)


GOOD_ZONE: Zone = {
    ("acme.pt", "TXT"): ['"v=spf1 include:relay.example -all"', '"google-site-verification=x"'],
    ("mail._domainkey.acme.pt", "TXT"): ['"v=DKIM1; k=rsa; " "p=MIIB"'],
    ("_dmarc.acme.pt", "TXT"): ['"v=DMARC1; p=reject; rua=mailto:d@acme.pt"'],
    ("in.acme.pt", "MX"): ["10 crm.acme.pt."],
}


def test_a_domain_in_order(names: Callable[[Zone], Names]) -> None:
    asked = names(GOOD_ZONE)
    findings = [*check_sending("acme.pt", asked, ["default", "mail"]), check_inbound("in.acme.pt", asked)]
    assert worst(findings) == Level.GOOD, said(findings)
    assert "crm.acme.pt" in findings[-1].words


def test_a_subdomain_follows_its_parents_policy(names: Callable[[Zone], Names]) -> None:
    dmarc = list(check_sending("news.acme.pt", names(GOOD_ZONE), []))[2]
    assert dmarc.words == "news.acme.pt: DMARC says reject."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({("acme.pt", "TXT"): []}, "no SPF"),
        ({("acme.pt", "TXT"): ['"v=spf1 -all"', '"v=spf1 ~all"']}, "2 SPF records"),
        ({("acme.pt", "TXT"): ['"v=spf1 +all"']}, "whole world"),
        ({("mail._domainkey.acme.pt", "TXT"): []}, "no DKIM key"),
        ({("mail._domainkey.acme.pt", "TXT"): ['"v=DKIM1; p="']}, "revoked"),
        ({("_dmarc.acme.pt", "TXT"): []}, "no DMARC"),
        ({("_dmarc.acme.pt", "TXT"): ['"v=DMARC1; p=none"']}, "only watches"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_domain(names: Callable[[Zone], Names], change: Zone, words: str) -> None:
    findings = list(check_sending("acme.pt", names({**GOOD_ZONE, **change}), ["mail"]))
    assert worst(findings) > Level.GOOD
    assert words in said([finding for finding in findings if finding.level > Level.GOOD])


def test_no_mail_comes_without_mx(names: Callable[[Zone], Names]) -> None:
    assert check_inbound("in.acme.pt", names({})).level is Level.BAD


def test_dns_that_does_not_answer_is_said_and_no_more() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], silent.getsockname()[1]
        quiet = Names(resolver)
        resolver.lifetime = 0.2
        findings = list(check_sending("acme.pt", quiet, ["mail"]))
    assert worst(findings) == Level.WARN
    assert "could not be asked" in findings[0].words
