"""The evidence: the ledger newest first, and one record as proof."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from consent import purposes
from consent.models import ConsentRecord
from consent.views.frame import languages as reader_languages
from consent.views.frame import tabs
from contacts.models import Contact
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability, Sight
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import render_page


@requires(Capability.CONSENT_VIEW)
@require_safe
def ledger(request: MemberRequest) -> HttpResponse:
    records = _visible(request.membership)
    if (contact_id := request.GET.get("contact", "")).isdecimal():
        records = records.filter(contact_id=int(contact_id[:18]))
    if (purpose_id := request.GET.get("purpose", "")).isdecimal():
        records = records.filter(purpose_id=int(purpose_id[:18]))
    page = keyset_page(records, order=("-id",), cursor=request.GET.get("cursor"), size=50)
    names = purposes.names(reader_languages(request))
    context = {
        "page": page,
        "rows": [(record, names.get(record.purpose_id, record.purpose.key)) for record in page.rows],
        "purposes": purposes.catalogue(reader_languages(request), with_archived=True),
        "chosen": purpose_id,
        "tabs": tabs(request),
    }
    return render_page(request, "consent/ledger.html", part="consent/_ledger.html", context=context)


@requires(Capability.CONSENT_VIEW)
@require_safe
def consent_record(request: MemberRequest, record_id: int) -> HttpResponse:
    record = get_object_or_404(_visible(request.membership).select_related("notice"), pk=record_id)
    recorded_by = User.objects.filter(pk=record.recorded_by_id).first() if record.recorded_by_id else None
    context = {
        "record": record,
        "wording": purposes.wording(record.purpose, reader_languages(request)),
        "recorded_by": recorded_by,
        "as_json": json.dumps(_as_stored(record), indent=2, ensure_ascii=False),
        "is_wording_intact": record.notice is None or purposes.digest(record.notice.text) == record.notice.sha256,
    }
    return render(request, "consent/record.html", context)


def _visible(membership: Membership) -> QuerySet[ConsentRecord]:
    records = ConsentRecord.objects.select_related("contact", "purpose")
    if membership.sight == Sight.ALL:
        return records
    return records.filter(contact__in=Contact.objects.visible_to(membership))


def _as_stored(record: ConsentRecord) -> dict[str, Any]:
    return {
        "id": f"EV-{record.pk}",
        "purpose": record.purpose.key,
        "channel": record.channel,
        "decision": record.action,
        "given_at": record.given_at.isoformat(),
        "recorded_at": record.recorded_at.isoformat(),
        "source": record.source,
        "notice_version": record.notice.version if record.notice else None,
        "wording_sha256": record.notice.sha256 if record.notice else None,
        "evidence": record.evidence,
    }
