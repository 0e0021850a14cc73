"""What other programs can do with people, events and segments."""

from django.utils.translation import gettext_noop

from contacts.api import custom, events, people, segments
from ecrm.api import root


def register() -> None:
    root.register("/contacts", people.router, gettext_noop("Contacts"))
    root.register("/custom-fields", custom.router, gettext_noop("Custom fields"))
    root.register("/events", events.router, gettext_noop("Events"))
    root.register("/segments", segments.router, gettext_noop("Segments"))
