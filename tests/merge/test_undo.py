"""Merge and undo leave every table as it was, whatever happened to others in between.

Ledgers apart: the history, the audit, the consent ledger and the record of changes only grow; of them
it is compared what was there before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from cases.models import Case, CaseCounter, CaseMessage
from cases.services import open_case
from cases.services.hearing import Incoming
from consent import services as consent
from consent.models import ConsentState, Purpose
from contacts import events, merging, services
from contacts.fields.writing import write
from contacts.merge.services import merge_contacts, undo_merge
from contacts.models import (
    Contact,
    ContactNote,
    CustomValue,
    EmailAddress,
    Event,
    FollowUp,
    Identity,
    Letter,
    Segment,
    SegmentMembership,
    SegmentPick,
    Tag,
    Tagging,
)
from contacts.segments import lists
from contacts.segments.services import create_segment, recalculate, refresh_dirty
from contacts.segments.services import members as segment_members
from ecrm.notices.models import Notification
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.scoping import TenantModel
from tests import factories as make
from tests.contacts.fields.conftest import make as make_field
from tests.segments.conftest import condition

# What only grows, and queues of work: whoever is in them is looked at again, which changes nothing.
APPENDED = {
    *("contacts.Event", "contacts.EventKey", "contacts.Merge", "contacts.ContactChange", "audit.AuditEntry"),
    *("consent.ConsentRecord", "consent.ConsentState"),
    *("contacts.DirtyContact", "contacts.UnmatchedContact", "jobs.OutboxEntry"),
    # Stays are history as well: of them it is compared who is in. A segment says when it was looked at.
    *("contacts.SegmentMembership", "contacts.Segment"),
}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PORTO, GOLD = condition("city", "any_of", ["Porto"]), condition("field:tier", "any_of", ["gold"])

texts = st.sampled_from(["", "Ana", "Porto", "Baker", "Łódź"])
people = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Ana Prata", "A. Prata", "Anna Prata"]),
        "city": texts,
        "job_title": texts,
        "language": st.sampled_from(["", "pt", "pl"]),
        "birthday": st.sampled_from([None, datetime(1980, 5, 1, tzinfo=UTC).date()]),
        "emails": st.integers(0, 3),
        "phones": st.lists(st.sampled_from(["912345678", "912345679", "912345670"]), unique=True, max_size=3),
        "addresses": st.integers(0, 2),
        "tags": st.lists(st.sampled_from(["VIP", "Press", "Shop"]), unique=True),
        "identities": st.integers(0, 2),
        "visits": st.integers(0, 3),
        "cases": st.integers(0, 2),
        "tier": st.sampled_from([None, "gold", "silver"]),
        "likes": st.sampled_from([None, ["gold"], ["gold", "silver"], ["bronze"]]),
    }
)
# What acts leave on a person, as it was before, by their id.
Own = dict[int, dict[str, Any]]

acts = st.lists(
    st.sampled_from(
        [
            *("bystander", "loser event", "winner event", "loser thing", "recount"),
            *("winner edited", "winner tagged", "winner noted", "another merge", "loser writes", "loser opens a case"),
            *("winner address", "winner followed up", "merged onwards"),
            *("winner field", "winner linked", "winner listed", "winner unlisted", "winner refuses", "segments"),
        ]
    ),
    unique=True,
    max_size=9,
)


@pytest.mark.django_db
@settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    winner=people,
    loser=people,
    between=acts,
    take=st.sets(st.sampled_from(["name", "city", "email", "phone", "f:tier", "f:likes"])),
)
def test_merge_and_undo_leave_the_tables_as_they_were(
    in_acme: Tenant, winner: dict[str, Any], loser: dict[str, Any], between: list[str], take: set[str]
) -> None:
    note(f"{winner=}\n{loser=}\n{between=}\n{take=}")
    with transaction.atomic():
        make_field("choice", key="tier")
        make_field("choices", key="likes")
        make_field("text", key="note")
        one, two, bystander = _person("w", winner), _person("l", loser), _person("b", loser)
        open_case(contact=bystander, subject="Case", at=LONG_AGO)
        _segments([two.pk] if len(between) % 2 else [one.pk, two.pk])
        before, told, inside = tables(), history(), members()
        listed = list(SegmentPick.objects.all())
        own: Own = {
            row.pop("id"): row for row in Contact.objects.values("id", "source", "updated_at", "last_active_at")
        }
        merge = merge_contacts(winner=one, loser=two, by=None, choices=dict.fromkeys(take, two.pk))
        assert not Contact.objects.unbinned().filter(pk=two.pk).exists()
        takes_back = [_act(act, one, two, bystander, own, listed) for act in between]
        undo_merge(merge=merge, by=None)
        for take_back in takes_back:
            take_back()
        set_back({pk: former["updated_at"] for pk, former in own.items()})
        assert tables() == before
        assert told.items() <= history().items()
        assert members() == inside
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_every_room_with_rows_of_people_takes_part(in_acme: Tenant) -> None:
    """One row of every model that refers to a person, made by its factory, moves and comes back."""
    one, two = make.ContactFactory(), make.ContactFactory()
    made = [_row(handler, two) for handler in merging.handlers() if handler.move]
    services.refresh_search([one.pk, two.pk])
    changed_at = when_changed()
    before = tables()

    merge = merge_contacts(winner=one, loser=two, by=None)
    assert any(getattr(row.refreshed(), column) == one.pk for row, column in made)
    undo_merge(merge=merge, by=None)
    set_back(changed_at)
    assert tables() == before


def tables() -> dict[str, str]:
    """A hash of every table of the tenant, by the model's label."""
    found = {}
    for model in apps.get_models():
        if issubclass(model, TenantModel) and model._meta.label not in APPENDED:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {model._meta.db_table} t"
                )
                found[model._meta.label] = cursor.fetchone()[0]
    return found


