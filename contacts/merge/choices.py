"""Which value of two people's fields a merged person has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contacts.models import Contact, EmailAddress, PhoneNumber
from contacts.services.assigning import EDITABLE

# Own fields, and the address and phone that is written to and called first.
FIELDS = tuple(EDITABLE)
PRIMARY: dict[str, Any] = {"email": EmailAddress, "phone": PhoneNumber}

# Field by the id of the person whose value is taken.
Choices = Mapping[str, int]


def apply(winner: Contact, loser: Contact, choices: Choices) -> list[str]:
    """Sets the chosen values on the winner; where nothing was chosen, the loser fills what is empty.

    Returns the names of the fields that changed.
    """
    changed = []
    for name in FIELDS:
        column = f"{name}_id" if name in ("owner", "company") else name
        mine, theirs = getattr(winner, column), getattr(loser, column)
        takes_theirs = choices[name] == loser.pk if name in choices else not mine
        if takes_theirs and mine != theirs and (theirs or name in choices):
            setattr(winner, column, theirs)
            changed.append(name)
    return changed


def prefer(loser: Contact, choices: Choices) -> list[str]:
    """Which primary rows the merged person takes from the loser."""
    return [key for key in PRIMARY if choices.get(key) == loser.pk]
