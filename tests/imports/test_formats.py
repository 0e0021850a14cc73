"""Spreadsheets, address books and JSON lines come in as tables do; what is broken ends in words."""

from __future__ import annotations

import io
import quopri
import zipfile
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts import phones
from contacts import services as contacts
from contacts.imports import spreadsheets
from contacts.imports.quick_phones import quick_e164
from contacts.models import Contact, PhoneNumber, PostalAddress, Tag
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.books import book, torn, without_a_sheet_to_see
from tests.imports.files import begin, bring_in, check, error_of, landed, problems, start, upload, verdicts

SHEET = [
    ["Email", "Full name", "Phone", "Birthday", "Created at", "City"],
    ["ana@example.com", "Ana Souza", 912345678, (33010, 1), (45000.5, 2), None],
    ["rui@example.com", "  Rui & Costa ", "+48 600 700 800", None, None, "Łódź"],
    [None, None, None, None, None, None],
    ["wrong", "Nobody", None, None, None, None],
]


def test_a_spreadsheet_comes_in(alice: Member) -> None:
    run = bring_in(alice, book(SHEET), name="people.xlsx")
    assert landed(run) == {"new": 2}
    assert [line for line, *_rest in problems(alice, run)] == [5]
    with tenant_context(alice.tenant):
        ana = contacts.find_by_email("ana@example.com")
        assert (ana.birthday, ana.created_at) == (date(1990, 5, 17), datetime(2023, 3, 15, 12, tzinfo=UTC))
        assert PhoneNumber.objects.get(contact=ana).number == "+351912345678"
        rui = contacts.find_by_email("rui@example.com")
        assert (rui.name, rui.city) == ("Rui & Costa", "Łódź")


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 and nothing else",
        book(SHEET)[:-200],
        book(SHEET, sheet="<worksheet><sheetData><row><c"),
        book(SHEET, sheet='<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'),
        b"\xd0\xcf\x11\xe0 an old or a locked workbook",
        without_a_sheet_to_see(),
        torn("xl/workbook.xml"),
        torn("xl/sharedStrings.xml"),
        torn("xl/worksheets/sheet1.xml"),
        book([]),
        book(SHEET[:1]),
        book([[f"Column {n}" for n in range(26)] * 1, ["x"] * 26], sheet="<worksheet/>"),
    ],
)
def test_broken_spreadsheets_end_in_words(alice: Member, content: bytes) -> None:
    response = upload(alice, content, name="people.xlsx")
    assert response.status_code == 422
    assert error_of(response)


def test_a_spreadsheet_made_to_be_unpacked_is_refused_unread(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "LEAST_UNPACKED", 100_000)
    ordinary = upload(alice, book([SHEET[0], *[SHEET[1]] * 3_000]), name="people.xlsx")
    assert ordinary.status_code == 302

    response = upload(alice, book(SHEET, sheet="<worksheet>" + " " * 5_000_000), name="people.xlsx")
    assert response.status_code == 422
    assert "too large when unpacked" in error_of(response)


OLD_CARD = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:"
    + quopri.encodestring("Souza;Ana Conceição".encode()).decode().replace("\n", "\r\n")
    + "\r\nFN:Ana Souza\r\nTEL;CELL;PREF:912345678\r\nTEL;WORK:+351 21 000 00 00\r\n"
    "EMAIL;INTERNET:ana@example.com\r\nPHOTO;BASE64;JPEG:\r\n /9j/4AAQSkZJRg\r\n\r\nEND:VCARD\r\n"
)
NEW_CARD = (
    "begin:vcard\nversion:4.0\nfn:Rui Costa\nn:Costa;Rui;;;\nitem1.email;type=home:rui@home.example\n"
    'item2.EMAIL;TYPE="work,pref":rui@exam\n ple.com\nORG:Loja Azul\\, Lda;Vendas\nTITLE:Buyer\nBDAY:19850304\n'
    "ADR;TYPE=home:;;Rua das Flores 12;Porto;Norte;4000-001;Portugal\nCATEGORIES:vip,press\n"
    "NOTE:Two\\nlines\nUID:urn:uuid:5f1c\nend:vcard\n"
)
CARDS = OLD_CARD + NEW_CARD + "BEGIN:VCARD\nFN:Never ends\nEMAIL:x@example.com\n"


