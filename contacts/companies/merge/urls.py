from django.urls import path

from contacts.companies.merge import views

urlpatterns = [
    path("<int:company_id>/merge/", views.choose_company_merge, name="choose_company_merge"),
    path("<int:company_id>/merge/<int:other_company_id>/", views.merge_company, name="merge_company"),
    path("merges/<int:company_merge_id>/undo/", views.undo_company_merge, name="undo_company_merge"),
]
