"""What a segment can ask about data quality: the score of a person, 100 less the weight of each thing to put right."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import criteria
from contacts.criteria import Criterion, Having, Operator, Scope
from contacts.duplicates.queue import LOOKED_AT
from contacts.models import Contact, DuplicatePair, QualityIssue
from contacts.quality import kinds
from contacts.quality.kinds import DUPLICATES, IssueKind
from contacts.segments.inputs import Number

KEY = "quality_score"


def register() -> None:
    points = Number("points", gettext_lazy("Points"), initial=80, highest=100)
    criteria.register(
        Criterion(
            KEY,
            gettext_lazy("Data quality score"),
            "person",
            (
                Operator(
                    "at_least", gettext_lazy("is at least"), gettext_lazy("%(field)s is at least %(points)s"), (points,)
                ),
                Operator("below", gettext_lazy("is below"), gettext_lazy("%(field)s is below %(points)s"), (points,)),
            ),
            _compile,
            _explain,
            moved_by=(LOOKED_AT,),
        )
    )


def _compile(operator: str, value: int, scope: Scope) -> Q:
    """Who is below has all of one of the smallest sets that cost too much; each is asked by its index."""
    below = Q(pk__in=[])
    for costly in _too_costly(100 - value):
        below |= Q(*[_has(kind) for kind in costly])
    return below if operator == "below" else ~below


def _too_costly(allowed: int) -> Iterator[tuple[IssueKind, ...]]:
    """The sets of kinds that weigh more than ``allowed``, and none of whose parts does."""
    known = kinds.all_kinds()
    for size in range(len(known) + 1):
        for some in combinations(known, size):
            weight = sum(kind.weight for kind in some)
            if weight > allowed and all(weight - kind.weight <= allowed for kind in some):
                yield some


def _has(kind: IssueKind) -> Q | Having:
    if kind.key != DUPLICATES:
        return Having(QualityIssue.objects.filter(kind=kind.key, closed_at=None))
    pairs = DuplicatePair.objects.filter(state=DuplicatePair.State.OPEN)
    return Q(Having(pairs, "first_id")) | Q(Having(pairs, "second_id"))


def _explain(contact: Contact, operator: str, value: int, scope: Scope) -> str:
    found = set(QualityIssue.objects.filter(contact=contact, closed_at=None).values_list("kind", flat=True))
    pairs = DuplicatePair.objects.filter(Q(first=contact) | Q(second=contact), state=DuplicatePair.State.OPEN)
    if pairs.exists():
        found.add(DUPLICATES)
    wrong = [kind for kind in kinds.all_kinds() if kind.key in found]
    words = [f"{kind.label} −{kind.weight}" for kind in wrong]
    return ", ".join([_("%(score)s of 100") % {"score": 100 - sum(kind.weight for kind in wrong)}, *words])
