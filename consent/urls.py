from django.urls import include, path

from consent.views import customers, ledger, people, purposes, suppression

urlpatterns = [
    path("consent/", purposes.purpose_list, name="consent"),
    path("consent/purposes/new/", purposes.create_purpose, name="create_purpose"),
    path("consent/purposes/<int:purpose_id>/", purposes.purpose, name="purpose"),
    path("consent/purposes/<int:purpose_id>/texts/", purposes.edit_texts, name="edit_purpose_texts"),
    path("consent/purposes/<int:purpose_id>/publish/", purposes.publish_notice, name="publish_notice"),
    path("consent/purposes/<int:purpose_id>/archive/", purposes.archive_purpose, name="archive_purpose"),
    path("consent/purposes/<int:purpose_id>/restore/", purposes.restore_purpose, name="restore_purpose"),
    path("consent/evidence/", ledger.ledger, name="consent_ledger"),
    path("consent/evidence/<int:record_id>/", ledger.consent_record, name="consent_record"),
    path("consent/suppression/", suppression.suppression_list, name="suppression"),
    path("consent/suppression/check/", suppression.check_address, name="check_address"),
    path("consent/suppression/add/", suppression.suppress_address, name="suppress_address"),
    path("consent/suppression/<int:suppression_id>/lift/", suppression.lift_suppression, name="lift_suppression"),
    path("settings/existing-customers/", customers.customer_rule_list, name="customer_rules"),
    path(
        "settings/existing-customers/<int:customer_rule_id>/remove/",
        customers.remove_customer_rule,
        name="remove_customer_rule",
    ),
    path("contacts/<int:contact_id>/consent/", people.record_consent, name="record_consent"),
    path("contacts/<int:contact_id>/preferences/", people.preview_preferences, name="preview_preferences"),
    path("contacts/moving/", include("consent.moving.urls")),
]
