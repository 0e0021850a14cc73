"""What contacts gives to the registries of the house."""

from django.utils.translation import gettext_lazy as _

from contacts import api, audit_words, event_kinds, events, list_actions, merging, palette, partitions
from contacts.bulk import tasks as tasks  # known to the web processes too, which ask for the work
from contacts.companies import tasks as company_tasks  # noqa: F401  likewise
from contacts.ingest import offering, people, reported, stream, takers, tidying
from contacts.models import (
    Contact,
    ContactChange,
    EmailAddress,
    Identity,
    PhoneNumber,
    PostalAddress,
    SegmentMembership,
    SegmentPick,
    Tagging,
)
from ecrm import metrics
from ecrm.administration import figures
from ecrm.jobs import beats
from ecrm.jobs import words as job_words
from ecrm.notices.models import Notification
from ecrm.tenancy import sample
from ecrm.tenancy.roles import Capability
from ecrm.ui import nav

audit_words.register()
sample.count_of(_("Contacts"), "contacts_contact")
sample.count_of(_("Events"), "contacts_event")
sample.count_of(_("Segments"), "contacts_segment")
for kind in event_kinds.KINDS:
    events.register(kind)

nav.register(
    nav.Entry("contacts", _("Contacts"), "users", "contact_list", nav.CONTACTS, capability=Capability.CONTACTS_VIEW)
)

nav.register(
    nav.Entry(
        "companies", _("Companies"), "building-2", "company_list", nav.CONTACTS + 5, capability=Capability.CONTACTS_VIEW
    )
)
palette.register()
figures.register_people(Contact)
list_actions.register()
job_words.register(
    {
        "contacts.act_on_many": _("Act on many contacts"),
        "contacts.undo_act": _("Take back an act on many contacts"),
        "companies.bring_in": _("Bring people into their company"),
    }
)

merging.register_rows(EmailAddress, cleared=("is_primary",), unique_with=("address_norm",))
merging.register_rows(PhoneNumber, cleared=("is_primary",), unique_with=("number",))
merging.register_rows(PostalAddress, cleared=("is_primary",))
merging.register_rows(Identity)
merging.register_rows(Notification, field="contact_id")
merging.register_rows(Tagging, unique_with=("tag_id",))
merging.leave(ContactChange, why="They say how the values of this person came, and an undo reads them.")
merging.register_rows(SegmentPick, unique_with=("segment_id",))
merging.leave(SegmentMembership, why="Memberships are recalculated for both people after a merge.")

takers.register(offering.KIND, reported.take)
takers.register_finder("contact_id", people.by_id)
takers.register_finder("email", people.by_email)
takers.register_finder("identity", people.by_identity)

beats.on_nightly.append(partitions.tend)
beats.on_nightly.append(tidying.hint_tidy)
api.register()
metrics.register(
    metrics.Figure("ecrm_intake_waiting", "Parcels of events not written yet", lambda: [({}, float(stream.waiting()))])
)
