"""A file is taken in, or refused in words at its field."""

from __future__ import annotations

import pytest
from django.test import override_settings

from contacts.models import ImportRun
from ecrm.files.models import File
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.files import PEOPLE, begin, error_of, upload


def test_upload_leads_to_the_columns(alice: Member) -> None:
    run = begin(alice, PEOPLE)
    assert run.mapping == {"0": "email", "1": "given_name", "2": "family_name"}
    page = alice.get("import_run", run.pk).content.decode()
    assert "First name" in page
    assert "ana@example.com" in page


def test_marketer_may_and_support_may_not(mara: Member, bob: Member, vera: Member) -> None:
    assert begin(mara, PEOPLE).pk
    assert upload(bob, PEOPLE).status_code == 403
    assert upload(vera, PEOPLE).status_code == 403


def test_outsider_finds_nothing(alice: Member, charlie: Member) -> None:
    run = begin(alice, PEOPLE)
    for name in ("import_run", "check_import", "import_problems"):
        assert charlie.get(name, run.pk).status_code == 404
    for name in ("check_import", "reread_import", "start_import", "cancel_import", "discard_import"):
        assert charlie.post(name, run.pk).status_code == 404


def test_the_same_upload_twice_is_one_import(alice: Member) -> None:
    assert begin(alice, PEOPLE).pk == begin(alice, PEOPLE).pk
    with tenant_context(alice.tenant):
        assert File.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "not a table"),
        (b"PK\x03\x04" + bytes(range(256)) * 20, "spreadsheet"),
        (bytes(range(256)) * 50, "not a table"),
        (b"<!DOCTYPE html><html><body>hello</body></html>", "web page"),
        (b'[{"email": "ana@example.com"}]', "web page"),
        (b"Email,Name\n", "no rows"),
        (b"Email,Name\n,,\n \n", "no rows"),
        (",".join(f"c{n}" for n in range(10_000)).encode() + b"\n1,2\n", "10000 columns"),
    ],
)
def test_what_is_no_table_is_refused_at_the_field(alice: Member, content: bytes, words: str) -> None:
    response = upload(alice, content, name="people.csv")
    assert response.status_code == 422
    assert words in error_of(response)
    assert 'aria-invalid="true"' in response.content.decode()
    with tenant_context(alice.tenant):
        assert not ImportRun.objects.exists()
        assert not File.objects.exists()


def test_nothing_chosen_says_so(alice: Member) -> None:
    response = alice.post("begin_import")
    assert response.status_code == 422
    assert error_of(response)


@override_settings(MAX_UPLOAD_BYTES=3 * 1024 * 1024)
def test_a_file_too_large_is_refused_before_it_fills_the_disk(alice: Member) -> None:
    response = upload(alice, b"email\n" + b"someone@example.com\n" * 200_000)
    assert response.status_code == 422
    assert "larger than" in error_of(response)
    with tenant_context(alice.tenant):
        assert not File.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_western_letters_survive_any_encoding(alice: Member, encoding: str) -> None:
    text = "Email;Nome;Cidade\r\n" + "ines@example.com;Inês Conceição;Évora\r\n" * 20
    page = alice.get("import_run", begin(alice, text.encode(encoding)).pk).content.decode()
    assert "Inês Conceição" in page
    assert "Évora" in page


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1250", "iso8859_2"])
def test_polish_letters_survive_any_encoding(alice: Member, encoding: str) -> None:
    text = "E-mail\tImię\tNazwisko\tMiasto\n" + "lukasz@example.com\tŁukasz\tWiśniewski\tŁódź Żabia Góra\n" * 20
    page = alice.get("import_run", begin(alice, text.encode(encoding)).pk).content.decode()
    assert "Wiśniewski" in page
    assert "Łódź Żabia Góra" in page


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(alice: Member, delimiter: str) -> None:
    lines = [["Email", "Name", "City"], ["ana@example.com", "Ana", "Porto"], ["rui@example.com", "Rui", "Faro"]]
    run = begin(alice, "\n".join(delimiter.join(line) for line in lines))
    assert run.dialect["delimiter"] == delimiter
    assert run.mapping == {"0": "email", "1": "name", "2": "city"}


def test_a_spreadsheets_separator_line_is_no_row(alice: Member) -> None:
    run = begin(alice, "sep=;\r\nEmail;Name\r\nana@example.com;Ana\r\n")
    assert run.mapping == {"0": "email", "1": "name"}


def test_a_list_without_a_header_is_understood(alice: Member) -> None:
    run = begin(alice, "ana@example.com\nrui@example.com\n")
    assert run.dialect["has_header"] is False
    assert run.mapping == {"0": "email"}


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            "E-mail,Nome próprio,Apelido,Telemóvel,Código postal,País",
            "email given_name family_name mobile postcode country",
        ),
        ("Adres e-mail,Imię,Nazwisko,Telefon,Kod pocztowy,Kraj", "email given_name family_name phone postcode country"),
        ("Correo electrónico,Nombre,Apellidos,Teléfono,Ciudad,País", "email given_name family_name phone city country"),
        ("Courriel,Prénom,Nom de famille,Portable,Ville,Pays", "email given_name family_name mobile city country"),
        (
            "Email Address,First Name,Last Name,TAGS,MEMBER_RATING,Company",
            "email given_name family_name tags - company",
        ),
        ("E-mail 1 - Value,First Name,Last Name,Labels,Phone 1 - Value", "email given_name family_name tags phone"),
    ],
)
def test_headers_in_five_languages_find_their_fields(alice: Member, header: str, fields: str) -> None:
    run = begin(alice, header + "\n" + "x@example.com" + ",-" * header.count(",") + "\n")
    names = fields.split()
    assert run.mapping == {str(index): name for index, name in enumerate(names) if name != "-"}


def test_a_cell_too_long_for_a_name_makes_no_huge_page(alice: Member) -> None:
    run = begin(alice, f"Email,{'A' * 90_000}\nana@example.com,x\n")

    page = alice.get("check_import", run.pk).content.decode()

    assert "ana@example.com" in page
    assert "A" * 1_000 not in page
