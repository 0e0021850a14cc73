"""The score of a person as a segment asks for it: the same sum that the reason says."""

from __future__ import annotations

import pytest

from contacts.duplicates import services as duplicates
from contacts.models import DuplicatePair, QualityIssue, SegmentMembership
from contacts.quality import kinds, services
from contacts.segments import counting, recalculation
from contacts.segments.services import create_segment
from ecrm.tenancy.models import Tenant
from tests import factories as make


def rule(operator: str, points: int) -> dict[str, object]:
    return {"all": [{"criterion": "quality_score", "operator": operator, "value": points}]}


@pytest.mark.parametrize("points", [0, 40, 70, 71, 75, 76, 90, 96, 100])
def test_who_is_below_is_who_lost_more_than_the_rest(in_acme: Tenant, points: int) -> None:
    weights = {kind.key: kind.weight for kind in kinds.all_kinds()}
    lost = {make.ContactFactory().pk: 0}
    for some in (["stale"], ["incomplete"], ["incomplete", "stale"], ["duplicates"], ["duplicates", "conflicting"]):
        person = make.ContactFactory()
        lost[person.pk] = sum(weights[key] for key in some)
        for key in some:
            if key == "duplicates":
                other = make.ContactFactory()
                lost[other.pk] = weights[key]
                make.DuplicatePairFactory(first=person, second=other)
            else:
                QualityIssue.objects.create(contact=person, kind=key, facts="x")
    below = set(counting.matching(rule("below", points), counting.Scope.current()).values_list("pk", flat=True))
    assert below == {pk for pk, points_lost in lost.items() if 100 - points_lost < points}
    assert counting.count(rule("at_least", points)) == len(lost) - len(below)


def test_the_reason_names_what_was_lost_and_closing_it_moves_the_person(in_acme: Tenant) -> None:
    person, other = make.ContactFactory(), make.ContactFactory()
    issue = QualityIssue.objects.create(contact=person, kind="incomplete", facts="name")
    pair = make.DuplicatePairFactory(first=person, second=other, state=DuplicatePair.State.OPEN)
    said = str(counting.explain(rule("below", 60), person))
    assert "45 of 100" in said
    assert "Incomplete −25" in said

    segment = create_segment(name="Untidy", rule=rule("below", 60), by=None)
    recalculation.recalculate(segment)
    assert SegmentMembership.objects.filter(segment=segment, left_at=None).get().contact_id == person.pk
    services.close_issue(issue=issue, by=None)
    duplicates.dismiss_pair(pair=pair, by=None)
    recalculation.refresh_dirty()
    assert not SegmentMembership.objects.filter(segment=segment, left_at=None).exists()
