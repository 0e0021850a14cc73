from django.urls import include, path

urlpatterns = [
    path("contacts/imports/", include("contacts.imports.urls")),
    path("segments/", include("contacts.segments.urls")),
]
