from django.urls import path

from consent import public

urlpatterns = [
    path("preferences/<str:token>", public.show_preferences, name="preferences"),
]
