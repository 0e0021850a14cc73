"""Conditions about the person: who they are, where they live, since when we know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, Func, OuterRef, Q, TextField, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import criteria, merged, places
from contacts.criteria import Criterion, Operator, Options, Scope, Text
from contacts.models import Company, Contact
from contacts.models.people import Stage
from contacts.segments.inputs import Choices, Phrase, Words
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

IS_KNOWN = Operator("known", gettext_lazy("is known"), gettext_lazy("%(field)s is known"))
IS_NOT_KNOWN = Operator("unknown", gettext_lazy("is not known"), gettext_lazy("%(field)s is not known"))


def register() -> None:
    _register_choice("stage", gettext_lazy("Stage"), stages, can_be_unknown=False, moved_by=("contact.stage_changed",))
    _register_choice("country", gettext_lazy("Country"), places.countries, group="place")
    _register_choice("language", gettext_lazy("Language"), places.languages)
    _register_words("city", gettext_lazy("City"), "place")
    _register_words("source", gettext_lazy("Source"))
    _register_words("job_title", gettext_lazy("Job title"))
    _register_words("time_zone", gettext_lazy("Own time zone"))
    _register_text("name", gettext_lazy("Name"))
    _register_text("given_name", gettext_lazy("Given name"))
    _register_text("family_name", gettext_lazy("Family name"))
    _register_owner()
    _register_company()


def stages() -> Options:
    return Stage.choices


def owners() -> Options:
    members = User.objects.filter(memberships__tenant_id=require_tenant_id()).order_by("name", "email")
    return [(member.pk, str(member)) for member in members]


def _register_choice(
    name: str,
    label: Text,
    source: Callable[[], Options],
    *,
    can_be_unknown: bool = True,
    group: str = "person",
    moved_by: tuple[str, ...] = (),
) -> None:
    def compile_(operator: str, value: Any, scope: Scope) -> Q:
        if operator == "any_of":
            return Q(**{f"{name}__in": value})
        if operator == "none_of":
            return ~Q(**{f"{name}__in": value})
        return _is_blank(name, operator)

    def explain(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
        stored = getattr(contact, name)
        return str(dict(scope.options(source)).get(stored, stored)) if stored else _("not known")

    operators = (*any_or_none(source, label), *((IS_KNOWN, IS_NOT_KNOWN) if can_be_unknown else ()))
    criteria.register(Criterion(name, label, group, operators, compile_, explain, moved_by=moved_by))


def any_or_none(source: Callable[[], Options], label: Text, *, of: type = str) -> tuple[Operator, Operator]:
    chosen = Choices("value", label, source, of=of)
    return (
        Operator("any_of", gettext_lazy("is any of"), gettext_lazy("%(field)s is any of %(value)s"), (chosen,)),
        Operator("none_of", gettext_lazy("is none of"), gettext_lazy("%(field)s is none of %(value)s"), (chosen,)),
    )


def _register_words(name: str, label: Text, group: str = "person") -> None:
    def compile_(operator: str, value: Any, scope: Scope) -> Q:
        if operator == "any_of":
            return _any_of(name, value)
        if operator == "none_of":
            return ~_any_of(name, value)
        return _is_blank(name, operator)

    def explain(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
        return getattr(contact, name) or _("not known")

    words = Words("value", label, suggest=name)
    operators = (
        Operator("any_of", gettext_lazy("is any of"), gettext_lazy("%(field)s is any of %(value)s"), (words,)),
        Operator("none_of", gettext_lazy("is none of"), gettext_lazy("%(field)s is none of %(value)s"), (words,)),
        IS_KNOWN,
        IS_NOT_KNOWN,
    )
    criteria.register(Criterion(name, label, group, operators, compile_, explain))


def _any_of(name: str, words: list[str]) -> Q:
    found = Q()
    for word in words:
        found |= Q(**{f"{name}__iexact": word})
    return found


def _is_blank(name: str, operator: str) -> Q:
    return ~Q(**{name: ""}) if operator == "known" else Q(**{name: ""})


def _register_text(name: str, label: Text) -> None:
    phrase = Phrase("value", gettext_lazy("Text"))
    lookups = {"contains": "icontains", "starts": "istartswith", "is": "iexact"}

    def compile_(operator: str, value: Any, scope: Scope) -> Q:
        if operator in lookups:
            return Q(**{f"{name}__{lookups[operator]}": value})
        return _is_blank(name, operator)

    def explain(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
        return getattr(contact, name) or _("not known")

    operators = (
        Operator("contains", gettext_lazy("contains"), gettext_lazy("%(field)s contains %(value)s"), (phrase,)),
        Operator("starts", gettext_lazy("starts with"), gettext_lazy("%(field)s starts with %(value)s"), (phrase,)),
        Operator("is", gettext_lazy("is"), gettext_lazy("%(field)s is %(value)s"), (phrase,)),
        IS_KNOWN,
        IS_NOT_KNOWN,
    )
    criteria.register(Criterion(name, label, "person", operators, compile_, explain))


def _register_owner() -> None:
    def compile_(operator: str, value: Any, scope: Scope) -> Q:
        if operator == "any_of":
            return Q(owner_id__in=value)
        if operator == "none_of":
            return ~Q(owner_id__in=value)
        return Q(owner__isnull=operator == "unassigned")

    def explain(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
        return str(dict(scope.options(owners)).get(contact.owner_id, _("Unassigned")))

    operators = (
        *any_or_none(owners, gettext_lazy("Owner"), of=int),
        Operator("unassigned", gettext_lazy("is nobody"), gettext_lazy("%(field)s is nobody")),
        Operator("assigned", gettext_lazy("is somebody"), gettext_lazy("%(field)s is somebody")),
    )
    criteria.register(Criterion("owner", gettext_lazy("Owner"), "person", operators, compile_, explain))


def _register_company() -> None:
    def compile_(operator: str, value: Any, scope: Scope) -> Q:
        if operator in ("known", "unknown"):
            return Q(company__isnull=operator == "unknown")
        folded = [Func(Value(word.strip()), function="search.fold", output_field=TextField()) for word in value]
        named = Q(Exists(Company.objects.filter(name_norm__in=folded, pk=OuterRef("company_id"))))
        if stand_for_them := merged.company_survivors_by_name(folded):
            named |= Q(company__in=stand_for_them)
        return named if operator == "any_of" else ~named

    def explain(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
        return contact.company.name if contact.company else _("not known")

    words = Words("value", gettext_lazy("Company"), suggest="company")
    operators = (
        Operator("any_of", gettext_lazy("is any of"), gettext_lazy("%(field)s is any of %(value)s"), (words,)),
        Operator("none_of", gettext_lazy("is none of"), gettext_lazy("%(field)s is none of %(value)s"), (words,)),
        IS_KNOWN,
        IS_NOT_KNOWN,
    )
    criteria.register(Criterion("company", gettext_lazy("Company"), "person", operators, compile_, explain))
