from django.urls import path

from contacts.stages import views

urlpatterns = [
    path("", views.stage_rules, name="stage_rules"),
    path("<int:stage_rule_id>/remove/", views.remove_stage_rule, name="remove_stage_rule"),
]
