from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "ecrm.jobs"
    label = "jobs"
    verbose_name = _("Jobs")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Every process that enqueues needs our broker, not Celery's default one.
        import_module("ecrm.celery")
        import_module("ecrm.jobs.beats")
        import_module("ecrm.jobs.registrations")
