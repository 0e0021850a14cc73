"""What contacts gives to the registries of the house."""

from contacts import event_kinds, events, merging
from contacts.models import (
    EmailAddress,
    Identity,
    ImportRow,
    PhoneNumber,
    PostalAddress,
    SegmentMembership,
    Tagging,
)

for kind in event_kinds.KINDS:
    events.register(kind)

merging.register_rows(EmailAddress, cleared=("is_primary",), unique_with=("address_norm",))
merging.register_rows(PhoneNumber, cleared=("is_primary",), unique_with=("number",))
merging.register_rows(PostalAddress, cleared=("is_primary",))
merging.register_rows(Identity)
merging.register_rows(Tagging, unique_with=("tag_id",))
merging.leave(ImportRow, why="A run says which row met which record; it is deleted with its file.")
merging.leave(SegmentMembership, why="Memberships are recalculated for both people after a merge.")
