from importlib import import_module

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "ecrm.ui"
    label = "ui"

    def ready(self) -> None:
        import_module("ecrm.ui.registrations")
