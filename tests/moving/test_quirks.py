"""Exports as the products really write them, and archives nobody can open."""

from __future__ import annotations

import io
import json
import struct
import zipfile

import pytest

from consent.models import Move, MoveFile
from consent.moving import history
from contacts.models import Event
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.moving.exports import choose, move_in, sample, upload

Kind = MoveFile.Kind
ANA = "Email Address,First Name,OPTIN_TIME,OPTIN_IP,LEID\nana@example.com,Ana,2024-01-02 10:00:00,192.0.2.1,1\n"


def packed(files: dict[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def kinds(member: Member, move: Move) -> dict[str, str]:
    with tenant_context(member.tenant):
        return dict(move.files.values_list("name", "kind"))


def told(member: Member) -> list[tuple[str, dict[str, str]]]:
    with tenant_context(member.tenant):
        events = Event.objects.filter(name__startswith="former.").order_by("occurred_at", "pk")
        return [(event.name, event.properties) for event in events]


def test_an_account_of_mailchimp_with_its_folders(alice: Member) -> None:
    account = {
        "lists/members_export_7.csv": ANA,
        "lists/transactional_members_export_7.csv": ANA.replace("ana", "tom").replace("Ana", "Tom"),
        "reports/granular_activity/opens/7_spring_offer.csv": "Email,Timestamp\nana@example.com,2024-02-02 10:00:00\n",
        "reports/granular_activity/clicks/7_spring_offer.csv": (
            "Email,Timestamp,URL\nana@example.com,2024-02-02 10:05:00,https://shop.example/x\n"
        ),
        "reports/aggregate_activity/opens.csv": "Campaign,Opens\nSpring offer,1\n",
        "campaigns_content/7_spring_offer.txt": "Dear Ana, Spring is here",
    }
    move = choose(alice, upload(alice, "mailchimp", {"account.zip": packed({"more.zip": packed(account)})}))
    assert kinds(alice, move) == {
        "account.zip": Kind.ARCHIVE,
        "more.zip": Kind.ARCHIVE,
        "lists/members_export_7.csv": Kind.SUBSCRIBED,
        "lists/transactional_members_export_7.csv": Kind.PEOPLE,
        "reports/granular_activity/opens/7_spring_offer.csv": Kind.ACTIVITY,
        "reports/granular_activity/clicks/7_spring_offer.csv": Kind.ACTIVITY,
        "reports/aggregate_activity/opens.csv": Kind.UNKNOWN,
    }
    move_in(alice, "mailchimp", {"account.zip": packed(account)})
    found = told(alice)
    assert [name for name, _ in found] == ["former.opened", "former.clicked"]
    assert found[0][1]["title"] == "7 spring offer"


def test_calls_and_meetings_of_hubspot_become_notes_without_their_markup(alice: Member) -> None:
    calls = "Record ID,Call Title,Call notes,Activity date,Call duration,Call outcome,Associated Contact IDs\n"
    wide = ",".join(f"Property {number}" for number in range(40))
    meetings = f"Record ID,Meeting name,Meeting description,Meeting start time,{wide},Associated Contact IDs\n"
    files = {
        "hubspot-crm-exports-all-contacts.csv": "Record ID,First Name,Last Name,Email,Lifecycle Stage\n"
        "501,Sofia,Lopes,sofia@example.com,Lead\n",
        "hubspot-crm-exports-calls.csv": calls
        + '1,Intro,"<p>Asked for <b>prices</b></p>",2024-05-06 14:00,60,Busy,501\n',
        "hubspot-crm-exports-meetings.csv": meetings + f"2,Demo,All went well,2024-05-07 14:00,{',' * 39},501\n",
    }
    move = move_in(alice, "hubspot", files)
    assert kinds(alice, move)["hubspot-crm-exports-meetings.csv"] == Kind.NOTES
    assert [properties["body"] for _, properties in told(alice)] == ["Intro\nAsked for prices", "Demo\nAll went well"]


def test_a_long_history_comes_in_whole(alice: Member) -> None:
    """More than one cell of a table holds."""
    noted = "".join(f'{n},21,"{n} {"word " * 2_000}",general,2024-01-01 09:{n % 60:02}:00\n' for n in range(60))
    files = {**sample("mautic"), "notes.csv": "id,lead_id,text,type,date_added\n" + noted}
    move = move_in(alice, "mautic", files)
    assert sum(len(properties["body"]) for _, properties in told(alice)) > history.LONGEST_CELL
    assert len(told(alice)) == 60
    assert move.planned["left_out"] == 0


def test_what_no_cell_holds_is_counted(alice: Member) -> None:
    noted = "".join(f"{n},21,note {n},general,2024-01-01 09:00:00\n" for n in range(510))
    move = move_in(alice, "mautic", {**sample("mautic"), "notes.csv": "id,lead_id,text,type,date_added\n" + noted})
    assert (move.planned["left_out"], move.planned["cut_people"]) == (10, 1)
    assert len(told(alice)) == 500
    assert "10 happenings stay out" in alice.get("move", move.pk).content.decode()


def test_every_happening_lands_in_one_cell_or_is_counted() -> None:
    happened = [{"what": "noted", "body": "x" * 15_000} for _ in range(200)]
    cells, left_out = history.cells_of(happened)
    held = [what for cell in cells.values() for what in json.loads(cell)]
    assert len(held) + left_out == 200
    assert all(len(cell) <= history.LONGEST_CELL for cell in cells.values())
    assert left_out > 0


def _locked() -> bytes:
    """As archives with a password are marked: bit 0 of the flags, in both headers."""
    content = bytearray(packed({"subscribed.csv": ANA}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + offset
        content[at : at + 2] = struct.pack("<H", struct.unpack("<H", content[at : at + 2])[0] | 1)
    return bytes(content)


def _broken() -> bytes:
    content = bytearray(packed({"subscribed.csv": ANA}))
    at = content.index(b"ana@")
    content[at : at + 4] = b"eva@"
    return bytes(content)


def _bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            with archive.open(f"{number}.csv", "w", force_zip64=True) as member:
                for _ in range(4):
                    member.write(bytes(16 * 1024 * 1024))
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [(_locked(), "is protected by a password"), (_broken(), "is damaged"), (_bomb(), "too large to be opened")],
)
def test_an_archive_nobody_can_open_says_why(
    alice: Member, monkeypatch: pytest.MonkeyPatch, content: bytes, words: str
) -> None:
    monkeypatch.setattr("consent.moving.surveying.MOST_BYTES", 128 * 1024 * 1024)
    move = upload(alice, "mailchimp", {"export.zip": content})
    assert move.state == Move.State.FAILED
    assert words in alice.get("move", move.pk).content.decode()
    assert kinds(alice, move) == {"export.zip": Kind.UNKNOWN}
    assert alice.post("discard_move", move.pk).status_code == 302


def test_an_export_without_tables_says_so(alice: Member) -> None:
    move = upload(alice, "mailchimp", {"export.zip": packed({"logo.png": b"\x89PNG"})})
    page = alice.get("move", move.pk).content.decode()
    assert "No table was found in these files." in page
