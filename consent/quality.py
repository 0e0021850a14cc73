"""What consent knows of a person that somebody should put right: a first address nothing reaches."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from consent.models import Channel, Suppression
from contacts.models import CleaningSettings, EmailAddress
from contacts.quality.kinds import IssueKind, Remedy, register

_REASONS = {
    Suppression.Reason.HARD_BOUNCE.value: _("the address does not exist"),
    Suppression.Reason.SOFT_BOUNCE.value: _("mails kept coming back"),
}


def register_bouncing() -> None:
    register(
        IssueKind(
            "bouncing",
            _("Bouncing"),
            _("Ask them for another address, by phone or in the next case."),
            "mail",
            weight=30,
            order=20,
            sql=_bouncing,
            facts=_REASONS,
            remedy=Remedy.REPLACE,
        )
    )


def _bouncing(_settings: CleaningSettings) -> str:
    reasons = ", ".join(f"'{reason}'" for reason in _REASONS)
    return f"""(
        SELECT gone.reason FROM {EmailAddress.table()} row
          JOIN {Suppression.table()} gone
            ON gone.tenant_id = row.tenant_id AND gone.address_hash = row.address_hash AND gone.lifted_at IS NULL
           AND gone.channel = '{Channel.EMAIL}' AND gone.reason IN ({reasons})
         WHERE row.tenant_id = person.tenant_id AND row.contact_id = person.id AND row.is_primary LIMIT 1)"""
