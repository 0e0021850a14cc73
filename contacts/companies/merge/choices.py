"""Which value of two companies' own fields a merged company has, and what an undo puts back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contacts.models import Company, CompanyMerge
from contacts.services.companies import COMPANY_FIELDS

COLUMNS = tuple("owner_id" if name == "owner" else name for name in COMPANY_FIELDS)

# Field by the id of the company whose value is taken.
Choices = Mapping[str, int]
Values = dict[str, Any]


def apply(winner: Company, loser: Company, choices: Choices) -> list[str]:
    """Sets the chosen values on the winner; where nothing was chosen, the loser fills what is empty.

    Returns the names of the fields that changed.
    """
    changed = []
    for name in COMPANY_FIELDS:
        column = "owner_id" if name == "owner" else name
        mine, theirs = getattr(winner, column), getattr(loser, column)
        takes_theirs = choices[name] == loser.pk if name in choices else not mine
        if takes_theirs and mine != theirs and (theirs or name != "name"):
            setattr(winner, column, theirs)
            changed.append(name)
    return changed


def values_of(company: Company) -> Values:
    """Own columns as JSON has them: the owner by id."""
    return {column: getattr(company, column) for column in COLUMNS}


def put_back(company: Company, before: Values, after: Values) -> None:
    """Gives the fields their former values, those that nobody changed since."""
    for column, former in before.items():
        if column in COLUMNS and getattr(company, column) == after[column] != former:
            setattr(company, column, former)


def rewrite_later(merge: CompanyMerge) -> None:
    """Later merges into the same company remember values this one gave: they are not the winner's own."""
    before, after = merge.snapshot["before"], merge.snapshot["after"]
    for later in CompanyMerge.objects.filter(winner=merge.winner_id, undone_at=None, pk__gt=merge.pk):
        own = later.snapshot["before"]
        own.update({column: before[column] for column in before if own.get(column) == after[column]})
        later.save(update_fields=["snapshot"])
