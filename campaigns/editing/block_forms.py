"""A block as fields a person fills in. The values are judged by ``campaigns.content.blocks``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from campaigns.content import rich_text
from campaigns.content.blocks import ALIGNMENTS, KINDS, Block
from campaigns.content.problems import Problem
from campaigns.editing import chips
from campaigns.editing.plain_form import from_html
from contacts.texts.template_language import unescaped

_ALIGN_NAMES = {"left": _("Left"), "center": _("Centre"), "right": _("Right")}
_LEVELS = [(1, _("Large")), (2, _("Medium")), (3, _("Small"))]
LABELS: dict[str, str | Promise] = {
    "heading": _("Heading"),
    "text": _("Text"),
    "button": _("Button"),
    "image": _("Image"),
    "divider": _("Divider"),
}
ICONS = {"heading": "heading", "text": "type", "button": "square", "image": "image", "divider": "minus"}
LINE, RICH, PLAIN = "line", "rich", ""


class BlockForm(forms.Form):
    """Nothing is required: a draft may be unfinished. ``kinds_of_text`` says which fields take merge fields."""

    kinds_of_text: dict[str, str] = {}

    condition = forms.CharField(
        label=_("Show only if"),
        required=False,
        max_length=300,
        help_text=_('A condition such as contact.city == "Porto". Leave it empty to show this to everybody.'),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            about = f"id_{self.add_prefix(name)}"
            field.widget.attrs["aria-describedby"] = (
                f"{about}_helptext {about}_slot" if field.help_text else f"{about}_slot"
            )


def _align() -> forms.ChoiceField:
    choices = [(name, _ALIGN_NAMES[name]) for name in ALIGNMENTS]
    return forms.ChoiceField(label=_("Align"), choices=choices, required=False)


def _line(label: Any, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, **kwargs)


def _address(label: Any, **kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "autocomplete": "off"})
    return forms.CharField(label=label, required=False, widget=widget, **kwargs)


class HeadingForm(BlockForm):
    kinds_of_text = {"text": LINE}
    field_order = ["text", "level", "align", "condition"]

    text = _line(_("Heading"))
    level = forms.TypedChoiceField(label=_("Size"), choices=_LEVELS, coerce=int, required=False)
    align = _align()


class TextForm(BlockForm):
    kinds_of_text = {"html": RICH}
    field_order = ["html", "align", "condition"]

    html = forms.CharField(label=_("Text"), required=False, widget=forms.Textarea(attrs={"rows": 8}))
    align = _align()


class ButtonForm(BlockForm):
    kinds_of_text = {"label": LINE}
    field_order = ["label", "url", "align", "condition"]

    label = _line(_("Words on the button"))
    url = _address(_("Link"), help_text=_("Starts with https://"))
    align = _align()


class ImageForm(BlockForm):
    kinds_of_text = {"alt": LINE}
    field_order = ["src", "alt", "url", "width", "condition"]

    src = _address(_("Address of the image"), help_text=_("Starts with https://"))
    alt = _line(_("Description"), help_text=_("For those who do not see the image"))
    url = _address(_("Link"), help_text=_("Where a press on the image leads. Leave it empty for none."))
    width = forms.IntegerField(
        label=_("Width in pixels"),
        required=False,
        help_text=_("0 for as wide as the message, at most 600"),
        widget=forms.NumberInput(attrs={"min": 0, "max": 600}),
    )


class DividerForm(BlockForm):
    pass


FORMS: dict[str, type[BlockForm]] = {
    "heading": HeadingForm,
    "text": TextForm,
    "button": ButtonForm,
    "image": ImageForm,
    "divider": DividerForm,
}


@dataclass(frozen=True, slots=True)
class Control:
    """A field and how it is written: ``kind_of_text`` rich, line or empty; ``shown`` is it with chips."""

    field: BoundField
    kind_of_text: str
    shown: SafeString


@dataclass(frozen=True, slots=True)
class BlockView:
    """One block in the list. ``problems`` are those that belong to none of its fields."""

    block: Block
    controls: Sequence[Control]
    condition: BoundField
    problems: Sequence[str]
    problem_count: int
    language: str
    is_first: bool
    is_last: bool
    is_open: bool

    @property
    def label(self) -> str | Promise:
        return LABELS[self.block.kind]

    @property
    def icon(self) -> str:
        return ICONS[self.block.kind]

    @property
    def summary(self) -> str:
        return summary(self.block)


def views(blocks: Sequence[Block], problems: Iterable[Problem], *, language: str, open_id: str = "") -> list[BlockView]:
    """A block nobody has begun yet is not told what it lacks."""
    found = list(problems)
    last = len(blocks) - 1
    return [
        _view(
            block,
            [] if _is_untouched(block) else [each for each in found if each.block_id == block.id],
            language=language,
            is_first=place == 0,
            is_last=place == last,
            is_open=block.id == open_id,
        )
        for place, block in enumerate(blocks)
    ]


def summary(block: Block) -> str:
    """The beginning of what a block says, fields by their names."""
    text = next((value for name in ("text", "html", "label", "alt", "src") if (value := getattr(block, name, ""))), "")
    if getattr(block, "html", ""):
        text = rich_text.as_text(rich_text.sanitised(chips.in_words(unescaped(text))))
    else:
        text = chips.in_words(text)
    return " ".join(text.split())[:80]


def _view(block: Block, problems: list[Problem], **place: Any) -> BlockView:
    values = {f"{block.id}-{name}": value for name, value in block.to_json().items()}
    if "html" in block.to_json():
        values[f"{block.id}-html"] = from_html(values[f"{block.id}-html"])
    form = FORMS[block.kind](values, prefix=block.id)
    form.is_valid()
    for each in problems:
        if each.field in form.fields and not form.has_error(each.field):
            form.add_error(each.field, each.message)
    controls = [
        Control(form[name], form.kinds_of_text.get(name, PLAIN), _shown(block, name, form))
        for name in form.fields
        if name != "condition"
    ]
    lost = [each.message for each in problems if each.field not in form.fields]
    return BlockView(block, controls, form["condition"], lost, len(problems), **place)


def _shown(block: Block, name: str, form: BlockForm) -> SafeString:
    kind = form.kinds_of_text.get(name, PLAIN)
    if kind == PLAIN:
        return SafeString("")
    return chips.in_rich_text(getattr(block, name)) if kind == RICH else chips.in_line(getattr(block, name))


def _is_untouched(block: Block) -> bool:
    return block == KINDS[block.kind](id=block.id)
