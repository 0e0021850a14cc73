"""The kinds of event that belong to nobody above contacts, in the timeline's words."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from contacts.duplicates.reasons import SAFE
from contacts.event_links import numbered
from contacts.events import EventKind, Link
from contacts.models import Event
from contacts.models.people import Stage
from ecrm.mail.posting import marks
from ecrm.tenancy.roles import Capability
from ecrm.ui.formats import money, number

FIELD_NAMES = {
    "name": gettext_lazy("name"),
    "given_name": gettext_lazy("given name"),
    "family_name": gettext_lazy("family name"),
    "stage": gettext_lazy("stage"),
    "owner": gettext_lazy("owner"),
    "company": gettext_lazy("company"),
    "job_title": gettext_lazy("job title"),
    "language": gettext_lazy("language"),
    "time_zone": gettext_lazy("time zone"),
    "country": gettext_lazy("country"),
    "city": gettext_lazy("city"),
    "birthday": gettext_lazy("birthday"),
    "source": gettext_lazy("source"),
    "emails": gettext_lazy("email addresses"),
    "phones": gettext_lazy("phone numbers"),
    "addresses": gettext_lazy("postal addresses"),
    "tags": gettext_lazy("tags"),
    "identities": gettext_lazy("identities"),
}


def _created(event: Event) -> str:
    if event.source_type:
        return _("Joined, source %(source)s") % {"source": event.source_type}
    return _("Joined")


def _changed(event: Event) -> str:
    # Fields of one's own are not named: not everybody may know of each.
    fields = list(dict.fromkeys(_named(name) for name in event.properties.get("fields", [])))
    if not fields:
        return _("Details changed")
    return ngettext("Changed: %(fields)s", "Changed: %(fields)s", len(fields)) % {"fields": ", ".join(fields)}


def _named(field: str) -> str:
    return _("further details") if field.startswith("f:") else str(FIELD_NAMES.get(field, field))


def _tagged(event: Event) -> str:
    return _("Tagged %(tag)s") % {"tag": event.properties.get("tag", "")}


def _untagged(event: Event) -> str:
    return _("Tag %(tag)s removed") % {"tag": event.properties.get("tag", "")}


def _ordered(event: Event) -> str:
    order = event.properties.get("number") or event.properties.get("reference") or ""
    words = _("Placed order %(number)s") % {"number": order} if order else _("Placed an order")
    if event.amount is None or not event.currency:
        return words
    return _("%(order)s, %(amount)s") % {"order": words, "amount": money(event.amount, event.currency)}


def _viewed(event: Event) -> str:
    page = event.properties.get("title") or event.properties.get("path", "")
    return _("Viewed %(page)s") % {"page": page} if page else _("Viewed a page")


def _submitted(event: Event) -> str:
    form = event.properties.get("form", "")
    return _("Submitted the form %(form)s") % {"form": form} if form else _("Submitted a form")


def _binned(event: Event) -> str:
    return _("Put in the bin")


def _restored(event: Event) -> str:
    return _("Restored from the bin")


def _stage_changed(event: Event) -> str:
    said = [str(dict(Stage.choices).get(event.properties.get(key, ""), "")) for key in ("from", "to")]
    words = _("Stage: %(old)s → %(new)s") % {"old": said[0], "new": said[1]}
    return _("%(change)s, by rule") % {"change": words} if event.properties.get("rule_id") else words


def _letter(words: str) -> Callable[[Event], str]:
    def sentence(event: Event) -> str:
        subject = event.properties.get("subject", "")
        return _("%(what)s: %(subject)s") % {"what": _(words), "subject": subject} if subject else _(words)

    return sentence


def _said(event: Event) -> str:
    """With what the note says, where whoever asks has read it (``history_rows``)."""
    words = _(_LOGGED[event.name])
    said = " ".join(marks.unmarked(str(event.properties.get("words", ""))).split())
    return _("%(what)s: %(words)s") % {"what": words, "words": Truncator(said).chars(300)} if said else words


def _merged(event: Event) -> str:
    told = {"name": event.properties.get("name", "")}
    if rule := SAFE.get(event.properties.get("rule", "")):
        return _("Merged with %(name)s by itself: %(rule)s") % {**told, "rule": rule[0]}
    return _("Merged with %(name)s") % told


def _separated(event: Event) -> str:
    return _("Separated from %(name)s again") % {"name": event.properties.get("name", "")}


def _import_of(event: Event) -> Link | None:
    is_import = event.source_type == "import" and event.source_id
    return Link(numbered("import_run", event.source_id), event.source_type) if is_import else None


def _changes_of(event: Event) -> Link | None:
    return Link(numbered("contact_changes", event.contact_id)) if event.contact_id else None


def _stage_of(event: Event) -> Link | None:
    changes = _changes_of(event)
    return Link(f"{changes.url}?key=stage") if changes else None


def _other_of(event: Event) -> Link | None:
    other = event.properties.get("other_id")
    return Link(numbered("contact_page", other), event.properties.get("name", "")) if other else None


def _tag_of(event: Event) -> Link | None:
    tag = event.properties.get("tag", "")
    return Link(f"{numbered('contact_list')}?{urlencode({'tag': tag})}", tag) if tag else None


_PAGES = {"contacts.letter": "letter_page", "contacts.contactnote": "note_page"}


def _written_of(event: Event) -> Link | None:
    page = _PAGES.get(event.object_type)
    if page is None or event.object_id is None:
        return None
    return Link(numbered(page, event.object_id), event.properties.get("subject", ""))


_LOGGED = {
    "note.written": gettext_noop("Note"),
    "call.logged": gettext_noop("Call"),
    "meeting.logged": gettext_noop("Meeting"),
    "letter.logged": gettext_noop("Letter"),
}


def _note_of(event: Event) -> Link | None:
    """None once its words are deleted, or where nobody has read them."""
    if event.object_id is None or "words" not in event.properties:
        return None
    return Link(numbered("note_page", event.object_id), _(_LOGGED[event.name]))


def _page_of(event: Event) -> Link | None:
    url, title = event.properties.get("url", ""), event.properties.get("title") or event.properties.get("path", "")
    return Link(url, title) if isinstance(url, str) and url.startswith(("https://", "http://")) else None


def _address_of(event: Event) -> Link | None:
    """Of what another system keeps, if it said where: an order in the shop, the page of a form."""
    url = event.properties.get("url", "")
    words = next((event.properties[key] for key in ("number", "reference", "form") if event.properties.get(key)), "")
    return Link(url, str(words)) if isinstance(url, str) and url.startswith(("https://", "http://")) else None


def _pages(count: int) -> str:
    return ngettext("Viewed %(count)s page", "Viewed %(count)s pages", count) % {"count": number(count)}


def _tags(count: int) -> str:
    return ngettext("Tagged %(count)s time", "Tagged %(count)s times", count) % {"count": number(count)}


KINDS = (
    EventKind(
        "contact.created", gettext_lazy("Joined"), "user-plus", _created,
        link=_import_of, link_capability=Capability.CONTACTS_IMPORT,
    ),
    EventKind("contact.changed", gettext_lazy("Details changed"), "pencil", _changed, link=_changes_of),
    EventKind("contact.stage_changed", gettext_lazy("Stage changed"), "flag", _stage_changed, link=_stage_of),
    EventKind("contact.binned", gettext_lazy("Put in the bin"), "trash-2", _binned, tone="bad"),
    EventKind("contact.restored", gettext_lazy("Restored"), "undo-2", _restored),
    EventKind("contact.merged", gettext_lazy("Merged"), "git-merge", _merged, link=_changes_of),
    EventKind("contact.separated", gettext_lazy("Separated again"), "undo-2", _separated, link=_other_of),
    EventKind(
        "letter.sent", gettext_lazy("Email sent"), "send", _letter(gettext_noop("Email sent")), group="email",
        link=_written_of,
    ),
    EventKind(
        "letter.replied", gettext_lazy("Answered an email"), "reply", _letter(gettext_noop("Answered an email")),
        group="email", is_activity=True, link=_written_of,
    ),
    EventKind(
        "letter.auto_replied", gettext_lazy("Automatic answer to an email"), "reply",
        _letter(gettext_noop("Automatic answer to an email")), group="email", link=_written_of,
    ),
    EventKind(
        "note.written", gettext_lazy("Note written"), "sticky-note", _said, group="note",
        link=_note_of,
    ),
    EventKind(
        "call.logged", gettext_lazy("Call"), "phone", _said, group="note",
        link=_note_of,
    ),
    EventKind(
        "meeting.logged", gettext_lazy("Meeting"), "users", _said, group="note",
        link=_note_of,
    ),
    EventKind(
        "letter.logged", gettext_lazy("Letter"), "mail", _said, group="note",
        link=_note_of,
    ),
    EventKind("contact.tagged", gettext_lazy("Tagged"), "tag", _tagged, link=_tag_of, folded=_tags),
    EventKind("contact.untagged", gettext_lazy("Tag removed"), "tag", _untagged, link=_tag_of),
    EventKind(
        "order.placed", gettext_lazy("Order placed"), "shopping-bag", _ordered,
        capability=Capability.REVENUE_VIEW, group="order", tone="good", is_activity=True,
        is_open=True, link=_address_of,
    ),
    EventKind(
        "page.viewed", gettext_lazy("Page viewed"), "globe", _viewed,
        group="web", is_activity=True, is_open=True, link=_page_of, folded=_pages,
    ),
    EventKind(
        "form.submitted", gettext_lazy("Form submitted"), "file-text", _submitted,
        group="web", is_activity=True, is_open=True, link=_address_of,
    ),
)  # fmt: skip
