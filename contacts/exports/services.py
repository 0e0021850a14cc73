from __future__ import annotations

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.exports import selections
from contacts.exports.writers import WRITERS
from ecrm.audit import services as audit
from ecrm.jobs.models import Job
from ecrm.jobs.services import start_job
from ecrm.tenancy.models import User

FORMAT = "format"


def start_export(*, query: QueryDict, by: User) -> Job:
    """Writes the people of ``query`` (``selections.people``) behind the page; its ``format`` names the writer.

    The job's address holds the query, so that the work finds it there and a person can export again.
    Raises ``KeyError`` for a format that is none.
    """
    WRITERS[query.get(FORMAT, "")]
    audit.record("contact.export_begun", by=by, fields=sorted(query))
    return start_job(
        task="contacts.export",
        kind="export",
        title=_("Export of %(name)s") % {"name": selections.name(query)},
        by=by,
        url=f"{reverse('export_contacts')}?{query.urlencode()}",
        can_retry=True,
    )
