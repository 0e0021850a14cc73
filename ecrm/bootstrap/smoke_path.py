"""The smoke test's main road: bring people in, pick some, write to those who agreed, with proof."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from ecrm.bootstrap.smoke_target import Step, Target, Unexpected, expect
from ecrm.bootstrap.visitor import Page, Upload, Visitor

PEOPLE = """Name;E-mail;City;Tags;Newsletter;Consent date;Consent origin;Tracking
Smoke Reader;reader@smoke.example;Porto;Smoke;yes;2026-03-01;Market stall;yes
Smoke Leaver;leaver@smoke.example;Porto;Smoke;yes;2026-03-01;Market stall;
Smoke Gone;bounce@smoke.example;Porto;Smoke;yes;2026-03-01;Market stall;
Smoke Silent;silent@smoke.example;Porto;Smoke;;;;
Smoke Wrong;not an address;Porto;Smoke;yes;2026-03-01;Market stall;
"""
MAPPING = {
    "column-4": "consent.newsletter.in",
    "column-5": "consent.newsletter.at",
    "column-6": "consent.newsletter.origin",
    "column-7": "consent.tracking.in",
    "constant-consent.tracking.at": "2026-03-01",
    "constant-consent.tracking.origin": "Market stall",
}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
READING_SECONDS = 3
RoadStep = Callable[["Road", Target, Visitor], None]


@dataclass
class Road:
    """What earlier steps found out for later ones: addresses of pages and links."""

    home: str = ""
    people: dict[str, str] = field(default_factory=dict)
    segment: str = ""
    links: dict[str, str] = field(default_factory=dict)


def steps() -> list[tuple[str, Step]]:
    """In order; they share one ``Road``."""
    road = Road()
    return [(name, partial(step, road)) for name, step in ROAD]


def _home(road: Road, target: Target, visitor: Visitor) -> None:
    page = visitor.get("/")
    if "/accounts/" in page.url or urlsplit(page.url).path == "/":
        raise Unexpected(f"the start page leads to {page.url}")
    road.home = urlsplit(page.url).path
    expect(page.status == 200, f"the first page answers {page.status}")
    figures = visitor.get(f"{road.home}analytics/")
    expect(figures.status == 200, f"the dashboard answers {figures.status}")
    expect("<svg" in figures.text and "<table" in figures.text, "the dashboard has no chart with a table")


def _check_file(road: Road, target: Target, visitor: Visitor) -> None:
    form = visitor.get(f"{road.home}contacts/imports/new/")
    columns = form.submit(with_field="file", file=Upload("people.csv", PEOPLE.encode()))
    expect(columns.form_with("column-6") is not None, f"the upload leads to {columns.url} ({columns.status})")
    run = columns.submit(with_field="column-0", **MAPPING)
    road.links["import"] = run.url
    _wait(target, visitor, run.url, "the dry run", lambda page: _action(page, "/start/") is not None)


def _import(road: Road, target: Target, visitor: Visitor) -> None:
    page = visitor.get(road.links["import"])
    _press(page, "/start/")
    _wait(target, visitor, page.url, "the import", lambda page: "Finished" in page.text)
    people = visitor.get(f"{road.home}contacts/?q=smoke.example")
    for name in ("Reader", "Leaver", "Gone", "Silent"):
        road.people[name] = _link(people, f"Smoke {name}", r"/contacts/\d+/(\?|$)")
    expect("Smoke Wrong" not in people.text, "a row without a valid address came in")


def _contact(road: Road, target: Target, visitor: Visitor) -> None:
    page = visitor.get(road.people["Reader"])
    for words in ("reader@", "Granted", "Porto"):
        expect(words in page.text, f"the contact page does not show “{words}”")
    evidence = visitor.get(_link(page, "EV-", r"/evidence/\d+/$"))
    expect("Market stall" in evidence.text, "the evidence does not say where consent was given")


def _segment(road: Road, target: Target, visitor: Visitor) -> None:
    form = visitor.get(f"{road.home}segments/new/").submit(with_field="c.0", **{"c.0": "tag", "name": "Smoke people"})
    tag = re.search(r'<option value="(\d+)"[^>]*>\s*Smoke\s*<', form.text)
    expect(tag is not None, "the rule builder does not offer the tag that came in")
    assert tag is not None
    saved = form.submit(with_field="c.0", **{"name": "Smoke people", "v.0.value": tag.group(1), "do": "save"})
    expect(re.search(r"/segments/\d+/$", saved.url) is not None, f"saving the segment leads to {saved.url}")
    road.segment = saved.url
    _wait(target, visitor, f"{saved.url}members/", "its members", lambda page: "Smoke Silent" in page.text)
    why = visitor.get(f"{saved.url}why/?who=reader@smoke.example")
    expect("Smoke" in why.text, "the segment does not say why a person is in")


def _send(road: Road, target: Target, visitor: Visitor) -> None:
    _send_to_segment(road, target, visitor)
    target.wait_for("the mail to the reader", lambda: bool(target.mails_to("reader@smoke.example")))
    expect(not target.mails_to("silent@smoke.example"), "somebody who never agreed was mailed")


def _mail(road: Road, target: Target, visitor: Visitor) -> None:
    for name in ("reader", "leaver"):
        mail = _raw(target, f"{name}@smoke.example")
        one_click = re.search(r"List-Unsubscribe: <(http[^>]+)>", mail.replace("\n ", " "))
        expect("List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail, "the mail has no one-click header")
        click = re.search(r"(http://[^\s\"<>]+/p/[cl]/[^\s\"<>]+)", mail)
        expect(one_click is not None and click is not None, "the mail has no links of ours")
        assert one_click is not None
        assert click is not None
        road.links[f"leave-{name}"], road.links[f"click-{name}"] = one_click.group(1), unescape(click.group(1))


def _click(road: Road, target: Target, visitor: Visitor) -> None:
    # Nobody reads a message within two seconds of its hand-over: such a click is a scanner's.
    time.sleep(READING_SECONDS)
    reader = Visitor(target.base_url, browser=BROWSER)
    leads_to = reader.redirect_of(road.links["click-reader"])
    expect(leads_to.startswith("https://"), f"the link leads to “{leads_to}”")
    report, person = road.links["report"], road.people["Reader"]
    _wait(target, visitor, report, "the click in the report", lambda page: _figure(page, "Clicked") >= 1, seconds=60)
    _wait(target, visitor, person, "the click on the timeline", lambda page: "Clicked “" in page.text)


def _leave(road: Road, target: Target, visitor: Visitor) -> None:
    mail_client = Visitor(target.base_url)
    shown = mail_client.get(road.links["leave-leaver"])
    expect(shown.status == 200, f"the unsubscribe page answers {shown.status}")
    expect("Withdrawn" not in visitor.get(road.people["Leaver"]).text, "looking at the page already unsubscribed")
    done = mail_client.post(road.links["leave-leaver"], {"List-Unsubscribe": "One-Click"})
    expect(done.status == 200, f"one-click answers {done.status}")
    page = visitor.get(road.people["Leaver"])
    expect("Withdrawn" in page.text, "the contact page does not show the withdrawal")


def _bounced(road: Road, target: Target, visitor: Visitor) -> None:
    page = road.people["Gone"]
    _wait(target, visitor, page, "the bounce", lambda page: "came back" in page.text)


def _send_again(road: Road, target: Target, visitor: Visitor) -> None:
    before = len(target.mails_to("reader@smoke.example"))
    _send_to_segment(road, target, visitor)
    target.wait_for("the second mail", lambda: len(target.mails_to("reader@smoke.example")) > before)
    expect(len(target.mails_to("leaver@smoke.example")) == 1, "somebody who left was mailed again")
    left_out = visitor.get(road.links["report"]).text
    for words in ("Consent withdrawn", "Address is blocked"):
        expect(words in left_out, f"the report does not say “{words}”")


def _send_to_segment(road: Road, target: Target, visitor: Visitor) -> None:
    """A copy of the sample's draft, given the smoke people as its audience."""
    drafts = visitor.get(f"{road.home}campaigns/")
    original = _campaign_of(_link(drafts, "", r"/campaigns/\d+/"))
    copied = _press(visitor.get(f"{original}settings/"), "/duplicate/")
    campaign = _campaign_of(copied.url)
    segment = re.search(r"/segments/(\d+)/", road.segment)
    assert segment is not None
    visitor.get(f"{campaign}settings/").submit(with_field="segment", segment=segment.group(1))
    send = visitor.get(f"{campaign}send/")
    typed = re.search(r'id="id_typed_helptext">(.*?)</div>', send.text)
    sent = send.submit(with_field="typed", typed=unescape(typed.group(1)) if typed else "")
    expect(sent.status == 200, f"sending answers {sent.status}: {sent.url}")
    road.links["report"] = f"{campaign}report/"


