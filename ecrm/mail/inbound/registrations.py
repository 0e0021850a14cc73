"""What inbound mail gives to the registries of the house."""

from __future__ import annotations

from ecrm.jobs import beats
from ecrm.mail.inbound import addresses, imap
from ecrm.mail.inbound import tasks as tasks  # known to every process that enqueues
from ecrm.tenancy import services as tenancy

tenancy.furnishings.append(addresses.furnish)
beats.on_nightly.append(addresses.furnish_all)
beats.on_tick.append(imap.hint_due)
