"""Who may look into a move: the files of an export may hold values of fields that are hidden from a colleague."""

from __future__ import annotations

from django.db.models import Q

from consent.models import Move, MoveFile
from contacts import fields
from contacts.imports import sight
from contacts.models import CustomField
from ecrm.files.models import File
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability


def may_look(move: Move, membership: Membership) -> bool:
    """Always into one's own; else unless a column of its files goes to a hidden field by its name, or people
    were put together with one. Before its files are read nobody can say what they hold."""
    hidden = _hidden(move, membership)
    if not hidden:
        return True
    if "headers" not in move.found or sight.named(move.found["headers"], hidden):
        return False
    return move.run is None or sight.may_look(move.run, membership)


def may_download(file: File, membership: Membership) -> bool:
    """Of the files of moves: what was brought, and what was made of it beside its import. What was not read as a
    table, an archive among it, may hold anything."""
    if file.capability != Capability.CONTACTS_IMPORT:
        return True
    brought = list(MoveFile.objects.filter(file=file).select_related("move"))
    if any(_hidden(each.move, membership) for each in brought if not each.dialect):
        return False
    moves = Move.objects.select_related("run__file", "run__problem_file")
    ours = Q(pk__in=[each.move_id for each in brought]) | Q(blocks=file) | Q(companies=file) | Q(digests=file)
    return all(may_look(move, membership) for move in moves.filter(ours))


def _hidden(move: Move, membership: Membership) -> set[str]:
    """Fields to keep from a member: none in one's own."""
    if move.created_by_id == membership.user_id:
        return set()
    return fields.hidden(CustomField.Entity.CONTACT, membership)
