"""Imports through the API: taken in, tried, brought in, taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import Program, make_program
from tests.cast import Member

PEOPLE = "Email,First name,Town,Email again\nana@example.com,Ana,Porto,x\nrui@example.com,Rui,Braga,\nno address,Bo,,\n"
LINES = "\n".join(
    json.dumps(row)
    for row in (
        {"email": "ana@example.com", "given_name": "Ana", "tags": ["vip", "north"]},
        {"email": "rui@example.com", "given_name": "Rui"},
    )
)


def begin(shop: Program, content: str = PEOPLE) -> dict[str, Any]:
    told = shop.send("/imports", content)
    assert told.status_code == 201, told.content
    run: dict[str, Any] = told.json()
    return run


def checked(shop: Program, run: dict[str, Any], **asked: Any) -> dict[str, Any]:
    told = shop.post(f"/imports/{run['id']}/check", asked)
    assert told.status_code == 202, told.content
    shop.work()
    found: dict[str, Any] = shop.get(f"/imports/{run['id']}").json()
    assert found["state"] == "checked", found
    return found


def brought_in(shop: Program, run: dict[str, Any]) -> dict[str, Any]:
    assert shop.post(f"/imports/{run['id']}/start").status_code == 202
    shop.work()
    found: dict[str, Any] = shop.get(f"/imports/{run['id']}").json()
    assert found["state"] == "done", found
    return found


def names(shop: Program) -> list[str]:
    return [each["name"] for each in shop.get("/contacts?order=name").json()["items"]]


def test_a_file_is_tried_brought_in_and_taken_back(shop: Program) -> None:
    run = begin(shop)
    assert (run["state"], run["format"], run["checked"]) == ("mapping", "csv", None)
    columns = shop.get(f"/imports/{run['id']}/columns").json()["columns"]
    assert [(one["number"], one["name"], one["field"]) for one in columns][:3] == [
        (0, "Email", "email"),
        (1, "First name", "given_name"),
        (2, "Town", "city"),
    ]
    assert columns[0]["samples"][0] == "ana@example.com"
    tried = checked(shop, run, options={"tag": "spring"})
    assert (tried["checked"]["new"], tried["checked"]["refused"]) == (2, 1)
    assert names(shop) == []
    done = brought_in(shop, run)
    assert done["landed"]["new"] == tried["checked"]["new"]
    assert names(shop) == ["Ana", "Rui"]
    assert [each["name"] for each in shop.get("/contacts?tag=spring&order=name").json()["items"]] == ["Ana", "Rui"]
    assert shop.post(f"/imports/{run['id']}/start").json()["state"] == "done"
    (wrong,) = shop.get(f"/imports/{run['id']}/problems").json()["items"]
    assert (wrong["line"], wrong["is_fatal"]) == (4, True)
    told = shop.get(f"/imports/{run['id']}/problem-file")
    assert (told.status_code, told["Content-Type"].partition(";")[0]) == (200, "text/csv")
    assert "no address" in b"".join(told.streaming_content).decode("utf-8-sig")
    assert done["can_undo"]
    assert shop.delete(f"/imports/{run['id']}").status_code == 409
    shop.post(f"/imports/{run['id']}/undo")
    shop.work()
    undone = shop.get(f"/imports/{run['id']}").json()
    assert (undone["state"], undone["undone"]["people"]) == ("undone", 2)
    assert names(shop) == []
    assert shop.post(f"/imports/{run['id']}/undo").json()["state"] == "undone"
    assert shop.post(f"/imports/{run['id']}/start").status_code == 409


def test_lines_of_json_are_a_file_too(shop: Program) -> None:
    told = shop.send_lines("/imports?name=crm.jsonl", LINES)
    assert (told.status_code, told.json()["format"], told.json()["name"]) == (201, "jsonl", "crm.jsonl"), told.content
    checked(shop, told.json())
    brought_in(shop, told.json())
    (ana, _rui) = shop.get("/contacts?order=name").json()["items"]
    assert (ana["name"], ana["tags"]) == ("Ana", ["north", "vip"])


def test_columns_and_options_are_ours_to_say(shop: Program) -> None:
    shop.post("/contacts", {"name": "Old Ana", "given_name": "Old", "emails": [{"address": "ana@example.com"}]})
    run = begin(shop)
    columns = {"0": "email", "1": "given_name", "2": ""}
    told = checked(shop, run, columns=columns, options={"known": "skip", "policies": {"given_name": "overwrite"}})
    assert (told["checked"]["new"], told["checked"]["update"]) == (1, 1)
    brought_in(shop, run)
    found = {each["emails"][0]["address"]: each for each in shop.get("/contacts").json()["items"]}
    assert (found["ana@example.com"]["given_name"], found["ana@example.com"]["city"]) == ("Ana", "")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"columns": {"0": "shoe_size"}}, "columns.0"),
        ({"columns": {"9": "email"}}, "columns.9"),
        ({"columns": {"0": "email", "1": "email"}}, "columns.1"),
        ({"columns": {"1": "given_name"}}, "columns"),
        ({"options": {"policies": {"email": "overwrite"}}}, "options.policies.email"),
        ({"options": {"policies": {"given_name": "append"}}}, "options.policies.given_name"),
        ({"options": {"policies": {"birthday": "fill"}}}, "options.policies.birthday"),
        ({"options": {"constants": {"moon": "full"}}}, "options.constants.moon"),
        ({"options": {"known": "guess"}}, "options.known"),
    ],
)
def test_what_does_not_fit_is_told_by_its_place(shop: Program, asked: Any, field: str) -> None:
    run = begin(shop)
    told = shop.post(f"/imports/{run['id']}/check", asked)
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, field), told.content
    assert shop.get(f"/imports/{run['id']}").json()["state"] == "mapping"


def test_what_is_no_table_is_refused(shop: Program, settings: Any) -> None:
    told = shop.send("/imports", b"\x89PNG\r\n\x1a\n", name="cat.png")
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "file")
    assert shop.send_lines("/imports", "nothing\n").status_code == 422
    assert shop.post("/imports", {"rows": []}).status_code == 415
    settings.MAX_UPLOAD_BYTES = 100
    for large in (shop.send("/imports", PEOPLE * 9), shop.send_lines("/imports", LINES * 9)):
        assert (large.status_code, large["Content-Type"]) == (413, "application/problem+json")
    assert shop.get("/imports").json()["items"] == []


def test_the_same_file_under_the_same_key_is_one_import(shop: Program) -> None:
    first = shop.send("/imports", PEOPLE, Idempotency_Key="one")
    checked(shop, first.json())
    again = shop.send("/imports", PEOPLE, Idempotency_Key="one")
    assert (again["Idempotency-Replayed"], again.json()["id"]) == ("true", first.json()["id"])
    assert shop.send("/imports", PEOPLE + "\n", Idempotency_Key="one").status_code == 422
    lines = shop.send_lines("/imports", LINES, Idempotency_Key="two")
    assert shop.send_lines("/imports", LINES, Idempotency_Key="two").json()["id"] == lines.json()["id"]
    assert len(shop.get("/imports").json()["items"]) == 2


def test_what_was_not_wanted_is_thrown_away(shop: Program) -> None:
    run = begin(shop)
    assert shop.post(f"/imports/{run['id']}/undo").status_code == 409
    assert shop.post(f"/imports/{run['id']}/cancel").status_code == 409
    assert shop.delete(f"/imports/{run['id']}").status_code == 204
    assert shop.get(f"/imports/{run['id']}").status_code == 404


def test_work_under_way_can_be_stopped(shop: Program) -> None:
    run = begin(shop)
    checked(shop, run)
    shop.post(f"/imports/{run['id']}/start")
    assert shop.post(f"/imports/{run['id']}/cancel").status_code == 202
    shop.work()
    assert shop.get(f"/imports/{run['id']}").json()["state"] == "cancelled"
    assert names(shop) == []


def test_a_column_becomes_a_field_only_for_those_who_may_make_fields(alice: Member, shop: Program) -> None:
    narrow = make_program(alice, "imports:read", "imports:write")
    run = begin(narrow)
    asked = {"columns": {"0": "email", "2": "+field"}}
    assert narrow.post(f"/imports/{run['id']}/check", asked).status_code == 403
    checked(shop, run, **asked)
    assert [each["key"] for each in shop.get("/custom-fields").json()] == ["town"]


def test_a_field_chosen_before_is_made_only_for_those_who_may(alice: Member, shop: Program) -> None:
    narrow = make_program(alice, "imports:read", "imports:write")
    run = begin(narrow)
    asked = {"columns": {"0": "email", "2": "+field:choice"}}
    assert shop.post(f"/imports/{run['id']}/check", asked).status_code == 202
    shop.post(f"/imports/{run['id']}/cancel")
    shop.work()
    assert shop.get(f"/imports/{run['id']}").json()["state"] == "mapping"
    assert narrow.post(f"/imports/{run['id']}/check", {}).status_code == 403
    assert shop.get("/custom-fields").json() == []
    checked(shop, run)
    assert [each["key"] for each in shop.get("/custom-fields").json()] == ["town"]


def test_entries_that_a_list_lacks_are_added_by_those_who_may_make_fields(alice: Member, shop: Program) -> None:
    choices = ["Red"]
    shop.post("/custom-fields", {"entity": "contact", "kind": "choice", "label": "Colour", "choices": choices})
    lines = "Email,Colour\nana@example.com,Red\nrui@example.com,Dark blue\n"
    run = checked(shop, begin(shop, lines))
    assert run["missing_entries"] == {"f:colour": ["Dark blue"]}
    narrow = make_program(alice, "imports:read", "imports:write")
    assert narrow.post(f"/imports/{run['id']}/entries").status_code == 403
    assert shop.post(f"/imports/{run['id']}/entries").status_code == 202
    shop.work()
    again = shop.get(f"/imports/{run['id']}").json()
    assert (again["state"], again["missing_entries"], again["reasons"]) == ("checked", {}, [])
    assert shop.post(f"/imports/{run['id']}/entries").status_code == 409


def test_a_hidden_field_is_told_to_nobody_who_cannot_see_it(mara: Member, shop: Program) -> None:
    hidden = {"entity": "contact", "kind": "choice", "label": "Colour", "choices": ["Red"], "visible_to": ["sales"]}
    assert shop.post("/custom-fields", hidden).status_code == 201
    run = checked(shop, begin(shop, "Email,Colour\nana@example.com,Dark blue\n"))
    hers = make_program(mara, "imports:read", "imports:write")

    columns = shop.get(f"/imports/{run['id']}/columns").json()["columns"]
    assert [one["field"] for one in columns] == ["email", "f:colour"]
    assert shop.get(f"/imports/{run['id']}").json()["missing_entries"] == {"f:colour": ["Dark blue"]}
    for path in ("", "/columns", "/problems"):
        assert hers.get(f"/imports/{run['id']}{path}").status_code == 403


def test_the_list_tells_nothing_of_a_hidden_column(mara: Member, shop: Program) -> None:
    for kind, label, more in (("choice", "Colour", {"choices": ["Red"]}), ("number", "Salary", {})):
        hidden = {"entity": "contact", "kind": kind, "label": label, "visible_to": ["sales"], **more}
        assert shop.post("/custom-fields", hidden).status_code == 201
    checked(shop, begin(shop, "Email,Colour,Salary\nana@example.com,Dark blue,plenty\n"))
    hers = make_program(mara, "imports:read", "imports:write")
    own = checked(hers, begin(hers, "Email,Town\nno address,Porto\n"))

    (_mine, whole) = shop.get("/imports").json()["items"]
    assert (whole["missing_entries"], len(whole["reasons"])) == ({"f:colour": ["Dark blue"]}, 2)
    told = hers.get("/imports")
    assert [each["reasons"] for each in told.json()["items"]] == [own["reasons"], []]
    assert own["reasons"]
    for word in ("Colour", "colour", "Dark blue", "Salary", "plenty"):
        assert word not in told.content.decode(), word


def test_importing_is_a_right_of_its_own(bob: Member, charlie: Member, shop: Program) -> None:
    run = begin(shop)
    assert make_program(bob, "contacts:write").send("/imports", PEOPLE).status_code == 403
    assert make_program(charlie).get(f"/imports/{run['id']}").status_code == 404
    assert {"key": "email", "label": "Email", "group": "Reach", "is_many": False} in shop.get("/imports/fields").json()
