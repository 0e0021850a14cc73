from django.urls import include, path

from contacts.views import acts, changes, identities, lists, people

urlpatterns = [
    path("contacts/", lists.contact_list, name="contact_list"),
    path("contacts/filter/", lists.filter_contacts, name="filter_contacts"),
    path("contacts/new/", people.create_contact, name="create_contact"),
    path("contacts/bin/", lists.binned_contacts, name="binned_contacts"),
    path("contacts/act/", acts.act_on_contacts, name="act_on_contacts"),
    path("contacts/restore/", acts.restore_contacts, name="restore_contacts"),
    path("contacts/imports/", include("contacts.imports.urls")),
    path("contacts/export/", include("contacts.exports.urls")),
    path("contacts/<int:contact_id>/", people.contact_page, name="contact_page"),
    path("contacts/<int:contact_id>/edit/", people.edit_contact, name="edit_contact"),
    path("contacts/<int:contact_id>/changes/", changes.contact_changes, name="contact_changes"),
    path("contacts/changes/<int:change_id>/restore/", changes.restore_value, name="restore_value"),
    path("contacts/<int:contact_id>/identities/", identities.change_identities, name="change_identities"),
    path("contacts/<int:contact_id>/bin/", acts.bin_contact, name="bin_contact"),
    path("contacts/<int:contact_id>/restore/", acts.restore_contact, name="restore_contact"),
    path("contacts/<int:contact_id>/tag/", acts.tag_contact, name="tag_contact"),
    path("contacts/<int:contact_id>/untag/", acts.untag_contact, name="untag_contact"),
    path("segments/", include("contacts.segments.urls")),
    path("", include("contacts.merge.urls")),
    path("", include("contacts.quality.urls")),
    path("settings/stages/", include("contacts.stages.urls")),
    path("companies/", include("contacts.companies.urls")),
    path("settings/fields/", include("contacts.fields.urls")),
]
