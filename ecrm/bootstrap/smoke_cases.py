"""The smoke test's side road: a customer writes, an agent answers, the customer writes back."""

import json
import re
import smtplib
from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from functools import partial
from urllib.parse import urlsplit

from ecrm.bootstrap.smoke_target import Step, Target, Unexpected, expect
from ecrm.bootstrap.visitor import Page, Visitor

CUSTOMER = "Smoke Asker <asker@smoke.example>"
ADDRESS = "asker@smoke.example"
SUBJECT = "Smoke: the lid arrived chipped"
ANSWER = "Smoke: a new lid leaves today."
THANKS = "Smoke: thank you, it came."


@dataclass
class Talk:
    """What earlier steps found out for later ones."""

    case: str = ""
    back: str = ""
    answer_id: str = ""


def steps() -> list[tuple[str, Step]]:
    """In order; they share one ``Talk``."""
    talk = Talk()
    return [(name, partial(step, talk)) for name, step in ROAD]


def _write(talk: Talk, target: Target, visitor: Visitor) -> None:
    slug = urlsplit(visitor.get("/").url).path.split("/")[1]
    _post(target, f"support.{slug}@{target.inbound_domain}", "The lid of my jug is chipped.", SUBJECT)

    def seen() -> bool:
        page = visitor.get(f"/{slug}/cases/?q=asker@smoke.example")
        found = [link for link, _text in page.links() if re.search(r"/cases/\d+/$", urlsplit(link).path)]
        talk.case = found[0] if found else ""
        return bool(found)

    target.wait_for("the mail to become a case", seen)
    page = visitor.get(talk.case)
    expect("Smoke Asker" in page.text, "the case does not name its sender")
    expect("The lid of my jug is chipped." in page.text, "the case does not show what was written")


def _answer(talk: Talk, target: Target, visitor: Visitor) -> None:
    sent = visitor.get(talk.case).submit(with_field="seen", text=ANSWER, kind="reply", then="on_customer")
    expect(ANSWER in sent.text, f"the answer is not in the conversation ({sent.status})")
    # Ten seconds for an undo come first.
    target.wait_for("the answer to reach the customer", lambda: bool(target.mails_to(ADDRESS)), seconds=60)
    message = message_from_string(_raw(target, ADDRESS), policy=default)
    expect(ANSWER in message.get_body(("plain",)).get_content(), "the mail does not hold the answer")  # type: ignore[union-attr]
    talk.back = message["Reply-To"].addresses[0].addr_spec
    talk.answer_id = message["Message-ID"]


def _write_back(talk: Talk, target: Target, visitor: Visitor) -> None:
    _post(target, talk.back, THANKS, f"Re: {SUBJECT}", in_reply_to=talk.answer_id)
    target.wait_for("the reply in the same case", lambda: THANKS in visitor.get(talk.case).text)
    expect("Waiting on us" in visitor.get(talk.case).text, "the case does not wait for us again")


def _solve(talk: Talk, target: Target, visitor: Visitor) -> None:
    page = visitor.get(talk.case)
    form = next((form for form in page.forms() if urlsplit(form.action).path.endswith("/solve/")), None)
    if form is None:
        raise Unexpected("the case cannot be solved")
    solved: Page = visitor.post(form.action, dict(form.values), referer=page.url)
    expect(solved.status == 200, f"solving answers {solved.status}")
    expect("Solved" in visitor.get(talk.case).text, "the case is not shown as solved")


def _post(target: Target, recipient: str, text: str, subject: str, *, in_reply_to: str = "") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = CUSTOMER, recipient, subject
    message["Message-ID"] = f"<smoke.{abs(hash((recipient, text)))}@smoke.example>"
    if in_reply_to:
        message["In-Reply-To"] = in_reply_to
    message.set_content(text)
    host, _colon, port = target.door.partition(":")
    with smtplib.SMTP(host, int(port), timeout=30) as door:
        door.send_message(message, ADDRESS, [recipient])


def _raw(target: Target, address: str) -> str:
    """The newest message to an address as it came over the wire."""
    message = target.mails_to(address)[0]
    return str(json.loads(Visitor(target.mailbox_url).get(f"/api/messages/{message['id']}").text)["raw"])


ROAD = [
    ("A customer's mail becomes a case", _write),
    ("The answer reaches the customer", _answer),
    ("The customer's reply joins the same case", _write_back),
    ("The case is solved", _solve),
]
