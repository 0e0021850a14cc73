"""A segment leads to what is made of it, and back."""

from campaigns.models import Campaign
from contacts.segments.services import create_segment
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.segments.conftest import condition


def test_leads_to_a_campaign_and_lists_those_that_use_it(mara: Member, vera: Member) -> None:
    with tenant_context(mara.tenant):
        segment = create_segment(name="Portugal", rule=condition("country", "any_of", ["PT"]), by=None)
        Campaign.objects.create(name="Spring letter", segment=segment)
    link = f"{mara.url('create_campaign')}?segment={segment.pk}"
    assert link in mara.get("segment", segment.pk).content.decode()
    assert link not in vera.get("segment", segment.pk).content.decode()
    form = mara.get("create_campaign", query={"segment": segment.pk}).content.decode()
    assert f'<option value="{segment.pk}" selected' in form
    assert "Spring letter" in vera.get("segment_uses", segment.pk).content.decode()
    assert "Spring letter" in mara.get("archive_segment", segment.pk).content.decode()
