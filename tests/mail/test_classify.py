"""What a refusal means for an address: wrong in one direction silences somebody for good."""

import pytest

from ecrm.mail import message_ids
from ecrm.mail.classify import Refusal, classify
from ecrm.tenancy.context import bind_tenant


@pytest.mark.parametrize(
    ("code", "enhanced", "text", "refusal"),
    [
        (550, "5.1.1", "no such user", Refusal.HARD),
        (550, "5.1.10", "null MX", Refusal.HARD),
        (550, "5.2.1", "mailbox disabled", Refusal.HARD),
        (550, "", "User unknown in virtual mailbox table", Refusal.HARD),
        (550, "5.5.0", "mailbox unavailable", Refusal.HARD),
        (550, "", "Recipient address rejected: user doesn't exist", Refusal.HARD),
        (552, "5.2.2", "over quota", Refusal.FULL),
        (452, "4.2.2", "over quota", Refusal.FULL),
        (552, "", "Mailbox full", Refusal.FULL),
        (550, "5.7.1", "blocked, see our policy", Refusal.POLICY),
        (550, "5.7.515", "does not meet the required authentication level", Refusal.POLICY),
        (554, "", "Message rejected as spam", Refusal.POLICY),
        (421, "4.7.0", "rate limited, reputation low", Refusal.POLICY),
        (450, "4.1.1", "user unknown, for now", Refusal.SOFT),
        (451, "4.3.0", "try later", Refusal.SOFT),
        (451, "", "try later", Refusal.SOFT),
        (554, "5.3.0", "something", Refusal.UNKNOWN),
        (550, "", "no", Refusal.UNKNOWN),
        (553, "5.1.8", "sender address rejected", Refusal.POLICY),
    ],
)
def test_refusals(code, enhanced, text, refusal):
    assert classify(code, enhanced, text) is refusal


@pytest.mark.parametrize("enhanced", ["4.1.1", "4.1.2", "4.2.1", "4.0.0", ""])
def test_a_temporary_refusal_never_silences_an_address(enhanced):
    assert classify(450, enhanced, "user unknown") is not Refusal.HARD


def test_a_message_id_belongs_to_one_delivery_of_one_tenant():
    with bind_tenant(7):
        one = message_ids.message_id(delivery_id=23, domain="news.example")
        assert one == message_ids.message_id(delivery_id=23, domain="news.example")
        assert one != message_ids.message_id(delivery_id=24, domain="news.example")
        assert one.startswith("<")
        assert one.endswith("@news.example>")
        assert message_ids.delivery_id(one) == 23
        assert message_ids.delivery_id(one.strip("<>").upper()) == 23
    with bind_tenant(8):
        assert message_ids.message_id(delivery_id=23, domain="news.example") != one
        assert message_ids.delivery_id(one) is None


@pytest.mark.parametrize("made_up", ["", "<żaba@news.example>", "<" + "0" * 32 + "@x>", "<23@news.example>", "zz" * 16])
def test_a_message_id_nobody_gave_out_names_nothing(made_up):
    assert message_ids.read(made_up) is None


def test_no_bit_of_a_message_id_can_be_changed():
    with bind_tenant(7):
        token = int(message_ids.token_of(23), 16)
        changed = [f"{token ^ 1 << bit:032x}" for bit in range(128)]
        assert [each for each in changed if message_ids.delivery_id(each) is not None] == []
