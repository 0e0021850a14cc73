"""The new part of an answer, in the five languages and the habits of mail programs."""

from __future__ import annotations

import pytest

from ecrm.mail.inbound.quotes import new_part

INTRODUCED = {
    "en": "On Mon, 5 Jun 2026 at 10:12, Acme <hello@acme.example> wrote:",
    "en, folded": "On Mon, 5 Jun 2026 at 10:12, Acme Shop of Lisbon and Porto\n<hello@acme.example>\nwrote:",
    "pt": "Em seg., 5 de jun. de 2026 às 10:12, Acme <hello@acme.example>\nescreveu:",
    "pt, of Portugal": "Acme <hello@acme.example> escreveu no dia segunda, 5/06/2026 à(s) 10:12:",
    "pl": "pon., 5 cze 2026 o 10:12 Acme <hello@acme.example> napisał(a):",
    "pl, Thunderbird": "W dniu 5.06.2026 o 10:12, Acme pisze:",
    "es": "El lun, 5 jun 2026 a las 10:12, Acme (<hello@acme.example>) escribió:",
    "fr": "Le lun. 5 juin 2026 à 10:12, Acme <hello@acme.example> a écrit :",
    "Outlook": "________________________________\nFrom: Acme <a@b.c>\nSent: Monday\nTo: x\nSubject: y",
    "Outlook, pt": "De: Acme <a@b.c>\nEnviado: segunda-feira\nPara: x\nAssunto: y",
    "Outlook, pl": "Od: Acme <a@b.c>\nWysłano: poniedziałek\nDo: x\nTemat: y",
    "Outlook, fr": "De : Acme <a@b.c>\nEnvoyé : lundi\nÀ : x\nObjet : y",
    "original": "-----Mensaje original-----",
}


@pytest.mark.parametrize("introduction", INTRODUCED.values(), ids=INTRODUCED)
@pytest.mark.parametrize("mark", ["> ", ""], ids=["marked", "bare"])
def test_what_is_quoted_is_cut(introduction, mark):
    text = f"Muito obrigada, já chegou.\n\n{introduction}\n\n{mark}Your order is on its way.\n{mark}Acme"
    assert new_part(text) == "Muito obrigada, já chegou."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAna Silva\nSales",
        "Sent from my iPhone",
        "Enviado do meu iPhone",
        "Wysłane z iPhone'a",
        "Envoyé de mon iPad",
        "Enviado desde mi iPhone",
        "Get Outlook for iOS<https://aka.ms/x>",
    ],
)
def test_a_signature_is_cut(signature):
    assert new_part(f"Yes, please.\n\n{signature}\n\n{INTRODUCED['en']}\n> Do you want it?") == "Yes, please."


def test_answers_between_the_lines_are_kept():
    text = f"See below.\n\n{INTRODUCED['en']}\n> Which size?\nForty-two.\n> Which colour?\nBlue."
    assert new_part(text) == "See below.\n\nForty-two.\nBlue."


def test_an_answer_under_the_quote_is_found():
    assert new_part(f"{INTRODUCED['en']}\n> Which size?\n\nForty-two.") == "Forty-two."


@pytest.mark.parametrize(
    "text",
    [
        "As he wrote in 2026: nothing.\nAnd more.",
        "She wrote this about 2026:\nthe whole story",
        "From: the bottom of my heart\nthank you",
        "Look.\n---------- Forwarded message ---------\nFrom: shop\nDate: today\n\nInvoice 12",
        "De: 12 a 15 de junho\nestarei fora",
    ],
)
def test_what_only_looks_like_a_quote_stays(text):
    assert new_part(text) == text


def test_a_mail_of_nothing_but_a_quote_keeps_it():
    assert new_part("> hello\n> there") == "> hello\n> there"