def members() -> dict[str, set[int]]:
    """Who is in each segment once everything that was marked has been looked at."""
    while refresh_dirty():
        pass
    return {
        segment.name: set(segment_members(segment).values_list("pk", flat=True)) for segment in Segment.objects.all()
    }


def _segments(listed: list[int]) -> None:
    for segment in (
        lists.create_static(name="By hand", by=None, people=listed),
        create_segment(name="Porto or gold", rule={"any": [PORTO, GOLD]}, by=None),
    ):
        recalculate(segment)


def when_changed() -> dict[int, datetime]:
    return dict(Contact.objects.values_list("pk", "updated_at"))


def set_back(changed_at: dict[int, datetime]) -> None:
    """People who part count as changed then."""
    for pk, at in changed_at.items():
        Contact.objects.filter(pk=pk).update(updated_at=at)


def history() -> dict[int, tuple[Any, ...]]:
    """Whose every event is."""
    return {pk: tuple(rest) for pk, *rest in Event.objects.values_list("pk", "contact_id", "merged_from_id", "name")}


def _person(key: str, given: dict[str, Any]) -> Contact:
    own = {name: given[name] for name in ("name", "city", "job_title", "language", "birthday")}
    contact = services.create_contact(
        by=None,
        at=LONG_AGO,
        emails=[f"{key}{number}@x.example" for number in range(given["emails"])],
        phones=given["phones"],
        tags=given["tags"],
        **own,
    )
    for number in range(given["addresses"]):
        make.PostalAddressFactory(contact=contact, street=f"Street {number}", is_primary=number == 0)
    for number in range(given["identities"]):
        Identity.objects.create(contact=contact, namespace="shop", external_id=f"{key}-{number}")
    for number in range(given["visits"]):
        events.record("page.viewed", contact=contact, at=LONG_AGO + timedelta(days=number + 1))
    for number in range(given["cases"]):
        open_case(contact=contact, subject=f"Case {number}", at=LONG_AGO)
    write("contact", {contact.pk: {key: given[key] for key in ("tier", "likes")}}, by=None, at=LONG_AGO)
    services.refresh_search([contact.pk])
    return Contact.objects.get(pk=contact.pk)


def _act(  # noqa: C901
    act: str, one: Contact, two: Contact, bystander: Contact, own: Own, listed: list[SegmentPick]
) -> Callable[[], None]:
    """Something happens meanwhile. Answers what checks, after the undo, whose it is, and takes it away again."""
    match act:
        case "bystander":
            return _edit(bystander, own)
        case "winner edited":
            return _edit(one, own)
        case "loser event":
            events.record("contact.changed", contact=two)
        case "winner event":
            events.record("contact.changed", contact=one)
        case "loser thing":
            events.record("contact.tagged", contact=two, subject=Case(pk=1))
        case "recount":
            services.refresh_search([one.pk])
        case "segments":
            members()
        case "winner field":
            return _field(one)
        case "winner linked":
            services.add_identity(contact=one, namespace="till", external_id="T-1", by=None)
            return lambda: _unlinked(one)
        case "winner listed":
            return _listed(one)
        case "winner unlisted":
            return _unlisted(one, listed)
        case "winner refuses":
            return _refused(one, own)
        case "another merge":
            undo_merge(merge=merge_contacts(winner=one, loser=bystander, by=None), by=None)
        case "winner tagged":
            services.add_tags(contact_ids=[one.pk], names=["Meanwhile"], by=None)
            return lambda: _gone(
                Tagging.objects.filter(tag__name="Meanwhile"), one, Tag.objects.filter(name="Meanwhile")
            )
        case "winner noted":
            written = make.ContactNoteFactory(contact=one)
            return lambda: _gone(ContactNote.objects.filter(pk=written.pk), one)
        case "winner address":
            return _address(one)
        case "winner followed up":
            due = make.FollowUpFactory(contact=one)
            return lambda: _gone(FollowUp.objects.filter(pk=due.pk), one)
        case "merged onwards":
            undo_merge(merge=merge_contacts(winner=bystander, loser=one, by=None), by=None)
        case "loser writes":
            letter = make.LetterFactory(contact=one, direction="in", author=None, sender_address="L0@x.example")
            return lambda: _gone(Letter.objects.filter(pk=letter.pk), _of_address(one, two))
        case "loser opens a case":
            return _open_case(one, two, own)
    return lambda: None


