"""Tells the one who asked for a job how it ended."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecrm.jobs.models import Job
from ecrm.notices.kinds import NoticeKind
from ecrm.notices.models import Notification
from ecrm.notices.services import notify

_TOLD = {Job.State.DONE: "job.finished", Job.State.FAILED: "job.failed"}


def tell(job: Job) -> None:
    """A cancelled job is told to nobody: it was the person's own wish."""
    kind = _TOLD.get(Job.State(job.state))
    if kind is None or job.requested_by_id is None:
        return
    facts = {"title": job.title, "done": job.done, "failed": job.failed, "error": job.error}
    notify(kind, to=[job.requested_by_id], url=job.url or f"/jobs/{job.pk}/", facts=facts, key=f"job:{job.pk}")


def _finished(notification: Notification) -> str:
    return _("%(job)s: finished") % {"job": notification.facts.get("title", "")}


def _failed(notification: Notification) -> str:
    return _("%(job)s: failed") % {"job": notification.facts.get("title", "")}


def _counts(notification: Notification) -> str:
    done, failed = notification.facts.get("done", 0), notification.facts.get("failed", 0)
    if not done and not failed:
        return ""
    return _("%(done)s done, %(failed)s failed") % {"done": done, "failed": failed}


def _error(notification: Notification) -> str:
    return str(notification.facts.get("error", ""))


KINDS = (
    NoticeKind("job.finished", gettext_lazy("My job is finished"), "circle-check", _finished, "never", _counts),
    NoticeKind("job.failed", gettext_lazy("My job failed"), "circle-x", _failed, "digest", _error),
)
