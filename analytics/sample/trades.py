"""The two invented tenants: who they are, what they sell and how their people are called."""

from __future__ import annotations

from dataclasses import dataclass

from contacts.models.people import Stage
from ecrm.tenancy.roles import Role


@dataclass(frozen=True, slots=True)
class Staff:
    name: str
    email: str
    role: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class Locale:
    """People of one country: share of all in percent, names, cities and the shape of a phone number."""

    country: str
    language: str
    percent: int
    given: tuple[str, ...]
    family: tuple[str, ...]
    cities: tuple[str, ...]
    phone: str


@dataclass(frozen=True, slots=True)
class Trade:
    """``prices`` in minor units; ``reorder_days`` is how long a customer waits on average."""

    slug: str
    name: str
    languages: tuple[str, ...]
    country: str
    currency: str
    time_zone: str
    hue: int
    postal_address: str
    sender_email: str
    staff: tuple[Staff, ...]
    locales: tuple[Locale, ...]
    people: int
    companies: tuple[str, ...]
    products: tuple[str, ...]
    prices: tuple[int, ...]
    reorder_days: int
    tags: tuple[str, ...]
    sources: tuple[str, ...]
    mailings: tuple[str, ...]
    stages: tuple[str, ...] = (Stage.VISITOR, Stage.LEAD, Stage.PROSPECT)


PORTUGAL = Locale(
    "PT", "pt", 55,
    ("Ana", "Beatriz", "Carla", "Diogo", "Duarte", "Francisca", "Gonçalo", "Inês", "João", "Leonor", "Luís", "Mafalda",
     "Miguel", "Nuno", "Patrícia", "Rui", "Sofia", "Teresa", "Tiago", "Vasco"),
    ("Almeida", "Azevedo", "Baptista", "Cardoso", "Carvalho", "Conceição", "Costa", "Faria", "Figueiredo", "Gonçalves",
     "Magalhães", "Moreira", "Oliveira", "Pinheiro", "Queirós", "Ribeiro", "Santos", "Simões", "Tavares", "Vieira"),
    ("Porto", "Lisboa", "Braga", "Coimbra", "Aveiro", "Faro", "Évora", "Viseu"),
    "+35191#######",
)  # fmt: skip
SPAIN = Locale(
    "ES", "es", 20,
    ("Alba", "Álvaro", "Carmen", "Diego", "Elena", "Iván", "Lucía", "Marta", "Nuria", "Pablo", "Raúl", "Sergio"),
    ("Álvarez", "Castro", "Domínguez", "Fernández", "Gómez", "Ibáñez", "Muñoz", "Núñez", "Ortega", "Peña", "Vázquez"),
    ("Madrid", "Barcelona", "Vigo", "Sevilla", "Bilbao", "A Coruña"),
    "+34612######",
)  # fmt: skip
FRANCE = Locale(
    "FR", "fr", 15,
    ("Agathe", "Benoît", "Chloé", "Élodie", "Gaël", "Hélène", "Jérôme", "Léa", "Mathieu", "Noémie", "Théo", "Zoé"),
    ("Bernard", "Chevalier", "Dubois", "Fournier", "Gauthier", "Lefèvre", "Marchand", "Noël", "Perrin", "Rousseau"),
    ("Lyon", "Paris", "Nantes", "Bordeaux", "Lille", "Rennes"),
    "+33612######",
)  # fmt: skip
BRITAIN = Locale(
    "GB", "en", 10,
    ("Alice", "Ben", "Charlotte", "Daniel", "Emma", "George", "Hannah", "James", "Lucy", "Oliver", "Sophie", "Tom"),
    ("Baker", "Clarke", "Evans", "Harris", "Hughes", "Marsh", "Parker", "Reid", "Turner", "Walsh", "Wright"),
    ("London", "Bristol", "Leeds", "Edinburgh", "Cardiff"),
    "+447400######",
)  # fmt: skip
POLAND = Locale(
    "PL", "pl", 88,
    ("Agnieszka", "Andrzej", "Bożena", "Dorota", "Grzegorz", "Hanna", "Jakub", "Joanna", "Katarzyna", "Krzysztof",
     "Łukasz", "Małgorzata", "Michał", "Paweł", "Róża", "Stanisław", "Urszula", "Wojciech", "Zbigniew", "Żaneta"),
    ("Błaszczyk", "Dąbrowski", "Gajewska", "Jabłońska", "Kowalczyk", "Król", "Lewandowski", "Łuczak", "Mazur", "Nowak",
     "Ostrowska", "Pająk", "Rutkowski", "Sikora", "Szymański", "Śliwa", "Wójcik", "Zając", "Źródlak", "Żukowski"),
    ("Kraków", "Wieliczka", "Skawina", "Niepołomice", "Tarnów", "Bochnia"),
    "+48512######",
)  # fmt: skip

