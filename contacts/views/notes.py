"""One note, and what members mean to do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from contacts.models import Contact, ContactNote, FollowUp, NoteFile
from contacts.notes import follow_ups, writing
from ecrm.mail.posting import marks
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page
from ecrm.ui.toasts import toast


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )


@requires(Capability.CONTACTS_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def note_page(request: MemberRequest, note_id: int) -> HttpResponse:
    """A note and its files; its writer may change the words here."""
    note = _find_note(request, note_id)
    may_change = writing.may_change(request.membership, note)
    form = NoteForm(request.POST or None, initial={"text": note.text})
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                writing.edit_note(note=note, text=form.cleaned_data["text"], by=request.user)
        except ValidationError as error:
            form.add_error("text", error.messages)
        else:
            toast(request, _("Saved."))
            return redirect_page(request, reverse("note_page", args=[note.pk]))
    return _note(request, note, form, may_change=may_change)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def delete_note(request: MemberRequest, note_id: int) -> HttpResponse:
    note = _find_note(request, note_id)
    if not writing.may_change(request.membership, note):
        raise PermissionDenied
    contact_id = note.contact_id
    writing.delete_note(note=note, by=request.user)
    toast(request, _("Note deleted."))
    return redirect_page(request, reverse("contact_page", args=[contact_id]))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def finish_follow_up(request: MemberRequest, follow_up_id: int) -> HttpResponse:
    found = _find_follow_up(request, follow_up_id)
    if follow_ups.finish(follow_up=found, by=request.user):
        toast(request, _("Done: %(text)s") % {"text": found.text}, undo=reverse("reopen_follow_up", args=[found.pk]))
    return _back(request, found)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def reopen_follow_up(request: MemberRequest, follow_up_id: int) -> HttpResponse:
    found = _find_follow_up(request, follow_up_id)
    if follow_ups.reopen(follow_up=found, by=request.user):
        toast(request, _("Open again: %(text)s") % {"text": found.text})
    return _back(request, found)


def _find_note(request: MemberRequest, note_id: int) -> ContactNote:
    seen = Contact.objects.visible_to(request.membership)
    notes = ContactNote.objects.filter(contact__in=seen).select_related("contact", "author")
    return get_object_or_404(notes, pk=note_id)


def _find_follow_up(request: MemberRequest, follow_up_id: int) -> FollowUp:
    seen = Contact.objects.visible_to(request.membership)
    return get_object_or_404(FollowUp.objects.filter(contact__in=seen), pk=follow_up_id)


def _back(request: MemberRequest, found: FollowUp) -> HttpResponse:
    """To the page the act was done on: Today, or the person's."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return redirect_page(request, wanted if wanted and is_ours else reverse("contact_page", args=[found.contact_id]))


def _note(request: MemberRequest, note: ContactNote, form: NoteForm, *, may_change: bool) -> HttpResponse:
    contact = note.contact
    context: dict[str, Any] = {
        "note": note,
        "html": marks.html_of(note.text),
        "files": [each.file for each in NoteFile.objects.filter(note=note).select_related("file").order_by("pk")],
        "form": form if may_change else None,
        "title": note.get_kind_display(),
        "crumbs": [
            (_("Contacts"), reverse("contact_list")),
            (str(contact), reverse("contact_page", args=[contact.pk])),
        ],
    }
    return render(request, "contacts/notes/page.html", context, status=INVALID if form.errors else 200)
