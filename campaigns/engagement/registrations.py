"""What engagement gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from campaigns.engagement import fates, kinds, receivers, tasks
from campaigns.models import Hit
from consent.personal_data import Erasure, of_person
from contacts import events
from ecrm.jobs import beats
from ecrm.mail import fates as mail_fates
from ecrm.mail.inbound import receivers as inbound

for kind in kinds.KINDS:
    events.register(kind)
of_person(
    Hit,
    {"user_agent": _("Browser that opened or clicked"), "ip_hash": None, "verdict_reason": None},
    erasure=Erasure.BLANK,
    person="delivery__contact_id",
)
beats.on_tick.append(tasks.hint_due)
mail_fates.register(fates.follow)
inbound.register(receivers.REPORTS, receivers.receive_report)
inbound.register(receivers.REPLIES, receivers.receive_reply)
