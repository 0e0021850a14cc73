"""The settings page of stages."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from contacts import events
from contacts.models import StageRule
from contacts.models.people import Stage
from contacts.stages import rules
from contacts.stages.forms import EventRuleForm, SilenceRuleForm, known_events
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.forms import error_count
from ecrm.ui.parts import INVALID, redirect_page
from ecrm.ui.toasts import toast

FORMS: dict[str, type[Any]] = {"event": EventRuleForm, "silence": SilenceRuleForm}


@requires(Capability.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def stage_rules(request: MemberRequest) -> HttpResponse:
    """The rules there are; sending one of the two forms adds one."""
    sent = request.POST.get("kind", "") if request.method == "POST" else ""
    forms = {kind: form(request.POST if kind == sent else None, prefix=kind) for kind, form in FORMS.items()}
    if sent in forms and forms[sent].is_valid():
        try:
            with transaction.atomic():
                rules.add_rule(by=request.user, **forms[sent].rule())
        except ValidationError as error:
            forms[sent].add_error(None, error)
        else:
            toast(request, _("Rule added."))
            return redirect_page(request, reverse("stage_rules"))
    errors = error_count(forms[sent]) if sent in forms else 0
    context = {
        "event_form": forms["event"],
        "silence_form": forms["silence"],
        "rules": [(rule, _sentence(rule)) for rule in StageRule.objects.order_by("kind", "id")],
        "events": known_events(),
    }
    return render(request, "contacts/stages/settings.html", context, status=INVALID if errors else 200)


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def remove_stage_rule(request: MemberRequest, stage_rule_id: int) -> HttpResponse:
    rule = get_object_or_404(StageRule, pk=stage_rule_id)
    if rules.remove_rule(rule=rule, by=request.user):
        toast(request, _("Rule removed. People stay in the stages they are in."))
    return redirect_page(request, reverse("stage_rules"))


def _sentence(rule: StageRule) -> str:
    said = {"stage": Stage(rule.stage).label, "from": Stage(rule.from_stage).label if rule.from_stage else ""}
    if rule.kind == StageRule.Kind.SILENCE:
        days = rule.days or 0
        if rule.from_stage:
            words = ngettext(
                "%(from)s → %(stage)s after %(days)d day without activity",
                "%(from)s → %(stage)s after %(days)d days without activity",
                days,
            )
        else:
            words = ngettext(
                "%(stage)s after %(days)d day without activity",
                "%(stage)s after %(days)d days without activity",
                days,
            )
        return words % {**said, "days": days}
    said["event"] = str(events.shown_as(rule.event_name).title)
    words = _("%(from)s → %(stage)s on “%(event)s”") if rule.from_stage else _("%(stage)s on “%(event)s”")
    return words % said
