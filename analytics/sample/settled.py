"""How the sample's staff have set their contacts up: what companies they deal with, views, rules, lists, texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.http import QueryDict

from analytics.sample.people import Person
from analytics.sample.trades import Trade
from contacts import fields, services
from contacts.fields import defining
from contacts.letters import templates
from contacts.lists import saved
from contacts.lists.query import ListQuery
from contacts.models import Company, CustomField, LetterSignature, LetterTemplate, SavedView, StageRule, Tag
from contacts.models.people import Stage
from contacts.segments import lists, recalculation
from contacts.segments.services import create_segment
from contacts.services.companies import edit_company
from contacts.stages import rules
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.roles import Role

GUESTS = 26


@dataclass(frozen=True, slots=True)
class House:
    """A company: its domain, where it is, and who of it wrote from that domain (given and family name, job)."""

    domain: str
    city: str
    country: str
    staff: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True, slots=True)
class View:
    name: str
    address: str
    audience: str = SavedView.Audience.EVERYONE
    roles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Text:
    name: str
    subject: str
    text: str
    language: str = ""


HOUSES: Mapping[str, Mapping[str, House]] = {
    "verdelume": {
        "Hotel Miradouro": House(
            "hotel-miradouro.example", "Porto", "PT",
            (("Marta", "Lacerda", "Housekeeping"), ("Paulo", "Antunes", "Buyer"), ("Rita", "Sampaio", "Front desk")),
        ),
        "Mercearia do Bairro": House("mercearia-bairro.example", "Lisboa", "PT", (("Olga", "Pires", "Owner"),)),
        "Le Comptoir Vert": House("comptoir-vert.example", "Lyon", "FR", (("Camille", "Roux", "Buyer"),)),
        "The Corner Pantry": House("corner-pantry.example", "Bristol", "GB"),
        "Botánica Sur": House("botanica-sur.example", "Sevilla", "ES"),
    },
    "bystra": {
        "Kurierzy Kraków": House("kurierzy.example", "Kraków", "PL", (("Marek", "Sowa", "Flota"),)),
        "Biuro Podróży Azymut": House("azymut.example", "Tarnów", "PL"),
    },
}  # fmt: skip
VIEWS: Mapping[str, Sequence[View]] = {
    "verdelume": (
        View(
            "Wholesale by company",
            "where=tag.any_of:{wholesale},&group=company&columns=job_title,email,place,activity",
            roles=(Role.SALES,),
        ),
        View("Birthday this month", "where=birthday.in_next:30&columns=birthday,email,place&sort=name"),
        View("Mine, quiet for three months", "owner=me&where=last_active_at.not_in_last:90", SavedView.Audience.MINE),
    ),
    "bystra": (View("Kraków", "where=city.any_of:Kraków,"),),
}
RULES: Sequence[Mapping[str, object]] = (
    {"kind": StageRule.Kind.EVENT, "event_name": "order.placed", "stage": Stage.CUSTOMER},
    {"kind": StageRule.Kind.EVENT, "event_name": "form.submitted", "stage": Stage.LEAD, "from_stage": Stage.VISITOR},
    {"kind": StageRule.Kind.SILENCE, "days": 300, "stage": Stage.LAPSED, "from_stage": Stage.CUSTOMER},
)
LISTS = {"verdelume": "Guests of the summer market", "bystra": "Jazda wiosenna"}
# The field of this question was deleted: its segment says so and keeps whom it had.
GONE = {"verdelume": ("Paper catalogue", "Wanted the paper catalogue"), "bystra": ("Katalog", "Chcieli katalog")}
TEXTS: Mapping[str, Sequence[Text]] = {
    "verdelume": (
        Text("Canister ready", "Your refill is ready", "Hello {{ contact.given_name | default: 'there' }},\n\n"
             "your canister is filled and waits at the counter in {{ contact.city | default: 'Porto' }}.", "en"),
        Text("Canister ready", "A sua recarga está pronta", "Olá {{ contact.given_name | default: '' }},\n\n"
             "o seu bidão está cheio e espera por si ao balcão.", "pt"),
    ),
    "bystra": (Text("Rower gotowy", "Rower do odbioru", "Dzień dobry,\n\nrower czeka w warsztacie do 18:00."),),
}  # fmt: skip


def make(trade: Trade, made: Sequence[Person], *, now: datetime, by: User) -> str:
    """Draws by itself, so that what is drawn elsewhere stays as it was."""
    random = Random(trade.people + 3)
    joined = _companies(trade, now=now, by=by)
    _views(trade, by=by)
    for rule in RULES:
        rules.add_rule(by=by, **rule)  # type: ignore[arg-type]
    rules.follow_silence(at=now - timedelta(days=2))
    guests = [person.contact.pk for person in random.sample(list(made), k=GUESTS)]
    lists.create_static(name=LISTS[trade.slug], by=by, people=guests)
    _broken(trade, guests[: GUESTS // 2], now=now, by=by)
    _texts(trade, by=by)
    return f"{len(VIEWS[trade.slug])} views, {joined} people of companies by their domain"


def _companies(trade: Trade, *, now: datetime, by: User) -> int:
    joined = 0
    ids = services.get_or_create_companies(HOUSES[trade.slug])
    known = Company.objects.in_bulk(ids.values())
    for name, house in HOUSES[trade.slug].items():
        company = known[ids[name]]
        edit_company(company=company, by=by, at=now, domains=[house.domain], city=house.city, country=house.country)
        for days, (given, family, job) in enumerate(house.staff):
            services.create_contact(
                by=None,
                at=now - timedelta(days=150 - 20 * days),
                given_name=given,
                family_name=family,
                job_title=job,
                emails=[f"{given}@{house.domain}".lower()],
                city=house.city,
                country=house.country,
                tags=[trade.tags[1]],
                source=trade.sources[0],
            )
            joined += 1
    return joined


def _views(trade: Trade, *, by: User) -> None:
    membership = Membership.objects.get(tenant=require_tenant_id(), user=by)
    wholesale = Tag.objects.get(name=trade.tags[1]).pk
    for view in VIEWS[trade.slug]:
        query = ListQuery.read(QueryDict(view.address.format(wholesale=wholesale)), membership)
        row = saved.save_view(name=view.name, audience=view.audience, query=query, by=by)
        if view.roles:
            saved.begin_roles_with(view=row, roles=view.roles, by=by)


def _broken(trade: Trade, people: Sequence[int], *, now: datetime, by: User) -> None:
    label, name = GONE[trade.slug]
    field = defining.create(entity="contact", kind=CustomField.Kind.BOOLEAN, label=label, by=by, at=now)
    fields.put("contact", {pk: {field.key: True} for pk in people})
    rule = {"all": [{"criterion": f"field:{field.key}", "operator": "yes", "value": None}]}
    recalculation.recalculate(create_segment(name=name, rule=rule, by=by, at=now), at=now)
    defining.delete(field=field, by=by, at=now)


def _texts(trade: Trade, *, by: User) -> None:
    for text in TEXTS[trade.slug]:
        templates.save_template(
            template=LetterTemplate(name=text.name, subject=text.subject, text=text.text, language=text.language), by=by
        )
    LetterSignature.objects.create(user=by, text=f"{by.name}\n{trade.name}\n{trade.postal_address}")
