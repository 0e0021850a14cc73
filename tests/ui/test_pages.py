"""Lists page by key, forwards and back, whatever happens to the rows in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from ecrm.tenancy.models import User
from ecrm.ui.pages import Count, Page, capped_count, keyset_page

START = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = ("-created_at", "-id")


@pytest.fixture
def people(db: None) -> list[User]:
    """Seven, in threes of the same instant, newest first as the list shows them."""
    users = [
        User.objects.create(email=f"p{i}@example.com", name=f"P{i}", created_at=START + timedelta(hours=i // 3))
        for i in range(7)
    ]
    return sorted(users, key=lambda user: (user.created_at, user.pk), reverse=True)


def names(page: Page[User]) -> list[str]:
    return [user.name for user in page.rows]


def walk(order: tuple[str, ...], size: int) -> list[str]:
    seen, cursor = [], None
    while True:
        page = keyset_page(User.objects.all(), order=order, cursor=cursor, size=size)
        seen += names(page)
        if page.next is None:
            return seen
        cursor = page.next


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 50])
def test_forward_shows_every_row_once_across_ties(people: list[User], size: int) -> None:
    assert walk(ORDER, size) == [user.name for user in people]


@pytest.mark.parametrize("order", [("created_at", "-id"), ("-created_at", "id"), ("name", "id")])
def test_mixed_and_ascending_orders_show_every_row_once(people: list[User], order: tuple[str, ...]) -> None:
    expected = list(User.objects.order_by(*order).values_list("name", flat=True))
    assert walk(order, 2) == expected


def test_back_returns_to_the_page_one_came_from(people: list[User]) -> None:
    first = keyset_page(User.objects.all(), size=2)
    second = keyset_page(User.objects.all(), cursor=first.next, size=2)
    third = keyset_page(User.objects.all(), cursor=second.next, size=2)
    assert names(keyset_page(User.objects.all(), cursor=third.previous, size=2)) == names(second)
    back = keyset_page(User.objects.all(), cursor=second.previous, size=2)
    assert names(back) == names(first)
    assert back.previous is None


def test_the_ends_of_the_list_have_no_way_on(people: list[User]) -> None:
    first = keyset_page(User.objects.all(), size=4)
    last = keyset_page(User.objects.all(), cursor=first.next, size=4)
    assert (first.previous, last.next) == (None, None)
    assert last.previous is not None


def test_rows_that_come_or_go_between_pages_hide_no_other(people: list[User]) -> None:
    first = keyset_page(User.objects.all(), size=3)
    gone = User.objects.exclude(pk=first.rows[-1].pk)
    User.objects.create(email="new@example.com", name="New", created_at=START + timedelta(days=9))
    rest = keyset_page(gone, cursor=first.next, size=10)
    assert names(rest) == [user.name for user in people[3:]]


def test_going_back_past_a_shrunken_start_fills_the_first_page(people: list[User]) -> None:
    first = keyset_page(User.objects.all(), size=3)
    second = keyset_page(User.objects.all(), cursor=first.next, size=3)
    gone = User.objects.exclude(pk=first.rows[0].pk)
    back = keyset_page(gone, cursor=second.previous, size=3)
    assert names(back) == [user.name for user in people[1:4]]


@pytest.mark.parametrize("cursor", ["rubbish", "", "WyJuIl0:abc", "a" * 5000, "☃"])
def test_any_other_text_gives_the_first_page(people: list[User], cursor: str) -> None:
    page = keyset_page(User.objects.all(), cursor=cursor, size=2)
    assert names(page) == [user.name for user in people[:2]]
    assert bool(page.notice) == bool(cursor)


def test_a_cursor_of_another_order_gives_the_first_page_and_says_so(people: list[User]) -> None:
    by_name = keyset_page(User.objects.all(), order=("name", "id"), size=2)
    page = keyset_page(User.objects.all(), order=ORDER, cursor=by_name.next, size=2)
    assert names(page) == [user.name for user in people[:2]]
    assert page.is_reset


def test_an_empty_list_is_one_empty_page(db: None) -> None:
    page = keyset_page(User.objects.all(), size=2)
    assert (page.rows, page.next, page.previous) == ([], None, None)


def test_counting_stops_at_the_cap(people: list[User]) -> None:
    exact, capped = capped_count(User.objects.all(), cap=7), capped_count(User.objects.all(), cap=6)
    assert (str(exact), str(capped)) == ("7", "more than 6")
    with translation.override("pl"):
        assert capped_count(User.objects.all(), cap=6).value == 6


def test_beyond_the_cap_a_list_says_about_how_many_there_are(people: list[User]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) SELECT id FROM tenancy_user WHERE id > 1")
        expected = cursor.fetchone()[0][0]["Plan"]["Plan Rows"]

    count = capped_count(User.objects.filter(pk__gt=1), cap=2, is_estimated=True)

    assert count.is_more
    assert str(capped_count(User.objects.filter(pk__gt=1), cap=2)) == "more than 2"
    assert str(count) == (f"about {round(expected, 2 - len(str(expected)))}" if expected >= 3 else "more than 2")


def test_an_estimate_is_said_with_its_plural() -> None:
    count = Count(10_000, True, about=48_000)
    assert count.of("%(count)s contact", "%(count)s contacts") == "about 48,000 contacts"


def test_a_list_past_the_cap_is_not_counted_at_every_click(people: list[User], django_assert_num_queries: Any) -> None:
    capped_count(User.objects.filter(pk__gt=0), cap=6)

    with django_assert_num_queries(0):
        assert capped_count(User.objects.filter(pk__gt=0), cap=6).is_more
    with django_assert_num_queries(1):
        assert str(capped_count(User.objects.filter(pk__gte=0), cap=7)) == "7"