def test_an_address_book_comes_in(alice: Member) -> None:
    run = bring_in(alice, CARDS, name="people.vcf")
    assert landed(run) == {"new": 2}
    [(_line, _column, reason)] = problems(alice, run)
    assert "never ends" in reason
    with tenant_context(alice.tenant):
        ana = contacts.find_by_email("ana@example.com")
        assert (ana.given_name, ana.family_name) == ("Ana Conceição", "Souza")
        numbers = PhoneNumber.objects.filter(contact=ana).order_by("-is_primary").values_list("number", flat=True)
        assert list(numbers) == ["+351912345678", "+351210000000"]
        rui = contacts.find_by_email("rui@example.com")
        assert contacts.find_by_email("rui@home.example") == rui
        assert (rui.company.name, rui.job_title, rui.birthday) == ("Loja Azul, Lda", "Buyer", date(1985, 3, 4))
        assert PostalAddress.objects.get(contact=rui).postcode == "4000-001"
        assert set(Tag.objects.filter(taggings__contact=rui).values_list("name", flat=True)) == {"vip", "press"}


FULL_CARD = (
    "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ana Souza\r\nEMAIL;PREF=2:ana@home.example\r\nEMAIL;PREF=1:ana@example.com\r\n"
    'TEL;VALUE=uri;TYPE="voice,work":tel:+351-21-000-00-00\r\nmine.TEL;TYPE=PREF;TYPE=CELL:+351 912 345 678\r\n'
    'ADR;LABEL="Rua das Flores: 12";TYPE=home:;;Rua das Flores 12;Porto;;4000-001;PT\r\nEND:VCARD\r\n'
)


def test_what_a_card_prefers_and_quotes_is_understood(alice: Member) -> None:
    bring_in(alice, FULL_CARD, name="people.vcf")
    with tenant_context(alice.tenant):
        ana = contacts.find_by_email("ana@home.example")
        assert ana.emails.get(is_primary=True).address == "ana@example.com"
        assert PhoneNumber.objects.get(contact=ana, is_primary=True).number == "+351912345678"
        place = PostalAddress.objects.get(contact=ana)
        assert (place.street, place.postcode) == ("Rua das Flores 12", "4000-001")


LINES = (
    '{"email": "ana@example.com", "name": "Ana", "address": {"city": "Porto"}, "tags": ["vip", "press"]}\n\n'
    '{"email": "rui@example.com", "mobile": 912345678, "active": true}\n'
    "[1, 2]\nnot json\n"
)


def test_json_lines_come_in(alice: Member) -> None:
    run = begin(alice, LINES, name="people.jsonl")
    run = start(alice, check(alice, run, **{"column-2": "city"}))
    assert landed(run) == {"new": 2}
    assert [line for line, *_rest in problems(alice, run)] == [4, 5]
    with tenant_context(alice.tenant):
        ana = contacts.find_by_email("ana@example.com")
        assert ana.city == "Porto"
        assert set(Tag.objects.filter(taggings__contact=ana).values_list("name", flat=True)) == {"vip", "press"}


OWN = (
    '{"emails": [{"address": "ana@example.com"}], "phones": [], "identities": [], "tags": [], "addresses":'
    ' [{"street": 12, "postcode": 4000, "city": "Porto", "region": null, "country": "PT"}]}\n'
    '{"emails": [{"address": "rui@example.com"}], "phones": [], "identities": [], "tags": [], "addresses":'
    ' [{"street": {"line": "Rua"}, "postcode": 4000, "city": 7, "region": "", "country": "PT"}]}\n'
    '{"emails": [{"address": 5}], "phones": [], "identities": [], "tags": [], "addresses": []}\n'
)


