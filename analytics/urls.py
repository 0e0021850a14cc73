from django.urls import path

from analytics import views
from analytics.today import views as today

urlpatterns = [
    path("", today.today, name="today"),
    path("analytics/", views.dashboard, name="dashboard"),
]
