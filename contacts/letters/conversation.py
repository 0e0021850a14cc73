"""The letters of one conversation as a page tells them, oldest first."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString

from contacts.models import Letter, LetterFile, LetterHandover
from ecrm.files.models import File
from ecrm.mail.posting import marks
from ecrm.mail.posting.desk import UNDO
from ecrm.mail.posting.handovers import HandoverState
from ecrm.tenancy.models import User

MOST = 200


@dataclass(frozen=True, slots=True)
class Said:
    letter: Letter
    html: SafeString
    handover: LetterHandover | None = None
    is_undoable: bool = False
    files: list[File] = field(default_factory=list)

    @property
    def signed(self) -> SafeString:
        return marks.lines_of(self.letter.signature)

    @property
    def is_ours(self) -> bool:
        return self.letter.direction == Letter.Direction.OUT

    @property
    def is_trouble(self) -> bool:
        return self.handover is not None and self.handover.state in (HandoverState.FAILED, HandoverState.UNKNOWN)


def of(letter: Letter, reader: User) -> list[Said]:
    """Three queries, whatever their number."""
    root_id = letter.root_id or letter.pk
    told = Letter.objects.filter(Q(pk=root_id) | Q(root=root_id), contact=letter.contact_id)
    letters = list(told.select_related("author", "contact").order_by("-pk")[:MOST])[::-1]
    travels = {each.letter_id: each for each in LetterHandover.objects.filter(letter__in=letters)}
    files: dict[int, list[File]] = defaultdict(list)
    for attached in LetterFile.objects.filter(letter__in=letters).select_related("file").order_by("pk"):
        files[attached.letter_id].append(attached.file)
    return [
        Said(
            one,
            marks.html_of(one.text),
            travels.get(one.pk),
            _may_undo(one, travels.get(one.pk), reader),
            files[one.pk],
        )
        for one in letters
    ]


def _may_undo(letter: Letter, travel: LetterHandover | None, reader: User) -> bool:
    if travel is None or travel.state != HandoverState.WAITING or travel.attempts:
        return False
    return letter.author_id == reader.pk and timezone.now() - letter.at < UNDO
