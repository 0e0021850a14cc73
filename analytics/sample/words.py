"""The sample's texts in its tenants' languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

REGULARS = {"verdelume": "Regular customers", "bystra": "Stali klienci"}
QUIET = {"verdelume": "Bought once, quiet since", "bystra": "Dawno nie byli"}
TAGGED = {"verdelume": "Refill club and ambassadors", "bystra": "E-rowery i stali klienci"}
UNASKED = {"verdelume": "Never asked about the newsletter", "bystra": "Niezapytani o newsletter"}
CAMPAIGN = {"verdelume": "Spring refill", "bystra": "Sezon zaczyna się w marcu"}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail of heading, text, button and closing line."""

    subject: str
    preheader: str
    heading: str
    text: str
    button: str
    url: str
    closing: str

    def blocks(self) -> list[dict[str, Any]]:
        return [
            {"kind": "heading", "id": "hello", "text": self.heading},
            {"kind": "text", "id": "why", "html": f"<p>{self.text}</p>"},
            {"kind": "button", "id": "go", "label": self.button, "url": self.url},
            {"kind": "divider", "id": "line"},
            {"kind": "text", "id": "bye", "html": f"<p>{self.closing}</p>"},
        ]


SHOP = "https://verdelume.example/refill"
BIKES = "https://bystra.example/przeglad"

LETTERS: dict[str, dict[str, Letter]] = {
    "verdelume": {
        "en": Letter(
            "Time for a refill, {{ contact.given_name | default: 'friend' }}?",
            "Bring the bottles back, take 10% off",
            "Your bottles are waiting",
            "Send the empty ones back free of charge and we fill them again. Refills are <strong>10% off</strong> "
            "until the end of the month, also in {{ contact.city | default: 'your town' }}.",
            "Order a refill",
            SHOP,
            "Until soon, everybody at Verdelume",
        ),
        "pt": Letter(
            "Está na hora de reabastecer, {{ contact.given_name | default: 'olá' }}?",
            "Devolva os frascos e poupe 10%",
            "Os seus frascos esperam por si",
            "Devolva os vazios sem custos e nós voltamos a enchê-los. As recargas têm <strong>10% de desconto</strong> "
            "até ao fim do mês, também em {{ contact.city | default: 'sua casa' }}.",
            "Pedir uma recarga",
            SHOP,
            "Até breve, a equipa da Verdelume",
        ),
        "es": Letter(
            "¿Toca rellenar, {{ contact.given_name | default: 'hola' }}?",
            "Devuelva los frascos y ahorre un 10 %",
            "Sus frascos le esperan",
            "Devuelva los vacíos sin gastos y los rellenamos. Las recargas tienen un "
            "<strong>10 % de descuento</strong> hasta fin de mes, "
            "también en {{ contact.city | default: 'su ciudad' }}.",
            "Pedir una recarga",
            SHOP,
            "Hasta pronto, el equipo de Verdelume",
        ),
        "fr": Letter(
            "C’est le moment de recharger, {{ contact.given_name | default: 'bonjour' }} ?",
            "Rapportez les flacons, 10 % de remise",
            "Vos flacons vous attendent",
            "Renvoyez-nous les vides sans frais, nous les remplissons. Les recharges sont à <strong>−10 %</strong> "
            "jusqu’à la fin du mois, aussi à {{ contact.city | default: 'la maison' }}.",
            "Commander une recharge",
            SHOP,
            "À bientôt, toute l’équipe de Verdelume",
        ),
    },
    "bystra": {
        "pl": Letter(
            "{{ contact.given_name | default: 'Dzień dobry' }}, czas na przegląd roweru",
            "Do końca miesiąca mycie gratis",
            "Sezon zaczyna się od sprawnych hamulców",
            "Zapraszamy na przegląd wiosenny. Kto umówi się do końca miesiąca, temu rower "
            "<strong>umyjemy gratis</strong>. Odbierzemy go też z adresu: {{ contact.city | default: 'Kraków' }}.",
            "Umów przegląd",
            BIKES,
            "Do zobaczenia, ekipa Rowerowni Bystra",
        ),
        "en": Letter(
            "Time for a bike check, {{ contact.given_name | default: 'friend' }}",
            "A free wash until the end of the month",
            "The season begins with good brakes",
            "Book the spring check by the end of the month and we <strong>wash your bike for free</strong>. "
            "We also collect it in {{ contact.city | default: 'town' }}.",
            "Book a check",
            BIKES,
            "See you soon, everybody at Rowerownia Bystra",
        ),
    },
}
