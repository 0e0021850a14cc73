"""Moving house: the whole export at once, as its dry run says, and back again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent import services as consent
from consent import suppression
from consent.models import ConsentClaim, ConsentRecord, ConsentState, FormerTrace, Move, Purpose
from contacts import services as contacts
from contacts.models import Company, Contact, Event, SegmentPick, Tagging
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.test_undo import state
from tests.moving.exports import choose, move_in, sample, start, undo, upload, work, zipped


def answers(member: Member) -> dict[str, str]:
    with tenant_context(member.tenant):
        return dict(ConsentState.objects.values_list("contact__name", "state"))


def told(member: Member) -> list[tuple[str, str]]:
    with tenant_context(member.tenant):
        names = dict(Contact.objects.values_list("pk", "name"))
        happened = Event.objects.filter(name__startswith="former.").values_list("contact_id", "name")
        return sorted((names[pk], name) for pk, name in happened)


def is_blocked(member: Member, address: str) -> bool:
    with tenant_context(member.tenant):
        return suppression.is_suppressed(address_norm=address)


@pytest.mark.parametrize("system", ["mailchimp", "hubspot", "brevo", "mautic"])
def test_what_was_checked_is_what_happens(alice: Member, system: str) -> None:
    checked = choose(alice, upload(alice, system, sample(system)))
    assert checked.run is not None
    assert checked.error == ""
    with tenant_context(alice.tenant):
        assert not Contact.objects.exists()
        assert not ConsentRecord.objects.exists()
    moved = start(alice, checked)
    assert moved.run is not None
    assert moved.run.state == "done"
    for verdict in ("new", "update", "same", "words"):
        assert moved.run.applied_counts.get(verdict) == checked.run.counts.get(verdict)
    for part in ("blocked", "companies"):
        assert moved.applied.get(part, 0) == checked.planned[part]
    page = alice.get("move", moved.pk).content.decode()
    assert "Who may be mailed" in page


def test_without_a_name_the_list_gets_one(alice: Member) -> None:
    moved = start(alice, choose(alice, upload(alice, "mailchimp", sample("mailchimp")), list_name=" "))
    assert "Who may be mailed" in alice.get("move", moved.pk).content.decode()
    with tenant_context(alice.tenant):
        assert SegmentPick.objects.filter(segment__name="From Mailchimp").exists()


def test_mailchimp_as_one_archive(alice: Member) -> None:
    move_in(alice, "mailchimp", zipped(sample("mailchimp")))
    assert answers(alice) == {
        "Inês Duarte": "granted",
        "Luc Martin": "granted",
        "Olga Nowak": "withdrawn",
        "Rui Faria": "withdrawn",
    }
    with tenant_context(alice.tenant):
        claims = dict(ConsentClaim.objects.values_list("contact__name", "file_name"))
        granted = ConsentRecord.objects.get(contact__name="Luc Martin")
        tags = set(Tagging.objects.filter(contact__name="Inês Duarte").values_list("tag__name", flat=True))
        assert not Contact.objects.filter(name__in=["Gone Away", "Tia Po"]).exists()
    assert set(claims) == {"Jan Kowal", "Marta Ruiz"}
    assert claims["Jan Kowal"].endswith("subscribed_members_export_4f1c.csv, 3")
    assert "192.0.2.44" in granted.evidence["origin"]
    assert granted.given_at.date().isoformat() == "2025-01-15"
    assert {"vip", "fair 2024", "Weekly news", "Tastings"} <= tags
    assert is_blocked(alice, "gone.away@correio.example")
    assert not is_blocked(alice, "ines.duarte@correio.example")
    assert told(alice) == [
        ("Inês Duarte", "former.clicked"),
        ("Inês Duarte", "former.noted"),
        ("Inês Duarte", "former.opened"),
        ("Luc Martin", "former.opened"),
        ("Marta Ruiz", "former.noted"),
    ]


def test_a_group_becomes_a_purpose(alice: Member) -> None:
    from consent import purposes

    with tenant_context(alice.tenant):
        purposes.create_purpose(
            key="tastings", channel="email", basis="consent", is_marketing=True, texts={"en": ("Tastings", "")}, by=None
        )
    move = upload(alice, "mailchimp", sample("mailchimp"))
    form = alice.get("move", move.pk).context["choices"]
    name = next(
        value["field"].name
        for group in form.groups()
        for value in group["values"]
        if value["field"].label == "Tastings"
    )
    start(alice, choose(alice, move, **{name: "purpose:tastings"}))
    with tenant_context(alice.tenant):
        yes = ConsentState.objects.filter(purpose__key="tastings", state="granted")
        no = ConsentState.objects.filter(purpose__key="tastings", state="withdrawn")
        assert set(yes.values_list("contact__name", flat=True)) == {"Inês Duarte", "Luc Martin"}
        assert set(no.values_list("contact__name", flat=True)) == {"Olga Nowak", "Rui Faria"}


def test_hubspot_brings_companies_and_notes(alice: Member) -> None:
    move_in(alice, "hubspot")
    with tenant_context(alice.tenant):
        sofia = Contact.objects.select_related("company").get(name="Sofia Lopes")
        company = Company.objects.get(name="Torrefação Lopes")
        assert sofia.company == company
        assert (company.city, company.country) == ("Porto", "PT")
        assert list(company.domains.values_list("domain_norm", flat=True)) == ["torrefacao.example"]
        assert sofia.identities.get().namespace == "hubspot"
    assert answers(alice) == {"Piotr Zieliński": "withdrawn", "Emma Girard": "withdrawn"}
    assert told(alice).count(("Sofia Lopes", "former.noted")) == 2
    assert told(alice).count(("Piotr Zieliński", "former.noted")) == 1
    assert is_blocked(alice, "nobody@gone.example")


def test_who_unsubscribed_can_be_blocked_without_coming_in(alice: Member) -> None:
    move_in(alice, "mailchimp", brings_unsubscribed="0")
    with tenant_context(alice.tenant):
        assert not Contact.objects.filter(name="Olga Nowak").exists()
    assert is_blocked(alice, "olga.nowak@poczta.example")


def test_a_bounce_is_no_refusal(alice: Member) -> None:
    move_in(alice, "mautic")
    assert answers(alice) == {"Otto Braun": "withdrawn"}
    assert is_blocked(alice, "pia@post.example")


def test_the_last_export_brings_what_changed_and_no_more(alice: Member) -> None:
    move_in(alice, "mailchimp")
    with tenant_context(alice.tenant):
        ines = Contact.objects.get(name="Inês Duarte")
        contacts.edit_contact(contact=ines, by=alice.user, city="Faro", job_title="Barista")
        purpose = Purpose.objects.get(key="newsletter")
        consent.withdraw(contact=ines, purpose=purpose, source="staff", evidence={"origin": "phone"})
    later = sample("mailchimp")
    name = "subscribed_members_export_4f1c.csv"
    later[name] = later[name].replace("Maison Martin", "Atelier Martin")
    row = next(line for line in later[name].splitlines() if line.startswith("jan.kowal"))
    later[name] = later[name].replace(row + "\n", "") + "new.face@correio.example,New,Face,,,,,,,,,,,,,,,a1f9,,\n"
    gone = "unsubscribed_members_export_4f1c.csv"
    later[gone] += "jan.kowal@poczta.example,Jan,Kowal,2,,,,,2025-08-09 07:41:00,Autumn,c11,,,1,a1f3c0ffe2,,\n"
    before = len(told(alice))
    delta = choose(alice, upload(alice, "mailchimp", later))
    assert delta.planned["is_delta"]
    assert delta.planned["unchanged"] == 4
    assert delta.run is not None
    assert delta.run.counts["new"] == 1
    start(alice, delta)
    assert answers(alice)["Jan Kowal"] == "withdrawn"
    assert answers(alice)["Inês Duarte"] == "withdrawn"
    with tenant_context(alice.tenant):
        luc = Contact.objects.select_related("company").get(name="Luc Martin")
        assert luc.company.name == "Atelier Martin"
        ines = Contact.objects.get(pk=ines.pk)
        assert (ines.city, ines.job_title) == ("Faro", "Barista")
        assert Contact.objects.filter(name="New Face").exists()
    assert len(told(alice)) == before


def test_the_same_export_again_brings_nothing(alice: Member) -> None:
    move_in(alice, "brevo")
    again = choose(alice, upload(alice, "brevo", sample("brevo")))
    assert again.run is None
    assert again.planned["unchanged"] == 4
    assert "Nobody changed there since the last export." in alice.get("move", again.pk).content.decode()


def test_an_undone_move_is_no_ground_for_a_delta(alice: Member) -> None:
    undo(alice, move_in(alice, "brevo"))
    again = choose(alice, upload(alice, "brevo", sample("brevo")))
    assert not again.planned["is_delta"]
    assert again.run is not None


def test_a_no_given_here_stands_over_the_file(alice: Member) -> None:
    with tenant_context(alice.tenant):
        ines = contacts.create_contact(by=alice.user, emails=["ines.duarte@correio.example"], name="Inês")
        purpose = Purpose.objects.get(key="newsletter")
        consent.withdraw(contact=ines, purpose=purpose, source="staff", evidence={"origin": "phone"})
    move_in(alice, "mailchimp")
    assert answers(alice)["Inês"] == "withdrawn"


def test_what_points_to_the_old_system_is_listed_and_ticked_off(alice: Member) -> None:
    upload(alice, "mailchimp", sample("mailchimp"))
    page = alice.get("move_list").content.decode()
    assert "verdelume.us9.list-manage.com" in page
    assert "Records in the DNS of your sending domains" in page
    with tenant_context(alice.tenant):
        trace = FormerTrace.objects.get(kind="form", target="eepurl.com")
    for _click in range(2):
        assert alice.post("settle_trace", trace.pk, form={"done": "1"}).status_code == 302
    with tenant_context(alice.tenant):
        done = FormerTrace.objects.get(pk=trace.pk)
        assert done.done_by == alice.user
    alice.post("settle_trace", trace.pk, form={"done": "0"})
    with tenant_context(alice.tenant):
        assert FormerTrace.objects.get(pk=trace.pk).done_at is None


def test_a_file_taken_for_another_can_be_corrected(alice: Member) -> None:
    move = upload(alice, "brevo", {"list.csv": "Email,Name\nana@example.com,Ana\n"})
    with tenant_context(alice.tenant):
        file = move.files.get()
    assert file.kind == "people"
    alice.post("correct_move", move.pk, form={f"kind-{file.pk}": "unsubscribed"})
    start(alice, choose(alice, work(alice, move)))
    assert answers(alice) == {"Ana": "withdrawn"}


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"PK\x03\x04broken", b"\x89PNG\r\n", "é;ü\n".encode("utf-16")]
)
def test_a_file_nobody_can_read_is_left_out_in_words(alice: Member, content: bytes) -> None:
    move = upload(alice, "hubspot", {"odd.csv": content, **sample("hubspot")})
    page = alice.get("move", move.pk).content.decode()
    assert '<strong>odd.csv</strong> <span class="small muted">Not recognised, left out' in page
    assert move.state == "read"


def test_a_move_is_discarded_while_nothing_came_in(alice: Member) -> None:
    move = choose(alice, upload(alice, "brevo", sample("brevo")))
    assert alice.post("discard_move", move.pk).status_code == 302
    with tenant_context(alice.tenant):
        assert not Move.objects.exists()
    stays = move_in(alice, "brevo")
    alice.post("discard_move", stays.pk)
    with tenant_context(alice.tenant):
        assert Move.objects.filter(pk=stays.pk).exists()


def test_the_import_of_a_move_leads_to_its_page(alice: Member) -> None:
    move = choose(alice, upload(alice, "brevo", sample("brevo")))
    assert move.run is not None
    assert alice.get("import_run", move.run.pk)["Location"] == alice.url("move", move.pk)
    alice.post("start_import", move.run.pk)
    assert work(alice, move).run.state == "checked"


@pytest.mark.parametrize("system", ["mailchimp", "hubspot"])
def test_everything_is_as_it_was(alice: Member, system: str) -> None:
    with tenant_context(alice.tenant):
        contacts.create_contact(by=alice.user, emails=["luc.martin@courriel.example"], name="Luc", city="Lyon")
        contacts.create_contact(by=alice.user, emails=["sofia.lopes@torrefacao.example"], name="Sofia")
    before = state(alice)
    move = move_in(alice, system)
    assert state(alice) != before
    undone = undo(alice, move)
    assert undone.run.state == "undone"
    assert state(alice) == before
    with tenant_context(alice.tenant):
        assert not SegmentPick.objects.exists()
        assert not ConsentClaim.objects.exists()
        assert not ConsentState.objects.filter(state="granted").exists()


_NAMES = st.sampled_from(["Ana", "Rui", "Eva", "Łucja", "", "O'Neil, Jr"])
_PERSON = st.fixed_dictionaries({
    "who": st.integers(0, 5), "name": _NAMES, "phone": st.sampled_from(["", "+351912345678", "+48601234567", "bad"]),
    "tags": st.sampled_from(["", "vip", "vip, fair"]), "dated": st.booleans(),
    "kind": st.sampled_from(["in", "out", "gone"]),
})  # fmt: skip


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(_PERSON, min_size=1, max_size=8), known=st.sets(st.integers(0, 5)))
def test_any_export_comes_in_as_foreseen_and_goes_again(alice: Member, rows: list[Any], known: set[int]) -> None:
    with tenant_context(alice.tenant):
        for number in known:
            if contacts.find_by_email(f"p{number}@example.com") is None:
                contacts.create_contact(by=alice.user, emails=[f"p{number}@example.com"], name=f"Known {number}")
    before = state(alice)
    move = choose(alice, upload(alice, "mailchimp", _export(rows)))
    if move.run is None:
        return
    foreseen = move.run.counts
    move = start(alice, move)
    for verdict in ("new", "update", "same", "words"):
        assert move.run.applied_counts.get(verdict) == foreseen.get(verdict)
    assert move.applied.get("blocked", 0) == move.planned["blocked"]
    assert undo(alice, move).run.state == "undone"
    assert state(alice) == before


def _export(rows: list[Any]) -> dict[str, str]:
    names = {"in": "subscribed_members.csv", "out": "unsubscribed_members.csv", "gone": "cleaned_members.csv"}
    files: dict[str, list[str]] = {}
    for row in rows:
        head = "Email Address,First Name,Phone Number,OPTIN_TIME,OPTIN_IP,LEID,EUID,TAGS"
        lines = files.setdefault(names[row["kind"]], [head])
        dated = "2024-01-02 10:00:00,192.0.2.1" if row["dated"] else ","
        name, tags = row["name"].replace('"', ""), row["tags"]
        lines.append(f'p{row["who"]}@example.com,"{name}",{row["phone"]},{dated},1,e{row["who"]},"{tags}"')
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}
