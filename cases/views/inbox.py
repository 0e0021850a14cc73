"""The three panes: the list alone, and the list with one case opened."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cases import figures, policies, services
from cases.forms import AnswerForm
from cases.models import Case, CaseSettings, Priority, State
from cases.pages import customer, due, opened, presence
from cases.pages.conversation import Conversation
from cases.pages.inbox import CHANNEL_ICONS, Inbox
from cases.sending.letters import sender
from cases.views.frame import back_to
from ecrm.mail.inbound.addresses import support_address
from ecrm.search import recents
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import render_live, version_of, wants_part


@requires(Capability.CASES_VIEW)
@require_safe
def cases(request: MemberRequest) -> HttpResponse:
    """The inbox. Its list asks for itself while it is seen, and is sent again when it has changed, or when
    a minute has passed: due times are told in minutes.
    """
    inbox = Inbox(request)
    context = list_context(request, inbox, current=request.GET.get("current", ""))
    if not wants_part(request):
        return render(request, "cases/inbox.html", context | {"is_bare": True})
    minute = timezone.now().strftime("%H:%M")
    version = version_of(get_language(), request.GET.urlencode(), inbox.facts, minute)
    return render_live(request, "cases/_list_part.html", context | {"is_part": True}, version=version)


@requires(Capability.CASES_VIEW)
@require_safe
def case_page(request: MemberRequest, case_id: int) -> HttpResponse:
    """One case beside the list. A merged one leads to the case that has its messages."""
    found = opened.find(request.membership, case_id)
    case = found.case
    if case.merged_into_id is not None:
        return back_to(request, services.whole_of(case))
    if request.method == "GET":
        if found.is_unread:
            services.mark_read(case=case, by=request.user)
        recents.remember(request.membership, "cases", case.pk)
    return render(request, "cases/case.html", case_context(request, found))


@requires(Capability.CASES_VIEW)
@require_safe
def case_conversation(request: MemberRequest, case_id: int) -> HttpResponse:
    """The messages alone, as the open page asks for them every few seconds."""
    found = opened.find(request.membership, case_id)
    case = found.case
    presence.note(case.pk, request.user)
    talk = Conversation(found, request.user, is_whole="all" in request.GET)
    context = head_context(request, case) | {"talk": talk, "may_manage": may_manage(request), "is_part": True}
    if request.method == "GET" and found.is_unread:
        services.mark_read(case=case, by=request.user)
    return render_live(request, "cases/_conversation_part.html", context, version=talk_version(case, talk))


def talk_version(case: Case, talk: Conversation) -> str:
    """Of the messages and of the head above them."""
    return version_of(get_language(), talk.facts, case.assignee_id, case.priority, case.team_id, case.snoozed_until)


def list_context(request: MemberRequest, inbox: Inbox, *, current: str = "") -> dict[str, Any]:
    goal = figures.goal()
    rows = [(case, due.of(case, goal=goal, now=inbox.now), CHANNEL_ICONS[case.channel]) for case in inbox.page.rows]
    return {
        "inbox": inbox,
        "rows": rows,
        "current": current,
        "support_address": "" if rows or inbox.is_filtered else support_address(),
        "may_answer": request.membership.may(Capability.CASES_ANSWER),
        "may_manage": may_manage(request),
    }


def case_context(
    request: MemberRequest, found: opened.Opened, *, form: AnswerForm | None = None, **more: Any
) -> dict[str, Any]:
    """Everything the page of one case shows; ``form`` is the composer as it was sent, if it was."""
    case = found.case
    presence.note(case.pk, request.user)
    talk = Conversation(found, request.user, is_whole="all" in request.GET)
    return (
        list_context(request, Inbox(request), current=str(case.pk))
        | head_context(request, case)
        | composer_context(request, talk, form)
        | {"talk": talk, "talk_version": talk_version(case, talk)}
        | {"customer": customer.of(found, request.membership)}
        | more
    )


def may_manage(request: MemberRequest) -> bool:
    return request.membership.may(Capability.CASES_MANAGE)


def head_context(request: MemberRequest, case: Case) -> dict[str, Any]:
    inbox = Inbox(request)
    return {
        "case": case,
        "inbox_query": inbox.query,
        "shape": due.SHAPES[State(case.state)],
        "due": due.of(case, goal=figures.goal(), now=inbox.now),
        "may_answer": policies.may_answer(request.membership, case),
        "is_mine": case.assignee_id == request.user.pk,
        "is_snoozed": case.snoozed_until is not None and case.snoozed_until > inbox.now,
        "priorities": Priority.choices,
        "states": [(state.value, state.label) for state in (State.OPEN, State.ON_CUSTOMER, State.ON_US)],
    }


def composer_context(request: MemberRequest, talk: Conversation, form: AnswerForm | None) -> dict[str, Any]:
    if not policies.may_answer(request.membership, talk.case):
        return {}
    draft, settings = talk.draft, CaseSettings.of_tenant()
    recipients = talk.opened.recipients
    initial = {"text": draft.text if draft else "", "kind": "note" if draft and draft.is_note else "reply"}
    return {
        "composer": form or AnswerForm(initial=initial),
        "seen": talk.newest_id,
        "draft": draft,
        "recipients": recipients,
        "sender_name": (talk.opened.sender_name or _desk_name(settings)) if recipients else "",
        "signature": settings.signature,
    }


def _desk_name(settings: CaseSettings) -> str:
    """A workspace without a sender answers as its support address."""
    identity = sender(settings)
    return identity.name if identity else ""
