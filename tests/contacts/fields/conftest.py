"""Fields as a shop makes them, one of each kind."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.fields import defining
from contacts.models import CustomField
from ecrm.tenancy.models import Tenant

KINDS = CustomField.Kind


def make(kind: str, label: str = "", *, entity: str = "contact", **given: Any) -> CustomField:
    label = label or str(KINDS(kind).label)
    if kind in (KINDS.CHOICE, KINDS.CHOICES):
        given.setdefault("choices", ["Gold", "Silver", "Bronze"])
    return defining.create(entity=entity, kind=kind, label=label, by=None, **given)


@pytest.fixture
def one_of_each(in_acme: Tenant) -> dict[str, CustomField]:
    return {kind: make(kind, key=f"my_{kind}") for kind in KINDS.values}
