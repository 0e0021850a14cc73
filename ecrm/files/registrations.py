"""What files give to the registries of the house."""

from __future__ import annotations

from ecrm.files import tasks
from ecrm.jobs import beats

beats.on_nightly.append(tasks.hint_tidy)
