"""Mail is kept before it is acknowledged, read later, and lost never."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.exceptions import ValidationError

from ecrm.jobs import outbox
from ecrm.mail.inbound import addresses, receivers, services
from ecrm.mail.inbound.receivers import Arrival
from ecrm.mail.models import InboundAddress, InboundMail
from ecrm.notices.models import Notification
from ecrm.tenancy import tokens
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Route, Tenant
from tests.cast import Member
from tests.mail.inbound.mails import mail

TO = "support.acme@in.localhost"
State = InboundMail.State


def accept(raw: bytes, recipient: str = TO) -> InboundMail | None:
    return services.accept(raw, recipient=recipient, sender="ana@example.com", channel="smtp")


def work(tenant: Tenant) -> None:
    with bind_tenant(tenant):
        outbox.drain()


def mails(tenant: Tenant) -> list[InboundMail]:
    with tenant_context(tenant):
        return list(InboundMail.objects.order_by("id"))


def test_a_mail_is_kept_raw_and_reaches_the_rooms(acme: Tenant, arrivals: list[Arrival]) -> None:
    raw = mail("Hello\r\nthere")
    kept = accept(raw)
    assert kept is not None
    assert [each.state for each in mails(acme)] == [State.WAITING]
    work(acme)
    (arrival,) = arrivals
    assert (arrival.letter.sender.address, arrival.letter.subject) == ("ana@example.com", "My order")
    (kept,) = mails(acme)
    assert (kept.state, kept.verdict, kept.recipient) == (State.TAKEN, "collected", TO)
    with tenant_context(acme), kept.file.open() as stream:
        assert stream.read() == raw


def test_the_same_mail_twice_is_one(acme: Tenant, arrivals: list[Arrival]) -> None:
    first, second = accept(mail()), accept(mail())
    assert first is not None
    assert second is not None
    assert first.pk == second.pk
    work(acme)
    accept(mail())
    work(acme)
    assert len(arrivals) == 1


def test_a_second_mail_with_other_words_is_another(acme: Tenant) -> None:
    accept(mail("one"))
    accept(mail("two"))
    assert len(mails(acme)) == 2


def test_each_tenant_gets_its_own(acme: Tenant, globex: Tenant) -> None:
    accept(mail())
    accept(mail(), "Support.Globex+anything@IN.localhost")
    assert len(mails(acme)) == len(mails(globex)) == 1


@pytest.mark.parametrize(
    "recipient",
    [
        "nobody@in.localhost",
        "support.acme@elsewhere.example",
        "support.acme",
        "",
        "reply+aaaa@in.localhost",
        "reply+" + "a" * 52 + "@in.localhost",
        "bounce+" + "0" * 32 + "@in.localhost",
        "@in.localhost",
        "support.acme@in.localhost\r\nRCPT TO:<x>",
    ],
)
def test_nobodys_mail_is_not_kept(acme: Tenant, recipient: str) -> None:
    if recipient.startswith("support.acme@in"):
        recipient = recipient.replace("\r\n", "x")
    assert accept(mail(), recipient) is None
    assert mails(acme) == []


def test_a_mail_too_big_is_refused(acme: Tenant, settings: object) -> None:
    settings.MAX_MAIL_BYTES = 100
    with pytest.raises(services.TooBig):
        accept(mail("x" * 200))


def test_a_conversation_has_an_address_that_survives_folding(acme: Tenant, arrivals: list[Arrival]) -> None:
    with bind_tenant(acme):
        token = tokens.make("case", 12)
    address = addresses.reply_address(token, acme)
    assert len(address.partition("@")[0]) <= 64  # RFC 5321, 4.5.3.1.1
    for written in (address, address.upper()):
        accept(mail(To=written, Message_ID=f"<{len(arrivals)}@x>"), written)
        work(acme)
    assert [arrival.letter.token for arrival in arrivals] == [token, token]
    assert tokens.read("case", arrivals[0].letter.token).object_id == 12


class Failing:
    """A receiver that fails until told otherwise."""

    def __init__(self) -> None:
        self.fails, self.tried = True, 0

    def __call__(self, arrival: Arrival) -> bool:
        self.tried += 1
        InboundAddress.objects.create(address="made@x.example", address_norm=f"made{self.tried}@x.example")
        if self.fails:
            raise RuntimeError("a bug")
        return True


@pytest.fixture
def failing() -> Iterator[Failing]:
    receiver = Failing()
    receivers.register(-2, receiver)
    yield receiver
    receivers._receivers.remove((-2, receiver))


def attempt(tenant: Tenant, mail_id: int) -> None:
    with bind_tenant(tenant):
        services.take_in(mail_id)


def test_a_mail_that_fails_is_tried_again_then_shown(acme: Tenant, failing: Failing, alice: Member) -> None:
    kept = accept(mail())
    assert kept is not None
    for _attempt in range(services.MOST_ATTEMPTS - 1):
        with pytest.raises(RuntimeError):
            attempt(acme, kept.pk)
    assert mails(acme)[0].state == State.WAITING
    attempt(acme, kept.pk)
    (found,) = mails(acme)
    assert (found.state, found.error) == (State.FAILED, "RuntimeError")
    with tenant_context(acme):
        assert not InboundAddress.objects.filter(address="made@x.example").exists()  # nothing half done
    attempt(acme, kept.pk)
    assert failing.tried == services.MOST_ATTEMPTS  # set aside

    failing.fails = False
    with tenant_context(acme):
        assert services.try_again(mail=found, by=alice.user)
        assert not services.try_again(mail=found, by=alice.user)
    attempt(acme, kept.pk)
    assert (mails(acme)[0].state, mails(acme)[0].error) == (State.TAKEN, "")


def test_those_who_mind_the_mailboxes_are_told(acme: Tenant, failing: Failing, bob: Member, vera: Member) -> None:
    for words in ("one", "two"):
        kept = accept(mail(words))
        assert kept is not None
        with tenant_context(acme):
            InboundMail.objects.filter(pk=kept.pk).update(attempts=services.MOST_ATTEMPTS - 1)
        attempt(acme, kept.pk)
    with tenant_context(acme):
        only = Notification.objects.get(user=bob.user)
        assert (only.kind, only.times) == ("mail.failed", 2)
        assert not Notification.objects.filter(user=vera.user).exists()
    assert bob.get("notification", only.pk).url == bob.url("inbound_mails")


def test_a_mail_that_kills_its_worker_is_set_aside(acme: Tenant, arrivals: list[Arrival]) -> None:
    """The worker dies before it can say so: only what was committed beforehand counts."""
    kept = accept(mail())
    assert kept is not None
    with bind_tenant(acme):
        for _death in range(services.MOST_ATTEMPTS):
            assert services._begin(kept.pk) is not None
        services.take_in(kept.pk)
    assert arrivals == []
    assert (mails(acme)[0].state, mails(acme)[0].error) == (State.FAILED, "worker died")


def test_a_mail_nobody_takes_is_kept_all_the_same(acme: Tenant) -> None:
    former, receivers._receivers[:] = list(receivers._receivers), []
    try:
        accept(mail())
        work(acme)
    finally:
        receivers._receivers[:] = former
    assert [each.state for each in mails(acme)] == [State.IGNORED]


def test_every_tenant_has_a_mailbox_of_its_own(acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        assert addresses.support_address() == TO
        addresses.furnish(acme)
        assert InboundAddress.objects.count() == 1


def test_a_tenant_older_than_its_mailbox_is_given_one_when_it_asks(acme: Tenant, alice: Member) -> None:
    with tenant_context(acme):
        InboundAddress.objects.all().delete()
        Route.objects.filter(kind=addresses.ROUTE_KIND, tenant=acme).delete()
        assert addresses.support_address() == TO
    assert accept(mail()) is not None
    with tenant_context(acme):
        addresses.close_address(address=InboundAddress.objects.get(), by=alice.user)
        assert addresses.support_address() == ""


def test_an_address_opens_and_closes(acme: Tenant, alice: Member) -> None:
    with tenant_context(acme):
        opened = addresses.open_address("Returns.acme@in.localhost", by=alice.user)
        assert addresses.open_address("returns.acme@in.localhost", by=alice.user).pk == opened.pk
        assert addresses.close_address(address=opened, by=alice.user)
        assert not addresses.close_address(address=opened, by=alice.user)
    assert accept(mail(), "returns.acme@in.localhost") is None
    with tenant_context(acme):
        addresses.open_address("returns.acme@in.localhost", by=alice.user)
    assert accept(mail(), "returns.acme@in.localhost") is not None


@pytest.mark.parametrize(
    "address",
    ["support.globex@in.localhost", ".acme@in.localhost", "acme@in.localhost", "help.acme@acme.example", "help.acme",
     "help+x.acme@in.localhost", "reply+x@in.localhost", "support@in.localhost"],
)  # fmt: skip
def test_nobody_opens_an_address_that_is_not_theirs(acme: Tenant, globex: Tenant, alice: Member, address: str) -> None:
    with tenant_context(acme), pytest.raises(ValidationError):
        addresses.open_address(address, by=alice.user)
