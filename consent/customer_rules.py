"""A workspace's own rules about customers of a country, set with a reason and audited."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consent.customer_laws import RULES, UNCONFIRMED, Rule
from consent.models import CustomerRule
from ecrm.audit import services as audit
from ecrm.tenancy.models import User
from ecrm.tenancy.settings_rows import forget, once, remember

_MEMORY = "consent.customer_rules"


def own() -> Mapping[str, CustomerRule]:
    """By country. One query in a request."""
    return once(_MEMORY, lambda: {rule.country: rule for rule in CustomerRule.objects.select_related("set_by")})


# For a statement that asks about one person anyway, which calls its tenant's column so.
ALONG = f"""
    (SELECT coalesce(jsonb_agg(jsonb_build_object('country', rule.country, 'is_allowed', rule.is_allowed,
               'months', rule.months, 'law', rule.law, 'reason', rule.reason)), '[]')
       FROM {CustomerRule.table()} rule WHERE rule.tenant_id = asked.tenant_id)"""


def bring(rows: str) -> None:
    """``own`` is known from what ``ALONG`` answered; who set a rule is not."""
    remember(_MEMORY, {row["country"]: CustomerRule(**row) for row in json.loads(rows)})


def rule_of(country: str) -> Rule | None:
    """The workspace's, else what is known of the law; None where neither says anything sure."""
    if (mine := own().get(country)) is not None:
        return Rule(mine.law, "", is_allowed=mine.is_allowed, months=mine.months)
    return None if country in UNCONFIRMED else RULES.get(country)


@transaction.atomic
def set_rule(
    *, country: str, is_allowed: bool, law: str, reason: str, by: User | None, months: int | None = None
) -> CustomerRule:
    """Replaces the rule of a country. Raises ``ValidationError`` without the law or the reason."""
    if not law.strip():
        raise ValidationError({"law": _("Say on which law this rests.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: it is kept with your name.")})
    given = {"is_allowed": is_allowed, "months": months, "law": law.strip(), "reason": reason.strip()}
    rule, _is_new = CustomerRule.objects.update_or_create(
        country=country, defaults={**given, "set_at": timezone.now(), "set_by": by}
    )
    forget(_MEMORY)
    audit.record("customer_rule.set", by=by, subject=rule, fields=[country, *given], reason=reason.strip())
    return rule


@transaction.atomic
def remove_rule(*, rule: CustomerRule, by: User | None) -> bool:
    """What is known of the law counts again. False when it was gone already."""
    removed, _each = CustomerRule.objects.filter(pk=rule.pk).delete()
    if removed:
        forget(_MEMORY)
        audit.record("customer_rule.removed", by=by, subject=rule, fields=[rule.country], reason=rule.reason)
    return bool(removed)
