"""A compiled message, and one person's copy of it as bytes.

Nearly every copy takes the quick way: literal bytes with the person's values set between them
and the whole joined. A copy takes the careful way (bodies in base64) when a value is long, holds
line breaks, or looks like the boundary, or when the relay takes no 8-bit text. Both ways use
the same functions for the values, and the preview does too.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from campaigns.content.brand import Sender
from campaigns.content.lines import HTML_TARGET, SLOT_OCTETS, WORDS_TARGET, fits, wrapped
from campaigns.content.merge_fields import Fields
from campaigns.content.template_language import Token, Tokens, evaluate, paths_in, template
from campaigns.content.values import Body, Values, chooser, raw_chooser
from ecrm.mail.addresses import mailbox, one_line, unstructured

MOST_VARIANTS = 256
_BLANK_LINES = re.compile(r"\n{3,}")
_plain_line = re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029]*").fullmatch
_printable = re.compile(r"[ -~]+").fullmatch
_message_id = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>").fullmatch
_web_address = re.compile(r"https?://[!-;=?-~]+").fullmatch

Encoder = Callable[[Values], bytes]


class _Careful(Exception):
    """This copy cannot go the quick way."""


class Preview(NamedTuple):
    subject: str
    text: str
    html: str


@dataclass(slots=True)
class CompiledMessage:
    """Compiled once for a content, language, variant and kind of tracking.

    `subject`, `text` and `html` hold markers for what varies (`tokens`).
    """

    subject: str
    text: str
    html: str
    tokens: Tokens
    fields: Fields
    sender: Sender
    language: str
    control_paths: tuple[str, ...] = field(init=False)
    boundary: str = field(init=False)
    _plans: OrderedDict[tuple[str, ...], Plan] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        digest = blake2b("\0".join((self.subject, self.text, self.html)).encode(), digest_size=15)
        self.boundary = f"=_{digest.hexdigest()}"
        self.control_paths = self._paths_of_conditions()
        self._plans = OrderedDict()

    def render(self, values: Values, *, eight_bit: bool = True) -> tuple[bytes, ...]:
        """One person's message in wire form (CRLF, dot-stuffed, no final dot).

        `values` maps the merge fields a content may use to text, and must hold `to_email`,
        `message_id`, `date` (RFC 5322), `unsubscribe_url`, `preferences_url`; `click_base` when
        clicks are counted (`/0`, `/1`… is put behind it), `open_url` when opens are. `to_name`
        and `view_url` are optional. Raises `KeyError` for a missing one and `ValueError` for an
        address or id that would break a header. The same values give the same bytes.
        """
        document = self._plan(values).document(values, eight_bit=eight_bit)
        if b"\r\n." in document:
            document = document.replace(b"\r\n.", b"\r\n..")
        return (document,)

    def preview(self, values: Values) -> Preview:
        """What `render` sends with these values, as a reader sees it."""
        return self._plan(values).readable(values)

    @property
    def size(self) -> int:
        """Octets of the HTML body before values are set in: what mail programs clip by."""
        return len(self.html.encode())

    def _plan(self, values: Values) -> Plan:
        """The plan for the outcome of all conditions; few outcomes occur, so they are kept."""
        key = tuple(values.get(path, "") for path in self.control_paths)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = Plan(self, values)
            if len(self._plans) > MOST_VARIANTS:
                self._plans.popitem(last=False)
        return plan

    def _paths_of_conditions(self) -> tuple[str, ...]:
        """The fields that decide which parts a person sees."""
        streams = (self.subject, self.text, self.html)
        found = {path for stream in streams for path in paths_in(self.with_conditions(stream))}
        return tuple(sorted(found))

    def with_conditions(self, stream: str) -> str:
        """The stream as a Liquid template: control tags restored, outputs still behind markers."""
        return self.tokens.replace(stream, lambda token, marker: token.source if token.is_control else marker)


class Plan:
    """The message for one outcome of its conditions: bytes, and where the values go."""

    def __init__(self, message: CompiledMessage, values: Values) -> None:
        self._tokens, self._fields = message.tokens, message.fields
        self.subject = one_line(self._decided(message, message.subject, values))
        words = _BLANK_LINES.sub("\n\n", self._decided(message, message.text, values).replace("\r\n", "\n"))
        self.text = wrapped(words, self._tokens, target=WORDS_TARGET)
        self.html = wrapped(self._decided(message, message.html, values), self._tokens, target=HTML_TARGET)
        self._is_quick = fits(self.text, self._tokens) and fits(self.html, self._tokens)
        self._delimiter = f"\r\n--{message.boundary}".encode()
        self._pieces: list[bytes] = []
        self._slots: list[tuple[list[int], Encoder]] = []
        self._lay_out(message)

    def document(self, values: Values, *, eight_bit: bool) -> bytes:
        if eight_bit and self._is_quick:
            try:
                return self._quick(values)
            except _Careful:
                pass
        return self._carefully(values)

    def readable(self, values: Values) -> Preview:
        return Preview(
            self._subject_for(values),
            self._filled(self.text, Body.PLAIN, values),
            self._filled(self.html, Body.HTML, values),
        )

    def _quick(self, values: Values) -> bytes:
        pieces = self._pieces.copy()
        for positions, encode in self._slots:
            octets = encode(values)
            for position in positions:
                pieces[position] = octets
        document = b"".join(pieces)
        if document.count(self._delimiter) != 3:  # two parts and the end: nobody's value made a fourth
            raise _Careful
        return document

    def _carefully(self, values: Values) -> bytes:
        head = [encode(values) if isinstance(encode, Callable) else encode for encode in self._head]  # type: ignore[arg-type]
        _subject, text, html = self.readable(values)
        parts = [
            self._delimiter + _part_head(subtype, "base64") + _base64(body)
            for subtype, body in (("plain", text), ("html", html))
        ]
        return b"".join((*head, *parts, self._delimiter, b"--\r\n"))

    # Laying out

    def _lay_out(self, message: CompiledMessage) -> None:
        self._head = self._header_pieces(message)
        shared: dict[object, list[int]] = {}
        for piece in self._head:
            self._place(piece, shared)
        for subtype, stream, body in (("plain", self.text, Body.PLAIN), ("html", self.html, Body.HTML)):
            self._place(self._delimiter + _part_head(subtype, "8bit"), shared)
            self._place_stream(stream, body, shared)
        self._place(self._delimiter + b"--\r\n", shared)

    def _place(self, piece: bytes | Encoder, shared: dict[object, list[int]], key: object = None) -> None:
        position = len(self._pieces)
        self._pieces.append(piece if isinstance(piece, bytes) else b"")
        if isinstance(piece, bytes):
            return
        if key is not None and key in shared:
            shared[key].append(position)
            return
        positions = shared.setdefault(key if key is not None else object(), [position])
        self._slots.append((positions, piece))

    def _place_stream(self, stream: str, body: Body, shared: dict[object, list[int]]) -> None:
        text = stream.replace("\n", "\r\n")
        done = 0
        for start, end, token in self._tokens.at(text):
            self._place(text[done:start].encode(), shared)
            self._place(_strict(chooser(token, self._fields, body)), shared, key=(body, token))
            done = end
        self._place(text[done:].encode(), shared)

    def _header_pieces(self, message: CompiledMessage) -> list[bytes | Encoder]:
        sender = message.sender
        fixed = {"Reply-To": sender.reply_to and mailbox("", sender.reply_to), "Feedback-ID": sender.feedback_id}
        fixed |= {"List-Id": sender.list_id and f"<{sender.list_id}>", "Content-Language": message.language}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fixed.items() if value)
        return [
            f"From: {mailbox(sender.name, sender.address)}\r\nTo: ".encode(),
            _to,
            b"\r\nSubject: ",
            lambda values: unstructured(self._subject_for(values)).encode(),
            b"\r\nDate: ",
            lambda values: _required(values["date"], _printable),
            b"\r\nMessage-ID: ",
            lambda values: _required(values["message_id"], _message_id),
            b"\r\nList-Unsubscribe: <",
            lambda values: _required(values["unsubscribe_url"], _web_address),
            b">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            f"{lines}MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n"
            f' boundary="{message.boundary}"\r\n'.encode(),
        ]

    # Values

    def _decided(self, message: CompiledMessage, stream: str, values: Values) -> str:
        source = message.with_conditions(stream)
        if "{%" not in source:
            return stream
        return evaluate(template(source), paths_in(source), values, self._fields)

    def _subject_for(self, values: Values) -> str:
        if self._tokens.marker not in self.subject:
            return self.subject
        return one_line(
            self._tokens.replace(self.subject, lambda token, _marker: raw_chooser(token, self._fields)(values))
        )

    def _filled(self, stream: str, body: Body, values: Values) -> str:
        return self._tokens.replace(stream, lambda token, _marker: chooser(token, self._fields, body)(values))


def _strict(choose: Callable[[Values], str]) -> Encoder:
    def encode(values: Values) -> bytes:
        text = choose(values)
        octets = text.encode("utf-8", "replace")
        if len(octets) > SLOT_OCTETS or not _plain_line(text):
            raise _Careful
        return octets

    return encode


def _to(values: Values) -> bytes:
    return mailbox(values.get("to_name", ""), values["to_email"]).encode()


def _required(value: str, shape: Callable[[str], object]) -> bytes:
    if not shape(value):
        raise ValueError("A header value of this message is not what it has to be.")
    return value.encode()


def _part_head(subtype: str, encoding: str) -> bytes:
    return (
        f'\r\nContent-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    ).encode()


def _base64(body: str) -> bytes:
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return encodebytes(text.encode("utf-8", "replace")).replace(b"\n", b"\r\n")


def _token_key(token: Token) -> Token:
    return token
