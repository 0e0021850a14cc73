from django.urls import path

from contacts.exports import views

urlpatterns = [path("", views.export_contacts, name="export_contacts")]
