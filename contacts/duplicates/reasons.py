"""Why two people may be one, in words. The codes are what ``DuplicatePair.reasons`` holds."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from contacts.models import DuplicatePair, Merge

WORDS = {
    "mail": _("same email address"),
    "phone": _("same phone number"),
    "name": _("same name"),
    "name_alike": _("similar name"),
    "mail_name": _("same email name elsewhere"),
    "born": _("same birthday"),
    "door": _("same address"),
    "identity": _("same number in another system"),
    "company": _("same company"),
    "city": _("same city"),
    "rare": _("a rare name"),
    "born_differs": _("but another birthday"),
    "city_differs": _("but another city"),
}
# Safe rules: what both must share for a merge that needs nobody. None of them may differ in birthday.
SAFE = {
    "mail_name": (_("Same email address, but for dots and plus signs, and the same name"), {"mail", "name"}),
    "phone_name": (_("Same phone number and the same name"), {"phone", "name"}),
    "identity_name": (_("Same number in another system and the same name"), {"identity", "name"}),
}
# Why two people are not one.
APART = "apart"
DISMISSALS = {
    APART: _("Two people"),
    "shared": _("Two people who share an address or number"),
    "kept": _("One person, kept twice on purpose"),
}


def in_words(codes: Iterable[str]) -> list[str]:
    return [str(WORDS[code]) for code in codes if code in WORDS]


def with_score(pair: DuplicatePair) -> list[str]:
    return [str(_("alike by %(score)s of 100") % {"score": pair.score}), *in_words(pair.reasons)]


def merged_in_words(merge: Merge) -> str:
    """By whom, or by which safe rule."""
    if merge.rule in SAFE:
        return str(_("Merged by itself: %(rule)s") % {"rule": SAFE[merge.rule][0]})
    by = merge.merged_by
    return str(_("Merged by %(who)s") % {"who": by.name or by.email} if by else _("Merged"))
