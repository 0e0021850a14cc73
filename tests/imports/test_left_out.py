"""What a file names and an import does not make is said, beforehand and afterwards."""

from __future__ import annotations

from contacts import services as contacts
from contacts.models import Company, Contact, PostalAddress, Tag
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.files import begin, bring_in, check, start

FILE = """Email,Company,Tags,Owner,Shoe size
ana@example.com,Loja Azul,vip,bob@example.com,38
rui@example.com,Casa Verde,"vip, press",nobody@example.com,44
eva@example.com,Casa Verde,,,
"""


def test_companies_tags_and_owners_who_are_not_here(alice: Member, bob: Member) -> None:
    with tenant_context(alice.tenant):
        contacts.create_contact(by=None, name="Gil", company="Loja Azul", tags=["press"])
    run = check(alice, begin(alice, FILE), only_known_companies="on", only_known_tags="on")
    words = run.counts["words"]
    assert words["out.company"] == {"Casa Verde": 2}
    assert words["out.tags"] == {"vip": 2}
    assert words["out.owner"] == {"nobody@example.com": 1}
    page = alice.get("import_run", run.pk).content.decode()
    assert "Casa Verde (2)" in page
    assert "nobody@example.com (1)" in page
    assert "Shoe size" in page

    run = start(alice, run)
    assert {key: found for key, found in run.applied_counts["words"].items() if key.startswith("out.")} == {
        key: found for key, found in words.items() if key.startswith("out.")
    }
    assert "Casa Verde (2)" in alice.get("import_run", run.pk).content.decode()
    with tenant_context(alice.tenant):
        assert set(Company.objects.values_list("name", flat=True)) == {"Loja Azul"}
        assert set(Tag.objects.values_list("name", flat=True)) == {"press"}
        owners = dict(Contact.objects.exclude(name="Gil").values_list("emails__address", "owner__email"))
    assert owners == {"ana@example.com": "bob@example.com", "rui@example.com": None, "eva@example.com": None}


def test_nothing_is_said_when_everything_comes_in(alice: Member) -> None:
    run = bring_in(alice, "Email,Company,Tags\nana@example.com,Loja Azul,vip\n")
    assert not [key for key in run.applied_counts["words"] if key.startswith("out.")]
    assert "Stays out" not in alice.get("import_run", run.pk).content.decode()


def test_many_names_are_counted_and_only_some_are_kept(alice: Member) -> None:
    rows = "".join(f"p{number}@example.com,Firm {number}\n" for number in range(150))
    run = check(alice, begin(alice, f"Email,Company\n{rows}"), only_known_companies="on")
    names = run.counts["words"]["out.company"]
    assert len(names) == 101
    assert sum(names.values()) == 150
    assert "and others" in alice.get("import_run", run.pk).content.decode()


def test_an_owner_known_people_have_stays_unless_replaced(alice: Member, bob: Member) -> None:
    file = "Email,Owner\nana@example.com,Bob <BOB@example.com>\n"
    with tenant_context(alice.tenant):
        ana = contacts.create_contact(by=None, emails=["ana@example.com"], owner=alice.user)
    assert bring_in(alice, file).applied_counts.get("same") == 1
    run = bring_in(alice, file, known="overwrite")
    assert run.applied_counts.get("update") == 1
    with tenant_context(alice.tenant):
        assert Contact.objects.get(pk=ana.pk).owner == bob.user


def test_further_addresses_need_no_column_of_second_ones(alice: Member) -> None:
    bring_in(
        alice,
        "Email,More emails\n"
        "ana@example.com,ana@two.example:::ana@three.example:::both@example.org\n"
        "rui@example.com,both@example.org\n",
    )
    with tenant_context(alice.tenant):
        ana, rui = contacts.find_by_email("ana@three.example"), contacts.find_by_email("both@example.org")
        assert ana is not None
        assert rui is not None
        found = {str(one.address) for one in ana.emails.all()}
        assert found == {"ana@example.com", "ana@two.example", "ana@three.example"}
        assert [one.address for one in rui.emails.order_by("id")] == ["rui@example.com", "both@example.org"]


def test_a_region_or_a_country_alone_makes_an_address_that_says_so(alice: Member) -> None:
    bring_in(alice, "Email,Region,Country\nana@example.com,Norte,PT\n")
    with tenant_context(alice.tenant):
        place = PostalAddress.objects.get()
        assert (place.region, place.country, place.is_primary) == ("Norte", "PT", True)
