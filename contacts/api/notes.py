"""``/notes``: what members and programs write down about people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from contacts.api import reading
from contacts.models import ContactNote
from contacts.notes import writing
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem
from ecrm.api.schemas import Id, IdIn, In, InstantIn, Text, number_of
from ecrm.api.scopes import Scope

router = Router()
READ, WRITE = needs(Scope.CONTACTS_READ), needs(Scope.CONTACTS_WRITE)
KindName = Literal["note", "call", "meeting", "letter"]
Words = Annotated[Text, Field(max_length=100_000)]


class NoteFilters(Schema):
    contact_id: IdIn | None = None
    kind: list[KindName] = []


class NoteIn(In):
    """``kind`` is what it was: a note, or a call, meeting or letter that happened ``at`` (left out: now)."""

    contact_id: IdIn
    kind: KindName = "note"
    text: Words = ""
    at: InstantIn | None = None


class WordsIn(In):
    text: Words


class NoteOut(Schema):
    id: Id
    contact_id: Id
    kind: str
    text: str
    at: Any
    edited_at: Any
    author_id: Id | None


@router.get("", auth=READ, response=PageOut[NoteOut], summary="List notes")
def list_notes(request: ApiRequest, asked: Annotated[NoteFilters, Query()], window: Window) -> Any:
    """The newest first, of people the token's maker sees."""
    notes = _visible(request)
    if asked.contact_id:
        notes = notes.filter(contact=number_of(asked.contact_id))
    if asked.kind:
        notes = notes.filter(kind__in=asked.kind)
    return page_of(notes, window, order=("-id",), show=_shown)


@router.post("", auth=WRITE, response={201: NoteOut}, summary="Write a note")
def create_note(request: ApiRequest, given: NoteIn) -> Any:
    """Members named with @ are told."""
    contact = reading.bare(request, given.contact_id)
    note = writing.write_note(contact=contact, text=given.text, by=request.user, kind=given.kind, at=given.at)
    return Status(201, _one(note))


@router.get("/{note_id}", auth=READ, response=NoteOut, summary="Read a note")
def read_note(request: ApiRequest, note_id: IdIn) -> Any:
    return _one(_found(request, note_id))


@router.patch("/{note_id}", auth=WRITE, response=NoteOut, summary="Change a note")
def change_note(request: ApiRequest, note_id: IdIn, given: WordsIn) -> Any:
    """Only who wrote it may (403)."""
    note = _own(request, note_id)
    writing.edit_note(note=note, text=given.text, by=request.user)
    return _one(note)


@router.delete("/{note_id}", auth=WRITE, response={204: None}, summary="Delete a note")
def delete_note(request: ApiRequest, note_id: IdIn) -> Any:
    """Only who wrote it may (403). That it was written stays in the history."""
    writing.delete_note(note=_own(request, note_id), by=request.user)
    return Status(204, None)


def _visible(request: ApiRequest) -> Any:
    return ContactNote.objects.filter(contact__in=reading.visible(request).unbinned())


def _found(request: ApiRequest, note_id: str) -> ContactNote:
    note: ContactNote | None = _visible(request).select_related("contact").filter(pk=number_of(note_id)).first()
    if note is None:
        raise Http404
    return note


def _own(request: ApiRequest, note_id: str) -> ContactNote:
    note = _found(request, note_id)
    if not writing.may_change(request.membership, note):
        raise Problem(403, _("Only who wrote a note may change it."))
    return note


def _shown(notes: Sequence[ContactNote]) -> list[dict[str, Any]]:
    return [_one(note) for note in notes]


def _one(note: ContactNote) -> dict[str, Any]:
    names = ("id", "contact_id", "kind", "text", "at", "edited_at", "author_id")
    return {name: getattr(note, name) for name in names}
