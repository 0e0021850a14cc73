"""What exports give to the registries of contacts and of the house."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy

from contacts import bulk_actions
from contacts.bulk_actions import BulkAction
from contacts.exports import tasks as tasks  # known to the web processes too, which ask for the work
from contacts.segments import uses
from ecrm.files import guards
from ecrm.files.models import File
from ecrm.jobs import words
from ecrm.tenancy.models import Membership
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability


def _may_download(file: File, membership: Membership) -> bool:
    """An export holds what its maker sees; also whoever changes settings, from whom nothing is hidden."""
    is_export = file.capability == Capability.CONTACTS_EXPORT
    return not is_export or file.created_by_id == membership.user_id or membership.may(Capability.SETTINGS_MANAGE)


def _export(request: MemberRequest, query: str) -> str:
    return f"{reverse('export_contacts')}?{query}"


bulk_actions.register(
    BulkAction("export", gettext_lazy("Export"), "download", Capability.CONTACTS_EXPORT, opens=_export, order=60)
)
guards.register(_may_download)
words.register({"contacts.export": gettext_lazy("Export contacts")})
uses.register_act(
    uses.Act(
        gettext_lazy("Export"),
        "download",
        lambda segment: f"{reverse('export_contacts')}?segment={segment.pk}",
        Capability.CONTACTS_EXPORT,
    )
)
