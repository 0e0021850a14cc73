"""What upper rooms owe lower ones: nothing that refers to a person may be forgotten."""

from __future__ import annotations

from consent import personal_data
from contacts import merging
from contacts.models import Company


def test_every_reference_to_a_contact_has_a_merge_handler() -> None:
    assert merging.unregistered() == []


def test_every_reference_to_a_company_has_a_merge_handler() -> None:
    assert merging.unregistered(Company) == []


def test_every_text_and_json_column_is_classified() -> None:
    assert personal_data.unclassified() == []
