"""What a new tenant may ask its customers, written in five languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consent import purposes
from consent.models import Basis, Channel, Purpose
from ecrm.tenancy.models import Tenant


@dataclass(frozen=True, slots=True)
class Words:
    """``notice`` is the wording a person agrees to; empty where there is nothing to agree to."""

    name: str
    description: str
    notice: str


NEWSLETTER = {
    "en": Words(
        "Newsletter and offers by email",
        "News, offers and invitations, a few times a month.",
        "Send me news, offers and invitations by email. I can stop this at any time, with one click in every message.",
    ),
    "pt": Words(
        "Newsletter e ofertas por email",
        "Novidades, ofertas e convites, algumas vezes por mês.",
        "Enviem-me novidades, ofertas e convites por email. Posso parar quando quiser, com um clique em cada mensagem.",
    ),
    "pl": Words(
        "Newsletter i oferty e-mailem",
        "Nowości, oferty i zaproszenia, kilka razy w miesiącu.",
        "Proszę przysyłać mi e-mailem nowości, oferty i zaproszenia. Mogę to przerwać w każdej chwili jednym "
        "kliknięciem w każdej wiadomości.",
    ),
    "es": Words(
        "Boletín y ofertas por correo",
        "Novedades, ofertas e invitaciones, unas pocas veces al mes.",
        "Envíenme novedades, ofertas e invitaciones por correo electrónico. Puedo dejarlo cuando quiera, con un clic "
        "en cada mensaje.",
    ),
    "fr": Words(
        "Lettre d’information et offres par e-mail",
        "Nouveautés, offres et invitations, quelques fois par mois.",
        "Envoyez-moi vos nouveautés, offres et invitations par e-mail. Je peux arrêter à tout moment, d’un clic dans "
        "chaque message.",
    ),
}

TRACKING = {
    "en": Words(
        "Open and click tracking by email",
        "We see whether you opened our emails and which links you followed. You get them either way.",
        "You may record whether I open your emails and which links I follow, to send me what interests me. Without "
        "this I receive them all the same.",
    ),
    "pt": Words(
        "Medição de aberturas e cliques",
        "Vemos se abriu os nossos emails e que ligações seguiu. Recebe-os na mesma.",
        "Podem registar se abro os vossos emails e que ligações sigo, para me enviarem o que me interessa. Sem isto, "
        "recebo-os na mesma.",
    ),
    "pl": Words(
        "Pomiar otwarć i kliknięć w e-mailach",
        "Widzimy, czy nasze e-maile zostały otwarte i które odnośniki kliknięto. Wiadomości przychodzą tak samo.",
        "Możecie zapisywać, czy otwieram wasze e-maile i w które odnośniki klikam, aby przysyłać mi to, co mnie "
        "interesuje. Bez tej zgody dostaję je tak samo.",
    ),
    "es": Words(
        "Medición de aperturas y clics",
        "Vemos si abrió nuestros correos y qué enlaces siguió. Los recibe de todos modos.",
        "Pueden registrar si abro sus correos y qué enlaces sigo, para enviarme lo que me interesa. Sin esto los "
        "recibo igualmente.",
    ),
    "fr": Words(
        "Mesure des ouvertures et des clics",
        "Nous voyons si vous avez ouvert nos e-mails et quels liens vous avez suivis. Vous les recevez de toute façon.",
        "Vous pouvez noter si j’ouvre vos e-mails et quels liens je suis, pour m’envoyer ce qui m’intéresse. Sans "
        "cela, je les reçois quand même.",
    ),
}

SERVICE = {
    "en": Words("Order and service messages", "About orders, deliveries and warranties. Part of every purchase.", ""),
    "pt": Words(
        "Mensagens de encomenda e serviço", "Sobre encomendas, entregas e garantias. Fazem parte de cada compra.", ""
    ),
    "pl": Words(
        "Wiadomości o zamówieniach i obsłudze", "O zamówieniach, dostawach i gwarancjach. Część każdego zakupu.", ""
    ),
    "es": Words(
        "Mensajes de pedido y servicio", "Sobre pedidos, entregas y garantías. Forman parte de cada compra.", ""
    ),
    "fr": Words(
        "Messages de commande et de service",
        "À propos des commandes, livraisons et garanties. Ils font partie de chaque achat.",
        "",
    ),
}

VISITS = {
    "en": Words(
        "Visits to our site",
        "We see which pages you look at, and know you again the next time. The site works either way.",
        "May we remember your visits to this site? We see which pages you look at and keep an identifier in your "
        "browser for 13 months. You can change your mind at any time.",
    ),
    "pt": Words(
        "Visitas ao nosso site",
        "Vemos que páginas consulta e reconhecemo-lo na vez seguinte. O site funciona na mesma.",
        "Podemos lembrar-nos das suas visitas a este site? Vemos que páginas consulta e guardamos um identificador no "
        "seu navegador durante 13 meses. Pode mudar de ideias quando quiser.",
    ),
    "pl": Words(
        "Wizyty na naszej stronie",
        "Widzimy, które strony są oglądane, i rozpoznajemy następną wizytę. Strona działa tak samo.",
        "Czy możemy zapamiętać wizyty na tej stronie? Widzimy, które strony są oglądane, i przechowujemy identyfikator "
        "w przeglądarce przez 13 miesięcy. Zgodę można cofnąć w każdej chwili.",
    ),
    "es": Words(
        "Visitas a nuestro sitio",
        "Vemos qué páginas consulta y le reconocemos la próxima vez. El sitio funciona igual.",
        "¿Podemos recordar sus visitas a este sitio? Vemos qué páginas consulta y guardamos un identificador en su "
        "navegador durante 13 meses. Puede cambiar de opinión cuando quiera.",
    ),
    "fr": Words(
        "Visites de notre site",
        "Nous voyons quelles pages vous consultez et vous reconnaissons la fois suivante. Le site marche de toute "
        "façon.",
        "Pouvons-nous nous souvenir de vos visites sur ce site ? Nous voyons quelles pages vous consultez et gardons "
        "un identifiant dans votre navigateur pendant 13 mois. Vous pouvez changer d’avis à tout moment.",
    ),
}


def furnish(tenant: Tenant) -> None:
    """Gives a new tenant its first purposes and wordings, in its own languages."""
    add_purposes(tenant.languages)


def add_purposes(languages: Sequence[str]) -> list[Purpose]:
    """Newsletter (marketing), tracking (off until asked for), service messages (contract)."""
    return [
        _create(purposes.NEWSLETTER, NEWSLETTER, languages, basis=Basis.CONSENT, is_marketing=True),
        _create(purposes.TRACKING, TRACKING, languages, basis=Basis.CONSENT, is_marketing=False),
        _create(purposes.SERVICE, SERVICE, languages, basis=Basis.CONTRACT, is_marketing=False),
    ]


def add_visits(languages: Sequence[str]) -> Purpose:
    """Visits to the tenant's site: asked for in the browser. Made with the first site; idempotent."""
    return purposes.by_key(purposes.VISITS) or _create(
        purposes.VISITS, VISITS, languages, basis=Basis.CONSENT, is_marketing=False, channel=Channel.WEB
    )


def _create(
    key: str,
    words: dict[str, Words],
    languages: Sequence[str],
    *,
    basis: str,
    is_marketing: bool,
    channel: str = Channel.EMAIL,
) -> Purpose:
    chosen = {language: words[language] for language in languages if language in words} or {"en": words["en"]}
    return purposes.create_purpose(
        key=key,
        channel=channel,
        basis=basis,
        is_marketing=is_marketing,
        texts={language: (each.name, each.description) for language, each in chosen.items()},
        notices={language: each.notice for language, each in chosen.items()},
        by=None,
    )
