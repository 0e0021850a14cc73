"""The same work in several connections at once, where the database can take it."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection

Later = Callable[[Callable[[], Any]], None]


def in_lanes(work: Callable[[], Any]) -> None:
    """Does the same work in several connections at once; in this one alone where it is in a transaction."""
    lanes = _lanes()
    if lanes == 1:
        work()
        return
    with ThreadPoolExecutor(lanes - 1) as others:
        futures = [others.submit(_in_this_context(work)) for _lane in range(lanes - 1)]
        work()
        for future in futures:
            future.result()


@contextmanager
def one_behind() -> Iterator[Later]:
    """Gives a function that does work in another connection while this one goes on: one piece at a time,
    in turn, and never further behind than one. What fails is raised at the next call or at the end."""
    if _lanes() == 1:
        yield lambda work: work()
        return
    with ThreadPoolExecutor(1) as other:
        pending: list[Future[Any]] = []

        def later(work: Callable[[], Any]) -> None:
            while pending:
                pending.pop().result()
            pending.append(other.submit(contextvars.copy_context().run, work))

        try:
            yield later
            while pending:
                pending.pop().result()
        finally:
            other.submit(_close).result()


def _lanes() -> int:
    return 1 if connection.in_atomic_block else int(settings.IMPORT_LANES)


def _in_this_context(work: Callable[[], Any]) -> Callable[[], Any]:
    return partial(contextvars.copy_context().run, _and_close, work)


def _and_close(work: Callable[[], Any]) -> None:
    try:
        work()
    finally:
        _close()


def _close() -> None:
    """Of the thread that asks."""
    connection.close()
