"""People land with their history, once, exactly as the dry run said."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.db.models import QuerySet

from contacts import fields
from contacts import services as contacts
from contacts.companies.merge.services import merge_companies
from contacts.entries import AddressEntry
from contacts.fields import defining
from contacts.imports import landing, lanes, plan
from contacts.imports.work import MOST_ATTEMPTS
from contacts.models import Contact, EmailAddress, Event, ImportChunk, ImportRow, PhoneNumber, PostalAddress, Tag
from ecrm.audit.models import AuditEntry
from ecrm.jobs.models import Job, OutboxEntry
from ecrm.tenancy.context import bind_tenant, tenant_context
from tests.cast import Member
from tests.imports.files import PEOPLE, begin, bring_in, check, fresh, landed, problems, start, verdicts, work

# ruff: noqa: E501  files have long lines
RICH = """Email,Second email,First name,Last name,Phone,Company,Job title,Stage,Tags,Language,Birthday,Street,Postcode,City,Country,Created at
Ana@Example.com,ana@home.example,Ana,Souza,912 345 678,Loja Azul,Buyer,customer,"vip, Lisboa",português,17/05/1990,Rua das Flores 12,4000-001,Porto,Portugal,2024-03-01
"""


def test_a_person_lands_with_everything(alice: Member) -> None:
    run = bring_in(alice, RICH)
    assert run.state == "done"
    with tenant_context(alice.tenant):
        ana = contacts.find_by_email("ana@example.com")
        assert (ana.name, ana.job_title, ana.stage, ana.language) == ("Ana Souza", "Buyer", "customer", "pt")
        assert (ana.birthday, ana.country, ana.city) == (date(1990, 5, 17), "PT", "Porto")
        assert ana.company.name == "Loja Azul"
        assert list(EmailAddress.objects.order_by("-is_primary").values_list("address", "is_primary")) == [
            ("Ana@Example.com", True),
            ("ana@home.example", False),
        ]
        assert PhoneNumber.objects.get(contact=ana).number == "+351912345678"
        assert PostalAddress.objects.get(contact=ana).street == "Rua das Flores 12"
        assert set(Tag.objects.filter(taggings__contact=ana).values_list("name", flat=True)) == {"vip", "Lisboa"}
        assert [row.pk for row in Contact.objects.all().matching("loja azul")] == [ana.pk]


def test_the_history_says_where_people_came_from(alice: Member) -> None:
    run = bring_in(alice, RICH)
    with tenant_context(alice.tenant):
        created = Event.objects.get(name="contact.created")
        assert created.occurred_at.date() == date(2024, 3, 1)
        assert (created.source_type, created.source_id, created.actor_id) == ("import", run.pk, alice.user.pk)
        actions = (
            AuditEntry.objects.filter(subject_type="contacts.importrun").order_by("pk").values_list("action", flat=True)
        )
        assert list(actions) == ["import.begun", "import.started", "import.finished"]


def test_people_known_before_are_told_to_have_been_tagged(alice: Member) -> None:
    with tenant_context(alice.tenant):
        contacts.create_contact(by=alice.user, emails=["ana@example.com"], tags=["vip"])
    bring_in(alice, RICH)
    with tenant_context(alice.tenant):
        told = Event.objects.filter(name="contact.tagged", source_type="import")
        assert [event.properties["tag"] for event in told] == ["Lisboa"]


def test_a_name_lost_by_a_merge_means_nobody_in_the_bin(alice: Member) -> None:
    with tenant_context(alice.tenant):
        kept, gone = (contacts.create_company(name=name, by=None) for name in ("Verde SA", "Verde Lda"))
        merge_companies(winner=kept, loser=gone, by=None)
    bring_in(alice, "Email,Company\nana@x.example,Verde Lda\n")
    with tenant_context(alice.tenant):
        assert Contact.objects.get().company == kept
        contacts.bin_company(company=kept, by=None)
    bring_in(alice, "Email,Company\nrui@x.example,Verde Lda\n")
    with tenant_context(alice.tenant):
        rui = Contact.objects.exclude(company=kept).get()
        assert rui.company is not None
        assert (rui.company.name, rui.company.binned_at) == ("Verde Lda", None)


ODD_NAMES = """Email,Second email,Name,First name,Last name,Phone,Mobile,Company
Élodie@Example.com,ELO@home.example,Élodie  d'Été,Élodie,d'Été,912345678,+48 600 700 800,Société Générale
plain@example.com,,,,,,,
only@example.com,,,Ana,,,,loja azul
last@example.com,,,,Łukaszewicz,,,LOJA AZUL
,,Nobody's Friend,,,912345679,,
"""


def test_people_are_found_and_sorted_as_if_made_by_hand(alice: Member) -> None:
    bring_in(alice, ODD_NAMES, without_email="on")
    with tenant_context(alice.tenant):
        people = list(Contact.objects.order_by("pk"))
        assert len(people) == 5
        made = [(person.sort_key, person.search_text) for person in people]
        contacts.refresh_search([person.pk for person in people])
        assert [(person.sort_key, person.search_text) for person in Contact.objects.order_by("pk")] == made


def test_a_second_click_imports_once(alice: Member) -> None:
    run = check(alice, begin(alice, PEOPLE))
    for _click in range(2):
        assert alice.post("start_import", run.pk).status_code == 302
    work(alice, run)
    with tenant_context(alice.tenant):
        assert Contact.objects.count() == 2
        assert Event.objects.filter(name="contact.created").count() == 2


def test_the_same_file_again_changes_nothing(alice: Member) -> None:
    bring_in(alice, RICH)
    with tenant_context(alice.tenant):
        before = list(Contact.objects.values()), list(Event.objects.order_by("pk").values_list("pk", flat=True))
    run = bring_in(alice, RICH)
    assert landed(run) == {"same": 1}
    with tenant_context(alice.tenant):
        after = list(Contact.objects.values()), list(Event.objects.order_by("pk").values_list("pk", flat=True))
    assert after == before


MIXED = """Email,Name,City,Tags,Phone,Second email
ana@example.com,Ana New,Lisboa,vip,+351912345678,
rui@example.com,Rui,Faro,,,shared@example.com
eva@example.com,Eva,,vip,,shared@example.com
ana@example.com,Ana twice,,,,
bad,Bad,,,,
gil@example.com,Gil,,,,rui@example.com
ida@example.com,Ida,,,,known@example.com
"""


@pytest.mark.parametrize("known", ["fill", "overwrite", "skip"])
def test_the_dry_run_is_what_happens(alice: Member, known: str) -> None:
    with tenant_context(alice.tenant):
        contacts.create_contact(by=alice.user, emails=["ana@example.com"], name="Ana Old")
        contacts.create_contact(by=alice.user, emails=["known@example.com"], name="Known")
    run = check(alice, begin(alice, MIXED), known=known)
    foretold, told = verdicts(run), problems(alice, run)
    run = start(alice, run)
    foretold = {verdict: count for verdict, count in foretold.items() if verdict not in ("refused", "repeated")}
    assert landed(run) == foretold
    assert problems(alice, run) == told
    with tenant_context(alice.tenant):
        assert EmailAddress.objects.count() == EmailAddress.objects.values("address_norm").distinct().count()
        ana = contacts.find_by_email("ana@example.com")
        expected = {"fill": ("Ana Old", "Lisboa"), "overwrite": ("Ana New", "Lisboa"), "skip": ("Ana Old", "")}
        assert (ana.name, ana.city) == expected[known]


def test_people_without_an_address_come_in_when_asked(alice: Member) -> None:
    content = "Name,Phone\nAna,+351912345678\n,\nRui,\n"
    run = bring_in(alice, content, without_email="on")
    assert landed(run) == {"new": 2}
    with tenant_context(alice.tenant):
        assert set(Contact.objects.values_list("name", flat=True)) == {"Ana", "Rui"}


def test_everybody_gets_the_tag_asked_for(alice: Member) -> None:
    bring_in(alice, PEOPLE, tag="fair 2026")
    with tenant_context(alice.tenant):
        assert Tag.objects.get().taggings.count() == 2


def test_a_binned_person_stays_binned_and_a_new_one_comes(alice: Member) -> None:
    with tenant_context(alice.tenant):
        ana = contacts.create_contact(by=alice.user, emails=["ana@example.com"])
        contacts.bin_contact(contact=ana, by=alice.user)
    run = bring_in(alice, PEOPLE)
    assert landed(run) == {"new": 2}


def test_other_tenants_people_are_not_matched(alice: Member, charlie: Member) -> None:
    with tenant_context(charlie.tenant):
        contacts.create_contact(by=charlie.user, emails=["ana@example.com"], name="Theirs")
    assert landed(bring_in(alice, PEOPLE)) == {"new": 2}
    with tenant_context(charlie.tenant):
        assert [person.name for person in Contact.objects.all()] == ["Theirs"]


def many(rows: int) -> str:
    return "Email,Name\n" + "".join(f"person{n}@example.com,Person {n}\n" for n in range(rows))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CHUNK_ROWS", 10)
    monkeypatch.setattr(plan, "FIRST_CHUNK_ROWS", 10)


def test_a_small_file_moves_its_bar_in_many_steps(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "FIRST_CHUNK_ROWS", 1)
    monkeypatch.setattr(plan, "LEAST_CHUNK_ROWS", 1)
    run = check(alice, begin(alice, many(80)))

    with tenant_context(alice.tenant):
        sizes = list(ImportChunk.objects.filter(run=run).values_list("row_count", flat=True))

    assert sum(sizes) == 80
    assert max(sizes) <= 80 / 10


def test_goes_on_after_a_crash_without_doing_anything_twice(alice: Member, small_chunks: None) -> None:
    run = check(alice, begin(alice, many(35)))
    assert alice.post("start_import", run.pk).status_code == 302
    run = fresh(alice, run)
    whole, landings = landing.land, []

    def crash_in_the_third_chunk(chunk: landing.Landing) -> None:
        whole(chunk)
        landings.append(chunk)
        if len(landings) == 3:
            raise RuntimeError("the worker dies with its transaction open")

    with (
        bind_tenant(alice.tenant),
        patch.object(landing, "land", crash_in_the_third_chunk),
        pytest.raises(RuntimeError),
    ):
        lanes.land(run.pk, run.job_id)
    with tenant_context(alice.tenant):
        assert Contact.objects.count() == 20
    with bind_tenant(alice.tenant):
        lanes.land(run.pk, run.job_id)
    run = fresh(alice, run)
    assert (run.state, landed(run)) == ("done", {"new": 35})
    with tenant_context(alice.tenant):
        assert Contact.objects.count() == 35
        assert Event.objects.filter(name="contact.created").count() == 35
        assert not ImportRow.objects.exists()


def test_cancelled_half_way_keeps_what_landed_and_can_go_on(alice: Member, small_chunks: None) -> None:
    run = check(alice, begin(alice, many(35)))
    alice.post("start_import", run.pk)
    whole = landing.land

    def cancel_meanwhile(chunk: landing.Landing) -> None:
        whole(chunk)
        Job.objects.filter(pk=chunk.run.job_id).update(cancel_requested_at=chunk.at)

    with patch.object(landing, "land", cancel_meanwhile):
        run = work(alice, run)
    assert (run.state, landed(run)) == ("cancelled", {"new": 10})
    assert "Cancelled after 10 of 35 rows" in alice.get("import_run", run.pk).content.decode()
    run = start(alice, run)
    assert (run.state, landed(run)) == ("done", {"new": 35})


def test_who_landed_before_a_stop_has_their_colleagues(alice: Member, small_chunks: None) -> None:
    with tenant_context(alice.tenant):
        defining.create(entity="contact", kind="person", label="Boss", key="boss", by=None)
    rows = "".join(f"person{n}@example.com,person1@example.com\n" for n in range(25))
    run = check(alice, begin(alice, f"Email,Boss\n{rows}"))
    alice.post("start_import", run.pk)
    whole = landing.land

    def cancel_meanwhile(chunk: landing.Landing) -> None:
        whole(chunk)
        Job.objects.filter(pk=chunk.run.job_id).update(cancel_requested_at=chunk.at)

    with patch.object(landing, "land", cancel_meanwhile):
        run = work(alice, run)
    assert run.state == "cancelled"
    with tenant_context(alice.tenant):
        landed_ids = list(Contact.objects.values_list("pk", flat=True))
        boss = contacts.find_by_email("person1@example.com")
        assert fields.values("contact", landed_ids) == {pk: {"boss": boss.pk} for pk in landed_ids}


def test_who_landed_before_it_was_given_up_has_their_colleagues(alice: Member, small_chunks: None) -> None:
    with tenant_context(alice.tenant):
        defining.create(entity="contact", kind="person", label="Boss", key="boss", by=None)
    rows = "".join(f"person{n}@example.com,person1@example.com\n" for n in range(25))
    run = check(alice, begin(alice, f"Email,Boss\n{rows}"))
    alice.post("start_import", run.pk)
    run = fresh(alice, run)
    whole, landings = landing.land, []

    def fail_in_the_third_chunk(chunk: landing.Landing) -> None:
        landings.append(chunk)
        if len(landings) > 2:
            raise RuntimeError("this stretch never lands")
        whole(chunk)

    with patch.object(landing, "land", fail_in_the_third_chunk), bind_tenant(alice.tenant):
        for _attempt in range(MOST_ATTEMPTS - 1):
            with pytest.raises(RuntimeError):
                lanes.land(run.pk, run.job_id)
        lanes.land(run.pk, run.job_id)
    run = fresh(alice, run)
    assert run.state == "failed"
    with tenant_context(alice.tenant):
        landed_ids = list(Contact.objects.values_list("pk", flat=True))
        boss = contacts.find_by_email("person1@example.com")
        assert len(landed_ids) == 20
        assert fields.values("contact", landed_ids) == {pk: {"boss": boss.pk} for pk in landed_ids}
        OutboxEntry.objects.all().delete()  # a worker would have been done with it
    run = start(alice, run)
    with tenant_context(alice.tenant):
        everybody = list(Contact.objects.values_list("pk", flat=True))
        assert fields.values("contact", everybody) == {pk: {"boss": boss.pk} for pk in everybody}
    assert (run.state, len(everybody)) == ("done", 25)


def test_a_bare_number_names_nobody(alice: Member) -> None:
    """It is somebody else's in the workspace a file comes from."""
    with tenant_context(alice.tenant):
        for kind, label in (("person", "Boss"), ("company", "Supplier")):
            defining.create(entity="contact", kind=kind, label=label, by=None)
        boss = contacts.create_contact(by=None, name="Olga Boss", emails=["olga@example.com"], company="Casa Verde")
    rows = [f"#{boss.pk},#{boss.company_id}", f"{boss.pk},{boss.company_id}", f"#{boss.pk} Olga Boss,Casa Verde"]
    content = "Email,Boss,Supplier\n" + "".join(f"p{n}@example.com,{row}\n" for n, row in enumerate(rows))
    run = bring_in(alice, content, only_known_companies="on")
    assert [line for line, _column, _reason in problems(alice, run)] == [2, 2, 3, 3]
    with tenant_context(alice.tenant):
        people = list(Contact.objects.exclude(pk=boss.pk).order_by("pk").values_list("pk", flat=True))
        assert fields.values("contact", people) == {people[2]: {"boss": boss.pk, "supplier": boss.company_id}}


