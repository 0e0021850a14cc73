from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from contacts.exports import selections
from contacts.exports.writers import WRITERS
from ecrm.audit import services as audit
from ecrm.jobs.models import Job
from ecrm.jobs.services import start_job
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant, User
from ecrm.tenancy.urls import tenant_url

FORMAT = "format"
LONGEST_ADDRESS = 500  # what a job keeps


def start_export(*, query: QueryDict, by: User) -> Job:
    """Writes the people of ``query`` (``selections.people``) behind the page; its ``format`` names the writer.

    The job's address holds the query, so that the work finds it there and a person can export again.
    Raises ``KeyError`` for a format that is none, ``ValidationError`` for conditions that fit in no address.
    """
    WRITERS[query.get(FORMAT, "")]
    if len(address(query)) > LONGEST_ADDRESS:
        raise ValidationError(_("These conditions are too long. Make a segment of them, and export that."))
    audit.record("contact.export_begun", by=by, fields=sorted(query))
    return start_job(
        task="contacts.export",
        kind="export",
        title=_("Export of %(name)s") % {"name": selections.name(query)},
        by=by,
        url=address(query),
        can_retry=True,
    )


def address(query: QueryDict) -> str:
    """Of the page of such an export, in the tenant."""
    tenant = Tenant.objects.only("slug").get(pk=require_tenant_id())
    return f"{tenant_url(tenant, 'export_contacts')}?{query.urlencode()}"
