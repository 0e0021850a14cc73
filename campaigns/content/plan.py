"""The bytes of a message for one outcome of its conditions, and where the values go.

A value that is the same bytes wherever it lands (nearly all are: a name without markup, an
address of plain ASCII) is checked and encoded once for all its places.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from campaigns.content.brand import Sender
from campaigns.content.lines import HTML_TARGET, SLOT_OCTETS, WORDS_TARGET, fits, wrapped
from campaigns.content.values import Body, Values, chooser, raw_chooser
from contacts.texts.merge_fields import Fields
from contacts.texts.template_language import Context, Token, Tokens
from ecrm.mail.addresses import mailbox, one_line, unstructured

Encoder = Callable[[Values], bytes]

_BLANK_LINES = re.compile(r"\n{3,}")
_printable = re.compile(r"[ -~]+").fullmatch
_message_id = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>").fullmatch
_web_address = re.compile(r"https?://[!-;=?-~]+").fullmatch
_single_line = re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029]*").fullmatch

# Text that no body needs to change: at most SLOT_OCTETS even if every character takes four.
_SAME_EVERYWHERE = {
    Context.TEXT: re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029&<>\"']{0,60}").fullmatch,
    Context.QUERY: re.compile(r"[A-Za-z0-9_.~-]{0,200}").fullmatch,
    Context.ADDRESS: re.compile(r"https?://[!#-%(-;=?-~]{0,230}").fullmatch,
}

# A line that begins with a value: a dot would have to be doubled, and after nothing comes a literal.
_DOUBTFUL_STARTS = frozenset({b"", b"."})


class Careful(Exception):
    """This copy cannot go the quick way."""


class Preview(NamedTuple):
    subject: str
    text: str
    html: str


@dataclass(slots=True)
class _Slot:
    """One value and all its places; `bodies` has its encoder and places for each body."""

    choose: Callable[[Values], str]
    same_everywhere: Callable[[str], object]
    positions: list[int] = field(default_factory=list)
    bodies: dict[Body, tuple[Encoder, list[int]]] = field(default_factory=dict)


class Plan:
    """Lays a message out once, then fills it for each person."""

    def __init__(
        self,
        *,
        subject: str,
        text: str,
        html: str,
        tokens: Tokens,
        fields: Fields,
        sender: Sender,
        language: str,
        boundary: str,
    ) -> None:
        self._tokens, self._fields = tokens, fields
        self._text = wrapped(_BLANK_LINES.sub("\n\n", text), tokens, target=WORDS_TARGET)
        self._html = wrapped(html, tokens, target=HTML_TARGET).replace("\n.", " .")  # spares dot-stuffing
        self._is_quick = fits(self._text, tokens) and fits(self._html, tokens)
        self._subject = self._subject_chooser(subject)
        self._delimiter = f"\r\n--{boundary}".encode()
        self._pieces: list[bytes] = []
        self._line_starts: list[int] = []
        self._headers: list[tuple[int, Encoder]] = []
        self._slots: dict[tuple[object, ...], _Slot] = {}
        self._head_end = self._lay_out_head(sender, language, boundary)
        self._lay_out_bodies()

    def document(self, values: Values, *, eight_bit: bool) -> bytes:
        pieces = self._pieces.copy()
        for position, encode in self._headers:
            pieces[position] = encode(values)
        if eight_bit and self._is_quick:
            try:
                return self._quick(pieces, values)
            except Careful:
                pass
        return self._carefully(pieces[: self._head_end], values)

    def readable(self, values: Values) -> Preview:
        return Preview(
            self._subject(values),
            self._filled(self._text, Body.PLAIN, values),
            self._filled(self._html, Body.HTML, values),
        )

    def _quick(self, pieces: list[bytes], values: Values) -> bytes:
        for slot in self._slots.values():
            text = slot.choose(values)
            if slot.same_everywhere(text):
                octets = text.encode("utf-8", "replace")
                for position in slot.positions:
                    pieces[position] = octets
            else:
                for encode, positions in slot.bodies.values():
                    octets = encode(values)
                    for position in positions:
                        pieces[position] = octets
        for position in self._line_starts:
            if pieces[position][:1] in _DOUBTFUL_STARTS:
                raise Careful
        document = b"".join(pieces)
        if document.count(self._delimiter) != 3:  # two parts and the end; nobody's value made a fourth
            raise Careful
        return document

    def _carefully(self, head: list[bytes], values: Values) -> bytes:
        """Both bodies in base64: nothing in them can touch the message around them."""
        _subject, text, html = self.readable(values)
        parts = [
            self._delimiter + _part_head(subtype, "base64") + _base64(body)
            for subtype, body in (("plain", text), ("html", html))
        ]
        return b"".join((*head, *parts, self._delimiter, b"--\r\n"))

    # Laying out

    def _lay_out_head(self, sender: Sender, language: str, boundary: str) -> int:
        """The header, ending before the first delimiter; returns where that is."""
        fixed = {
            "Reply-To": sender.reply_to and mailbox("", sender.reply_to),
            "List-Id": sender.list_id and f"<{sender.list_id}>",
            "Feedback-ID": sender.feedback_id,
            "Content-Language": language,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in fixed.items() if value)
        self._add(f"From: {mailbox(sender.name, sender.address)}\r\nTo: ")
        self._add_header(_to)
        self._add("\r\nSubject: ")
        self._add_header(lambda values: unstructured(self._subject(values)).encode())
        self._add("\r\nDate: ")
        self._add_header(lambda values: _shaped(values["date"], _printable))
        self._add("\r\nMessage-ID: ")
        self._add_header(lambda values: _shaped(values["message_id"], _message_id))
        self._add("\r\nList-Unsubscribe: <")
        self._add_header(lambda values: _shaped(values["unsubscribe_url"], _web_address))
        self._add(">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
        self._add(f'{lines}MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n')
        return len(self._pieces)

    def _lay_out_bodies(self) -> None:
        for subtype, stream, body in (("plain", self._text, Body.PLAIN), ("html", self._html, Body.HTML)):
            self._pieces.append(self._delimiter + _part_head(subtype, "8bit"))
            self._lay_out_body(stream.replace("\n", "\r\n"), body)
        self._pieces.append(self._delimiter + b"--\r\n")

    def _lay_out_body(self, text: str, body: Body) -> None:
        """Literals are dot-stuffed here; a value that begins a line is watched when it is set."""
        done, begins_line = 0, True
        for start, end, token in self._tokens.at(text):
            literal = text[done:start]
            self._add(_dot_stuffed(literal, begins_line=begins_line))
            begins_line = literal.endswith("\r\n") or (begins_line and not literal)
            if begins_line:
                self._line_starts.append(len(self._pieces))
            self._add_slot(token, body)
            done, begins_line = end, False
        self._add(_dot_stuffed(text[done:], begins_line=begins_line))

    def _add(self, literal: str) -> None:
        self._pieces.append(literal.encode())

    def _add_header(self, encode: Encoder) -> None:
        self._headers.append((len(self._pieces), encode))
        self._pieces.append(b"")

    def _add_slot(self, token: Token, body: Body) -> None:
        key = (token.source, token.context)
        if key not in self._slots:
            self._slots[key] = _Slot(raw_chooser(token, self._fields), _SAME_EVERYWHERE[token.context])
        slot = self._slots[key]
        position = len(self._pieces)
        slot.positions.append(position)
        encode = _strict(chooser(token, self._fields, body))
        slot.bodies.setdefault(body, (encode, []))[1].append(position)
        self._pieces.append(b"")

    # Values

    def _subject_chooser(self, subject: str) -> Callable[[Values], str]:
        tokens, fields = self._tokens, self._fields
        parts: list[Callable[[Values], str]] = []
        literals, done = [], 0
        for start, end, token in tokens.at(subject):
            literals.append(subject[done:start])
            parts.append(raw_chooser(token, fields))
            done = end
        last = subject[done:]
        if not parts:
            constant = one_line(last)
            return lambda _values: constant
        pairs = list(zip(literals, parts, strict=True))
        return lambda values: one_line("".join(before + part(values) for before, part in pairs) + last)

    def _filled(self, stream: str, body: Body, values: Values) -> str:
        return self._tokens.replace(stream, lambda token, _marker: chooser(token, self._fields, body)(values))


def _dot_stuffed(literal: str, *, begins_line: bool) -> str:
    stuffed = literal.replace("\r\n.", "\r\n..")
    return "." + stuffed if begins_line and literal.startswith(".") else stuffed


def _strict(choose: Callable[[Values], str]) -> Encoder:
    def encode(values: Values) -> bytes:
        text = choose(values)
        octets = text.encode("utf-8", "replace")
        if len(octets) > SLOT_OCTETS or not _single_line(text):
            raise Careful
        return octets

    return encode


def _to(values: Values) -> bytes:
    return mailbox(values.get("to_name", ""), values["to_email"]).encode()


def _shaped(value: str, shape: Callable[[str], object]) -> bytes:
    if not shape(value):
        raise ValueError("A header value of this message is not what it has to be.")
    return value.encode()


def _part_head(subtype: str, encoding: str) -> bytes:
    head = f'\r\nContent-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode()


def _base64(body: str) -> bytes:
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return encodebytes(text.encode("utf-8", "replace")).replace(b"\n", b"\r\n")
