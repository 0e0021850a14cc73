"""Cases in the search palette."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case
from ecrm.search import actions, sources
from ecrm.search.sources import Found
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability


def register() -> None:
    sources.register(sources.Source("cases", gettext_lazy("Cases"), "inbox", Capability.CASES_VIEW, find, recall))
    actions.register(
        actions.Action(
            "new_case", gettext_lazy("New case"), "plus", "create_case", Capability.CASES_ANSWER,
            gettext_lazy("ticket support phone"),
        )
    )  # fmt: skip


def find(membership: Membership, text: str, limit: int) -> list[Found]:
    """The newest cases that hold every word, or whose person does."""
    found = Case.objects.visible_to(membership).filter(merged_into=None).matching(text, membership=membership)
    newest = found.select_related("contact").order_by("-last_message_at", "-pk")[:limit]
    return [_found(case) for case in newest]


def recall(membership: Membership, ids: list[int]) -> dict[int, Found]:
    cases = Case.objects.visible_to(membership).filter(pk__in=ids).select_related("contact")
    return {case.pk: _found(case) for case in cases}


def _found(case: Case) -> Found:
    return Found(str(case), _note(case), reverse("case_page", args=[case.pk]), "inbox")


def _note(case: Case) -> str:
    words = {"number": case.number, "name": case.contact or _("unknown sender"), "state": case.get_state_display()}
    return _("Case %(number)s, %(name)s, %(state)s") % words
