"""The new part of an answer: what its writer wrote, without what they quote and sign with.

Read line by line with patterns of bounded length, in the five languages of the product: a stranger
writes the text, so no pattern may run longer than its line.
"""

from __future__ import annotations

import re

MOST_LINES = 3_000
LONGEST_LINE = 1_000
_FLAGS = re.IGNORECASE
_WROTE = re.compile(
    r"\b(?:wrote|writes|escreveu|pisze|napisał(?:a|\(a\)|/a)?|escribió|a écrit|schrieb)"
    r"(?: (?:no dia|em|a|el|el día|dnia|w dniu|le|am|on) .{0,80})?[ \xa0]?:$",
    _FLAGS,
)
_WHEN = re.compile(r"\d{1,2}[:h.]\d\d|\b(?:19|20)\d\d\b|@")
_ORIGINAL = re.compile(
    r"[-_*\s]{2,}(?:original message|mensagem original|oryginalna wiadomość|wiadomość oryginalna|mensaje original"
    r"|message d['’]origine|message original|ursprüngliche nachricht)[-_*\s]{2,}",
    _FLAGS,
)
_FROM = re.compile(r"[*_]?(?:from|de|od|von)[*_]?[ \xa0]?:[*_]?\s+\S.{0,300}", _FLAGS)
_SENT = re.compile(
    r"[*_]?(?:sent|date|data|enviad[oa](?: el)?|fecha|wysłan[oey]|envoyée?|gesendet)[*_]?[ \xa0]?:[*_]?\s.{0,300}",
    _FLAGS,
)
_FORWARDED = re.compile(
    r"[-_*\s>]{2,}.{0,40}(?:forwarded|encaminhada|przekazan|przesłan|reenviado|transféré).{0,60}", _FLAGS
)
_MARKER = re.compile(r"#{2,}-? .{5,200} -?#{2,}")
_MOBILE = re.compile(
    r"[<(\[]?(?:sent from (?:my |outlook|mail|yahoo)|get outlook for|enviado (?:do meu|a partir d|pelo meu|desde mi)"
    r"|obter o outlook|descargar outlook|obtener outlook|envoyé (?:de mon|depuis (?:mon|ma))|obtenir outlook"
    r"|wysłan[eoy] z|pobierz (?:program |aplikację )?outlook).{0,80}",
    _FLAGS,
)


def new_part(text: str) -> str:
    """The reply alone; the whole text where nothing would be left (a forward, a quote without words)."""
    lines = [line.rstrip()[:LONGEST_LINE] for line in text.split("\n")[:MOST_LINES]]
    found = _where_quote_begins(lines)
    above, below = (lines, []) if found is None else (lines[: found[0]], lines[found[1] :])
    kept = above + _answers_between(below) if below else above
    return _signed_off(_without_trailing_quote(kept)) or _signed_off(_unquoted(lines)) or text.strip()


def _where_quote_begins(lines: list[str]) -> tuple[int, int] | None:
    """(first line, line after) of the words that introduce a quote."""
    for index, line in enumerate(lines):
        bare = line.strip()
        if not bare or bare.startswith(">"):
            continue
        if _FORWARDED.fullmatch(bare):
            return None  # what is passed on is what they want read
        if _MARKER.fullmatch(bare) or _ORIGINAL.fullmatch(bare):
            return index, index + 1
        if (bare.startswith("____") or _FROM.fullmatch(bare)) and _is_head_of_mail(lines[index : index + 7]):
            return index, index + 1
        if length := _introduction(lines, index):
            return index, index + length
    return None


def _introduction(lines: list[str], index: int) -> int:
    """How many lines "On …, Ana wrote:" takes from here, 0 when it does not begin here."""
    joined = ""
    for length in (1, 2, 3):
        if index + length > len(lines) or not (line := lines[index + length - 1].strip()) or len(joined) > 300:
            return 0
        joined = f"{joined} {line}".strip()
        if joined.endswith(":") and _WROTE.search(joined[-300:]) and _WHEN.search(joined):
            return length
        if length == 1 and not _may_introduce(line):
            return 0
    return 0


def _may_introduce(line: str) -> bool:
    """A first line that is not the whole introduction holds at least a date or an address."""
    return _WHEN.search(line) is not None


def _is_head_of_mail(lines: list[str]) -> bool:
    bare = [line.strip() for line in lines]
    return any(_FROM.fullmatch(line) for line in bare) and any(_SENT.fullmatch(line) for line in bare)


def _answers_between(below: list[str]) -> list[str]:
    """Answers written under or between quoted lines; nothing where the quote has no ">"."""
    first = next((line for line in below if line.strip()), "")
    return _unquoted(below) if first.lstrip().startswith(">") else []


def _unquoted(lines: list[str]) -> list[str]:
    found = _where_quote_begins(lines)
    own = lines if found is None else lines[: found[0]] + lines[found[1] :]
    return [line for line in own if not line.lstrip().startswith(">")]


def _without_trailing_quote(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return lines[:end]


def _signed_off(lines: list[str]) -> str:
    """Without what stands below "-- " (RFC 3676, 4.3) and without "Sent from my …"."""
    end = next((index for index, line in enumerate(lines) if line.rstrip() == "--"), len(lines))
    while end and (not lines[end - 1].strip() or _MOBILE.fullmatch(lines[end - 1].strip())):
        end -= 1
    return "\n".join(lines[:end]).strip()
