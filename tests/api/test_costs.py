"""Lists and reads of the API ask the database the same number of questions for 1 row and for 25."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.api.conftest import Program

LISTS = [
    "/contacts",
    "/contacts?where=country.any_of:PT,PL&where=last_active_at.never",
    "/companies",
    "/identities",
    "/tags",
    "/custom-fields",
    "/segments",
    "/segments/criteria",
    "/merges",
    "/notes",
    "/duplicates",
    "/cases",
    "/imports",
    "/exports",
    "/contacts/{contact}/events",
    "/segments/{segment}/members",
    "/segments/{segment}/history",
    "/segments/{segment}/growth",
]


SHARES = 2


@pytest.mark.parametrize("share", range(SHARES))
def test_lists_cost_the_same_however_many(share: int, shop: Program, acme: Tenant) -> None:
    """A share of all lists in each test, since making the rows takes longer than asking for a list."""
    with tenant_context(acme):
        known = {"contact": make.ContactFactory().pk, "segment": make.SegmentFactory().pk}
    paths = [path.format(**known) for path in LISTS[share::SHARES]]
    grow(acme, 1, **known)
    few = {path: queries(shop, path) for path in paths}
    grow(acme, 24, **known)
    many = {path: queries(shop, path) for path in paths}
    for path in paths:
        assert len(few[path]) == len(many[path]), "\n".join([path, *many[path]])
        assert len(many[path]) <= 18, path


def queries(shop: Program, path: str) -> list[str]:
    shop.get(path)  # what is remembered after the first time is not the list's
    with CaptureQueriesContext(connection) as asked:
        told = shop.get(path)
    assert told.status_code == 200, told.content
    return [query["sql"] for query in asked.captured_queries]


def grow(tenant: Tenant, count: int, *, contact: int, segment: int) -> None:
    """``count`` more of everything a list may show."""
    by = tenant.memberships.order_by("pk").first().user
    with tenant_context(tenant):
        for _number in range(count):
            email = make.EmailAddressFactory(contact__country="PT", contact__company=make.CompanyFactory())
            make.IdentityFactory(contact=email.contact)
            make.TaggingFactory(contact=email.contact)
            make.EventFactory(contact_id=contact)
            make.SegmentFactory()
            make.SegmentMembershipFactory(contact=email.contact, segment_id=segment)
            make.CustomFieldFactory()
            make.CaseFactory(contact=email.contact)
            make.ContactNoteFactory()
            make.MergeFactory()
            make.DuplicatePairFactory()
            make.ImportRunFactory()
            make.JobFactory(kind="export", url=f"/{tenant.slug}/contacts/export/?format=csv", requested_by=by)