SEVERAL = """Email,More emails,Kinds of the emails,Numbers in other systems,More addresses
ana@example.com,not one:::ana@home.example,work:::other:::work:::home,shop:1\\::::nonsense:::card:7,Rua A;4000;Porto;;PT;work:::B;;;;Atlantis
rui@example.com,ana@example.com:::rui@home.example,,,
eva@example.com,,work 0001-01-01T00:00:00,,
"""


def test_one_bad_part_of_a_cell_costs_only_itself(alice: Member) -> None:
    run = bring_in(alice, SEVERAL)
    assert sorted((line, column) for line, column, _reason in problems(alice, run)) == [
        (2, "More addresses"),
        (2, "More emails"),
        (2, "Numbers in other systems"),
        (3, ""),
        (4, "Kinds of the emails"),
    ]
    with tenant_context(alice.tenant):
        ana, rui = (contacts.find_by_email(f"{name}@example.com") for name in ("ana", "rui"))
        assert set(ana.emails.values_list("address", "kind")) == {
            ("ana@example.com", "work"),
            ("ana@home.example", "home"),
        }
        assert set(ana.identities.values_list("namespace", "external_id")) == {("shop", "1:"), ("card", "7")}
        assert list(PostalAddress.objects.values_list("contact", "street", "kind")) == [(ana.pk, "Rua A", "work")]
        assert set(rui.emails.values_list("address", flat=True)) == {"rui@example.com", "rui@home.example"}


