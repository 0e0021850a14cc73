"""What members write down about a person, and what they mean to do."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.people import Contact
from ecrm.files.models import File
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class ContactNote(TenantModel):
    """The words of a note, or of a call, meeting or letter that was logged.

    Its writer may change and delete them; that it was written stays in the history. ``at`` is when it
    happened, ``edited_at`` when its words last changed.
    """

    class Kind(models.TextChoices):
        NOTE = "note", _("Note")
        CALL = "call", _("Call")
        MEETING = "meeting", _("Meeting")
        LETTER = "letter", _("Letter")

    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.NOTE)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(_("text"), blank=True)
    at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "contact", "-id"], name="contact_note_contact")]

    def __str__(self) -> str:
        return self.text[:80]


class NoteFile(TenantModel):
    """An attachment of a note."""

    note = TenantForeignKey(ContactNote, models.CASCADE, related_name="files", db_index=False)
    file = TenantForeignKey(File, models.CASCADE)

    class Meta:
        indexes = [models.Index(fields=["tenant", "note"], name="note_file_note")]


class FollowUp(TenantModel):
    """Something a member means to do about a person. ``due_on`` is a day where the owner is.

    ``told_at``: when the owner was told that it is due. Deleted is ``is_dropped``, over without being done:
    ``done_at`` says when.
    """

    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.CharField(_("what to do"), max_length=300)
    due_on = models.DateField(_("when"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    is_dropped = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "owner", "due_on", "id"], condition=Q(done_at=None), name="follow_up_open"),
            models.Index(fields=["tenant", "contact", "due_on"], name="follow_up_contact"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(done_by=None) | Q(done_at__isnull=False), name="follow_up_done"),
            models.CheckConstraint(condition=Q(is_dropped=False) | Q(done_at__isnull=False), name="follow_up_dropped"),
        ]

    def __str__(self) -> str:
        return self.text


class ComposeDraft(TenantModel):
    """What a member has begun to write to or about a person; gone once it is said."""

    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "contact", "user"], name="compose_draft_once")]


class DraftFile(TenantModel):
    """A file that waits in a draft. Until it goes out its ``File`` has a day on which it is swept."""

    draft = TenantForeignKey(ComposeDraft, models.CASCADE, related_name="files", db_index=False)
    file = TenantForeignKey(File, models.CASCADE)

    class Meta:
        indexes = [models.Index(fields=["tenant", "draft"], name="draft_file_draft")]
