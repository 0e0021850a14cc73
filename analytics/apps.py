from importlib import import_module

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("analytics.registrations")
        import_module("analytics.today.registrations")
        import_module("analytics.tracking.registrations")
