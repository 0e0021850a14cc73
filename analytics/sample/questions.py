"""What the sample's people ask their shop, and what they are told, in their own languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Talk:
    """``said`` goes back and forth: the customer first, the shop second. ``note`` is for colleagues."""

    subject: str
    said: tuple[str, ...]
    note: str = ""
    channel: str = "email"


TALKS: dict[str, dict[str, tuple[Talk, ...]]] = {
    "verdelume": {
        "pt": (
            Talk(
                "Frasco partido na encomenda {order}",
                (
                    (
                        "Boa tarde,\n\nO frasco de vidro chegou partido e o detergente derramou-se na caixa. "
                        "A encomenda é a {order}. Podem enviar outro?"
                    ),
                    "Olá {name}, lamento muito. O frasco novo sai amanhã do Porto e não precisa de devolver nada.",
                    "Muito obrigado pela rapidez!",
                ),
                "É o terceiro frasco partido esta semana, convém ver a caixa do fornecedor.",
            ),
            Talk(
                "Posso devolver recargas por abrir?",
                (
                    "Olá, comprei duas recargas a mais. Ainda estão fechadas. Como faço a devolução?",
                    "Olá {name}, tem 30 dias. Envio-lhe a etiqueta em anexo e o reembolso sai quando chegarem.",
                ),
            ),
            Talk(
                "Alterar a morada de entrega",
                (
                    "Bom dia, mudei de casa. A encomenda {order} ainda pode seguir para a morada nova?",
                    "Bom dia {name}, já alterei a morada. Segue amanhã de manhã.",
                ),
            ),
            Talk(
                "A vela de figo volta a ter stock?",
                (
                    "Gostava de oferecer três velas de figo no Natal, mas o site diz esgotado.",
                    "Olá {name}, chegam na segunda-feira. Quer que lhe guarde três?",
                    "Sim, por favor. Passo na banca do mercado para as buscar.",
                ),
            ),
            Talk(
                "Pedido por telefone: 12 kits para a loja",
                ("Quer doze kits iniciais com fatura à empresa.",),
                "",
                "phone",
            ),
        ),
        "es": (
            Talk(
                "El pedido {order} no ha llegado",
                (
                    (
                        "Buenos días:\n\nEl seguimiento del pedido {order} dice entregado, pero aquí no hay nada. "
                        "¿Pueden mirarlo?"
                    ),
                    "Hola, {name}: el mensajero lo dejó en la tienda de abajo. Acabo de hablar con ellos.",
                    "Ya lo tengo, gracias.",
                ),
            ),
            Talk(
                "¿El jabón lleva perfume?",
                (
                    "Mi hija es alérgica a los perfumes. ¿El jabón de verbena lleva alguno añadido?",
                    "Hola, {name}. Lleva aceite esencial de verbena. Para piel sensible le recomiendo el neutro.",
                ),
            ),
            Talk(
                "Factura con el NIF equivocado",
                (
                    "La factura del pedido {order} tiene mal el NIF. Necesito otra.",
                    "Hola, {name}: aquí tiene la factura corregida. Disculpe las molestias.",
                ),
            ),
        ),
        "fr": (
            Talk(
                "Prélevé deux fois pour {order}",
                (
                    (
                        "Bonjour,\n\nMa carte a été débitée deux fois pour la commande {order}. "
                        "Je joins le relevé de la banque."
                    ),
                    "Bonjour {name}, vous avez raison : le second paiement vous est remboursé aujourd’hui.",
                ),
                "Le terminal a renvoyé deux confirmations, à signaler à la banque.",
            ),
            Talk(
                "Livrez-vous en point relais ?",
                (
                    "Bonjour, je ne suis jamais chez moi en semaine. Livrez-vous en point relais à Lyon ?",
                    "Bonjour {name}, oui, il suffit de le choisir au moment de payer.",
                    "Parfait, merci beaucoup.",
                ),
            ),
            Talk(
                "Lessive concentrée, quelle dose ?",
                (
                    "Combien de bouchons pour une machine de 7 kg ?",
                    "Bonjour {name}, un bouchon suffit, un et demi si l’eau est calcaire.",
                ),
            ),
        ),
        "en": (
            Talk(
                "Where is order {order}?",
                (
                    "Hello,\n\nI ordered nine days ago and have heard nothing since. Is {order} on its way?",
                    "Hello {name}, it left Porto this morning. The courier says Thursday before noon.",
                    "Lovely, thank you.",
                ),
            ),
            Talk(
                "Wrong soap in the parcel",
                (
                    "I ordered lemon verbena and got lavender. The order number is {order}. What do I do with it?",
                    "Keep it, {name}, the verbena leaves today. Sorry about that.",
                ),
                "Second mix-up from the same shelf.",
            ),
            Talk(
                "Wholesale prices?",
                (
                    "We run a small pantry shop and would like to stock your refills. Do you have a price list?",
                    "Hello {name}, gladly. Here is the list, with a first order free of shipping.",
                ),
            ),
        ),
    },
    "bystra": {
        "pl": (
            Talk(
                "Piszczą hamulce po przeglądzie",
                (
                    (
                        "Dzień dobry,\n\nodebrałem rower w piątek i przednia tarcza piszczy przy każdym hamowaniu. "
                        "Czy mogę podjechać bez umawiania?"
                    ),
                    "Dzień dobry, proszę przyjechać jutro do 18:00, sprawdzimy od ręki i bez dopłaty.",
                    "Dziękuję, już jest cisza.",
                ),
                "Klocki po starych tarczach, trzeba było dotrzeć.",
            ),
            Talk(
                "Ile kosztuje wymiana napędu w gravelu?",
                (
                    "Łańcuch przeskakuje na małych koronkach. Ile kosztowałaby wymiana i ile trwa?",
                    "Dzień dobry, z częściami od 420 zł, zwykle dwa dni. Zmierzymy łańcuch na miejscu.",
                ),
            ),
            Talk(
                "Chcę przełożyć odbiór",
                (
                    "Nie zdążę w czwartek. Czy rower może u Państwa zostać do soboty?",
                    "Oczywiście, do zobaczenia w sobotę.",
                ),
            ),
            Talk(
                "Zlecenie dla firmy: 8 rowerów",
                (
                    "Potrzebujemy przeglądu ośmiu rowerów kurierskich, najlepiej partiami po dwa. Proszę o ofertę.",
                    "Dzień dobry, w załączniku oferta. Możemy zacząć w poniedziałek od dwóch pierwszych.",
                    "Zgoda, przywieziemy je w poniedziałek o ósmej.",
                ),
            ),
            Talk("Telefon: bateria w e-rowerze", ("Bateria gaśnie przy 40%. Przywiezie rower w piątek.",), "", "phone"),
        ),
        "en": (
            Talk(
                "Do you speak English?",
                (
                    "Hi, my bike has a bent wheel and I am in Kraków until Sunday. Could you true it?",
                    "Hello {name}, of course. Bring it tomorrow morning, it takes an hour.",
                ),
            ),
        ),
    },
}
