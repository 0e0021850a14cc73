from django.urls import path

from consent.moving import views

urlpatterns = [
    path("", views.move_list, name="move_list"),
    path("<int:move_id>/", views.move, name="move"),
    path("<int:move_id>/files/", views.correct_move, name="correct_move"),
    path("<int:move_id>/choices/", views.choose_move, name="choose_move"),
    path("<int:move_id>/start/", views.start_move, name="start_move"),
    path("<int:move_id>/discard/", views.discard_move, name="discard_move"),
    path("traces/<int:trace_id>/", views.settle_trace, name="settle_trace"),
]
