"""Tags: put on, taken off, for one and for many."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import services
from contacts.models import Contact, Event, Tag
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import add, told


def test_the_same_tag_in_other_letters_is_the_same_tag(in_acme: Tenant, owner: User, ines: Contact) -> None:
    assert services.add_tags(contact_ids=[ines.pk], names=["vip", " VIP ", "Café", "cafe"], by=owner) == 1

    assert sorted(Tag.objects.values_list("name", flat=True)) == ["Café", "VIP"]
    assert told(ines).count("contact.tagged") == 2


def test_many_people_in_a_few_statements(in_acme: Tenant, owner: User) -> None:
    people = [add(in_acme, name=f"Person {number}") for number in range(12)]

    def cost(ids: list[int], name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert services.add_tags(contact_ids=ids, names=[name], by=owner) == len(ids)
        return len(queries)

    assert cost([person.pk for person in people], "Many") == cost([people[0].pk], "One")
    assert Event.objects.filter(name="contact.tagged").count() == 13


def test_removing_what_is_not_there_is_harmless(in_acme: Tenant, owner: User, ines: Contact) -> None:
    assert services.remove_tags(contact_ids=[ines.pk], names=["Press", ""], by=owner) == 0
    assert services.remove_tags(contact_ids=[ines.pk], names=["vip"], by=owner) == 1
    assert services.remove_tags(contact_ids=[ines.pk], names=["vip"], by=owner) == 0
    assert told(ines)[-1] == "contact.untagged"


def test_people_of_another_workspace_are_out_of_reach(in_acme: Tenant, globex: Tenant, owner: User) -> None:
    stranger = add(globex, name="Stranger")

    assert services.add_tags(contact_ids=[stranger.pk], names=["VIP"], by=owner) == 0


def test_from_the_page(alice: Member, ines: Contact) -> None:
    alice.post("tag_contact", ines.pk, form={"tags": "Press, Candles"})
    alice.post("tag_contact", ines.pk, form={"tags": "press"})
    alice.post("untag_contact", ines.pk, form={"tag": "VIP"})
    alice.post("untag_contact", ines.pk, form={"tag": "VIP"})

    with tenant_context(alice.tenant):
        assert sorted(ines.taggings.values_list("tag__name", flat=True)) == ["Candles", "Press"]
    assert told(ines).count("contact.untagged") == 1


def test_a_tag_too_long_is_refused_in_words(alice: Member, ines: Contact) -> None:
    answer = alice.post("tag_contact", ines.pk, form={"tags": "x" * 61})

    assert "at most 60 letters" in alice.client.get(answer.url).content.decode()


def test_many_need_a_tag_and_somebody_ticked(alice: Member, ines: Contact) -> None:
    for form, words in (
        ({"action": "tag", "tag-tags": "Press"}, "Tick somebody first"),
        ({"action": "tag", "tag-tags": " , ", "contact": [ines.pk]}, "Write the tag first"),
        ({"action": "fly", "contact": [ines.pk]}, "Choose what to do"),
    ):
        answer = alice.post("act_on_contacts", form=form)
        page = answer if answer.status_code == 422 else alice.client.get(answer.url)
        assert words in page.content.decode()
    assert told(ines).count("contact.tagged") == 1


def test_who_may(vera: Member, outsider: Member, charlie: Member, ines: Contact) -> None:
    for act in ("tag_contact", "untag_contact"):
        assert vera.post(act, ines.pk, form={"tags": "X", "tag": "VIP"}).status_code == 403
        assert outsider.post(act, ines.pk, form={"tags": "X", "tag": "VIP"}).status_code == 404
        assert charlie.post(act, ines.pk, form={"tags": "X", "tag": "VIP"}).status_code == 404
    vera.post("act_on_contacts", form={"action": "tag", "tag": "X", "contact": [ines.pk]})
    with tenant_context(ines.tenant_id):
        assert list(ines.taggings.values_list("tag__name", flat=True)) == ["VIP"]
