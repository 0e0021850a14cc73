"""Two companies side by side, as the merge page and the API show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from contacts.companies import wording
from contacts.companies.merge.choices import Choices
from contacts.fields import reading
from contacts.merge.comparing import Line, Union
from contacts.models import Company, CompanyDomain, CustomField
from contacts.services.companies import COMPANY_FIELDS
from ecrm.tenancy.models import Membership
from ecrm.ui import formats

COMPANY = CustomField.Entity.COMPANY
_READ = 200
# What a name says of the legal form and nothing of the company.
_FORMS = frozenset(
    word
    for words in (
        "& ab ag and aps as bv co corp corporation e.v ev gmbh inc kft kg kk lda limitada limited llc llp ltd ltda nv",
        "o.o oo oy oyj plc pte pty s.a sa sarl sas sasu sl slu snc sp spa spzoo srl sro und unipessoal z z.o.o",
    )
    for word in words.split()
)


@dataclass(frozen=True, slots=True)
class Alike:
    company: Company
    why: str


def both(ids: Sequence[int], visible: Any) -> dict[int, Company]:
    wanted = visible.unbinned().filter(pk__in=ids).select_related("owner").prefetch_related("domains")
    return {company.pk: company for company in wanted}


def lines(mine: Company, theirs: Company, choices: Choices, membership: Membership) -> list[Line]:
    """Fields that at least one of them has; of custom fields those this member sees."""
    own = [_own(mine, theirs, name, choices) for name in COMPANY_FIELDS]
    return [line for line in (*own, *_custom(mine, theirs, choices, membership)) if line.mine or line.theirs]


def unions(mine: Company, theirs: Company) -> list[Union]:
    """Lists of which both sides are kept."""
    norms = [sorted(row.domain_norm for row in company.domains.all()) for company in (mine, theirs)]
    people = [[_people(company)] for company in (mine, theirs)]
    found = [Union(wording.NAMES["domains"], *norms), Union(_("People"), *people)]
    return [union for union in found if any(union.mine) or any(union.theirs)]


def alike(company: Company, visible: Any, *, at_most: int) -> list[Alike]:
    """Whose name is the same but for legal form, accents and punctuation, or who writes from the same name under
    another ending (``verde.pt``, ``verde.example``). Two queries, both by index."""
    key = _key(company.name_norm)
    first = key.split(" ")[0]
    named = visible.unbinned().filter(name_norm__gte=first, name_norm__lt=f"{first}\U0010ffff").exclude(pk=company.pk)
    rows = named.order_by("name_norm", "id")[:_READ] if first else []
    found = {row.pk: Alike(row, _("same name but for its legal form")) for row in rows if _key(row.name_norm) == key}
    for row in _with_domains_like(company, visible):
        found.setdefault(row.pk, Alike(row, _("similar domain")))
    return list(found.values())[:at_most]


def _with_domains_like(company: Company, visible: Any) -> Sequence[Company]:
    labels = {norm.split(".")[0] for norm in company.domains.values_list("domain_norm", flat=True)}
    asked = Q()
    for label in labels:
        asked |= Q(domain_norm__gte=f"{label}.", domain_norm__lt=f"{label}/")
    if not labels:
        return []
    likely = CompanyDomain.objects.filter(asked, binned_at=None).exclude(company=company)
    ids = list(likely.values_list("company_id", flat=True)[:_READ])
    return list(visible.unbinned().filter(pk__in=ids).order_by("name_norm", "id"))


def _key(name_norm: str) -> str:
    """The words of a folded name that tell companies apart; the whole name where none do."""
    words = "".join(letter if letter.isalnum() or letter == "." else " " for letter in name_norm).split()
    telling = [word.strip(".") for word in words if word.strip(".") not in _FORMS]
    return " ".join(filter(None, telling)) or name_norm


def _own(mine: Company, theirs: Company, name: str, choices: Choices) -> Line:
    label = str(wording.NAMES[name])
    return _line(name, label, _shown(mine, name), _shown(theirs, name), choices.get(name), theirs)


def _custom(mine: Company, theirs: Company, choices: Choices, membership: Membership) -> list[Line]:
    fields = reading.of(COMPANY, membership)
    words = reading.texts(COMPANY, [mine.pk, theirs.pk], fields, membership)
    found = []
    for field in fields:
        own, others = (words.get(each.pk, {}).get(field.key, "") for each in (mine, theirs))
        key = reading.prefixed(field)
        found.append(_line(key, field.label, own, others, choices.get(key), theirs))
    return found


def _line(name: str, label: str, mine: str, theirs: str, chosen: int | None, other: Company) -> Line:
    takes_other = chosen == other.pk if chosen is not None else not mine and bool(theirs)
    return Line(name, label, mine, theirs, takes_other)


_NO_FIELDS: Mapping[str, CustomField] = {}


def _shown(company: Company, name: str) -> str:
    value = getattr(company, name)
    return str(value or "") if name == "owner" else wording.shown(name, value, custom=_NO_FIELDS)


def _people(company: Company) -> str:
    count = company.people.unbinned().count()
    return formats.number(count) if count else ""
