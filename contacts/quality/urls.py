from django.urls import path

from contacts.quality import views

urlpatterns = [
    path("contacts/quality/", views.quality_inbox, name="quality_inbox"),
    path("contacts/quality/standings/", views.quality_standings, name="quality_standings"),
    path("contacts/quality/look/", views.look_now, name="look_now"),
    path("contacts/quality/<slug:kind_key>/", views.quality_inbox, name="quality_kind"),
    path("contacts/pairs/<int:pair_id>/dismiss/", views.dismiss_pair, name="dismiss_pair"),
    path("contacts/pairs/<int:pair_id>/reopen/", views.reopen_pair, name="reopen_pair"),
    path("contacts/issues/<int:quality_issue_id>/close/", views.close_issue, name="close_issue"),
    path("contacts/issues/<int:quality_issue_id>/reopen/", views.reopen_issue, name="reopen_issue"),
    path("settings/quality/", views.quality_settings, name="quality_settings"),
]
