"""Tasks and their faults in words for people who do not read logs."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

_tasks: dict[str, str | Promise] = {}

_AWAY = _("Another service could not be reached. It may be back by now.")
_SLOW = _("Another service took too long to answer.")
_BUSY = _("The database was busy or away.")
_REFUSED = _("Another service did not accept what we sent.")
_ERRORS: dict[str, str | Promise] = {
    "ConnectionError": _AWAY,
    "ConnectionRefusedError": _AWAY,
    "ConnectionResetError": _AWAY,
    "gaierror": _AWAY,
    "OSError": _AWAY,
    "TimeoutError": _SLOW,
    "ReadTimeout": _SLOW,
    "OperationalError": _BUSY,
    "DeadlockDetected": _BUSY,
    "SMTPException": _REFUSED,
    "HTTPError": _REFUSED,
    "DoesNotExist": _("What it was about is no longer there."),
}


def register(labels: Mapping[str, str | Promise]) -> None:
    """What tasks are called on the page of stuck work: {"mail.take_in": _("Take in a mail")}."""
    _tasks.update(labels)


def task_label(task: str) -> str:
    return str(_tasks.get(task, task.replace(".", ": ").replace("_", " ")))


def error_words(error: str) -> str:
    """A sentence for the class name that an outbox entry keeps of its last fault."""
    known = _ERRORS.get(error)
    return str(known) if known else gettext("A fault of ours, not of what you did. It is in the log as %s.") % error
