"""Acts on many people that belong to contacts itself."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts import services
from contacts.bulk_actions import BulkAction, Outcome
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability


def _tag(request: MemberRequest, contact_ids: Sequence[int]) -> Outcome:
    names = [name for name in request.POST.get("tag", "").replace("\x00", "").split(",") if name.strip()]
    if not names:
        raise ValidationError(_("Write the tag first."))
    services.add_tags(contact_ids=contact_ids, names=names, by=request.user)
    words = ngettext("%(count)s contact tagged.", "%(count)s contacts tagged.", len(contact_ids))
    return Outcome(words % {"count": len(contact_ids)})


def _bin(request: MemberRequest, contact_ids: Sequence[int]) -> Outcome:
    binned = services.bin_contacts(contact_ids=contact_ids, by=request.user)
    words = ngettext("%(count)s contact is in the bin.", "%(count)s contacts are in the bin.", len(binned))
    undo = f"{reverse('restore_contacts')}?ids={','.join(map(str, binned))}" if binned else ""
    return Outcome(words % {"count": len(binned)}, undo=undo)


TAG = BulkAction(
    "tag", gettext_lazy("Tag"), "tag", Capability.CONTACTS_EDIT, _tag, order=20, field=gettext_lazy("Tag to add")
)
BIN = BulkAction(
    "bin", gettext_lazy("Put in the bin"), "trash-2", Capability.CONTACTS_BULK_DELETE, _bin, order=90, is_grave=True
)
