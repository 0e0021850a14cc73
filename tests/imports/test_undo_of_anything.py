"""Whatever file came in and whatever happened meanwhile: the undo leaves what there would be without it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st

from cases.models import Case
from cases.services import open_case
from consent import services as consent
from consent.models import ConsentState, Purpose
from contacts import events
from contacts import services as contacts
from contacts.fields import defining
from contacts.imports import services as imports
from contacts.merge.services import merge_contacts
from contacts.models import Company, Contact, CustomField, ImportRun, SegmentMembership, Tag
from contacts.notes.writing import write_note
from contacts.segments import lists
from contacts.segments.services import create_segment
from contacts.segments.tasks import refresh
from ecrm.jobs.outbox import drain
from ecrm.tenancy.context import bind_tenant, tenant_context
from tests import factories as make
from tests.cast import Member, join, make_user
from tests.imports.test_undo import TABLES, state
from tests.segments.conftest import condition

KNOWN = ("ana", "rui", "zoe", "kim")
NAMES = (*KNOWN, "lea", "max")
COLUMNS = {
    "email": st.sampled_from(NAMES),
    "city": st.sampled_from(["", "Porto", "Faro"]),
    "tags": st.sampled_from(["", "vip", "vip;press"]),
    "phone": st.sampled_from(["", "+351912345678", "+48600700800"]),
    "company": st.sampled_from(["", "Loja Azul", "Casa"]),
    "street": st.sampled_from(["", "Rua 1", "Rua 2"]),
    "more_emails": st.sampled_from(["", "one@more.example", "two@more.example:::three@more.example"]),
    "more_addresses": st.sampled_from(["", "Rua 3;;Lagos;;PT", "Rua 4;;Beja;;PT:::;;;;ES;work"]),
    "identities": st.sampled_from(["", "shop:1001", "shop:1002:::card:7"]),
    "owner": st.sampled_from(["", "alice@example.com", "nobody@example.com"]),
    "f:size": st.sampled_from(["", "L", "XL"]),
}
FILES = st.lists(st.tuples(*COLUMNS.values()), min_size=1, max_size=6)
PLAIN = (
    *("edit", "move", "note", "tag", "own", "withdraw", "grant"),
    *("order", "case", "field", "list", "link", "plan", "bin"),
)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(PLAIN), st.sampled_from(NAMES)),
        st.tuples(st.just("merge"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.tuples(st.just("recalculate")),
    ),
    max_size=4,
)


class Cast:
    """The people there are before, and what colleagues do with them."""

    def __init__(self, alice: Member) -> None:
        self.alice, self.at = alice, timezone.now()
        # Who says again what the file has said changes nothing: nobody in the file is theirs.
        self.colleague = make_user("Colleague")
        join(self.colleague, alice.tenant, "sales")
        with tenant_context(alice.tenant):
            self.known = {
                name: contacts.create_contact(by=alice.user, emails=[f"{name}@example.com"], name=name).pk
                for name in KNOWN
            }
            contacts.edit_contact(contact=self.find("zoe"), by=alice.user, city="Beja", phones=["+351912345678"])
            defining.create(entity="contact", kind=CustomField.Kind.TEXT, label="Size", by=None)
            self.purpose = Purpose.objects.get(key="newsletter")
            self.list = lists.create_static(name="By hand", by=None)
            create_segment(name="In Porto", rule=condition("city", "any_of", ["Porto"]), by=None)
        self.work()

    def work(self) -> None:
        with bind_tenant(self.alice.tenant):
            drain()
            # The tick, a few seconds later.
            refresh()

    def find(self, name: str) -> Contact:
        found = contacts.find_by_email(f"{name}@example.com")
        assert found is not None
        return found

    def act(self, acts: list[tuple[str, ...]]) -> set[int]:
        """Does what is possible; answers whom it was done to."""
        touched: set[int] = set()
        for what, *names in acts:
            with tenant_context(self.alice.tenant):
                people = [contacts.find_by_email(f"{name}@example.com") for name in names]
                if None not in people and len({one.pk for one in people if one}) == len(people):
                    self._do(what, *people)
                    touched |= {one.pk for one in people if one}
            if what == "recalculate":
                self.work()
        return touched

    def _do(self, what: str, *people: Any) -> None:
        by = self.alice.user
        doing: dict[str, Callable[..., Any]] = {
            "edit": lambda one: contacts.edit_contact(contact=one, by=by, job_title="Met meanwhile"),
            "move": lambda one: contacts.edit_contact(contact=one, by=by, city="Lagos"),
            "own": lambda one: contacts.edit_contact(contact=one, by=by, owner=self.colleague),
            "note": lambda one: write_note(contact=one, text="Called", by=by),
            "tag": lambda one: contacts.add_tags(contact_ids=[one.pk], names=["met"], by=by),
            "withdraw": lambda one: consent.withdraw(
                contact=one, purpose=self.purpose, source="staff", evidence={"origin": "phone"}, by=by
            ),
            "grant": lambda one: consent.grant(
                contact=one, purpose=self.purpose, source="staff", evidence={"origin": "phone"}, by=by
            ),
            "order": lambda one: events.record("order.placed", contact=one, at=self.at, amount=4990, currency="EUR"),
            "case": lambda one: open_case(contact=one, subject="Meanwhile", at=self.at),
            "field": lambda one: contacts.edit_contact(contact=one, by=by, custom_fields={"size": "S"}),
            "list": lambda one: lists.add_people(segment=self.list.refreshed(), people=[one.pk], by=by),
            "link": lambda one: contacts.add_identity(contact=one, namespace="till", external_id=f"T{one.pk}", by=by),
            "plan": lambda one: make.FollowUpFactory(contact=one),
            "bin": lambda one: contacts.bin_contact(contact=one, by=by),
            "merge": lambda one, other: merge_contacts(winner=one, loser=other, by=by),
            "recalculate": lambda: None,
        }
        doing[what](*people)

    def bring_in(self, rows: list[tuple[str, ...]], known: str) -> ImportRun:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows([f"{name}@example.com", *rest] for name, *rest in rows)
        with tenant_context(self.alice.tenant):
            upload = SimpleUploadedFile("people.csv", text.getvalue().encode(), "text/csv")
            run = imports.begin_import(upload=upload, by=self.alice.user)
            mapping = dict(enumerate(COLUMNS))
            assert imports.check(run=run, mapping=mapping, options=imports.Options(known=known), by=self.alice.user)
        self._go_on(run, imports.start)
        return run

    def undo(self, run: ImportRun) -> ImportRun:
        self._go_on(run, imports.undo)
        self.work()
        with tenant_context(self.alice.tenant):
            return ImportRun.objects.get(pk=run.pk)

    def _go_on(self, run: ImportRun, verb: Callable[..., bool]) -> None:
        self.work()
        with tenant_context(self.alice.tenant):
            assert verb(run=ImportRun.objects.get(pk=run.pk), by=self.alice.user)
        self.work()


@contextmanager
def forgotten() -> Iterator[None]:
    """Whatever is written inside has never been."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rows_of(found: dict[str, list[Any]], people: set[int]) -> dict[str, list[Any]]:
    """Of these people, each row whole."""
    owner = {table: "id" if table == "contacts_contact" else "contact_id" for table in TABLES}
    del owner["contacts_company"], owner["contacts_tag"]
    return {table: [row for row in found[table] if row[key] in people] for table, key in owner.items()}


