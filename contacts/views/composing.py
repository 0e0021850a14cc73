"""Writing to and about a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from contacts.compose import reading
from contacts.compose.forms import ComposeForm
from contacts.compose.reading import Kind
from contacts.letters import refusals, texts, writing
from contacts.models import Contact, Letter, LetterTemplate
from contacts.notes import drafts, follow_ups
from contacts.notes import writing as notes
from ecrm.files import services as storing
from ecrm.files.forms import MOST_FILES
from ecrm.files.models import File
from ecrm.files.uploads import is_too_large
from ecrm.mail.models import SendingIdentity
from ecrm.mail.posting import documents
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page, wants_part
from ecrm.ui.toasts import toast, warn

LOGGED = {
    Kind.CALL: gettext_lazy("Call logged."),
    Kind.MEETING: gettext_lazy("Meeting logged."),
    Kind.LETTER: gettext_lazy("Letter logged."),
}


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: MemberRequest, contact_id: int) -> HttpResponse:
    """The composer on a page of its own; sending it writes. A chosen template only fills it in."""
    contact = _find(request, contact_id)
    if request.method != "POST":
        return _page(request, contact, _asked_for(request, contact))
    form = ComposeForm(request.POST, request.FILES)
    form.is_valid()
    new_ids = _keep_files(request, contact, form)
    if "template" in request.POST:
        return _fill_in(request, contact, _of_files(form))
    if form.is_valid():
        try:
            with transaction.atomic():
                files = drafts.files(contact=contact, ids={*_held_ids(request), *new_ids}, by=request.user)
                _WRITERS[Kind(form.cleaned_data["kind"])](request, contact, {**form.cleaned_data, "files": files})
        except ValidationError as error:
            _add_errors(form, error)
        else:
            return redirect_page(request, reverse("contact_page", args=[contact.pk]))
    return _page(request, contact, form.data, form=form, status=INVALID)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def keep_compose_draft(request: MemberRequest, contact_id: int) -> HttpResponse:
    """Kept while somebody types, without a word unless it could not be. Files may come alone, after an undo has
    kept the words; ``lost`` names those that did not arrive."""
    contact = _find(request, contact_id)
    has_words = "text" in request.POST
    is_kept = has_words and keep_words(request, contact)
    if wants_part(request):
        return render(request, "contacts/compose/_kept.html", {"is_kept": is_kept})
    form = ComposeForm(request.POST, request.FILES)
    form.is_valid()
    _keep_files(request, contact, form)
    for words in _of_files(form):
        warn(request, words)
    if lost := request.POST.getlist("lost")[:MOST_FILES]:
        names = ", ".join(name[:200] for name in lost)
        warn(request, _("These files could not be kept, attach them again: %(names)s") % {"names": names})
    if has_words:
        toast(request, _("Draft kept."))
    return redirect_page(request, reverse("contact_page", args=[contact.pk]))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def remove_draft_file(request: MemberRequest, contact_id: int, file_id: int) -> HttpResponse:
    """Takes a file out of what is being written; without a script the rest of the form comes along, and stays."""
    contact = _find(request, contact_id)
    drafts.remove_file(contact=contact, file_id=file_id, by=request.user)
    if wants_part(request):
        desk = reading.of(contact, request.membership, [])
        held = {"files": desk.files, "excess": desk.excess, "contact": contact}
        return render(request, "contacts/compose/_held.html", held)
    form = ComposeForm(request.POST, request.FILES)
    form.is_valid()
    _keep_files(request, contact, form)
    keep_words(request, contact)
    return _page(request, contact, form.data, wrong=_of_files(form))


def keep_words(request: MemberRequest, contact: Contact) -> bool:
    """Whether there were any, and all are kept."""
    said = {name: request.POST.get(name, "").replace("\x00", "") for name in ("kind", "subject", "text")}
    return drafts.keep(contact=contact, by=request.user, **said)


def _keep_files(request: MemberRequest, contact: Contact, form: ComposeForm) -> set[int]:
    """What was chosen waits in the draft: whatever else is refused, nobody chooses it again. Tells the form errors."""
    if is_too_large(request, "attachments"):
        form.add_error("attachments", _("One of the files is too large to be attached."))
    uploads = form.cleaned_data.get("attachments", [])
    if not uploads:
        return set()
    try:
        drafts.refuse_too_much(contact=contact, sizes=[one.size for one in uploads], by=request.user)
    except ValidationError as error:
        _add_errors(form, error)
        return set()
    kept = _stored(request, uploads)
    drafts.attach(contact=contact, files=kept, by=request.user)
    return {file.pk for file in kept}


def _of_files(form: ComposeForm) -> list[str]:
    return [str(words) for words in form.errors.get("attachments", ())]


def _held_ids(request: MemberRequest) -> set[int]:
    """The waiting files that stood in the form: only what was seen goes out."""
    return {int(each) for each in request.POST.getlist("held") if each.isdecimal() and len(each) < 19}


def _send_email(request: MemberRequest, contact: Contact, values: dict[str, Any]) -> None:
    letter = writing.write_letter(
        contact=contact,
        subject=values["subject"],
        text=values["text"],
        by=request.user,
        to=values["to"],
        identity=SendingIdentity.objects.filter(pk=values["sender"]).first() if values["sender"] else None,
        follows=_visible_letter(contact, values["follows"]),
        files=values["files"],
    )
    toast(request, _("Your email is on its way."), undo=reverse("take_back_letter", args=[letter.pk]))


def _write_note(request: MemberRequest, contact: Contact, values: dict[str, Any]) -> None:
    kind = Kind(values["kind"])
    at = values["at"] if kind != Kind.NOTE else None
    notes.write_note(contact=contact, text=values["text"], by=request.user, kind=kind, files=values["files"], at=at)
    toast(request, _("Note saved.") if kind == Kind.NOTE else str(LOGGED[kind]))


def _plan(request: MemberRequest, contact: Contact, values: dict[str, Any]) -> None:
    follow_ups.plan(
        contact=contact,
        text=values["text"],
        due_on=values["due_on"],
        by=request.user,
        owner_id=values["owner"],
    )
    toast(request, _("Task planned."))


_WRITERS: dict[Kind, Callable[[MemberRequest, Contact, dict[str, Any]], None]] = {
    Kind.NOTE: _write_note,
    Kind.CALL: _write_note,
    Kind.MEETING: _write_note,
    Kind.LETTER: _write_note,
    Kind.EMAIL: _send_email,
    Kind.TASK: _plan,
}


def _fill_in(request: MemberRequest, contact: Contact, refused: Sequence[str]) -> HttpResponse:
    """The template's words for this person before what was written already; nothing is lost."""
    chosen = request.POST.get("template", "")
    template = get_object_or_404(LetterTemplate, pk=int(chosen) if chosen.isdecimal() else 0)
    try:
        said = texts.begun(contact, subject=template.subject, text=template.text)
        wrong = [*refused, *(texts.gap_words(contact, name) for name in said.gaps)]
    except ValidationError as error:
        # A field the template speaks of is gone.
        said, wrong = texts.Said(template.subject, template.text), [*refused, *error.messages]
    written = request.POST.get("text", "").strip()
    typed = {
        **request.POST.dict(),
        "kind": Kind.EMAIL,
        "subject": request.POST.get("subject", "").strip() or said.subject,
        "text": f"{said.text}\n\n{written}" if written else said.text,
    }
    if wants_part(request):
        words = {"typed": typed, "form": None, "contact": contact, "wrong": wrong}
        return render(request, "contacts/compose/_words.html", words)
    return _page(request, contact, typed, wrong=wrong)


