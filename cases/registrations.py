"""What cases give to the registries of the house. Read it first: it names every part of the room."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases import (
    api,
    audit_words,
    company_panel,
    criteria,
    figures,
    merging,
    notices,
    palette,
    panel,
    privacy,
    tasks,
    timeline,
)
from cases.inbound import open_case, receiver, together
from ecrm.jobs import beats
from ecrm.mail.inbound import receivers
from ecrm.tenancy import sample
from ecrm.tenancy.roles import Capability
from ecrm.ui import checklist, nav, rail_figures, settings_pages, shortcuts


def _waiting(request: HttpRequest) -> nav.Waiting | None:
    """How many cases wait for the reader; hot when one of them waits too long."""
    waiting, overdue = rail_figures.of(request.membership)["cases.attention"]  # type: ignore[attr-defined]  # the rail is a member's
    return nav.Waiting(waiting, _("need an answer"), is_hot=overdue > 0) if waiting else None


api.register()
audit_words.register()
sample.count_of(_("Cases"), "cases_case")
criteria.register()
merging.register()
notices.register()
palette.register()
panel.register()
company_panel.register()
privacy.register()
timeline.register()

open_case.register()
receivers.register(receiver.BEFORE_CAMPAIGNS, receiver.receive_report)
receivers.register(receiver.ORDER, receiver.receive, together=together.receive)
beats.on_nightly.append(tasks.nightly)

rail_figures.register("cases.attention", figures.attention_question)
nav.register(nav.Entry("cases", _("Cases"), "inbox", "cases", nav.CASES, Capability.CASES_VIEW, _waiting))
settings_pages.register(
    settings_pages.SettingsPage(
        key="cases",
        label=_("Cases"),
        note=_("Who answers come from, their signature, and when an answer is due."),
        icon="inbox",
        url_name="case_settings",
        order=20,
        capability=Capability.CASES_MANAGE,
        group=settings_pages.Group.CHANNELS,
        keywords=_("support mailbox signature reply"),
    )
)
checklist.register(
    checklist.Step(
        "first_answer",
        _("Answer a first case"),
        _("Open the case your mail made and answer it: the sender gets a mail back."),
        "cases",
        capability=Capability.CASES_ANSWER,
        order=60,
        rows=figures.answered,
    )
)
for keys, label, control in (
    ("r", _("Answer the case"), "case-reply"),
    ("n", _("Write a private note"), "case-note"),
    ("e", _("Solve the case"), "case-solve"),
    ("i", _("Take the case"), "case-take"),
):
    shortcuts.register(shortcuts.Shortcut(keys, label, _("Cases"), control=control, capability=Capability.CASES_ANSWER))
shortcuts.register(
    shortcuts.Shortcut("g i", _("Cases"), shortcuts.GO_TO, url_name="cases", capability=Capability.CASES_VIEW)
)
