from django.urls import path

from ecrm.jobs import views

urlpatterns = [
    path("", views.job_list, name="jobs"),
    path("open/", views.open_jobs, name="open_jobs"),
    path("stuck/", views.stuck_work, name="stuck_work"),
    path("stuck/again/", views.try_again, name="try_again"),
    path("<int:job_id>/", views.job_detail, name="job"),
    path("<int:job_id>/cancel/", views.cancel, name="cancel_job"),
    path("<int:job_id>/retry/", views.retry, name="retry_job"),
]
