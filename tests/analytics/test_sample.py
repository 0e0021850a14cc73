"""What a newcomer can try in the sample without making anything first, and that all of it goes again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.apps import apps

from analytics.sample import load
from analytics.sample.trades import VERDELUME
from consent import classes, purposes
from contacts.models import (
    CompanyDomain,
    Contact,
    ContactChange,
    CustomField,
    CustomValue,
    DuplicatePair,
    Identity,
    ImportRun,
    LetterSignature,
    LetterTemplate,
    QualityIssue,
    SavedView,
    Segment,
    StageRule,
    ViewDefault,
)
from contacts.models.segments import SegmentKind
from contacts.segments.services import members
from ecrm.jobs.models import Job, OutboxEntry
from ecrm.jobs.outbox import drain
from ecrm.notices.models import Notification
from ecrm.tenancy import sample
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant, User
from ecrm.tenancy.scoping import TenantModel

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


# The workspace's own, as the page says: purposes, senders, members and settings; and that somebody removed it.
STAYS = [
    "audit.AuditEntry",
    "cases.CaseCounter",
    "consent.Notice",
    "consent.Purpose",
    "consent.PurposeText",
    "jobs.Job",
    "jobs.OutboxEntry",
    "mail.InboundAddress",
    "mail.SendingIdentity",
    "notices.Notification",
    "tenancy.Team",
    "tenancy.TeamMember",
]
OF_PEOPLE = {"contacts.Contact", "contacts.Event", "contacts.ImportRun", "consent.ConsentRecord", "files.File"}


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Tenant:
    """The larger of the two, with fewer people."""
    monkeypatch.setattr(load, "TRADES", (replace(VERDELUME, people=160),))
    assert list(load.load())
    return Tenant.objects.get(slug="verdelume")


def test_everything_can_be_tried_and_removed(loaded: Tenant) -> None:
    with tenant_context(loaded):
        check_fields()
        check_segments()
        check_companies()
        check_what_came_in()
        check_what_is_untidy()
        assert set(SavedView.objects.values_list("audience", flat=True)) == {"mine", "everyone"}
        assert ViewDefault.objects.filter(role="sales").exists()
        assert set(StageRule.objects.values_list("kind", flat=True)) == {"event", "silence"}
        assert LetterTemplate.objects.values("language").distinct().count() > 1
        assert LetterSignature.objects.exists()
        assert Identity.objects.exists()
        assert Contact.objects.filter(birthday__isnull=False, addresses__isnull=False).exists()
        made = rows_of_every_model()
        sample.remove_sample(by=User.objects.get(email="ana@verdelume.example"))
    with bind_tenant(loaded):
        drain()
    with tenant_context(loaded):
        left = {label for label, count in rows_of_every_model().items() if count}
        assert left <= set(STAYS), "of people who are invented nothing stays"
        assert {label for label, count in made.items() if count} - left > OF_PEOPLE, "there was much to remove"
        assert set(Job.objects.values_list("kind", flat=True)) == {sample.KIND}
        assert set(Notification.objects.values_list("kind", flat=True)) <= {"job.finished"}
        waiting = set(OutboxEntry.objects.values_list("task", flat=True))
        assert waiting <= {"follow_ups.tell"}, "which find nothing to tell of when their day comes"


def rows_of_every_model() -> dict[str, int]:
    models = [model for model in apps.get_models() if issubclass(model, TenantModel)]
    return {model._meta.label: model.objects.count() for model in models}


def check_fields() -> None:
    filled = CustomValue.objects.filter(field__entity="contact").values_list("field__kind", flat=True)
    assert set(filled) == set(CustomField.Kind.values)
    assert CustomField.objects.filter(deleted_at__isnull=False).exists()
    assert CustomField.objects.exclude(visible_to=[]).exists()


def check_segments() -> None:
    (broken,) = Segment.objects.exclude(broken_reason="")
    assert members(broken).exists()
    assert members(Segment.objects.filter(kind=SegmentKind.STATIC).earliest("pk")).exists()


def check_companies() -> None:
    company = CompanyDomain.objects.get(domain_norm="hotel-miradouro.example").company
    joined = Contact.objects.filter(company=company, emails__address_norm__endswith="@hotel-miradouro.example")
    assert joined.exclude(job_title="").count() > 1
    assert ContactChange.objects.filter(contact__in=joined, source_type="domain").exists()


def check_what_came_in() -> None:
    by_hand, moved = ImportRun.objects.order_by("pk")
    assert (by_hand.state, moved.state) == ("done", "done")
    assert by_hand.counts["refused"]
    newsletter = purposes.by_key(purposes.NEWSLETTER)
    assert newsletter is not None
    listed = Segment.objects.get(pk=moved.options["list_id"])
    assert all(classes.counts(members(listed), newsletter).values())


def check_what_is_untidy() -> None:
    assert DuplicatePair.objects.filter(state=DuplicatePair.State.OPEN).exclude(reasons=[]).exists()
    kinds = QualityIssue.objects.filter(closed_at=None).values_list("kind", flat=True)
    assert {"incomplete", "stale", "conflicting", "bouncing"} <= set(kinds)
