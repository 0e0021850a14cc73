"""What notifications give to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.jobs import services as jobs
from ecrm.notices import job_notices, kinds, services, tasks  # noqa: F401  known to the workers
from ecrm.ui import rail_figures, settings_pages

for kind in job_notices.KINDS:
    kinds.register(kind)

jobs.on_finish.append(job_notices.tell)
rail_figures.register("notices.unread", services.unread_question)

settings_pages.register(
    settings_pages.SettingsPage(
        key="notices",
        label=_("Notifications"),
        note=_("What you are told, in the bell and by mail, and when you are left in peace."),
        icon="bell",
        url_name="notice_settings",
        order=10,
        group=settings_pages.Group.YOU,
        keywords=_("bell digest quiet hours mentions"),
    )
)
