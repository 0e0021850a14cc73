"""A tenant's addresses: its admin, its support visits, looking as another role."""

from django.urls import path

from ecrm.administration import views
from ecrm.administration.tenant_site import site

urlpatterns = [
    path("admin/", site.urls),
    path("settings/visits/", views.support_visits, name="support_visits"),
    path("settings/visits/leave/", views.leave_visit, name="leave_visit"),
    path("settings/visits/<int:visit_id>/", views.support_visit, name="support_visit"),
    path("settings/visits/<int:visit_id>/end/", views.end_visit, name="end_visit"),
    path("settings/view-as/", views.view_as, name="view_as"),
    path("settings/view-as/stop/", views.stop_viewing_as, name="stop_viewing_as"),
]
