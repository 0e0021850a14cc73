from django.urls import path

from ecrm.notices import views

urlpatterns = [
    path("notices/", views.notifications, name="notifications"),
    path("notices/recent/", views.recent, name="recent_notifications"),
    path("notices/bell/", views.bell, name="bell"),
    path("notices/read/", views.read_all_notifications, name="read_all_notifications"),
    path("notices/<int:notification_id>/", views.notification, name="notification"),
    path("notices/<int:notification_id>/read/", views.read_notification, name="read_notification"),
    path("settings/notices/", views.notice_settings, name="notice_settings"),
]
