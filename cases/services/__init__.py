"""Verbs on cases. Keyword-only, atomic, each with its event and audit."""

from cases.services.acknowledging import acknowledge, say_otherwise, texts
from cases.services.answering import (
    StaleConversation,
    answer_case,
    keep_draft,
    mark_read,
    recipients_of,
    send_again,
    take_back_answer,
    tell_answered,
    write_note,
)
from cases.services.assigning import assign_case, assign_cases, set_team
from cases.services.hearing import Incoming, add_reply, takes_answers
from cases.services.merging import merge_cases, undo_merge, whole_of
from cases.services.opening import open_case, open_for_mails
from cases.services.states import (
    close_case,
    close_long_solved,
    reopen_case,
    set_priority,
    set_state,
    snooze_case,
    solve_case,
    solve_cases,
)

__all__ = [
    "Incoming",
    "StaleConversation",
    "acknowledge",
    "add_reply",
    "answer_case",
    "assign_case",
    "assign_cases",
    "close_case",
    "close_long_solved",
    "keep_draft",
    "mark_read",
    "merge_cases",
    "open_case",
    "open_for_mails",
    "recipients_of",
    "reopen_case",
    "say_otherwise",
    "send_again",
    "set_priority",
    "set_state",
    "set_team",
    "snooze_case",
    "solve_case",
    "solve_cases",
    "take_back_answer",
    "takes_answers",
    "tell_answered",
    "texts",
    "undo_merge",
    "whole_of",
    "write_note",
]