def test_an_empty_city_beside_the_kind_of_an_address_leaves_the_known_one(alice: Member) -> None:
    with tenant_context(alice.tenant):
        place = AddressEntry("Rua A 1", "4000", "Porto", "", "PT")
        contacts.create_contact(by=None, emails=["ana@example.com"], addresses=[place])
    text = "Email,Street,City,Country,Kind of the address\nana@example.com,Rua B 2,,,work\n"
    bring_in(alice, text, known="overwrite")
    with tenant_context(alice.tenant):
        place = PostalAddress.objects.get()
        assert (place.street, place.city, place.country) == ("Rua B 2", "Porto", "PT")


def test_the_planner_knows_a_tenant_that_has_just_arrived(alice: Member, charlie: Member) -> None:
    """Without it, look-ups in the new tenant walk all its rows: the rate falls to a hundredth."""
    for member in (alice, charlie):
        bring_in(member, many(600))
        with tenant_context(member.tenant):
            assert expected_rows(Contact.objects.all()) > 100
            assert expected_rows(EmailAddress.objects.all()) > 100


def expected_rows(rows: QuerySet[Any]) -> int:
    """How many the planner thinks there are."""
    return json.loads(rows.explain(format="json"))[0]["Plan"]["Plan Rows"]


def test_a_continued_import_counts_what_is_left(alice: Member, small_chunks: None) -> None:
    run = check(alice, begin(alice, many(25)))
    alice.post("start_import", run.pk)
    with bind_tenant(alice.tenant), patch.object(lanes, "SLICE_SECONDS", 0.0):
        lanes.land(run.pk, fresh(alice, run).job_id)
    run = work(alice, run)
    assert (run.state, run.job.state) == ("done", "done")
    assert (run.job.done, run.job.total) == (25, 25)