def told(alice: Member) -> dict[int, list[str]]:
    """By person, without the numbers of rows, which differ from one course of things to another."""
    found = state(alice)
    names = {f"{kind}_id": {row["id"]: row["name"] for row in found[f"contacts_{kind}"]} for kind in ("tag", "company")}
    facts: dict[int, list[str]] = {row["id"]: [] for row in found["contacts_contact"]}
    for table, rows in rows_of(found, set(facts)).items():
        for row in rows:
            said = {key: names[key].get(value) if key in names else value for key, value in row.items()}
            said = {key: value for key, value in said.items() if key not in ("id", "created_at")}
            facts[row.get("contact_id", row["id"])].append(f"{table} {sorted(said.items(), key=str)}")
    with tenant_context(alice.tenant):
        for contact_id, answer in ConsentState.objects.values_list("contact_id", "state"):
            facts.setdefault(contact_id, []).append(f"said {answer}")
        inside = SegmentMembership.objects.filter(left_at=None).values_list("contact_id", "segment__name")
        for contact_id, segment in inside:
            facts.setdefault(contact_id, []).append(f"in {segment}")
        for contact_id in Case.objects.values_list("contact_id", flat=True):
            facts.setdefault(contact_id, []).append("has a case")
    return {contact_id: sorted(own) for contact_id, own in facts.items()}


@pytest.fixture
def cast(alice: Member) -> Cast:
    return Cast(alice)


@example(rows=[("ana", "Porto", *[""] * 9)], known="overwrite", acts=[("edit", "ana"), ("list", "ana")])
@given(rows=FILES, known=st.sampled_from(["fill", "overwrite", "skip"]), acts=ACTS)
@settings(
    max_examples=32,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_import_is_taken_back_whatever_happens_meanwhile(
    cast: Cast, rows: list[tuple[str, ...]], known: str, acts: list[tuple[str, ...]]
) -> None:
    note(f"{rows=} {known=} {acts=}")
    before = state(cast.alice)
    everybody = set(cast.known.values())
    with forgotten():
        cast.act(acts)
        cast.work()
        without = told(cast.alice)
        names_without = _names(cast.alice)
    with forgotten():
        run = cast.bring_in(rows, known)
        touched = cast.act(acts)
        run = cast.undo(run)
        kept = set(run.undo_counts.get("kept_ids", []))
        here = {row["id"] for row in state(cast.alice)["contacts_contact"]}

        assert run.state == "undone"
        assert kept <= touched, "somebody is said to be changed whom nobody has touched"
        assert here <= everybody | touched, "somebody new is left whom nobody has touched"
        assert rows_of(state(cast.alice), everybody - touched) == rows_of(before, everybody - touched)
        now = told(cast.alice)
        for person in everybody - kept - _merged(acts, cast):
            assert now.get(person) == without.get(person)
        # In this one transaction a tag is as old as the landing, so who got it is not seen as touched.
        if not kept and touched <= everybody:
            assert _names(cast.alice) == names_without


def _names(alice: Member) -> tuple[set[str], set[str]]:
    with tenant_context(alice.tenant):
        companies = Company.objects.filter(binned_at=None).values_list("name", flat=True)
        return set(companies), set(Tag.objects.values_list("name", flat=True))


def _merged(acts: list[tuple[str, ...]], cast: Cast) -> set[int]:
    """Who was part of a merge: what the other brought stays with them until it is undone."""
    return {cast.known[name] for what, *names in acts if what == "merge" for name in names if name in cast.known}
