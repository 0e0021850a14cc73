"""Writing: answers, notes, drafts, and what can still be done about an answer on its way."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import services
from cases.forms import AnswerForm
from cases.models import Case, State
from cases.pages import opened
from cases.pages.inbox import Inbox
from cases.views.frame import back_to, find_case, find_message, on_to_next
from cases.views.inbox import case_context
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID
from ecrm.ui.toasts import toast, warn


@requires(Capability.CASES_ANSWER)
@require_POST
def answer_case(request: MemberRequest, case_id: int) -> HttpResponse:
    """Sends the composer: an answer, or a private note. A newer message of others is shown first."""
    case, form = find_case(request, case_id), AnswerForm(request.POST, request.FILES)
    following = Inbox(request).next_after(case) if form.data.get("then") == State.SOLVED else None
    try:
        if not form.is_valid():
            return _composer_again(request, case, form)
        with transaction.atomic():
            _say(request, case, form)
    except ValidationError as error:
        form.add_error("text", error.messages)
        return _composer_again(request, case, form)
    except services.StaleConversation as stale:
        return _composer_again(request, case, form, newer=stale.newer)
    if not form.is_note and form.cleaned_data["then"] == State.SOLVED:
        return on_to_next(request, case, following)
    return back_to(request, case)


@requires(Capability.CASES_ANSWER)
@require_POST
def keep_case_draft(request: MemberRequest, case_id: int) -> HttpResponse:
    """Kept while somebody types, without a word unless it could not be."""
    case = find_case(request, case_id)
    text = request.POST.get("text", "").replace("\x00", "")
    services.keep_draft(case=case, text=text, is_note=request.POST.get("kind") == "note", by=request.user)
    if request.headers.get("HX-Request"):
        return render(request, "cases/_draft_note.html", {"is_kept": bool(text.strip())})
    toast(request, _("Draft kept."))
    return back_to(request, case)


@requires(Capability.CASES_ANSWER)
@require_POST
def take_back_answer(request: MemberRequest, case_message_id: int) -> HttpResponse:
    message = find_message(request, case_message_id)
    if services.take_back_answer(message=message, by=request.user):
        toast(request, _("Not sent. Your words are back in the answer."))
    else:
        warn(request, _("That answer is on its way already."))
    return back_to(request, message.case)


@requires(Capability.CASES_ANSWER)
@require_POST
def send_answer_again(request: MemberRequest, case_message_id: int) -> HttpResponse:
    message = find_message(request, case_message_id)
    if services.send_again(message=message, by=request.user):
        toast(request, _("The answer goes out again."))
    return back_to(request, message.case)


def _say(request: MemberRequest, case: Case, form: AnswerForm) -> None:
    values, kept = form.cleaned_data, _stored(request, form)
    if form.is_note:
        services.write_note(case=case, text=values["text"], by=request.user, files=kept)
        toast(request, _("Note added. Only members see it."))
        return
    then = State(values["then"]) if values["then"] in State.values else State.ON_CUSTOMER
    said = services.answer_case(
        case=case,
        text=values["text"],
        by=request.user,
        to=values["to"],
        then=then,
        files=kept,
        seen_message_id=values["seen"],
    )
    if said.handovers.exists():
        toast(request, _("Your answer is on its way."), undo=_address(request, "take_back_answer", said.pk))
    else:
        toast(request, _("Written down. There is no address to send it to."))


def _stored(request: MemberRequest, form: AnswerForm) -> list[File]:
    return [
        files.store(
            upload.chunks(),
            name=upload.name,
            content_type=upload.content_type or "application/octet-stream",
            capability=Capability.CASES_VIEW,
            by=request.user,
        )
        for upload in form.cleaned_data["attachments"]
    ]


def _address(request: MemberRequest, name: str, *args: int) -> str:
    return f"{reverse(name, args=args)}?{Inbox(request).query}"


def _composer_again(request: MemberRequest, case: Case, form: AnswerForm, **more: object) -> HttpResponse:
    """The page with the composer as it was: nothing typed is lost."""
    context = case_context(request, opened.find(request.membership, case.pk), form=form, **more)
    return render(request, "cases/case.html", context, status=INVALID)
