"""Lists of the admin that stay quick over millions of rows: counted to a cap, never sorted at will,
dates offered by the first and last and not by what is between."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Max, Min
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ecrm.ui.pages import Count, capped_count

CAP = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than the cap, and ends there: who looks for more asks more narrowly."""

    @cached_property
    def found(self) -> Count:
        rows: Any = self.object_list
        return capped_count(rows, cap=CAP) if hasattr(rows, "order_by") else Count(len(rows), False)

    @cached_property
    def count(self) -> int:
        return self.found.value


@dataclass(frozen=True, slots=True)
class DateSteps:
    """As ``admin/date_hierarchy.html`` takes them."""

    back: dict[str, str] | None
    choices: list[dict[str, str]]


class RowList(ChangeList):
    """A change list that sorts by nothing its admin did not offer."""

    def get_ordering(self, request: Any, queryset: Any) -> Any:
        if not self.sortable_by:
            self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)

    @property
    def found(self) -> Count:
        return Count(self.result_count, self.paginator.found.is_more)

    @cached_property
    def date_steps(self) -> DateSteps | None:
        """Years, months or days between the first and the last row: one query, whatever the table holds."""
        name = self.date_hierarchy
        if not name:
            return None
        ends = self.root_queryset.aggregate(first=Min(name), last=Max(name))
        first, last = _day(ends["first"]), _day(ends["last"])
        if first is None or last is None:
            return None
        year, month, day = (self._asked(part) for part in ("year", "month", "day"))
        if year is None:
            return DateSteps(None, [self._step(str(one), year=one) for one in range(last.year, first.year - 1, -1)])
        if month is None:
            return DateSteps(self._step(_("All dates")), self._months(year, first, last))
        if day is None:
            return DateSteps(self._step(str(year), year=year), self._days(year, month, first, last))
        chosen = date(year, month, day)
        back = self._step(_month_name(chosen), year=year, month=month)
        return DateSteps(back, [{"title": formats.date_format(chosen, "MONTH_DAY_FORMAT")}])

    def _months(self, year: int, first: date, last: date) -> list[dict[str, str]]:
        months = [date(year, month, 1) for month in range(1, 13)]
        kept = [month for month in months if first.replace(day=1) <= month <= last]
        return [self._step(_month_name(month), year=year, month=month.month) for month in kept]

    def _days(self, year: int, month: int, first: date, last: date) -> list[dict[str, str]]:
        days = [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
        return [
            self._step(formats.date_format(day, "MONTH_DAY_FORMAT"), year=year, month=month, day=day.day)
            for day in days
            if first <= day <= last
        ]

    def _step(self, title: str, **parts: int) -> dict[str, str]:
        prefix = f"{self.date_hierarchy}__"
        link = self.get_query_string({prefix + part: str(value) for part, value in parts.items()}, [prefix])
        return {"title": capfirst(title), "link": link}

    def _asked(self, part: str) -> int | None:
        value = self.params.get(f"{self.date_hierarchy}__{part}")
        limits = {"year": (1, 9998), "month": (1, 12), "day": (1, 31)}[part]
        if value is None:
            return None
        if not str(value).isdigit() or not limits[0] <= int(value) <= limits[1]:
            raise IncorrectLookupParameters
        return int(value)


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return timezone.localtime(value).date()
    return value if isinstance(value, date) else None


def _month_name(day: date) -> str:
    return formats.date_format(day, "YEAR_MONTH_FORMAT")
