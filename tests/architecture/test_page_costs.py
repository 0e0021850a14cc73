"""Lists and pages ask the database the same number of questions for 1 row and for 25."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.architecture.urls import ARGUMENTS, Address, tenant_addresses
from tests.cast import Member

READS = tenant_addresses()
SHARES = 4
# Signing in and the rail take three of them.
BUSY = {"cases": 8, "today": 8, "case_page": 12, "dashboard": 12, "quality_inbox": 8}
FRAME = ("SAVEPOINT", "RELEASE", "SET LOCAL", "SELECT current_setting")


def grow(tenant: Tenant, count: int) -> None:
    """``count`` more of everything a page might list, all hanging together."""
    with tenant_context(tenant):
        for _number in range(count):
            email = make.EmailAddressFactory()
            make.TaggingFactory(contact=email.contact)
            make.EventFactory(contact_id=email.contact_id)
            make.SegmentMembershipFactory(contact=email.contact)
            make.ConsentRecordFactory(contact=email.contact)
            make.SuppressionFactory()
            make.QualityIssueFactory(contact=email.contact)
            make.DuplicatePairFactory(first=email.contact)
            make.OutcomeFactory()
            make.ImportRowFactory()
            make.MoveFactory()
            make.FormerTraceFactory()
            said = make.CaseMessageFactory(case__contact=email.contact)
            make.CaseFileFactory(message=said)
            make.LetterHandoverFactory(letter__contact=email.contact, state="failed")
            make.FollowUpFactory(contact=email.contact)
            make.LetterTemplateFactory()
            make.HandoverFactory(message__case=said.case)


@pytest.mark.parametrize("share", range(SHARES))
def test_queries_do_not_grow_with_rows(share: int, acme: Tenant, alice: Member) -> None:
    """A share of all addresses in each test, since making the rows takes longer than asking for a page."""
    paths = {address.name: (address.name, *arguments_of(address, acme)) for address in READS[share::SHARES]}
    grow(acme, 1)
    # Once to all, for some pages show what was looked at.
    for path in paths.values():
        content(alice.get(*path))
    few = {name: queries(lambda path=path: alice.get(*path)) for name, path in paths.items()}
    grow(acme, 24)
    many = {name: queries(lambda path=path: alice.get(*path)) for name, path in paths.items()}
    more = [f"{name}: {sql}" for name in paths for sql in many[name][len(few[name]) :]]
    assert not more, "\n".join(more)
    assert {name: len(asked) for name, asked in many.items()} == {name: len(asked) for name, asked in few.items()}


def arguments_of(address: Address, acme: Tenant) -> list[Any]:
    if {"membership_id", "invitation_id"} & set(address.parameters):
        return [acme.memberships.get().pk for _name in address.parameters]
    with tenant_context(acme):
        return [ARGUMENTS[name]() for name in address.parameters]


@pytest.mark.parametrize(("name", "most"), BUSY.items())
def test_the_busiest_pages_ask_little(name: str, most: int, acme: Tenant, alice: Member) -> None:
    grow(acme, 3)
    with tenant_context(acme):
        make.InboundMailFactory()  # the set-up no longer says which address to write to
        arguments = [Case.objects.latest("pk").pk] if name == "case_page" else []
    asked = [sql for sql in queries(lambda: alice.get(name, *arguments)) if not sql.startswith(FRAME)]
    assert len(asked) <= most, "\n".join(asked)


def content(response: Any) -> None:
    """Reads a download to its end; closing it through the response would close the connection too."""
    if response.streaming:
        list(response.streaming_content)
        for close in response._resource_closers:
            close()


def queries(ask: Callable[[], Any]) -> list[str]:
    content(ask())
    with CaptureQueriesContext(connection) as captured:
        content(ask())
    return [query["sql"] for query in captured.captured_queries]
