from django.urls import path

from contacts.duplicates import warning

urlpatterns = [path("contacts/like/", warning.like_contacts, name="like_contacts")]
