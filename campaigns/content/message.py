"""A compiled message, and one person's copy of it as bytes.

Nearly every copy takes the quick way: literal bytes with the person's values set between them
and the whole joined. A copy takes the careful way (bodies in base64) when a value is long, holds
line breaks, or looks like the boundary, or when the relay takes no 8-bit text. Both ways use
the same functions for the values, and the preview does too.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b

from campaigns.content.brand import Sender
from campaigns.content.plan import Plan, Preview
from campaigns.content.values import Values
from contacts.texts.merge_fields import Fields
from contacts.texts.template_language import Tokens, evaluate, paths_in, template

MOST_VARIANTS = 256


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
        digest = blake2b(f"{self.subject}\0{self.text}\0{self.html}".encode(), digest_size=15)
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
        return (self._plan(values).document(values, eight_bit=eight_bit),)

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
            plan = self._plans[key] = self._new_plan(values)
            if len(self._plans) > MOST_VARIANTS:
                self._plans.popitem(last=False)
        return plan

    def _new_plan(self, values: Values) -> Plan:
        return Plan(
            subject=self._decided(self.subject, values),
            text=self._decided(self.text, values),
            html=self._decided(self.html, values),
            tokens=self.tokens,
            fields=self.fields,
            sender=self.sender,
            language=self.language,
            boundary=self.boundary,
        )

    def _paths_of_conditions(self) -> tuple[str, ...]:
        """The fields that decide which parts a person sees."""
        streams = (self.subject, self.text, self.html)
        found = {path for stream in streams for path in paths_in(self._with_conditions(stream))}
        return tuple(sorted(found))

    def _decided(self, stream: str, values: Values) -> str:
        """The stream without its conditions: what holds for these values stays."""
        source = self._with_conditions(stream)
        if "{%" not in source:
            return stream
        return evaluate(template(source), self.control_paths, values, self.fields)

    def _with_conditions(self, stream: str) -> str:
        """The stream as a Liquid template: control tags restored, outputs still behind markers."""
        return self.tokens.replace(stream, lambda token, marker: token.source if token.is_control else marker)
