from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UiConfig(AppConfig):
    name = "ecrm.ui"
    label = "ui"
    verbose_name = _("Frame")

    def ready(self) -> None:
        import_module("ecrm.quick").install()
        import_module("ecrm.ui.registrations")
