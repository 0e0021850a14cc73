"""Why an address may not be written to, and who wants to know that one is dead. The rooms above register here."""

from __future__ import annotations

from collections.abc import Callable

from contacts.models import EmailAddress

# Given the normal form of an address, a sentence in the active language; empty when nothing is in the way.
Refusal = Callable[[str], str]
_refusals: list[Refusal] = []
# Given the normal form of an address that a letter came back from for good.
Mourner = Callable[[str], object]
_mourners: list[Mourner] = []


def register(refusal: Refusal) -> None:
    """``refusal`` is asked when a letter is written and again before it is handed over: one query at most."""
    _refusals.append(refusal)


def why(address_norm: str) -> str:
    """The first reason there is."""
    return next(filter(None, (refusal(address_norm) for refusal in _refusals)), "")


def register_dead(mourner: Mourner) -> None:
    """``mourner`` runs in the transaction that takes the report in."""
    _mourners.append(mourner)


def tell_dead(address_norm: str) -> None:
    for mourner in _mourners:
        mourner(address_norm)


def addresses_of(contact_id: int) -> list[EmailAddress]:
    """Where this person can be written to, the main address first."""
    own = EmailAddress.objects.filter(contact=contact_id, binned_at=None)
    return list(own.order_by("-is_primary", "pk"))