def test_numbers_and_objects_in_lines_like_ours_are_text(alice: Member) -> None:
    run = bring_in(alice, OWN, name="people.jsonl")
    with tenant_context(alice.tenant):
        place = PostalAddress.objects.get(contact=contacts.find_by_email("ana@example.com"))
        assert (place.street, place.postcode) == ("12", "4000")
    assert 3 in [line for line, *_rest in problems(alice, run)]


def test_tabs_and_a_formula_are_a_table_of_text(alice: Member) -> None:
    run = bring_in(alice, "Email\tName\nana@example.com\t=HYPERLINK(1)\n", name="people.tsv")
    with tenant_context(alice.tenant):
        assert [person.name for person in Contact.objects.all()] == ["=HYPERLINK(1)"]
    assert landed(run) == {"new": 1}


def test_a_cell_without_end_keeps_one_row_out(alice: Member) -> None:
    endless = "z" * 3_000_000
    run = bring_in(alice, f"Email,Name\nana@example.com,{endless}\nrui@example.com,Rui\n")
    assert landed(run) == {"new": 1}
    [(line, _column, reason)] = problems(alice, run)
    assert (line, "too long" in reason) == (2, True)


def test_an_archive_is_led_to_where_whole_exports_are_taken(alice: Member) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("people.csv", "Email\nana@example.com\n")
    response = upload(alice, stream.getvalue(), name="export.zip")
    assert response.status_code == 422
    assert "ZIP" in error_of(response)


WIDE = ",".join(f"c{n}" for n in range(10_000)) + "\n" + ",".join("x" for _n in range(10_000)) + "\n"


@pytest.mark.parametrize(
    "content",
    [
        WIDE,
        '{"' + '": 1, "'.join(f"k{n}" for n in range(400)) + '": 1}\n',
        b"\x00" * 5_000,
        "\ufeff",
        b"\xff\xfe",
        '"' * 10_001,
        b"%PDF-1.7",
        "<html><body>",
        "Email\n",
        "\n\n\n",
    ],
)
def test_torture_files_end_in_words(alice: Member, content: str | bytes) -> None:
    response = upload(alice, content)
    assert response.status_code in (302, 422)
    assert response.status_code == 302 or error_of(response)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1250", "iso8859_2", "cp1252"])
def test_letters_survive_every_usual_encoding(alice: Member, encoding: str) -> None:
    name = "Zażółć gęślą jaźń" if encoding not in ("cp1252",) else "João Conceição Élodie"
    text = "Email,Name\n" + "".join(f"p{n}@example.com,{name}\n" for n in range(30))
    run = check(alice, begin(alice, text.encode(encoding)))
    assert verdicts(run) == {"new": 30}
    with tenant_context(alice.tenant):
        assert run.rows.order_by("line").first().values["name"] == name


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"BEGIN:VCARD\n", b'{"a": 1}\n', b"Email\n"]))
@settings(max_examples=150, deadline=None)
def test_no_bytes_at_all_are_an_error_of_ours(content: bytes, start_: bytes) -> None:
    from django.core.exceptions import ValidationError

    from contacts.imports import dialect, source

    stream = io.BytesIO(start_ + content)
    try:
        found = dialect.detect(stream)
    except ValidationError:
        return
    stream.seek(0)
    assert all(isinstance(row.cells, list) for row in source.read_rows(stream, found))


@given(
    st.sampled_from(["PT", "PL", "ES", "FR", "GB", "US", "IT", "DE", "BR", ""]),
    st.from_regex(r"\+?[0-9]{3,15}([ -][0-9]{2,4}){0,2}", fullmatch=True),
)
@settings(max_examples=400, deadline=None)
def test_a_phone_read_quickly_is_the_one_read_carefully(country: str, written: str) -> None:
    quick = quick_e164(written, country)
    if quick is not None:
        assert quick == phones.e164(written, country=country)


def test_a_number_from_abroad_needs_no_plus(alice: Member) -> None:
    run = bring_in(alice, "Email,SMS\nana@example.com,33612345678\nrui@example.com,99999999999999\n")
    with tenant_context(alice.tenant):
        assert [phone.number for phone in PhoneNumber.objects.all()] == ["+33612345678"]
    assert [line for line, *_rest in problems(alice, run)] == [3]
