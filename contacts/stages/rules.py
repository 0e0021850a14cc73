"""Rules that move people from stage to stage: when something happens, or when nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import services
from contacts.events import NewEvent
from contacts.models import Contact, ContactChange, StageRule
from contacts.models.people import Stage
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User
from ecrm.tenancy.settings_rows import forget, once

# Our own bookkeeping moves nobody: a rule that listens to a stage would call itself.
NEVER_HEARD = ("contact.", "segment.")
MOVED_AT_ONCE = 5_000
_ORDER = (Stage.VISITOR, Stage.LEAD, Stage.PROSPECT, Stage.CUSTOMER)
_MEMORY = "contacts.stages"


@transaction.atomic
def add_rule(
    *, kind: str, stage: str, by: User | None, event_name: str = "", days: int | None = None, from_stage: str = ""
) -> StageRule:
    """Raises ``ValidationError`` for a rule that is there already, or that leads to where it starts."""
    if stage == from_stage:
        raise ValidationError({"stage": _("Choose another stage than the one people come from.")})
    rule = StageRule(kind=kind, event_name=event_name, days=days, from_stage=from_stage, stage=stage, created_by=by)
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise ValidationError(_("This rule is there already.")) from error
    forget(_MEMORY)
    audit.record("stage_rule.added", by=by, subject=rule)
    return rule


@transaction.atomic
def remove_rule(*, rule: StageRule, by: User | None) -> bool:
    """People stay in the stage it moved them to. False when it was gone already."""
    subject = StageRule(pk=rule.pk)
    gone, _rows = StageRule.objects.filter(pk=rule.pk).delete()
    forget(_MEMORY)
    if gone:
        audit.record("stage_rule.removed", by=by, subject=subject)
    return bool(gone)


def sources(rule: StageRule) -> list[str]:
    """From which stages a rule takes people."""
    if rule.from_stage:
        return [rule.from_stage]
    if rule.kind == StageRule.Kind.SILENCE:
        return [stage for stage in Stage.values if stage not in (Stage.VISITOR, rule.stage)]
    if rule.stage == Stage.LAPSED:
        return [stage.value for stage in _ORDER]
    return [*(stage.value for stage in _ORDER[: _ORDER.index(Stage(rule.stage))]), Stage.LAPSED.value]


def react(recorded: Sequence[NewEvent]) -> None:
    """Moves those to whom something happened that a rule listens to, in the same transaction."""
    heard = [event for event in recorded if event.contact_id and not event.name.startswith(NEVER_HEARD)]
    if not heard:
        return
    for rule in _event_rules():
        ids = {event.contact_id for event in heard if event.name == rule.event_name and event.contact_id}
        if ids:
            _apply(rule, sorted(ids))


def follow_silence(*, at: datetime | None = None) -> int:
    """Moves those who have been quiet for as long as a rule of the tenant says; answers how many.

    Who came to their stage since is left in it: a hand knows better than a calendar. Cost: one walk along
    the index of activity for each rule, in steps of ``MOVED_AT_ONCE``.
    """
    at = at or timezone.now()
    return sum(_follow(rule, at) for rule in StageRule.objects.filter(kind=StageRule.Kind.SILENCE).order_by("id"))


def _event_rules() -> list[StageRule]:
    return once(_MEMORY, lambda: list(StageRule.objects.filter(kind=StageRule.Kind.EVENT).order_by("id")))


def _apply(rule: StageRule, contact_ids: Sequence[int]) -> list[int]:
    return services.set_stage(
        contact_ids=contact_ids, stage=rule.stage, by=None, only_from=sources(rule), via="rule", via_id=rule.pk
    )


def _follow(rule: StageRule, at: datetime) -> int:
    moved = 0
    while ids := _quiet(rule, at - timedelta(days=rule.days or 0)):
        now_moved = len(_apply(rule, ids))
        moved += now_moved
        if not now_moved:
            break
    return moved


def _quiet(rule: StageRule, since: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT person.id FROM {Contact.table()} person WHERE person.tenant_id = %(tenant)s"
            "   AND person.binned_at IS NULL AND person.active_at < %(since)s AND person.stage = ANY (%(stages)s)"
            f"  AND NOT EXISTS (SELECT FROM {ContactChange.table()} change"
            "        WHERE change.tenant_id = person.tenant_id AND change.contact_id = person.id"
            "          AND change.at >= %(since)s AND change.changes ? 'stage')"
            " ORDER BY person.active_at DESC, person.id DESC LIMIT %(limit)s",
            {"tenant": require_tenant_id(), "since": since, "stages": sources(rule), "limit": MOVED_AT_ONCE},
        )
        return [row[0] for row in cursor.fetchall()]