def _asked_for(request: MemberRequest, contact: Contact) -> dict[str, Any]:
    """What a link wants: a kind, and the letter to be answered."""
    kind = request.GET.get("kind", "")
    follows = request.GET.get("follows", "")
    letter = _visible_letter(contact, int(follows)) if follows.isdecimal() else None
    if letter is None:
        return {"kind": kind} if kind in Kind.values else {}
    to = letter.sender_address if letter.direction == Letter.Direction.IN else ""
    subject = documents.answering(letter.subject)
    return {"kind": Kind.EMAIL, "subject": subject, "follows": letter.pk, "to": to}


def _visible_letter(contact: Contact, letter_id: int | None) -> Letter | None:
    return Letter.objects.filter(pk=letter_id, contact=contact).select_related("root").first() if letter_id else None


def _find(request: MemberRequest, contact_id: int) -> Contact:
    """Whom one may write to: in sight, and not in the bin."""
    visible = Contact.objects.visible_to(request.membership).unbinned()
    return get_object_or_404(visible.select_related("company"), pk=contact_id)


def _stored(request: MemberRequest, uploads: Sequence[Any]) -> list[File]:
    return [
        storing.store(
            upload.chunks(),
            name=upload.name,
            content_type=upload.content_type or "application/octet-stream",
            capability=Capability.CONTACTS_VIEW,
            by=request.user,
        )
        for upload in uploads
    ]


def _add_errors(form: ComposeForm, error: ValidationError) -> None:
    for name, messages in error.message_dict.items():
        form.add_error(name if name in form.fields else "text", messages)


def _page(
    request: MemberRequest,
    contact: Contact,
    typed: Any,
    *,
    form: ComposeForm | None = None,
    wrong: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    """Nothing typed is lost: it comes before the draft, the draft before nothing."""
    addresses = [each.address for each in refusals.addresses_of(contact.pk)]
    desk = reading.of(contact, request.membership, addresses)
    label = contact.name or (addresses[0] if addresses else str(contact))
    context = {
        "desk": desk,
        "contact": contact,
        "typed": {**desk.draft, **{name: typed[name] for name in typed if typed[name] != ""}},
        "form": form,
        "wrong": wrong,
        "title": _("Write to %(name)s") % {"name": label},
        "crumbs": [(_("Contacts"), reverse("contact_list")), (label, reverse("contact_page", args=[contact.pk]))],
    }
    return render(request, "contacts/compose/page.html", context, status=status)