def test_old_customers_get_their_months(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "OLD_EVENTS_WORTH_MONTHS", 2)
    bring_in(alice, "Email,Created at\nana@example.com,2011-02-03\nrui@example.com,2011-03-04\n")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname IN ('contacts_event_2011_02', 'contacts_event_2011_03')"
        )
        assert cursor.fetchone() == (2,)


def test_an_address_taken_meanwhile_updates_that_person(alice: Member) -> None:
    run = check(alice, begin(alice, PEOPLE))
    with tenant_context(alice.tenant):
        contacts.create_contact(by=alice.user, emails=["ana@example.com"])
    run = start(alice, run)
    assert landed(run) == {"new": 1, "update": 1}
    assert "differ" in alice.get("import_run", run.pk).content.decode()


def test_staged_copies_of_personal_data_go_when_they_have_landed(alice: Member) -> None:
    run = bring_in(alice, MIXED)
    with tenant_context(alice.tenant):
        assert not ImportRow.objects.filter(run=run).exists()


def test_something_that_landed_cannot_be_discarded(alice: Member) -> None:
    run = bring_in(alice, PEOPLE)
    assert alice.post("discard_import", run.pk).status_code == 302
    assert alice.get("import_run", run.pk).status_code == 200


def test_the_list_shows_the_run(alice: Member) -> None:
    bring_in(alice, PEOPLE)
    page = alice.get("import_list").content.decode()
    assert "people.csv" in page
    assert "Done" in page
