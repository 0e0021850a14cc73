"""The addresses in a mail, under /p/. They never change: mails that were sent link to them for ever."""

from __future__ import annotations

from django.urls import path

from campaigns.engagement import public_views as views
from campaigns.sending.addresses import NOBODY

_OF_NOBODY = [
    path(f"{page}/{NOBODY}", views.explain_test, name=f"test_{page}") for page in ("o", "v", "u", "preferences")
]
urlpatterns = [
    *_OF_NOBODY,
    path(f"c/{NOBODY}/<int:position>", views.explain_test, name="test_c"),
    path("c/<str:token>/<int:position>", views.follow_link, name="follow_link"),
    path("l/<str:token>/<int:position>", views.follow_unnamed_link, name="follow_unnamed_link"),
    path("o/<str:token>", views.show_pixel, name="show_pixel"),
    path("v/<str:token>", views.view_in_browser, name="view_in_browser"),
    path("u/<str:token>", views.one_click, name="one_click"),
]
