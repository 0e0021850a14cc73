"""What exports give to the registries of contacts and of the house."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import bulk_actions
from contacts.bulk_actions import BulkAction, Outcome
from contacts.exports import services
from contacts.exports import tasks as tasks  # known to the web processes too, which ask for the work
from contacts.segments import uses
from ecrm.jobs import words
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability


def _export(request: MemberRequest, contact_ids: Sequence[int]) -> Outcome:
    query = QueryDict(mutable=True)
    query[services.FORMAT] = "csv"
    query.setlist("contact", [str(pk) for pk in contact_ids])
    job = services.start_export(query=query, by=request.user)
    url = reverse("job", args=[job.pk])
    return Outcome(format_html('{} <a href="{}">{}</a>', _("The export is being written."), url, _("Show it")))


bulk_actions.register(
    BulkAction("export", gettext_lazy("Export"), "download", Capability.CONTACTS_EXPORT, _export, order=60)
)
words.register({"contacts.export": gettext_lazy("Export contacts")})
uses.register_act(
    uses.Act(
        gettext_lazy("Export"),
        "download",
        lambda segment: f"{reverse('export_contacts')}?segment={segment.pk}",
        Capability.CONTACTS_EXPORT,
    )
)
