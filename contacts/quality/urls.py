from django.urls import path

from contacts.quality import acts, views

urlpatterns = [
    path("contacts/quality/", views.quality_inbox, name="quality_inbox"),
    path("contacts/quality/standings/", views.quality_standings, name="quality_standings"),
    path("contacts/quality/look/", views.look_now, name="look_now"),
    path("contacts/quality/leave/", acts.leave_ticked, name="leave_ticked"),
    path("contacts/quality/<slug:kind_key>/", views.quality_inbox, name="quality_kind"),
    path("contacts/pairs/<int:pair_id>/merge/", acts.merge_pair, name="merge_pair"),
    path("contacts/pairs/<int:pair_id>/dismiss/", acts.dismiss_pair, name="dismiss_pair"),
    path("contacts/pairs/<int:pair_id>/reopen/", acts.reopen_pair, name="reopen_pair"),
    path("contacts/issues/<int:quality_issue_id>/fix/", acts.fix_issue, name="fix_issue"),
    path("contacts/issues/<int:quality_issue_id>/close/", acts.close_issue, name="close_issue"),
    path("contacts/issues/<int:quality_issue_id>/reopen/", acts.reopen_issue, name="reopen_issue"),
    path("settings/quality/", views.quality_settings, name="quality_settings"),
]
