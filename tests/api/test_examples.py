"""The examples of docs/api.md, one after the other, as a reader would run them."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from pathlib import Path
from urllib.parse import urlencode

from django.http import HttpResponse

from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
API = "https://crm.example/acme/api/v1"
FILES = {
    "people.csv": "Email,First name\nana@example.com,Ana\nnew@example.com,New\n",
    "people.jsonl": '{"email": "lines@example.com", "given_name": "Lin"}\n',
}


def examples() -> list[str]:
    """Every command of every block, continued lines joined."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    found: list[str] = []
    for line in "".join(blocks).replace("\\\n", " ").splitlines(keepends=True):
        if re.match(r"curl |[A-Z]+=", line):
            found.append(line)
        else:
            found[-1] += line
    return found


curl = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
curl.add_argument("url")
curl.add_argument("-H", action="append")
curl.add_argument("-X", default="")
curl.add_argument("--json")
curl.add_argument("--data-binary")
curl.add_argument("-F")
curl.add_argument("--data-urlencode", action="append", default=[])
curl.add_argument("--get", action="store_true")
curl.add_argument("-o")


def run(shop: Program, command: str) -> HttpResponse:
    """What curl would do with these options; any other option fails."""
    asked = curl.parse_args(shlex.split(command)[1:])
    assert asked.H[0] == f"Authorization: Bearer {shop.secret}"
    assert asked.url.startswith(API)
    path = asked.url.removeprefix(API)
    if asked.F:
        name = asked.F.removeprefix("file=@")
        return shop.send(path, FILES[name], name=name)
    if asked.data_binary:
        assert asked.H[1] == "Content-Type: application/x-ndjson"
        return shop.send_lines(path, FILES[asked.data_binary.removeprefix("@")])
    if asked.data_urlencode:
        path += "?" + urlencode([tuple(each.split("=", 1)) for each in asked.data_urlencode])
    body = json.loads(asked.json) if asked.json else None
    return shop.ask(asked.X or ("POST" if asked.json else "GET"), path, body)


def test_every_example_works(shop: Program, acme: Tenant) -> None:
    known = {
        "CONTACT": shop.post("/contacts", {"name": "Ana", "emails": [{"address": "a@example.com"}]}).json()["id"],
        "OTHER": shop.post("/contacts", {"name": "Anna", "city": "Braga"}).json()["id"],
        "SEGMENT": shop.post("/segments", {"name": "All", "rule": {"all": []}}).json()["id"],
        "IMPORT": shop.send("/imports", FILES["people.csv"], name="spring.csv").json()["id"],
        "EXPORT": shop.post("/exports", {"format": "csv"}).json()["id"],
        "TOKEN": shop.secret,
        "API": API,
    }
    shop.work()
    ran = 0
    for command in examples():
        if not command.startswith("curl"):
            continue
        told = run(shop, re.sub(r"\$([A-Z]+)", lambda found: known[found[1]], command))
        assert 200 <= told.status_code < 300, (command, told.content)
        shop.work()
        ran += 1
        if told.streaming:
            b"".join(told.streaming_content)
    assert ran == PAGE.read_text().count("\ncurl ")
