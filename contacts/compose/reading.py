"""What the composer and the lines below it need: one query, or none where the page has asked it along."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from contacts import places
from contacts.models import (
    ComposeDraft,
    DraftFile,
    FollowUp,
    Letter,
    LetterHandover,
    LetterSignature,
    LetterTemplate,
)
from contacts.notes import drafts
from ecrm import prepared
from ecrm.files.models import File
from ecrm.mail.models import SendingIdentity
from ecrm.mail.posting import marks
from ecrm.mail.posting.desk import UNDO
from ecrm.mail.posting.handovers import HandoverState
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User

MOST = 50
_NOTHING = '[{}, [], [], [], "", [], []]'


class Kind(TextChoices):
    """What can be composed; the values of the form."""

    NOTE = "note", _("Note")
    EMAIL = "email", _("Email")
    CALL = "call", _("Call")
    MEETING = "meeting", _("Meeting")
    LETTER = "letter", _("Letter")
    TASK = "task", _("Task")


ICONS = {
    Kind.NOTE: "sticky-note",
    Kind.EMAIL: "mail",
    Kind.CALL: "phone",
    Kind.MEETING: "users",
    Kind.LETTER: "file-text",
    Kind.TASK: "list-todo",
}


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A letter that has not arrived at its relay: waiting, or in trouble."""

    letter_id: int
    subject: str
    recipient: str
    state: HandoverState
    reason: str
    is_undoable: bool

    @property
    def is_trouble(self) -> bool:
        return self.state in (HandoverState.FAILED, HandoverState.UNKNOWN)

    @property
    def words(self) -> str:
        return str(self.state.label)


@dataclass(frozen=True, slots=True)
class Due:
    """An open follow-up."""

    pk: int
    text: str
    due_on: date
    owner: str

    @property
    def is_late(self) -> bool:
        return self.due_on < timezone.localdate()

    @property
    def is_today(self) -> bool:
        return self.due_on == timezone.localdate()


@dataclass(frozen=True, slots=True)
class Template:
    """``language`` in words, empty for a text that this person can read."""

    pk: int
    name: str
    language: str


@dataclass
class Desk:
    """``draft`` is what the member had begun, with the keys of ``ComposeDraft``; choices are (value, words)."""

    contact: Any
    addresses: Sequence[str]
    draft: dict[str, Any]
    senders: list[tuple[str, str]]
    colleagues: list[tuple[str, str]]
    templates: list[Template]
    signature: str
    on_their_way: list[OnItsWay] = field(default_factory=list)
    due: list[Due] = field(default_factory=list)

    @cached_property
    def kinds(self) -> list[tuple[Kind, str, str]]:
        return [(kind, str(kind.label), ICONS[kind]) for kind in Kind]

    @property
    def files(self) -> list[dict[str, Any]]:
        """What waits to go out: ``id``, ``name`` and ``size``, in bytes."""
        files: list[dict[str, Any]] = self.draft.get("files", [])
        return files

    @property
    def excess(self) -> str:
        """In words when what waits does not fit into one email, as when one was taken back; else empty."""
        if not drafts.is_too_much([file["size"] for file in self.files]):
            return ""
        words = _("These files are too much for one email: at most 10 files and 15 MB. Remove some before you send it.")
        return str(words)

    @property
    def signed(self) -> SafeString:
        return marks.lines_of(self.signature)

    @property
    def tomorrow(self) -> str:
        return (timezone.localdate() + timedelta(days=1)).isoformat()


def of(contact: Any, membership: Membership, addresses: Sequence[str]) -> Desk:
    """``addresses`` are the person's, the main one first: the page has read them already."""
    asked = {"tenant": require_tenant_id(), "contact": contact.pk, "user": membership.user.pk}
    row = prepared.fetch_one(f"SELECT ({statement()})", asked)
    return on(contact, membership, addresses, json.loads(row[0] if row else _NOTHING))


def on(contact: Any, membership: Membership, addresses: Sequence[str], found: list[Any]) -> Desk:
    """The same of what ``statement`` answered."""
    user = membership.user
    draft, senders, colleagues, templates, signature, travelling, due = found
    return Desk(
        contact=contact,
        addresses=addresses,
        draft=draft or {},
        senders=[(str(pk), _sender(user, name, email)) for pk, name, email in senders],
        colleagues=[(str(pk), name or email) for pk, name, email in colleagues],
        templates=_in_order(templates, contact.language or membership.tenant.language),
        signature=signature or "",
        on_their_way=[_on_its_way(one, user) for one in travelling],
        due=[Due(pk, text, parse_date(day) or date.max, owner) for pk, text, day, owner in due],
    )


