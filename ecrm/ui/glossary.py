"""Words of law and statistics in plain language. ``{% help "key" %}`` puts one beside its word."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Topic(models.TextChoices):
    """In the order of the help page."""

    PERMISSION = "permission", _("What you may send")
    SENDING = "sending", _("What becomes of a mail")
    PEOPLE = "people", _("People and segments")
    NUMBERS = "numbers", _("Numbers")
    ANSWERING = "answering", _("Answering people")


@dataclass(frozen=True, slots=True)
class Term:
    word: str | Promise
    text: str | Promise
    topic: Topic


TERMS: dict[str, Term] = {
    "purpose": Term(
        _("Purpose"),
        _(
            "What you would write about, such as a newsletter. People say yes or no to each purpose on its own, "
            "and a yes to one is no yes to another."
        ),
        Topic.PERMISSION,
    ),
    "legal-basis": Term(
        _("Legal basis"),
        _(
            "Why the law lets you write: the person agreed (consent), or they ordered something and you must tell "
            "them about it (contract). Advertising needs consent."
        ),
        Topic.PERMISSION,
    ),
    "consent": Term(
        _("Consent"),
        _(
            "A clear yes, given freely, to one purpose. Silence or a ticked box is none. It can be taken back at any "
            "time, and nothing is sent afterwards."
        ),
        Topic.PERMISSION,
    ),
    "evidence": Term(
        _("Evidence"),
        _(
            "What proves a yes or no: the words the person saw, when, on which page or line of a file. You must be "
            "able to show it for as long as you rely on it."
        ),
        Topic.PERMISSION,
    ),
    "notice": Term(
        _("Notice"),
        _(
            "The words people agree to. Once published they never change; new words become a new version, and each "
            "record keeps the version the person saw."
        ),
        Topic.PERMISSION,
    ),
    "suppression": Term(
        _("Suppression"),
        _(
            "Addresses that get nothing from you, because mail came back, somebody complained or asked for it. It "
            "belongs to the address, whatever the person says later."
        ),
        Topic.PERMISSION,
    ),
    "double-opt-in": Term(
        _("Confirmed opt-in"),
        _(
            "The person says yes on a form and once more from the mail sent to the address. It proves that the "
            "address is theirs."
        ),
        Topic.PERMISSION,
    ),
    "tracking": Term(
        _("Open and click tracking"),
        _(
            "Seeing who opened a mail needs consent of its own, since it watches a person. Without it the numbers "
            "leave that person out."
        ),
        Topic.PERMISSION,
    ),
    "bounce": Term(
        _("Bounce"),
        _(
            "The receiving server refused the mail. A hard bounce means the address does not exist and is not tried "
            "again; a soft one may pass later, such as a full mailbox."
        ),
        Topic.SENDING,
    ),
    "complaint": Term(
        _("Complaint"),
        _(
            "The person pressed “this is spam” in their mail program, which told us. They are never written to again. "
            "More than 3 in 1,000 and providers begin to refuse all your mail."
        ),
        Topic.SENDING,
    ),
    "unknown": Term(
        _("Unknown"),
        _(
            "The connection broke after the mail was handed over, so nobody knows whether it was taken. It is asked "
            "for, never sent a second time on a guess."
        ),
        Topic.SENDING,
    ),
    "rehearsal": Term(
        _("Rehearsal"),
        _(
            "The whole send without handing anything over: who would get it, who would not, and why. Nobody receives "
            "anything."
        ),
        Topic.SENDING,
    ),
    "holdout": Term(
        _("Holdout"),
        _(
            "A share of the people, picked by chance, who get nothing. Comparing what they buy with what the others "
            "buy shows what the mailing itself did."
        ),
        Topic.NUMBERS,
    ),
    "segment": Term(
        _("Segment"),
        _(
            "People picked by a rule, such as “ordered in the last 90 days”. Who fits is worked out again all the "
            "time, so people enter and leave by themselves."
        ),
        Topic.PEOPLE,
    ),
    "survives": Term(
        _("What each condition leaves"),
        _(
            "How many people are left when one condition after the other is applied. It shows which condition is the "
            "narrow one."
        ),
        Topic.PEOPLE,
    ),
    "reachable": Term(
        _("Who may be contacted"),
        _(
            "Of all these people, those who said yes to a purpose and whose address is not suppressed. Only they "
            "would get a mailing."
        ),
        Topic.PEOPLE,
    ),
    "human-click": Term(
        _("Clicks by people"),
        _(
            "Mail scanners open every link to test it. Such clicks are recognised and left out; what is counted was "
            "judged to be a person."
        ),
        Topic.NUMBERS,
    ),
    "rate-base": Term(
        _("Rate"),
        _(
            "A part of something: “8% of delivered” counts only mails that arrived. Compare rates only when both are "
            "of the same thing."
        ),
        Topic.NUMBERS,
    ),
    "median": Term(
        _("Median"),
        _(
            "The middle one: half were faster, half were slower. Unlike an average, one very slow case does not "
            "change it."
        ),
        Topic.NUMBERS,
    ),
    "interval": Term(
        _("Interval"),
        _(
            "An estimate is never exact. The true number lies between the two ends in 19 of 20 such estimates; the "
            "closer the ends, the surer."
        ),
        Topic.NUMBERS,
    ),
    "visitor": Term(
        _("Visitor"),
        _(
            "Somebody on your site, known by a random number that is only stored after they agreed. They become a "
            "contact once they say who they are."
        ),
        Topic.NUMBERS,
    ),
    "case": Term(
        _("Case"),
        _("One conversation about one matter, from the first mail to its answer. New mails of the thread join it."),
        Topic.ANSWERING,
    ),
    "first-reply": Term(
        _("First reply time"),
        _("From the moment a person wrote until somebody of you answered. Automatic answers do not count."),
        Topic.ANSWERING,
    ),
}


def by_topic() -> list[tuple[str | Promise, list[tuple[str, Term]]]]:
    """For the help page: topics in order, each with its keys and terms."""
    return [(t.label, [(key, term) for key, term in TERMS.items() if term.topic == t]) for t in Topic]
