"""An import puts its people on a list, and a dry run says who may be here already."""

from __future__ import annotations

from contacts.models import Segment, SegmentPick
from contacts.models.segments import Cause
from contacts.segments import lists
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.duplicates.test_find import _look
from tests.imports.files import PEOPLE, begin, bring_in, check, work


def on_list(member: Member, name: str) -> list[str]:
    with tenant_context(member.tenant):
        picks = SegmentPick.objects.filter(segment__name=name, cause=Cause.IMPORT).order_by("contact__name")
        return list(picks.values_list("contact__name", flat=True))


def test_everybody_comes_onto_a_new_list_and_leaves_it_with_the_undo(alice: Member) -> None:
    run = check(alice, begin(alice, PEOPLE), list_name="Fair")
    assert run.counts["words"]["into_list"] == {"New on the list “Fair”": 2}
    assert on_list(alice, "Fair") == []
    alice.post("start_import", run.pk)
    run = work(alice, run)
    assert run.applied_counts["words"] == run.counts["words"]
    assert on_list(alice, "Fair") == ["Ana Souza", "Rui Costa"]
    alice.post("undo_import", run.pk)
    work(alice, run)
    assert on_list(alice, "Fair") == []
    with tenant_context(alice.tenant):
        assert Segment.objects.get(name="Fair").archived_at is not None


def test_who_was_on_the_list_before_stays(alice: Member) -> None:
    bring_in(alice, PEOPLE, list_name="Fair")
    with tenant_context(alice.tenant):
        fair = Segment.objects.get(name="Fair")
    run = bring_in(alice, PEOPLE + "eva@example.com,Eva,Melo\n", list_id=str(fair.pk))
    assert run.counts["words"]["into_list"] == {"New on the list “Fair”": 1}
    alice.post("undo_import", run.pk)
    work(alice, run)
    assert on_list(alice, "Fair") == ["Ana Souza", "Rui Costa"]
    with tenant_context(alice.tenant):
        assert Segment.objects.get(pk=fair.pk).archived_at is None


def test_a_name_that_is_taken_is_refused(alice: Member) -> None:
    with tenant_context(alice.tenant):
        lists.create_static(name="Fair", by=alice.user)
    run = begin(alice, PEOPLE)
    columns = {f"column-{index}": key for index, key in run.mapping.items()}
    form = {"known": "fill", "day_first": "1", "match": "email", "decimal": ".", "list_name": "fair", **columns}
    response = alice.post("check_import", run.pk, form=form)
    assert response.status_code == 422
    assert "There is a segment with this name." in response.content.decode()


def test_the_check_says_who_may_be_here_already(alice: Member) -> None:
    phoned = "Email,Name,Phone\nana@one.example,Ana Souza,+351912345678\n"
    bring_in(alice, phoned)
    with tenant_context(alice.tenant):
        _look()
    run = check(alice, begin(alice, phoned.replace("one.example", "two.example") + "rui@two.example,Rui Costa,\n"))
    assert run.counts["alike"] == 1
    assert run.counts["new"] == 2
    assert "looks like somebody who is here already" in alice.get("import_run", run.pk).content.decode()
    page = alice.get("import_alike", run.pk).content.decode()
    assert "ana@two.example" in page
    assert "ana@one.example" in page
    assert "rui@two.example" not in page
