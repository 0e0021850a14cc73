"""Purposes, their texts in the tenant's languages, and the versioned wordings people agree to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from consent.models import Notice, Purpose, PurposeText
from ecrm import prepared
from ecrm.audit import services as audit
from ecrm.instances import Columns
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

NEWSLETTER, TRACKING, SERVICE, VISITS = "newsletter", "tracking", "service", "visits"

_ICONS = {TRACKING: "mouse-pointer-click"}
_CHANNEL_ICONS = {"email": "mail", "sms": "message-square", "phone": "phone", "web": "globe"}


@dataclass(frozen=True, slots=True)
class Wording:
    """A purpose as one reader sees it. ``language`` is that of the texts, which may not be the reader's."""

    purpose: Purpose
    name: str
    description: str
    language: str

    @property
    def icon(self) -> str:
        return icon(self.purpose)


def icon(purpose: Purpose) -> str:
    return _ICONS.get(purpose.key) or _CHANNEL_ICONS[purpose.channel]


def by_key(key: str) -> Purpose | None:
    return Purpose.objects.filter(key=key).first()


def catalogue(languages: Sequence[str] = (), *, with_archived: bool = False) -> list[Wording]:
    """Every purpose with its texts in the first of ``languages`` it has. One query.

    Without ``languages``, the reader's own language is preferred.
    """
    preference = languages or [translation.get_language() or "en"]
    return [_wording(_pick(texts, preference)) for texts in _by_purpose(with_archived)]


def catalogue_with_names() -> list[tuple[Wording, list[str]]]:
    """The same, each with what it is called in every language it has texts in. One query."""
    preference = [translation.get_language() or "en"]
    return [(_wording(_pick(texts, preference)), [text.name for text in texts]) for texts in _by_purpose()]


def wording(purpose: Purpose, languages: Sequence[str] = ()) -> Wording:
    """One purpose's texts; its key stands in where nobody has written any."""
    candidates = list(PurposeText.objects.filter(purpose=purpose).select_related("purpose").order_by("language"))
    if not candidates:
        return Wording(purpose, purpose.key, "", "")
    return _wording(_pick(candidates, languages or [translation.get_language() or "en"]))


def names(languages: Sequence[str] = ()) -> dict[int, str]:
    """Name by purpose id, archived ones too."""
    return {each.purpose.pk: each.name for each in catalogue(languages, with_archived=True)}


def current_notices(languages: Sequence[str]) -> dict[int, Notice]:
    """By purpose id, the newest wording in the first of ``languages`` that version has. One query."""
    newest: dict[int, list[Notice]] = {}
    for notice in Notice.objects.order_by("purpose_id", "-version", "language"):
        versions = newest.setdefault(notice.purpose_id, [notice])
        if notice.version == versions[0].version and notice is not versions[0]:
            versions.append(notice)
    return {purpose_id: _pick(versions, languages) for purpose_id, versions in newest.items()}


def digest(text: str) -> str:
    """SHA-256 of a wording, hexadecimal: what a ledger row can be compared with later."""
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def create_purpose(
    *,
    key: str,
    channel: str,
    basis: str,
    is_marketing: bool,
    texts: Mapping[str, tuple[str, str]],
    notices: Mapping[str, str] | None = None,
    by: User | None,
    at: datetime | None = None,
) -> Purpose:
    """``texts`` gives (name, description) by language, ``notices`` the first wording by language.

    Raises ``ValidationError`` by field: a taken key, marketing without consent, no name.
    """
    purpose = Purpose(key=key, channel=channel, basis=basis, is_marketing=is_marketing, created_at=at or timezone.now())
    purpose.position = (Purpose.objects.aggregate(last=Max("position"))["last"] or 0) + 1
    _check(purpose, texts)
    purpose.save()
    edit_texts(purpose=purpose, texts=texts, by=None)
    if notices and any(text.strip() for text in notices.values()):
        publish_notice(purpose=purpose, texts=notices, by=None, at=at)
    if by is not None:
        audit.record("purpose.created", by=by, subject=purpose, at=at)
    return purpose