def _in_order(found: list[list[Any]], spoken: str) -> list[Template]:
    """What this person can read first: in their language, then for everybody; the others name their language.

    Of one name in their language and for everybody, only theirs.
    """
    theirs = {name for _pk, name, language in found if language == spoken}
    ranked = sorted(found, key=lambda one: 0 if one[2] == spoken else 1 if not one[2] else 2)
    return [
        Template(pk, name, "" if language in ("", spoken) else places.language_name(language))
        for pk, name, language in ranked
        if language or name not in theirs
    ]


def _sender(user: User, name: str, email: str) -> str:
    return f"{user.name}, {name} <{email}>" if user.name else f"{name} <{email}>"


def _on_its_way(one: dict[str, Any], user: User) -> OnItsWay:
    state = HandoverState(one["state"])
    at = parse_datetime(one["at"])
    is_fresh = at is not None and _is_fresh(at)
    return OnItsWay(
        one["id"],
        one["subject"],
        one["recipient"],
        state,
        one["reason"],
        is_fresh and state == HandoverState.WAITING and one["attempts"] == 0 and one["author"] == user.pk,
    )


def _is_fresh(at: datetime) -> bool:
    return timezone.now() - at < UNDO


@lru_cache(maxsize=1)
def statement() -> str:
    """JSON, each list bounded; asks for the parameters tenant, contact and user. Its text never changes."""
    of_person = "one.tenant_id = %(tenant)s AND one.contact_id = %(contact)s"
    return f"""
        SELECT jsonb_build_array(
               (SELECT jsonb_build_object('kind', one.kind, 'subject', one.subject, 'text', one.text, 'files',
                       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', file.id, 'name', file.name,
                                                  'size', file.size) ORDER BY held.id), '[]')
                          FROM {DraftFile.table()} held
                          JOIN {File.table()} file ON file.tenant_id = held.tenant_id AND file.id = held.file_id
                         WHERE held.tenant_id = one.tenant_id AND held.draft_id = one.id))
                  FROM {ComposeDraft.table()} one WHERE {of_person} AND one.user_id = %(user)s),
               (SELECT coalesce(jsonb_agg(jsonb_build_array(one.id, one.name, one.email) ORDER BY one.id), '[]')
                  FROM {SendingIdentity.table()} one WHERE one.tenant_id = %(tenant)s),
               (SELECT coalesce(jsonb_agg(jsonb_build_array(person.id, person.name, person.email)
                                          ORDER BY person.id <> %(user)s, person.name, person.id), '[]')
                  FROM {Membership._meta.db_table} one JOIN {User._meta.db_table} person ON person.id = one.user_id
                 WHERE one.tenant_id = %(tenant)s AND person.is_active),
               (SELECT coalesce(jsonb_agg(jsonb_build_array(one.id, one.name, one.language)
                                          ORDER BY one.name, one.language), '[]')
                  FROM {LetterTemplate.table()} one WHERE one.tenant_id = %(tenant)s),
               (SELECT one.text FROM {LetterSignature.table()} one
                 WHERE one.tenant_id = %(tenant)s AND one.user_id = %(user)s),
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'id', one.id, 'subject', one.subject, 'at', one.at, 'author', one.author_id,
                           'recipient', travel.recipient, 'state', travel.state, 'reason', travel.reply_text,
                           'attempts', travel.attempts) ORDER BY one.id DESC), '[]')
                  FROM {Letter.table()} one
                  JOIN {LetterHandover.table()} travel ON travel.tenant_id = one.tenant_id AND travel.letter_id = one.id
                 WHERE {of_person} AND travel.state <> 'sent'),
               (SELECT coalesce(jsonb_agg(jsonb_build_array(one.id, one.text, one.due_on,
                                          coalesce(nullif(one.owner_name, ''), one.owner_email))
                                          ORDER BY one.due_on, one.id), '[]')
                  FROM (SELECT one.id, one.text, one.due_on, owner.name AS owner_name, owner.email AS owner_email
                          FROM {FollowUp.table()} one JOIN {User._meta.db_table} owner ON owner.id = one.owner_id
                         WHERE {of_person} AND one.done_at IS NULL ORDER BY one.due_on, one.id LIMIT {MOST}) one))"""