def _edit(person: Contact, own: Own) -> Callable[[], None]:
    services.edit_contact(contact=Contact.objects.get(pk=person.pk), by=None, source="changed")

    def take_back() -> None:
        assert Contact.objects.get(pk=person.pk).source == "changed"
        Contact.objects.filter(pk=person.pk).update(**own[person.pk])

    return take_back


def _field(person: Contact) -> Callable[[], None]:
    """A value of a field nobody has: it is the winner's, and stays theirs."""
    write("contact", {person.pk: {"note": "Rings twice"}}, by=None)

    def take_back() -> None:
        found = CustomValue.objects.filter(field__key="note")
        assert [(row.contact_id, row.text_value) for row in found] == [(person.pk, "Rings twice")]
        write("contact", {person.pk: {"note": None}}, by=None)

    return take_back


def _listed(person: Contact) -> Callable[[], None]:
    """Put on a list made meanwhile."""
    made = lists.create_static(name="Made meanwhile", by=None, people=[person.pk])

    def take_back() -> None:
        _gone(SegmentPick.objects.filter(segment=made), person)
        SegmentMembership.objects.filter(segment=made).delete()
        made.versions.all().delete()
        made.delete()

    return take_back


def _unlisted(person: Contact, listed: list[SegmentPick]) -> Callable[[], None]:
    """Taken off the list: no undo puts the winner on it again."""
    segment = Segment.objects.get(name="By hand")
    lists.remove_people(segment=segment, people=[person.pk], by=None)

    def take_back() -> None:
        now_listed = SegmentPick.objects.filter(segment=segment)
        assert not now_listed.filter(contact=person).exists()
        now_listed.delete()
        SegmentPick.objects.bulk_create(listed)
        recalculate(segment)

    return take_back


def _unlinked(person: Contact) -> None:
    assert services.remove_identity(contact=person, namespace="till", external_id="T-1", by=None)


def _refused(person: Contact, own: Own) -> Callable[[], None]:
    """Whoever says no while they are one is not written to afterwards."""
    purpose = Purpose.objects.get(key="newsletter")
    consent.withdraw(contact=person, purpose=purpose, source="staff", evidence={"origin": "phone"})

    def take_back() -> None:
        assert ConsentState.objects.get(contact=person, purpose=purpose).state == "withdrawn"
        Contact.objects.filter(pk=person.pk).update(last_active_at=own[person.pk]["last_active_at"])

    return take_back


def _address(person: Contact) -> Callable[[], None]:
    """Another address of the winner, who keeps it."""
    row = make.EmailAddressFactory(contact=person, address="later@x.example", is_primary=False)
    services.refresh_search([person.pk])

    def take_back() -> None:
        _gone(EmailAddress.objects.filter(pk=row.pk), person)
        services.refresh_search([person.pk])

    return take_back


def _open_case(one: Contact, two: Contact, own: Own) -> Callable[[], None]:
    numbers = CaseCounter.objects.get().last
    wrote = Incoming(text="Hello", contact=one, sender_address="l0@x.example", at=timezone.now())
    case = open_case(contact=one, subject="Meanwhile", message=wrote, at=timezone.now())

    def take_back() -> None:
        owner = _of_address(one, two)
        _gone(CaseMessage.objects.filter(case=case), owner)
        _gone(Case.objects.filter(pk=case.pk), owner)
        CaseCounter.objects.update(last=numbers)
        _gone(Notification.objects.filter(at__gte=wrote.at), owner)
        Contact.objects.filter(pk=owner.pk).update(last_active_at=own[owner.pk]["last_active_at"])

    return take_back


def _of_address(one: Contact, two: Contact) -> Contact:
    """What came from the loser's first address is theirs, if they have one."""
    return two if EmailAddress.objects.filter(address_norm="l0@x.example", contact=two).exists() else one


def _gone(rows: Any, owner: Contact, *more: Any) -> None:
    assert {row.contact_id for row in rows} == {owner.pk}
    for each in (rows, *more):
        each.delete()


def _row(handler: Any, person: Contact) -> tuple[Any, str]:
    factory = getattr(make, f"{handler.model.__name__}Factory")
    field = handler.model._meta.get_field(handler.field)
    return factory(**{field.name: person if field.is_relation else person.pk}), field.attname
