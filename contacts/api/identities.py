"""``/identities``: how other systems name people, to keep two systems in step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from django.db.models import Exists, OuterRef
from ninja import Query, Router, Schema
from pydantic import Field

from contacts.api import reading
from contacts.models import Identity
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.schemas import Id, Text
from ecrm.api.scopes import Scope

router = Router()


class IdentityFilters(Schema):
    namespace: Annotated[Text, Field(max_length=60)] = ""
    id: Annotated[Text, Field(max_length=200)] = ""


class NamedOut(Schema):
    namespace: str
    id: str
    contact_id: Id


@router.get("", auth=needs(Scope.CONTACTS_READ), response=PageOut[NamedOut], summary="List identities")
def list_identities(request: ApiRequest, asked: Annotated[IdentityFilters, Query()], window: Window) -> Any:
    """By namespace and id, of contacts that are not in the bin."""
    seen = reading.visible(request).unbinned().filter(pk=OuterRef("contact_id"))
    found = Identity.objects.filter(Exists(seen))
    if asked.namespace:
        found = found.filter(namespace=asked.namespace)
    if asked.id:
        found = found.filter(external_id=asked.id)
    return page_of(found, window, order=("namespace", "external_id"), show=_shown)


def _shown(found: Sequence[Identity]) -> list[dict[str, Any]]:
    return [{"namespace": one.namespace, "id": one.external_id, "contact_id": one.contact_id} for one in found]
