"""What segments can ask about consent and suppression."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import classes, purposes, rules
from consent.classes import ConsentClass
from consent.models import Action, ConsentState, Purpose
from contacts import criteria
from contacts.criteria import Criterion, Having, Operator, Options, Scope
from contacts.models import Contact, EmailAddress
from contacts.segments.inputs import Choices
from ecrm.tenancy.roles import Capability
from ecrm.ui import formats

CLASS = "consent_class"
_ANSWERS = {"granted": {Action.GRANTED.value}, "refused": set(rules.OBJECTIONS)}


def register() -> None:
    criteria.register(_consent())
    criteria.register(_class())
    criteria.register(_blocked())


def purpose_options() -> Options:
    """By key, which never changes; only those a person has a say in."""
    return [(each.purpose.key, each.name) for each in purposes.catalogue() if each.purpose.has_choice]


def _consent() -> Criterion:
    purpose = Choices("value", gettext_lazy("Purpose"), purpose_options, single=True)
    return Criterion(
        "consent",
        gettext_lazy("Consent"),
        "consent",
        (
            Operator("granted", gettext_lazy("given for"), gettext_lazy("%(field)s given for %(value)s"), (purpose,)),
            Operator(
                "refused", gettext_lazy("withdrawn for"), gettext_lazy("%(field)s withdrawn for %(value)s"), (purpose,)
            ),
            Operator(
                "unasked",
                gettext_lazy("never asked about"),
                gettext_lazy("%(field)s never asked about %(value)s"),
                (purpose,),
            ),
        ),
        _compile_consent,
        _explain_consent,
        capability=Capability.CONSENT_VIEW,
        moved_by=("consent.",),
    )


def _compile_consent(operator: str, value: Any, scope: Scope) -> Q:
    answers = _answers(value)
    if operator == "unasked":
        return ~Q(Having(answers))
    return Q(Having(answers.filter(state__in=sorted(_ANSWERS[operator]))))


def _explain_consent(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    state = _answers(value).filter(contact=contact).first()
    if state is None:
        return str(rules.Reason.NEVER_ASKED.label)
    words = {"answer": state.get_state_display(), "day": formats.day(state.since)}
    return _("%(answer)s on %(day)s") % words


def _class() -> Criterion:
    purpose = Choices("value", gettext_lazy("Purpose"), purpose_options, single=True)
    return Criterion(
        CLASS,
        gettext_lazy("May be mailed"),
        "consent",
        (
            Operator("may", gettext_lazy("yes, for"), gettext_lazy("May be mailed for %(value)s"), (purpose,)),
            Operator(
                "needs", gettext_lazy("needs evidence for"), gettext_lazy("Needs evidence for %(value)s"), (purpose,)
            ),
            Operator("never", gettext_lazy("never, for"), gettext_lazy("Never to be mailed for %(value)s"), (purpose,)),
        ),
        _compile_class,
        _explain_class,
        capability=Capability.CONSENT_VIEW,
        moved_by=("consent.", "suppression", "field:emails", "email."),
    )


def _compile_class(operator: str, value: Any, scope: Scope) -> Q:
    return classes.of(_purpose(value), operator)


def _explain_class(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    purpose = _purpose(value)
    people = Contact.objects.filter(pk=contact.pk)
    found = next((each for each in ConsentClass if people.filter(classes.of(purpose, each)).exists()), None)
    return str(found.label) if found else ""


def _answers(key: str) -> Any:
    purpose = _purpose(key)
    return ConsentState.objects.filter(purpose=purpose, channel=purpose.channel)


def _purpose(key: str) -> Purpose:
    purpose = Purpose.objects.filter(key=key).first()
    if purpose is None:
        raise criteria.Unanswerable(_("The purpose this rule asks about is gone."))
    return purpose


def _blocked() -> Criterion:
    return Criterion(
        "address_blocked",
        gettext_lazy("Main email address"),
        "consent",
        (
            Operator("yes", gettext_lazy("is suppressed"), gettext_lazy("%(field)s is suppressed")),
            Operator("no", gettext_lazy("is not suppressed"), gettext_lazy("%(field)s is not suppressed")),
        ),
        _compile_blocked,
        _explain_blocked,
        moved_by=("suppression", "field:emails", "email."),
    )


def _compile_blocked(operator: str, value: Any, scope: Scope) -> Q:
    blocked = Having(_main_addresses().filter(rules.suppressed()))
    return Q(blocked) if operator == "yes" else ~Q(blocked)


def _explain_blocked(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    address = _main_addresses().filter(contact=contact).annotate(is_blocked=rules.suppressed()).first()
    if address is None:
        return _("no email address")
    return _("suppressed") if address.is_blocked else _("not suppressed")


def _main_addresses() -> Any:
    return EmailAddress.objects.filter(is_primary=True, binned_at=None)