@transaction.atomic
def edit_texts(*, purpose: Purpose, texts: Mapping[str, tuple[str, str]], by: User | None) -> None:
    """Writes name and description by language; a language with an empty name loses its texts."""
    if not any(name.strip() for name, _description in texts.values()):
        raise ValidationError({"name": _("A purpose needs a name in at least one language.")})
    for language, (name, description) in texts.items():
        if name.strip():
            PurposeText.objects.update_or_create(
                purpose=purpose,
                language=language,
                defaults={"name": name.strip(), "description": description.strip()},
            )
        else:
            PurposeText.objects.filter(purpose=purpose, language=language).delete()
    if by is not None:
        audit.record("purpose.texts_changed", by=by, subject=purpose, fields=sorted(texts))


@transaction.atomic
def publish_notice(
    *, purpose: Purpose, texts: Mapping[str, str], by: User | None, at: datetime | None = None
) -> list[Notice]:
    """A new version of the wording in every language given. Earlier ones stay as people agreed to them.

    Publishing the current version's own words again changes nothing and returns that version.
    """
    Purpose.objects.select_for_update(no_key=True).get(pk=purpose.pk)
    written = {language: text.strip() for language, text in texts.items() if text.strip()}
    if not written:
        raise ValidationError({"text": _("Write the wording in at least one language.")})
    version = Notice.objects.filter(purpose=purpose).aggregate(last=Max("version"))["last"] or 0
    latest = list(Notice.objects.filter(purpose=purpose, version=version))
    if {notice.language: notice.text for notice in latest} == written:
        return latest
    published = Notice.objects.bulk_create(
        Notice(
            purpose=purpose,
            version=version + 1,
            language=language,
            text=text,
            sha256=digest(text),
            published_at=at or timezone.now(),
        )
        for language, text in written.items()
    )
    if by is not None:
        audit.record("notice.published", by=by, subject=purpose, fields=sorted(written), at=at)
    return published


@transaction.atomic
def archive_purpose(*, purpose: Purpose, by: User, at: datetime | None = None) -> bool:
    """Nothing is sent for it any more and it leaves the preference page; the ledger stays. False if it was."""
    archived = Purpose.objects.filter(pk=purpose.pk, archived_at=None).update(archived_at=at or timezone.now())
    if archived:
        audit.record("purpose.archived", by=by, subject=purpose, at=at)
    return bool(archived)


@transaction.atomic
def restore_purpose(*, purpose: Purpose, by: User) -> bool:
    restored = Purpose.objects.filter(pk=purpose.pk, archived_at__isnull=False).update(archived_at=None)
    if restored:
        audit.record("purpose.restored", by=by, subject=purpose)
    return bool(restored)


def _check(purpose: Purpose, texts: Mapping[str, tuple[str, str]]) -> None:
    problems: dict[str, Any] = {}
    if Purpose.objects.filter(key=purpose.key).exists():
        problems["key"] = _("There is a purpose with this key.")
    if purpose.is_marketing and purpose.basis != "consent":
        problems["basis"] = _("Marketing needs consent.")
    if not any(name.strip() for name, _description in texts.values()):
        problems["name"] = _("A purpose needs a name in at least one language.")
    if problems:
        raise ValidationError(problems)
    purpose.clean_fields(exclude=["tenant", "archived_at"])


_TEXT, _PURPOSE = Columns(PurposeText, "said"), Columns(Purpose, "purpose")
_TEXTS = f"""
    SELECT {_TEXT.sql}, {_PURPOSE.sql}
      FROM {PurposeText.table()} said
      JOIN {Purpose.table()} purpose ON purpose.tenant_id = said.tenant_id AND purpose.id = said.purpose_id
     WHERE said.tenant_id = %s AND (%s OR purpose.archived_at IS NULL)
     ORDER BY purpose.position, purpose.id, said.language"""


def _texts(with_archived: bool) -> Iterator[PurposeText]:
    for row in prepared.fetch_all(_TEXTS, [require_tenant_id(), with_archived]):
        text = _TEXT.read(row)
        text.purpose = _PURPOSE.read(row, start=_TEXT.count)
        yield text


def _by_purpose(with_archived: bool = False) -> list[list[PurposeText]]:
    found: dict[int, list[PurposeText]] = {}
    for text in _texts(with_archived):
        found.setdefault(text.purpose_id, []).append(text)
    return list(found.values())


def _wording(text: PurposeText) -> Wording:
    return Wording(text.purpose, text.name, text.description, text.language)


def _pick(candidates: Sequence[Any], languages: Sequence[str]) -> Any:
    """The first candidate in order of preference; English, then any, where none fits."""
    by_language = {candidate.language: candidate for candidate in candidates}
    for language in (*languages, "en"):
        if language in by_language:
            return by_language[language]
    return candidates[0]