def _campaign_of(address: str) -> str:
    found = re.search(r"^.*/campaigns/\d+/", address)
    expect(found is not None, f"{address} is no campaign")
    assert found is not None
    return found.group()


def _raw(target: Target, address: str) -> str:
    """The newest message to an address as it came over the wire."""
    message = target.mails_to(address)[0]
    return str(json.loads(Visitor(target.mailbox_url).get(f"/api/messages/{message['id']}").text)["raw"])


def _wait(
    target: Target, visitor: Visitor, address: str, what: str, seen: Callable[[Page], bool], *, seconds: float = 30
) -> None:
    target.wait_for(what, lambda: seen(visitor.get(address)), seconds=seconds)


def _action(page: Page, ending: str) -> Any:
    return next((form for form in page.forms() if form.action.endswith(ending)), None)


def _press(page: Page, ending: str) -> Page:
    """Sends the form whose address ends so."""
    form = _action(page, ending)
    if form is None:
        raise Unexpected(f"{page.url} has no form that leads to …{ending}")
    return page.visitor.post(form.action, dict(form.values), referer=page.url)


def _link(page: Page, words: str, address: str) -> str:
    for found, text in page.links():
        if words in text and re.search(address, found):
            return found
    raise Unexpected(f"{page.url} has no link “{words}”")


def _figure(page: Page, label: str) -> int:
    """The first whole number after a label."""
    text = re.sub(r"<[^>]+>", " ", page.text[page.text.find("<main") :])
    found = re.search(re.escape(label) + r"\D{0,200}?(\d+)", text)
    return int(found.group(1)) if found else 0


ROAD: list[tuple[str, RoadStep]] = [
    ("The start page is the workspace's dashboard", _home),
    ("A CSV is taken in, mapped and checked", _check_file),
    ("The import lands its people and refuses the wrong row", _import),
    ("The contact page shows facts, consent and its evidence", _contact),
    ("A segment of the imported people is saved and counted", _segment),
    ("A campaign goes to those of them who agreed", _send),
    ("The mail has one-click headers and links", _mail),
    ("A person's click is counted and on their timeline", _click),
    ("One-click unsubscribe withdraws consent", _leave),
    ("The address that bounced is blocked", _bounced),
    ("The next send leaves both out and says why", _send_again),
]
