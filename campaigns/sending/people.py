"""Who of a segment gets a campaign, in which content, and who is left out and why: one SQL.

The rehearsal counts it and the send stores it, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from campaigns import exclusions
from campaigns.exclusions import Reason
from campaigns.models import Campaign, CampaignContent, Throttle
from consent import rules
from consent.models import Purpose
from contacts.criteria import Scope, Unanswerable
from contacts.models import Contact, EmailAddress
from contacts.segments import tree
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant

HASH_RANGE = 100  # the holdout is given in percent


@dataclass(frozen=True, slots=True)
class Fragment:
    """SQL and what it is bound to, in order."""

    sql: str
    params: tuple[Any, ...] = ()


def judged(campaign: Campaign, *, after: int = 0, limit: int | None = None) -> Fragment:
    """A SELECT of the campaign's people by id, from ``after`` (exclusive) on, at most ``limit``.

    Columns: contact_id, content_id, address, address_norm, address_hash, domain, record_id, and
    reason (NULL for those who get it). ``domain`` is empty unless it has a throttle of its own.
    """
    purpose = Purpose.objects.get(pk=campaign.purpose_id or 0)
    consent = rules.sql(purpose, one_by_one=limit is not None)
    audience = _audience(campaign, after=after, limit=limit)
    content, reason, domain = _content(campaign), _reason(campaign, consent.condition), _domain()
    tenant_id = require_tenant_id()
    sql = f"""
        WITH audience (id) AS MATERIALIZED ({audience.sql})
        SELECT c.id AS contact_id, {content.sql} AS content_id, e.address, e.address_norm, e.address_hash,
               {domain.sql} AS domain, consent_state.record_id, {reason.sql} AS reason
          FROM audience
          JOIN {Contact.table()} c ON c.tenant_id = %s AND c.id = audience.id
          LEFT JOIN {EmailAddress.table()} e
                 ON e.tenant_id = c.tenant_id AND e.contact_id = c.id AND e.is_primary AND e.binned_at IS NULL
          {consent.join}"""
    params = (*audience.params, *content.params, *domain.params, *reason.params, tenant_id, *consent.params)
    return Fragment(sql, params)


class BrokenRule(Exception):
    """The segment's rule asks for something that is not there any more. The words are the user's."""


def check_rule(rule: object) -> None:
    """Raises ``BrokenRule`` for a rule that cannot be read or answered."""
    try:
        tree.compile_rule(rule, Scope.current())
    except (tree.InvalidRule, Unanswerable) as error:
        raise BrokenRule(str(error)) from error


def _audience(campaign: Campaign, *, after: int, limit: int | None) -> Fragment:
    """The segment's rule as it was when the campaign started; as it is now before that."""
    rule = campaign.audience_rule if campaign.audience_rule is not None else campaign.segment.rule
    check_rule(rule)
    condition = tree.compile_rule(rule, Scope.current(now=campaign.started_at))
    people = Contact.objects.filter(condition, binned_at=None, pk__gt=after).order_by("pk").values("pk")
    sql, params = (people[:limit] if limit else people).query.sql_with_params()
    return Fragment(sql, tuple(params))


def _reason(campaign: Campaign, consent_condition: str) -> Fragment:
    """The first reason that applies, in the order of ``Reason``; registered ones before the holdout."""
    extra = [_registered(rule, campaign) for rule in exclusions.rules()]
    wanted = [found for found in extra if found is not None]
    sql = f"""CASE
        WHEN c.binned_at IS NOT NULL THEN '{Reason.BINNED}'
        WHEN e.id IS NULL THEN '{Reason.NO_ADDRESS}'
        WHEN {rules.suppressed_sql()} THEN '{Reason.SUPPRESSED}'
        WHEN NOT ({consent_condition}) AND consent_state.state IS NOT NULL THEN '{Reason.WITHDRAWN}'
        WHEN ({consent_condition}) IS NOT TRUE THEN '{Reason.NO_CONSENT}'
        {" ".join(found.sql for found in wanted)}
        WHEN {_bucket("holdout")} < %s THEN '{Reason.HOLDOUT}'
        END"""
    params = [value for found in wanted for value in found.params]
    return Fragment(sql, (*params, str(campaign.pk), campaign.holdout_percent))


def _registered(rule: exclusions.Rule, campaign: Campaign) -> Fragment | None:
    condition = rule.condition(campaign)
    if condition is None:
        return None
    sql, params = Contact.objects.filter(condition).order_by().values("pk").query.sql_with_params()
    return Fragment(f"WHEN c.id IN ({sql}) THEN %s", (*params, rule.reason))


def _content(campaign: Campaign) -> Fragment:
    """The content's id by variant (a stable hash) and language, with a fall-back."""
    contents = list(CampaignContent.objects.filter(campaign=campaign).order_by("variant", "id"))
    variants = sorted({content.variant for content in contents})
    choices = [_by_language([each for each in contents if each.variant == variant]) for variant in variants]
    if len(choices) == 1:
        return choices[0]
    cases = " ".join(f"WHEN {number} THEN {choice.sql}" for number, choice in enumerate(choices))
    params = [value for choice in choices for value in choice.params]
    return Fragment(f"CASE {_bucket('variant')} %% {len(variants)} {cases} END", (str(campaign.pk), *params))


def _by_language(contents: Sequence[CampaignContent]) -> Fragment:
    """A person's own language, else its base (pt for pt-BR), else the tenant's first that there is."""
    by_language = {content.language.lower(): content.pk for content in contents}
    own = " ".join("WHEN lower(c.language) = %s THEN %s" for _each in by_language)
    base = " ".join("WHEN split_part(lower(c.language), '-', 1) = %s THEN %s" for _each in by_language)
    pairs = [value for pair in by_language.items() for value in pair]
    return Fragment(f"CASE {own} {base} ELSE %s END", (*pairs, *pairs, fallback(contents).pk))


def fallback(contents: Sequence[CampaignContent]) -> CampaignContent:
    """What people get whose language nobody wrote in."""
    languages = Tenant.objects.only("languages").get(pk=require_tenant_id()).languages
    by_language = {content.language: content for content in contents}
    return next((by_language[each] for each in languages if each in by_language), contents[0])


def _domain() -> Fragment:
    """Domains with a throttle get chunks of their own, so that they hold nobody else up."""
    slow = list(Throttle.objects.filter(scope="domain").values_list("key", flat=True))
    if not slow:
        return Fragment("''")
    name = "split_part(e.address_norm, '@', 2)"
    return Fragment(f"CASE WHEN {name} = ANY (%s) THEN {name} ELSE '' END", (slow,))


def _bucket(salt: str) -> str:
    """0 to 99, the same for a person and campaign for ever, independent between salts. Binds the campaign's id."""
    return f"(('x' || left(md5('{salt}:' || %s || ':' || c.id), 8))::bit(32)::bigint %% {HASH_RANGE})"
