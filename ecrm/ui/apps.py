from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "ecrm.ui"
    label = "ui"