VERDELUME = Trade(
    slug="verdelume",
    name="Verdelume",
    languages=("pt", "en", "es", "fr"),
    country="PT",
    currency="EUR",
    time_zone="Europe/Lisbon",
    hue=162,
    postal_address="Verdelume, Lda., Rua Inventada 1, 4000-000 Porto, Portugal",
    sender_email="ola@verdelume.example",
    staff=(
        Staff("Ana Moura", "ana@verdelume.example", Role.OWNER),
        Staff("Rui Teles", "rui@verdelume.example", Role.MARKETER),
        Staff("Inês Prado", "ines@verdelume.example", Role.SALES, "Wholesale"),
        Staff("Bea Lopes", "bea@verdelume.example", Role.SUPPORT),
        Staff("Paula Reis", "paula@verdelume.example", Role.PRIVACY),
        Staff("Vera Luz", "vera@verdelume.example", Role.VIEWER),
    ),
    locales=(PORTUGAL, SPAIN, FRANCE, BRITAIN),
    people=2000,
    companies=("Casa Alecrim", "Mercearia do Bairro", "Hotel Miradouro", "Loja da Vila", "Padaria Aurora",
               "Botánica Sur", "Le Comptoir Vert", "The Corner Pantry"),
    products=("Dish soap refill 5 l", "Laundry concentrate", "Hand soap, lemon verbena", "Soy candle, fig",
              "Glass bottle set", "Cloth pack", "Starter kit"),
    prices=(2450, 1890, 690, 1650, 1290, 850, 3900),
    reorder_days=75,
    tags=("Refill club", "Wholesale", "Gift buyer", "Market visitor", "Ambassador"),
    sources=("shop", "newsletter form", "market stall", "referral"),
    mailings=("Autumn refills", "New scents", "Winter gifts", "Spring cleaning", "Summer hours"),
)  # fmt: skip

BYSTRA = Trade(
    slug="bystra",
    name="Rowerownia Bystra",
    languages=("pl", "en"),
    country="PL",
    currency="PLN",
    time_zone="Europe/Warsaw",
    hue=28,
    postal_address="Rowerownia Bystra, ul. Zmyślona 7, 30-000 Kraków, Polska",
    sender_email="czesc@bystra.example",
    staff=(
        Staff("Jan Bystry", "jan@bystra.example", Role.OWNER),
        Staff("Ola Wrona", "ola@bystra.example", Role.SUPPORT),
        Staff("Rui Teles", "rui@verdelume.example", Role.MARKETER),
    ),
    locales=(POLAND, BRITAIN),
    people=500,
    companies=("Kurierzy Kraków", "Biuro Podróży Azymut", "Szkoła Podstawowa nr 300"),
    products=("Przegląd wiosenny", "Wymiana napędu", "Serwis hamulców", "Centrowanie kół", "Mycie i konserwacja"),
    prices=(14900, 32000, 9900, 7900, 5900),
    reorder_days=140,
    tags=("E-rower", "Flota", "Szosa", "Stały klient"),
    sources=("form", "phone", "walk-in"),
    mailings=("Sezon zaczyna się w marcu", "Zimowe przechowanie", "Jesienny przegląd"),
)  # fmt: skip

TRADES = (VERDELUME, BYSTRA)
PASSWORD = "try-the-demo-2026"  # noqa: S105  printed by the demo, good for nothing else
