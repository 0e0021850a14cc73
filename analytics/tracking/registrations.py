"""What tracking gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.models import Site, Visitor, VisitorAnswer
from analytics.tracking import api, audit_words, door, marking, tidying, visitors, visits
from campaigns.engagement import destinations
from consent.personal_data import Erasure, of_nobody, of_person
from contacts import merging, reactions
from contacts.ingest import takers
from ecrm import hot_paths
from ecrm.jobs import beats
from ecrm.tenancy.roles import Capability
from ecrm.ui import settings_pages

api.register()
audit_words.register()
hot_paths.register("/p/e", door.answer)
takers.register(door.KIND, visits.take)
takers.register_finder("visitor", visitors.find)
reactions.register("consent.withdrawn", visitors.person_said_no)
destinations.register(marking.mark)
merging.register_rows(Visitor)
merging.register_return(visitors.of_loser)
beats.on_nightly.append(tidying.hint_tidy)

settings_pages.register(
    settings_pages.SettingsPage(
        key="sites",
        label=_("Sites"),
        note=_("Which web sites of yours send visits, and the line for their pages."),
        icon="globe",
        url_name="sites",
        order=40,
        capability=Capability.SETTINGS_MANAGE,
        group=settings_pages.Group.CHANNELS,
        keywords=_("tracking script cookie visitors"),
    )
)
of_nobody(Site, "name", "key", "origins")
of_person(Visitor, {"key_hash": None}, erasure=Erasure.DELETE)
of_person(
    VisitorAnswer,
    {"page": _("Page an answer was given on"), "agent": _("Browser an answer was given in")},
    erasure=Erasure.KEEP,
    person="visitor__contact_id",
    why="Proof of an answer; without its browser it names nobody (GDPR Art. 7(1)).",
)
