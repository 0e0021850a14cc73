"""Adding a rule: what happens, or how long nothing does."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import events
from contacts.ingest.raw import NAME
from contacts.models import StageRule
from contacts.models.people import Stage
from contacts.stages.rules import NEVER_HEARD

ANY_STAGE = ("", gettext_lazy("Any stage that comes before"))
ANYBODY = ("", gettext_lazy("Any stage but visitor"))


class EventRuleForm(forms.Form):
    event_name = forms.CharField(
        label=gettext_lazy("When this happens"),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "stage-events", "autocomplete": "off"}),
        help_text=gettext_lazy("The name of an event, also one your other systems report: order.placed"),
    )
    from_stage = forms.ChoiceField(
        label=gettext_lazy("To people in"), choices=[ANY_STAGE, *Stage.choices], required=False
    )
    stage = forms.ChoiceField(label=gettext_lazy("Make them"), choices=Stage.choices, initial=Stage.CUSTOMER)

    def clean_event_name(self) -> str:
        name = str(self.cleaned_data["event_name"]).strip()
        if not NAME.fullmatch(name):
            raise ValidationError(_("Names of events read like order.placed."))
        if name.startswith(NEVER_HEARD):
            raise ValidationError(_("Events about contacts and segments themselves move nobody."))
        return name

    def rule(self) -> dict[str, Any]:
        return {"kind": StageRule.Kind.EVENT, **self.cleaned_data}


class SilenceRuleForm(forms.Form):
    days = forms.IntegerField(
        label=gettext_lazy("After days without activity"), min_value=1, max_value=3650, initial=180
    )
    from_stage = forms.ChoiceField(
        label=gettext_lazy("People in"), choices=[ANYBODY, *Stage.choices], required=False, initial=Stage.CUSTOMER
    )
    stage = forms.ChoiceField(label=gettext_lazy("Become"), choices=Stage.choices, initial=Stage.LAPSED)

    def rule(self) -> dict[str, Any]:
        return {"kind": StageRule.Kind.SILENCE, **self.cleaned_data}


def known_events() -> list[tuple[str, str]]:
    """(name, title) of what may be listened to."""
    return [(kind.name, str(kind.title)) for kind in events.kinds() if not kind.name.startswith(NEVER_HEARD)]
