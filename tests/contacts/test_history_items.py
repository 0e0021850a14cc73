"""Lines of a person's history: what opens, where each leads, and finding one by its words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from contacts import events, timeline
from contacts.events import NewEvent
from contacts.models import Contact, ContactNote, Letter, Segment
from contacts.notes.writing import write_note
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add

NOON = timezone.now().replace(hour=12, minute=0) - timedelta(days=9)


def views(person: Contact, count: int) -> list[NewEvent]:
    return [
        NewEvent("page.viewed", person.pk, at=NOON - timedelta(minutes=number), properties={"title": f"Jar {number}"})
        for number in range(count)
    ]


def items(member: Member, person: Contact, **query: str) -> list[Any]:
    told = member.get("contact_page", person.pk, query={"show": "web", **query}).context["timeline"]
    return [item for day in told.days for item in day.items]


def test_pages_looked_at_in_a_row_are_one_line_that_opens(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        events.record_many(views(ines, 7))

    page = alice.get("contact_page", ines.pk, query={"show": "web"})

    (folded,) = items(alice, ines)
    assert folded.sentence == "Viewed 7 pages"
    assert [line.sentence for line in folded.lines] == [f"Viewed Jar {number}" for number in range(7)]
    assert "Show each" in page.content.decode()


def test_two_pages_stay_two_lines(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        events.record_many(views(ines, 2))

    assert [item.sentence for item in items(alice, ines)] == ["Viewed Jar 0", "Viewed Jar 1"]


def test_a_line_leads_to_its_thing(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        segment = Segment.objects.create(name="Refill buyers", rule={})
        told = {"segment": segment.name}
        events.record("segment.entered", contact=ines, subject=segment, properties=told)
        events.record("page.viewed", contact=ines, properties={"title": "Jars", "url": "https://shop.example/jars"})
        events.record("page.viewed", contact=ines, properties={"title": "Bad", "url": "javascript:alert(1)"})
        events.record("email.sent", contact=ines, campaign_id=41, properties={"campaign": "Spring"})

    page = alice.get("contact_page", ines.pk).content.decode()

    assert f'<a href="/acme/segments/{segment.pk}/">Refill buyers</a>' in page
    assert '<a href="https://shop.example/jars">Jars</a>' in page
    assert '“<a href="/acme/campaigns/41/report/">Spring</a>”' in page
    assert "javascript:" not in page


def test_no_way_to_what_one_may_not_open(alice: Member, bob: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        events.record("contact.created", contact=ines, source="import", source_id=5)

    assert "/acme/contacts/imports/5/" in alice.get("contact_page", ines.pk).content.decode()
    told = bob.get("contact_page", ines.pk).content.decode()
    assert "Joined, source import" in told
    assert "/acme/contacts/imports/5/" not in told


def test_what_happened_is_text_and_never_markup(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        events.record_many(
            [
                NewEvent("page.viewed", ines.pk, properties={"title": f"<b>{n}</b>", "url": 'https://x.example/"><i>'})
                for n in range(3)
            ]
        )

    page = alice.get("contact_page", ines.pk).content.decode()

    assert "&lt;b&gt;2&lt;/b&gt;" in page
    assert "<b>2" not in page
    assert '"><i>' not in page


def test_words_find_lines_whatever_their_accents(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        events.record_many(views(ines, 3))
        events.record("form.submitted", contact=ines, properties={"form": "Inscrição na oficina"})

    assert [item.sentence for item in items(alice, ines, find="OFICINA inscricao")] == [
        "Submitted the form Inscrição na oficina"
    ]
    assert [item.sentence for item in items(alice, ines, find="jar 1")] == ["Viewed Jar 1"]
    nothing = alice.get("contact_page", ines.pk, query={"find": "zebra"}).content.decode()
    assert "Nothing about “zebra”" in nothing


def test_found_lines_go_on_page_by_page(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        events.record_many(views(ines, 45))
        events.record("form.submitted", contact=ines, properties={"form": "Contact"})

    first = alice.get("contact_page", ines.pk, query={"find": "jar"}).context["timeline"]
    rest = alice.get("contact_page", ines.pk, query={"find": "jar", "cursor": first.page.next}).context["timeline"]

    assert (len(first.page.rows), len(rest.page.rows), rest.page.next) == (30, 15, None)
    assert not {row.id for row in first.page.rows} & {row.id for row in rest.page.rows}


def test_a_search_says_how_far_it_looked_and_goes_on(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        events.record("form.submitted", contact=ines, at=NOON - timedelta(days=300), properties={"form": "Old one"})
        events.record_many(views(ines, timeline.SEARCHED))

    page = alice.get("contact_page", ines.pk, query={"show": "web", "find": "old"})

    told = page.context["timeline"]
    assert not told.days
    assert "Searched back to" in page.content.decode()
    assert [item.sentence for item in items(alice, ines, find="old", cursor=told.page.next)] == [
        "Submitted the form Old one"
    ]


def test_what_one_may_not_see_is_not_found(alice: Member, bob: Member, acme: Tenant) -> None:
    person = add(acme, name="Rui Prata")
    with tenant_context(acme):
        events.record("order.placed", contact=person, amount=100, currency="EUR", properties={"number": "VL-1"})

    def found(member: Member) -> int:
        told = member.get("contact_page", person.pk, query={"find": "VL-1"}).context["timeline"]
        return len(told.page.rows)

    assert (found(alice), found(bob)) == (1, 0)


def test_an_order_leads_to_the_shop_and_without_an_address_opens_itself(
    alice: Member, acme: Tenant, ines: Contact
) -> None:
    with tenant_context(acme):
        for number, more in (("A-1", {"url": "https://shop.example/orders/A-1"}), ("A-2", {"gift": True})):
            lines = [{"name": "Soap", "count": 2}]
            events.record(
                "order.placed", contact=ines, source="shop", amount=1250, currency="EUR",
                properties={"number": number, "items": lines, **more},
            )  # fmt: skip

    page = alice.get("contact_page", ines.pk, query={"show": "order"}).content.decode()

    assert '<a href="https://shop.example/orders/A-1">A-1</a>' in page
    assert "<summary>" in page
    for told in ("Name: Soap, Count: 2", "€12.50", "<dt>Gift</dt>", "<dt>Source</dt>"):
        assert told in page, told


def test_every_line_leads_somewhere_or_opens_itself(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        told = [
            NewEvent(kind.name, ines.pk, at=NOON - timedelta(hours=number))
            for number, kind in enumerate(events.kinds())
        ]
        events.record_many(told)
        events.record_many([NewEvent("wishlist.item_added", ines.pk, properties={"sku": "J-7"}, is_custom=True)])

    shown, cursor = [], ""
    while True:
        told_page = alice.get("contact_page", ines.pk, query={"cursor": cursor} if cursor else {}).context["timeline"]
        shown += [item for day in told_page.days for item in day.items]
        cursor = told_page.page.next
        if not cursor:
            break
    assert len({item.kind.name for item in shown}) == len(events.kinds()) + 1
    assert [item.kind.name for item in shown if not (item.link or item.facts)] == []


def test_words_of_notes_and_letters_are_found(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        long = "So much was said. " * 150 + "The kiln broke in Évora."
        note = write_note(contact=ines, kind=ContactNote.Kind.NOTE, text=long, by=alice.user)
        letter = Letter.objects.create(
            contact=ines, direction=Letter.Direction.OUT, subject="Your question", text="Parcels leave on <Tuesday>."
        )
        events.record("letter.sent", contact=ines, subject=letter, properties={"subject": letter.subject})

    for words, way in (
        ("kiln evora", f"/acme/contacts/notes/{note.pk}/"),
        ("parcels", f"/acme/contacts/letters/{letter.pk}/"),
    ):
        page = alice.get("contact_page", ines.pk, query={"find": words}).content.decode()
        assert way in page, words
        assert alice.get("contact_page", ines.pk, query={"find": "zebra"}).context["timeline"].days == []
    told = alice.get("contact_page", ines.pk, query={"find": "tuesday"}).content.decode()
    assert "Parcels leave on &lt;Tuesday&gt;." in told
