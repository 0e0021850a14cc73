from django.urls import include, path

from contacts.companies import changes, views

urlpatterns = [
    path("", views.company_list, name="company_list"),
    path("new/", views.create_company, name="create_company"),
    path("<int:company_id>/", views.company_page, name="company_page"),
    path("<int:company_id>/edit/", views.edit_company, name="edit_company"),
    path("<int:company_id>/bin/", views.bin_company, name="bin_company"),
    path("<int:company_id>/restore/", views.restore_company, name="restore_company"),
    path("<int:company_id>/people/", views.bring_in_people, name="bring_in_people"),
    path("<int:company_id>/changes/", changes.company_changes, name="company_changes"),
    path("", include("contacts.companies.merge.urls")),
    path("changes/<int:company_change_id>/restore/", changes.restore_company_value, name="restore_company_value"),
]
