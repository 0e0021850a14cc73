"""What other programs can do with people, companies, events and segments."""

from django.utils.translation import gettext_noop

from contacts.api import (
    bulk,
    companies,
    company_merges,
    duplicates,
    events,
    exports,
    field_definitions,
    identities,
    imports,
    merges,
    notes,
    people,
    segment_people,
    segments,
    tags,
)
from ecrm.api import root


def register() -> None:
    # Before the contacts, whose addresses hold an id where these have a word.
    root.register("/contacts/bulk", bulk.router, gettext_noop("Contacts"))
    root.register("/contacts", people.router, gettext_noop("Contacts"))
    root.register("/identities", identities.router, gettext_noop("Identities"))
    root.register("/tags", tags.router, gettext_noop("Tags"))
    root.register("/companies", companies.router, gettext_noop("Companies"))
    root.register("/company-merges", company_merges.router, gettext_noop("Merges"))
    root.register("/custom-fields", field_definitions.router, gettext_noop("Custom fields"))
    root.register("/merges", merges.router, gettext_noop("Merges"))
    root.register("/duplicates", duplicates.router, gettext_noop("Duplicates"))
    root.register("/notes", notes.router, gettext_noop("Notes"))
    root.register("/events", events.router, gettext_noop("Events"))
    root.register("/segments", segments.router, gettext_noop("Segments"))
    root.register("/segments", segment_people.router, gettext_noop("Segments"))
    root.register("/imports", imports.router, gettext_noop("Imports"))
    root.register("/exports", exports.router, gettext_noop("Exports"))
