"""Whom an export is about, in a form that a job can keep."""

from __future__ import annotations

from django.http import QueryDict
from django.utils.translation import gettext as _

from contacts.lists import finding
from contacts.lists.query import ListQuery
from contacts.models import Contact, Segment, SegmentMembership
from contacts.querysets import ContactQuerySet
from ecrm.tenancy.models import Membership


def people(query: QueryDict, membership: Membership) -> ContactQuerySet:
    """The people whom a query string of the contact list shows this member, or those of ``segment``.

    ``contact`` (several) names people one by one. Empty when the segment is not there.
    """
    visible: ContactQuerySet = Contact.objects.visible_to(membership).unbinned()
    if "segment" in query:
        return _members(visible, query.get("segment", ""))
    if ids := [int(text) for text in query.getlist("contact") if _is_id(text)]:
        return visible.among(ids)
    return finding.everybody(ListQuery.read(query, membership))


def name(query: QueryDict) -> str:
    """What the file and the job are called."""
    segment_id = query.get("segment", "")
    if _is_id(segment_id):
        segment = Segment.objects.filter(pk=int(segment_id)).first()
        return segment.name if segment else ""
    return _("Contacts")


def _members(visible: ContactQuerySet, segment: str) -> ContactQuerySet:
    if not _is_id(segment):
        return visible.none()
    members = SegmentMembership.objects.filter(segment=int(segment), left_at=None).values("contact_id")
    return visible.filter(pk__in=members)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
