"""One form to compare by; clear words for what is wrong; headers nobody's name can break."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import SMTP
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecrm.mail.addresses import AddressError, mailbox, normalise, unstructured, validate


@pytest.mark.parametrize(
    ("typed", "norm"),
    [
        ("  Ana.Nowak@Example.COM ", "ana.nowak@example.com"),
        ("ana@GĘŚLĄ.pl", "ana@xn--gl-qla2f4p.pl"),
        ("ana@ge\u0328s\u0301la\u0328.pl", "ana@xn--gl-qla2f4p.pl"),
        ("Zażółć@example.com", "zażółć@example.com"),
        ("no address", "no address"),
        ("ana@example.com\r\nBcc: eve@example.com", "ana@example.combcc: eve@example.com"),
    ],
)
def test_addresses_are_compared_in_one_form(typed, norm):
    assert normalise(typed) == norm


@given(st.text())
def test_the_form_to_compare_by_is_final(text):
    once = normalise(text)
    assert normalise(once) == once
    assert "\n" not in once


@pytest.mark.parametrize("address", ["ana@example.com", "a+b@sub.example.org", "ana@correio.example", "x@gęślą.pl"])
def test_good_addresses_pass_in_their_normal_form(address):
    assert validate(address.upper()) == normalise(address)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ana", "exactly one @"),
        ("ana@@example.com", "exactly one @"),
        ("@example.com", "before or after"),
        ("ana@", "before or after"),
        ("ana@localhost", "localhost"),
        ("ana@exa_mple.com", "exa_mple.com"),
        ("ana@-x.com", "-x.com"),
        ("ana@x..com", "x..com"),
        ("ana nowak@example.com", "before the @"),
        ("ana.@example.com", "before the @"),
        ("a" * 250 + "@example.com", "too long"),
        ("ana@example.com\r\nBcc: eve@example.com", "exactly one @"),
    ],
)
def test_a_wrong_address_is_told_what_is_wrong(address, said):
    with pytest.raises(AddressError, match=said):
        validate(address)


NAMES = [
    "Ana",
    'Ana "Żaba" Nowak',
    "Łukasz",
    "O'Neil, Ana",
    "=?utf-8?b?eA==?=",
    "a\\b",
    "👋🏽 Ana",
    "Ż" * 60,
    "a" * 300,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_reads_as_it_was_written(name):
    header = mailbox(name, "ana@example.com").replace("\r\n", "")
    shown, address = parseaddr(header)
    # Not the modern parser: it puts a blank between encoded words, against RFC 2047, 6.2.
    assert str(make_header(decode_header(shown))) == name
    assert address == "ana@example.com"


def test_a_name_that_looks_encoded_is_shown_as_it_is():
    (address,) = parse(f"To: {mailbox('=?utf-8?b?eA==?=', 'ana@example.com')}\r\n\r\n")["to"].addresses
    assert address.display_name == "=?utf-8?b?eA==?="


@given(st.text(min_size=1))
def test_no_name_adds_a_header_or_a_recipient(name):
    parsed = parse(f"To: {mailbox(name, 'ana@example.com')}\r\nSubject: fixed\r\n\r\nbody")
    assert parsed.keys() == ["To", "Subject"]
    assert [address.addr_spec for address in parsed["to"].addresses] == ["ana@example.com"]


@given(st.text())
def test_no_subject_adds_a_header(text):
    folded = unstructured(text)
    parsed = parse(f"Subject: {folded}\r\nTo: ana@example.com\r\n\r\nbody")
    assert parsed.keys() == ["Subject", "To"]
    assert all(len(line) <= 990 for line in folded.split("\r\n"))


@pytest.mark.parametrize("subject", ["Plain", "Zażółć gęślą jaźń " * 8, "👩‍🚀 " * 40, "  blanks  ", "=?x?q?y?="])
def test_a_subject_reads_as_it_was_written(subject):
    assert parse(f"Subject: {unstructured(subject)}\r\n\r\n")["subject"] == subject.strip()


def test_an_address_that_would_break_the_header_is_refused():
    with pytest.raises(AddressError):
        mailbox("Ana", "ana@example.com>\r\nBcc: <eve@example.com")


def parse(text: str):
    return message_from_bytes(text.encode("utf-8", "replace"), policy=SMTP)
