"""What import gives to the registries of the house."""

from contacts.imports import into_list, sight, tasks, tidying
from ecrm.files import guards
from ecrm.jobs import beats

# The web process asks for this work by name, so the names must be known there too.
__all__ = ["tasks", "tidying"]

beats.on_nightly.append(tidying.hint_tidy)
into_list.register()
guards.register(sight.may_download)
