"""``/companies``: read, create, change, bin, and many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from contacts import domains, merged, services
from contacts.api import companies_together, custom, rows, writing
from contacts.api.rows import MOST, RowsOut, Word
from contacts.api.schemas import CountryCode, CustomFieldsIn
from contacts.companies import listing
from contacts.models import Company, CompanyDomain, CustomField
from contacts.querysets import CompanyQuerySet
from contacts.services.naming import folded
from ecrm.api import problems
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem
from ecrm.api.schemas import Id, IdIn, In, InstantIn, Text, number_of
from ecrm.api.scopes import Scope
from ecrm.tenancy.roles import Capability

router = Router()
READ, WRITE = needs(Scope.CONTACTS_READ), needs(Scope.CONTACTS_WRITE)
ORDERS = {"name": ("name_norm", "id"), "created": ("created_at", "id"), "updated": ("updated_at", "id")}
OrderName = Literal["name", "-name", "created", "-created", "updated", "-updated"]
Domain = Annotated[Text, Field(min_length=1, max_length=253, description="As in company.com. Free mail is refused.")]
_PLAIN = (
    *("name", "owner_id", "phone", "street", "postcode", "city", "region", "country"),
    *("created_at", "updated_at", "binned_at"),
)


class CompanyFilters(Schema):
    """All of them must hold."""

    q: Annotated[Text, Field(max_length=200, description="Any part of name, domains, city: the first 200.")] = ""
    domain: Annotated[Text, Field(max_length=253)] = ""
    owner_id: IdIn | None = None
    country: CountryCode = ""
    updated_since: Annotated[
        InstantIn | None, Field(description="Changed then or later; of those in the bin: put there.")
    ] = None
    bin: Annotated[Literal["out", "in"], Field(description="`in`: those in the bin instead.")] = "out"
    order: OrderName = "name"

    @property
    def keys(self) -> tuple[str, ...]:
        sign = "-" if self.order.startswith("-") else ""
        return tuple(sign + key for key in ORDERS[self.order.removeprefix("-")])


class CompanyIn(In):
    """Every field but the name of a new one is optional. ``domains`` replace those there."""

    name: Annotated[Text, Field(max_length=200)] = ""
    domains: Annotated[list[Domain], Field(max_length=50)] = []
    owner_id: IdIn | None = None
    phone: Annotated[Text, Field(max_length=40)] = ""
    street: Annotated[Text, Field(max_length=200)] = ""
    postcode: Annotated[Text, Field(max_length=20)] = ""
    city: Annotated[Text, Field(max_length=120)] = ""
    region: Annotated[Text, Field(max_length=120)] = ""
    country: CountryCode = ""
    custom_fields: CustomFieldsIn = {}


class CompanyRowIn(CompanyIn):
    """With ``id`` the row changes that company, as PATCH does; without it is an upsert."""

    id: IdIn | None = None


class CompanyRowsIn(In):
    items: Annotated[list[CompanyRowIn], Field(min_length=1, max_length=MOST)]


class CompanyRecordOut(Schema):
    """Its people are at `/contacts?company_id=`."""

    id: Id
    name: str
    domains: list[str]
    owner_id: Id | None
    phone: str
    street: str
    postcode: str
    city: str
    region: str
    country: str
    custom_fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    binned_at: datetime | None


class BroughtInOut(Schema):
    joined: int


@router.get("", auth=READ, response=PageOut[CompanyRecordOut], summary="List companies")
def list_companies(request: ApiRequest, asked: Annotated[CompanyFilters, Query()], window: Window) -> Any:
    found = _with_domains(_narrowed(request, asked))
    return page_of(found, window, order=asked.keys, show=partial(_show, request))


@router.post("", auth=WRITE, response={201: CompanyRecordOut}, summary="Create a company")
def create_company(request: ApiRequest, given: CompanyIn) -> Any:
    """A name or a domain that another company has is a conflict (409); see upsert."""
    return Status(201, _one(request, str(_create(request, given).pk)))


@router.post(
    "/upsert",
    auth=WRITE,
    response={200: CompanyRecordOut, 201: CompanyRecordOut},
    summary="Create or update a company",
)
def upsert_company(request: ApiRequest, given: CompanyIn) -> Any:
    """Finds the company by one of the domains, else by its name, and changes the given fields.

    Domains are added to those there. Nothing found: creates.
    """
    company, result = _upsert(request, given)
    return Status(201 if result == "created" else 200, _one(request, str(company.pk)))


@router.post("/bulk", auth=WRITE, response=RowsOut, summary="Create or change up to 1,000 companies")
def write_companies(request: ApiRequest, given: CompanyRowsIn) -> Any:
    """As if row came after row. One that is refused changes nothing and leaves the others be."""
    written = companies_together.write(
        request,
        given.items,
        changes_of=lambda row, company, held: _changes(request, row, company, held),
        one=lambda row: _write(request, row),
    )
    return rows.told(written)


@router.get("/{company_id}", auth=READ, response=CompanyRecordOut, summary="Read a company")
def read_company(request: ApiRequest, company_id: IdIn) -> Any:
    return _one(request, company_id)


@router.patch("/{company_id}", auth=WRITE, response=CompanyRecordOut, summary="Change a company")
def change_company(request: ApiRequest, company_id: IdIn, given: CompanyIn) -> Any:
    """Changes the fields given and leaves the others."""
    _change(request, _find(request, company_id), given)
    return _one(request, company_id)


@router.delete("/{company_id}", auth=WRITE, response={204: None}, summary="Delete a company")
def delete_company(request: ApiRequest, company_id: IdIn) -> Any:
    """Puts it in the bin, which frees its name and domains; its people keep it. Twice changes nothing."""
    request.grant.check_capability(Capability.CONTACTS_DELETE)
    services.bin_company(company=_find(request, company_id), by=request.user)
    return Status(204, None)


@router.post(
    "/{company_id}/bring-in", auth=WRITE, response=BroughtInOut, summary="Bring in who writes from its domains"
)
def bring_in_people(request: ApiRequest, company_id: IdIn) -> Any:
    """People who have no company and an address at one of its domains join it. A domain that is added joins only new
    people by itself. `joined` counts the newest, of 5,000 at most; where there are more, older ones follow in the
    background. A company in the bin takes nobody (409).
    """
    company = _find(request, company_id)
    if company.binned_at is not None:
        raise Problem(409, _("This company is in the bin."))
    return {"joined": services.bring_in_people(company=company, by=request.user).people}


@router.post("/{company_id}/restore", auth=WRITE, response=CompanyRecordOut, summary="Take a company out of the bin")
def restore_company(request: ApiRequest, company_id: IdIn) -> Any:
    """A conflict (409) when its name was given away meanwhile; domains given away stay there."""
    request.grant.check_capability(Capability.CONTACTS_DELETE)
    services.restore_company(company=_find(request, company_id), by=request.user)
    return _one(request, company_id)


def _visible(request: ApiRequest) -> CompanyQuerySet:
    found: CompanyQuerySet = Company.objects.visible_to(request.membership)
    return found


def _narrowed(request: ApiRequest, asked: CompanyFilters) -> CompanyQuerySet:
    found = _visible(request)
    found = found.binned() if asked.bin == "in" else found.unbinned()
    if asked.updated_since:
        found = found.filter(**{"binned_at__gte" if asked.bin == "in" else "updated_at__gte": asked.updated_since})
    if asked.q:
        found = found.filter(pk__in=listing.search_ids(asked.q, membership=request.membership))
    if asked.domain:
        named = CompanyDomain.objects.filter(company=OuterRef("pk"), domain_norm=domains.norm_of(asked.domain))
        found = found.filter(Exists(named))
    if asked.owner_id:
        found = found.filter(owner=number_of(asked.owner_id))
    return found.filter(country=asked.country) if asked.country else found


def _with_domains(found: CompanyQuerySet) -> CompanyQuerySet:
    own = CompanyDomain.objects.filter(company=OuterRef("pk")).order_by("id")
    return found.annotate(domain_list=ArraySubquery(own.values("domain_norm")))


def _show(request: ApiRequest, found: Sequence[Any]) -> list[dict[str, Any]]:
    held = custom.values(request, [company.pk for company in found], "company")
    return [
        {
            "id": company.pk,
            **{name: getattr(company, name) for name in _PLAIN},
            "domains": company.domain_list,
            "custom_fields": held[company.pk],
        }
        for company in found
    ]


def _find(request: ApiRequest, company_id: str) -> Company:
    asked = number_of(company_id)
    company = _visible(request).filter(pk=asked).first()
    if company is not None and company.binned_at and (stands := merged.company_survivor_id(asked)) != asked:
        company = _visible(request).filter(pk=stands).first()
    if company is None:
        raise Http404
    return company


def _one(request: ApiRequest, company_id: str) -> dict[str, Any]:
    asked = number_of(company_id)
    found = list(_with_domains(_visible(request)).filter(pk=asked))
    if found and found[0].binned_at and (stands := merged.company_survivor_id(asked)) != asked:
        found = list(_with_domains(_visible(request)).filter(pk=stands))
    if not found:
        raise Http404
    return _show(request, found)[0]


def _write(request: ApiRequest, row: CompanyRowIn) -> tuple[int, Word]:
    if row.id is not None:
        company = _find(request, row.id)
        return company.pk, "updated" if _change(request, company, row) else "unchanged"
    company, result = _upsert(request, row)
    return company.pk, result


def _upsert(request: ApiRequest, given: CompanyIn) -> tuple[Company, Word]:
    """Two requests at once make one company."""
    found = _known(request, given)
    if found is None:
        try:
            return _create(request, given), "created"
        except ValidationError as refusal:
            found = _known(request, given) if problems.of_validation(refusal).status == 409 else None
            if found is None:
                raise
    own = list(CompanyDomain.objects.filter(company=found).order_by("id").values_list("domain_norm", flat=True))
    return found, "updated" if _change(request, found, given, kept_domains=own) else "unchanged"


def _known(request: ApiRequest, given: CompanyIn) -> Company | None:
    """Which the domains name, else the name; a conflict when they name two, or one out of reach."""
    live = CompanyDomain.objects.filter(domain_norm__in=domains.clean(given.domains), binned_at=None)
    found = {row.company_id: row.company for row in live.select_related("company")} if given.domains else {}
    if not found and given.name.strip():
        named = Company.objects.filter(name_norm=folded(given.name), binned_at=None).first()
        if named is None:  # what knew the name of a merged company means the one that stands for it
            stand_for_it = merged.company_survivors_by_name([folded(given.name)])
            named = Company.objects.filter(pk__in=stand_for_it, binned_at=None).first()
        found = {named.pk: named} if named else {}
    if len(found) > 1:
        raise Problem(409, _("These domains belong to different companies."))
    company = next(iter(found.values()), None)
    if company is not None and not _visible(request).filter(pk=company.pk).exists():
        raise Problem(409, _("This company belongs to somebody whose records you do not see."))
    return company


def _create(request: ApiRequest, given: CompanyIn) -> Company:
    if not given.name.strip():
        raise ValidationError({"name": _("Give the company a name.")})
    return services.create_company(by=request.user, via="api", **_changes(request, given, None))


def _change(request: ApiRequest, company: Company, given: CompanyIn, kept_domains: Sequence[str] | None = None) -> bool:
    if company.binned_at is not None:
        raise Problem(409, _("This company is in the bin. Restore it first."))
    changes = _changes(request, given, company)
    if kept_domains is not None and merged.merged_names([folded(given.name)]):
        changes.pop("name", None)  # a name of before a merge finds the company and is not its name any more
    if "domains" in changes:
        changes["domains"] = [*(kept_domains or ()), *changes["domains"]]
    return bool(services.edit_company(company=company, by=request.user, via="api", **changes))


def _changes(
    request: ApiRequest, given: CompanyIn, company: Company | None, held: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The fields that were given, as the services take them; ``held`` are custom fields that were read already."""
    changes = {name: getattr(given, name) for name in given.model_fields_set - {"id", "custom_fields"}}
    if "owner_id" in changes:
        changes["owner"] = writing.member(changes.pop("owner_id"))
    if company is None or "custom_fields" in given.model_fields_set:
        sent = given.model_dump(include={"custom_fields"})["custom_fields"]
        owner_id = company.pk if company is not None else None
        changes["custom_fields"] = custom.checked(
            request,
            sent,
            stage=CustomField.ALWAYS,
            owner_id=owner_id,
            entity="company",
            was_stage=CustomField.ALWAYS,
            held=held,
        )
    return changes
