"""The inbox of what should be put right: what is found, how it is closed, and what the score says."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from consent import suppression
from contacts import provenance, services
from contacts.models import CleaningSettings, Contact, DuplicatePair, QualityCount, QualityIssue
from contacts.quality import figures, kinds, work
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add


def test_each_kind_is_found_and_goes_when_put_right(in_acme: Tenant) -> None:
    long_ago = timezone.now() - timedelta(days=1500)
    person = add(in_acme, name="Ana Prata", emails=["ana@x.example"], at=long_ago)
    suppression.suppress(address_norm="ana@x.example", reason="hard_bounce", by=None)
    for source, city in (("import", "Porto"), ("api", "Braga")):
        provenance.record([provenance.NewChange(person.pk, {"city": ("", city)}, source)])
    _look(person)
    assert _issues() == {
        "incomplete": "country language",
        "stale": "quiet",
        "bouncing": "hard_bounce",
        "conflicting": "city",
    }, "a conflict is known by the field and by the change that made it"

    services.edit_contact(contact=person, by=None, country="PT", language="pt", emails=["new@x.example"])
    _look(person)
    assert set(_issues()) == {"stale", "conflicting"}


def test_what_is_required_is_the_workspaces_to_say(in_acme: Tenant) -> None:
    person = add(in_acme, name="Ana Prata")
    CleaningSettings(required_fields=["phone"], stale_months=0).save()
    _look(person)
    assert _issues() == {"incomplete": "phone"}


def test_closed_stays_closed_until_the_facts_are_others(alice: Member, in_acme: Tenant) -> None:
    person = add(in_acme, name="Ana Prata", emails=["ana@x.example"], country="PT")
    _look(person)
    issue = QualityIssue.objects.get()
    assert alice.post("close_issue", issue.pk).status_code == 302
    assert alice.post("close_issue", issue.pk).status_code == 302, "a second click is harmless"
    _look(person)
    assert not QualityIssue.objects.filter(closed_at=None).exists()
    assert "Ana Prata" not in alice.get("quality_kind", "incomplete").content.decode()

    services.edit_contact(contact=person, by=None, country="")
    _look(person)
    assert "Ana Prata" in alice.get("quality_kind", "incomplete").content.decode()


def test_a_pair_is_dismissed_and_taken_back(alice: Member, vera: Member, outsider: Member, in_acme: Tenant) -> None:
    one, two = (
        add(in_acme, name="Ana Prata", phones=["912345678"]),
        add(in_acme, name="Ana Prata", phones=["912345678"]),
    )
    _look(one, two)
    pair = DuplicatePair.objects.get()
    page = alice.get("quality_inbox").content.decode()
    assert alice.url("merge_contact", one.pk, two.pk) in page
    assert vera.post("dismiss_pair", pair.pk).status_code == 403
    assert outsider.post("dismiss_pair", pair.pk).status_code == 404

    alice.post("dismiss_pair", pair.pk)
    assert alice.url("merge_contact", one.pk, two.pk) not in alice.get("quality_inbox").content.decode()
    alice.post("reopen_pair", pair.pk)
    assert alice.url("merge_contact", one.pk, two.pk) in alice.get("quality_inbox").content.decode()


def test_the_score_says_what_it_is_made_of(alice: Member, in_acme: Tenant) -> None:
    people = [
        add(in_acme, name=f"Person Number{number}", emails=[f"p{number}@x.example"], country="PT", language="pt")
        for number in range(3)
    ]
    people.append(add(in_acme, name="Nobody Else", source="shop"))
    _look(*people)
    work.count_today()
    work.count_today()
    score = figures.today()
    assert score is not None
    assert score.people == 4
    assert {part.kind.key: part.people for part in score.parts if part.people} == {"incomplete": 1}
    assert round(score.value + sum(part.points for part in score.parts), 6) == 100
    assert QualityCount.objects.filter(dimension="source", value="shop").get().counts["incomplete"] == 1
    assert figures.standings("source")[0].label == "shop", "the worst comes first"
    assert alice.get("quality_standings").status_code == 200


def test_settings_are_for_who_may_set(alice: Member, bob: Member, in_acme: Tenant) -> None:
    form = {"required_fields": ["name", "phone"], "stale_months": "6", "safe_rules": ["mail_name"]}
    assert bob.post("quality_settings", form=form).status_code == 403
    assert alice.post("quality_settings", form=form).status_code == 302
    assert alice.post("quality_settings", form={**form, "required_fields": ["nonsense"]}).status_code == 422
    kept = CleaningSettings.objects.get()
    assert (kept.required_fields, kept.stale_months, kept.safe_rules) == (["name", "phone"], 6, ["mail_name"])


def _look(*people: Contact) -> None:
    while work.refresh_changed():
        pass
    work.check([person.pk for person in people])


def _issues() -> dict[str, str]:
    found = QualityIssue.objects.filter(closed_at=None).values_list("kind", "facts")
    return {kind: " ".join(kinds.codes_of(facts)) for kind, facts in found}
