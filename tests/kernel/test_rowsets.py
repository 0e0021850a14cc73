"""Rows as parameters: whatever is equal or differs, they arrive as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from ecrm.rowsets import rows_of

values = st.lists(
    st.tuples(
        st.integers(-(2**40), 2**40),
        st.one_of(st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.django_db
@given(values)
def test_rows_come_back_as_they_went_in(rows: list[tuple[int, Any]]) -> None:
    found = rows_of({"number": ("bigint", [row[0] for row in rows]), "words": ("text", [row[1] for row in rows])})
    with connection.cursor() as cursor:
        cursor.execute(found.sql, found.params)
        assert sorted(cursor.fetchall(), key=repr) == sorted(rows, key=repr)


@pytest.mark.django_db
@given(st.lists(st.dictionaries(st.text("ab\\{},'%", max_size=3), st.integers(0, 9)), min_size=1, max_size=5))
def test_json_comes_back_in_its_row(documents: list[dict[str, int]]) -> None:
    texts = [json.dumps(document) for document in documents]
    found = rows_of({"place": ("bigint", range(len(texts))), "document": ("jsonb", texts)})
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT place, document::text FROM ({found.sql}) AS given ORDER BY place", found.params)
        assert [json.loads(text) for _place, text in cursor.fetchall()] == documents
