from django.urls import path

from ecrm.search import views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("search/palette/", views.palette, name="palette"),
    path("search/members/", views.named_members, name="named_members"),
]
