"""What a row of an export says about being written to: a yes with its day and origin, a no, a dead address.

A yes is worth its evidence: the day and the place of the sign-up. What the former system noted itself
(an owner's import, a default) is a claim, and stays one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from consent.models import MoveFile
from contacts.imports.folding import fold

Kind = MoveFile.Kind
YES = frozenset({"yes", "true", "1", "y", "t", "x", "oui", "si", "sim", "tak", "subscribed", "opted in"})
_OUT = ("unsubscribed from all email", "email blacklisted", "emailblacklisted", "blocklisted", "email blocklisted")
_OUT_OF = "opted out of email "
_BOUNCED = ("email hard bounce reason", "email hard bounced", "hard bounce reason")
_IN = ("double opt in", "doi", "opt in", "optin", "newsletter", "marketing consent", "consent")
_IN_DATE = ("opt in date", "double opt in date", "optin date", "consent date", "optin time")
_IN_ORIGIN = ("opt in source", "optin source", "consent source", "consent origin")
_LEGAL_BASIS = ("legal basis for processing contact s data", "hs legal basis", "legal basis")


@dataclass(slots=True)
class Standing:
    """``says_yes`` with ``at`` and ``origin`` as written (empty: not known). ``out_of`` names single kinds of
    mail that were refused, folded. ``at`` dates a no as well."""

    says_yes: bool = False
    says_no: bool = False
    is_dead: bool = False
    at: str = ""
    origin: str = ""
    out_of: list[str] = field(default_factory=list)


class Reading:
    """Reads the standing of each row of one file."""

    def __init__(self, *, system: str, product: str, kind: str, headers: Sequence[str]) -> None:
        self.kind, self.product, self.system = kind, product, system
        self.by_name = {fold(header): index for index, header in reversed([*enumerate(headers)])}
        self.out_of = {name: index for name, index in self.by_name.items() if name.startswith(_OUT_OF)}
        self.used = self._used()

    def _used(self) -> frozenset[int]:
        """Columns that are heard here, and need no place elsewhere."""
        own = (*_OUT, *_BOUNCED, *_IN, *_IN_DATE, *_IN_ORIGIN, *_LEGAL_BASIS, "optin ip", "confirm time", "confirm ip",
               "unsub time", "clean time", "unsub campaign title", "unsub reason", "unsub reason other",
               "clean campaign title", "reason", "channel")  # fmt: skip
        return frozenset({self.by_name[name] for name in own if name in self.by_name} | set(self.out_of.values()))

    def read(self, cells: Sequence[str]) -> Standing:
        row = {name: cells[index].strip() for name, index in self.by_name.items() if index < len(cells)}
        found = Standing(
            says_no=self.kind == Kind.UNSUBSCRIBED or any(_is_yes(row.get(name, "")) for name in _OUT),
            is_dead=self.kind == Kind.CLEANED or any(_is_said(row.get(name, "")) for name in _BOUNCED),
        )
        found.out_of = [name.removeprefix(_OUT_OF) for name in self.out_of if _is_yes(row.get(name, ""))]
        self._read_reason(row, found)
        if found.says_no:
            found.at = _first(row, ("unsub time", "date added", "date"))
        elif not found.is_dead:
            self._read_yes(row, found)
        return found

    def _read_reason(self, row: Mapping[str, str], found: Standing) -> None:
        """Of a list of people not to be contacted: who bounced is not somebody who said no."""
        if self.kind == Kind.UNSUBSCRIBED and fold(row.get("reason", "")) in ("2", "bounced", "bounce", "hard bounce"):
            found.says_no, found.is_dead = False, True

    def _read_yes(self, row: Mapping[str, str], found: Standing) -> None:
        basis = fold(_first(row, _LEGAL_BASIS))
        found.says_yes = (
            self.kind == Kind.SUBSCRIBED or any(_is_yes(row.get(name, "")) for name in _IN) or "consent" in basis
        )
        if not found.says_yes:
            return
        found.at = _first(row, _IN_DATE) or row.get("confirm time", "")
        found.origin = _first(row, _IN_ORIGIN)
        # Mailchimp notes OPTIN_TIME and OPTIN_IP for its own forms only; CONFIRM_* also for what an owner brought in.
        if row.get("optin time") and row.get("optin ip"):
            found.at = row["optin time"]
            found.origin = f"{self.product}, sign-up form, IP {row['optin ip']}"


def _first(row: Mapping[str, str], names: Sequence[str]) -> str:
    return next((row[name] for name in names if row.get(name)), "")


def _is_yes(cell: str) -> bool:
    return fold(cell) in YES


def _is_said(cell: str) -> bool:
    return bool(cell) and fold(cell) not in ("", "no", "false", "0", "none")
