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
from contacts.notes import follow_ups, sight, writing
from ecrm.mail.posting import marks
from ecrm.tenancy.models import Membership
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page
from ecrm.ui.toasts import toast
from ecrm.ui.widgets import MarkedText


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=100_000,
        widget=MarkedText(attrs={"rows": 6, "dir": "auto"}),
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


class FollowUpForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What to do"),
        max_length=300,
        error_messages={"required": gettext_lazy("Write what is to be done.")},
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    due_on = forms.DateField(
        label=gettext_lazy("Due"),
        error_messages={"required": gettext_lazy("Choose a day.")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    owner = forms.TypedChoiceField(label=gettext_lazy("For"), coerce=int)

    def __init__(self, *args: Any, colleagues: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = colleagues  # type: ignore[attr-defined]  # a choice field


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def change_follow_up(request: MemberRequest, follow_up_id: int) -> HttpResponse:
    """Other words, another day, another colleague."""
    found = _find_follow_up(request, follow_up_id)
    initial = {"text": found.text, "due_on": found.due_on, "owner": found.owner_id}
    form = FollowUpForm(request.POST or None, initial=initial, colleagues=_colleagues(found))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            with transaction.atomic():
                changed = follow_ups.change(
                    follow_up=found,
                    text=values["text"],
                    due_on=values["due_on"],
                    owner_id=values["owner"],
                    by=request.user,
                )
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                form.add_error(name, messages)
        else:
            if changed:
                toast(request, _("Task changed."))
            return _back(request, found)
    return _follow_up(request, found, form)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def drop_follow_up(request: MemberRequest, follow_up_id: int) -> HttpResponse:
    found = _find_follow_up(request, follow_up_id)
    if follow_ups.drop(follow_up=found, by=request.user):
        toast(request, _("Deleted: %(text)s") % {"text": found.text}, undo=reverse("reopen_follow_up", args=[found.pk]))
    return _back(request, found)


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
    return get_object_or_404(
        FollowUp.objects.filter(contact__in=seen).select_related("contact", "owner"), pk=follow_up_id
    )


def _colleagues(found: FollowUp) -> list[tuple[int, str]]:
    """Who may see the person, and whoever has the task now."""
    members = Membership.objects.filter(tenant=found.tenant_id, user__is_active=True).select_related("user")
    names = {each.user_id: each.user.name or each.user.email for each in members} | {found.owner_id: str(found.owner)}
    able = {*sight.able(names, found.contact), found.owner_id}
    return sorted(((pk, name) for pk, name in names.items() if pk in able), key=lambda each: each[1])


def _follow_up(request: MemberRequest, found: FollowUp, form: FollowUpForm) -> HttpResponse:
    contact = found.contact
    context = {
        "task": found,
        "form": form,
        "next": request.POST.get("next", request.GET.get("next", "")),
        "crumbs": [
            (_("Contacts"), reverse("contact_list")),
            (str(contact), reverse("contact_page", args=[contact.pk])),
        ],
    }
    return render(request, "contacts/notes/follow_up.html", context, status=INVALID if form.errors else 200)


def _back(request: MemberRequest, found: FollowUp) -> HttpResponse:
    """To the page the act was done on: Today, or the person's."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return redirect_page(request, wanted if wanted and is_ours else reverse("contact_page", args=[found.contact_id]))


def _note(request: MemberRequest, note: ContactNote, form: NoteForm, *, may_change: bool) -> HttpResponse:
    contact = note.contact
    form.fields["text"].widget.attrs["data-mentions"] = reverse("named_members")
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
