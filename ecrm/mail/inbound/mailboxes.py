"""Setting up mailboxes elsewhere."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from ecrm import keys
from ecrm.audit import services as audit
from ecrm.mail.models import ImapMailbox
from ecrm.tenancy.models import User

# A change of these means another mailbox, read from its beginning.
_PLACE = ("host", "username", "folder")


@transaction.atomic
def save_mailbox(*, mailbox: ImapMailbox, password: str, by: User, changed: list[str]) -> ImapMailbox:
    """Keeps a new or changed mailbox, to be read at once. An empty ``password`` keeps the one there is."""
    if password:
        mailbox.secret = keys.encrypt(password)
    is_new = mailbox.pk is None
    if not is_new and set(changed) & set(_PLACE):
        mailbox.uid_validity, mailbox.last_uid = None, 0
    mailbox.due_at, mailbox.error, mailbox.failures = timezone.now(), "", 0
    mailbox.save()
    fields: dict[str, Any] = {} if is_new else {"fields": changed}
    audit.record("imap_mailbox.added" if is_new else "imap_mailbox.changed", by=by, subject=mailbox, **fields)
    return mailbox


@transaction.atomic
def remove_mailbox(*, mailbox: ImapMailbox, by: User) -> None:
    """Nobody reads it any more; what came from it stays."""
    audit.record("imap_mailbox.removed", by=by, subject=mailbox)
    mailbox.delete()
