"""``/contacts/bulk``: up to 1,000 people a request, and what became of each."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Router
from pydantic import Field

from contacts import services
from contacts.api import reading, rows, together
from contacts.api.rows import MOST, Ids, IdsIn, RowsOut
from contacts.api.schemas import ContactRowIn, TagsIn
from contacts.models import Contact
from ecrm.api.access import ApiRequest, needs
from ecrm.api.schemas import In
from ecrm.api.scopes import Scope
from ecrm.tenancy.roles import Capability

router = Router()
WRITE = needs(Scope.CONTACTS_WRITE)


class ContactRowsIn(In):
    items: Annotated[list[ContactRowIn], Field(min_length=1, max_length=MOST)]


class TagRowsIn(TagsIn):
    ids: Ids


@router.post("", auth=WRITE, response=RowsOut, summary="Create or change up to 1,000 contacts")
def write_contacts(request: ApiRequest, given: ContactRowsIn) -> Any:
    """As if row came after row. One that is refused changes nothing and leaves the others be; one that does
    not fit the description refuses the request. Millions go faster as an import.
    """
    return rows.told(together.write(request, given.items))


@router.post("/tags", auth=WRITE, response=RowsOut, summary="Tag up to 1,000 contacts")
def tag_contacts(request: ApiRequest, given: TagRowsIn) -> Any:
    """Adds and removes the same tags on all of them."""

    def tag(ids: list[int]) -> Any:
        services.add_tags(contact_ids=ids, names=given.add, by=request.user, via="api")
        services.remove_tags(contact_ids=ids, names=given.remove, by=request.user, via="api")
        return lambda _pk: "tagged"

    return rows.by_id(given.ids, tag, reading.seen_ids(request, given.ids))


@router.post("/delete", auth=WRITE, response=RowsOut, summary="Put up to 1,000 contacts in the bin")
def delete_contacts(request: ApiRequest, given: IdsIn) -> Any:
    """Who is in the bin already is `unchanged`."""
    request.grant.check_capability(Capability.CONTACTS_BULK_DELETE)

    def put_away(ids: list[int]) -> Any:
        binned = set(services.bin_contacts(contact_ids=ids, by=request.user))
        return lambda pk: "deleted" if pk in binned else "unchanged"

    return rows.by_id(given.ids, put_away, reading.seen_ids(request, given.ids))


@router.post("/restore", auth=WRITE, response=RowsOut, summary="Take up to 1,000 contacts out of the bin")
def restore_contacts(request: ApiRequest, given: IdsIn) -> Any:
    """Who is not in the bin, or whose address somebody else has now, is `unchanged`."""
    request.grant.check_capability(Capability.CONTACTS_DELETE)

    def bring_back(ids: list[int]) -> Any:
        binned = set(Contact.objects.all().among(ids).binned().values_list("pk", flat=True))
        services.restore_contacts(contact_ids=ids, by=request.user)
        back = binned - set(Contact.objects.all().among(ids).binned().values_list("pk", flat=True))
        return lambda pk: "restored" if pk in back else "unchanged"

    return rows.by_id(given.ids, bring_back, reading.seen_ids(request, given.ids))
