"""Where a person is signed in. Ending a session signs that browser out with its next request."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ecrm.tenancy.models import User

SEEN_EVERY_SECONDS = 300
_REMEMBERED = 10_000
_QUIET_PATHS = ("/p/", "/static/", "/ui/")


class SessionSeenMiddleware:
    """Notes when, from where and with what each session was last used: one write in five minutes a process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._written: OrderedDict[str, float] = OrderedDict()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        if key and not request.path_info.startswith(_QUIET_PATHS) and self._is_due(key):
            note_use(request)
        return self.get_response(request)

    def _is_due(self, key: str) -> bool:
        now = time.monotonic()
        if now - self._written.get(key, -SEEN_EVERY_SECONDS) < SEEN_EVERY_SECONDS:
            return False
        self._written[key] = now
        self._written.move_to_end(key)
        if len(self._written) > _REMEMBERED:
            self._written.popitem(last=False)
        return True


def note_use(request: Any) -> None:
    if not request.user.is_authenticated:
        return
    seen = {
        "user": request.user,
        "ip": get_adapter().get_client_ip(request),
        "user_agent": request.headers.get("User-Agent", "")[:200],
        "last_seen_at": timezone.now(),
    }
    UserSession.objects.update_or_create(session_key=request.session.session_key, defaults=seen)


def open_sessions(user: User) -> list[UserSession]:
    """Those whose browser is still signed in, the latest used first."""
    sessions = UserSession.objects.purge_and_list(user)
    return sorted(sessions, key=lambda session: session.last_seen_at, reverse=True)


def end_session(*, user: User, session_id: int) -> bool:
    """False when it was ended before, or is not this person's."""
    session = UserSession.objects.filter(user=user, pk=session_id).first()
    if session is None:
        return False
    session.end()
    return True


def end_sessions(*, user: User, except_key: str | None = None) -> int:
    """All of them, or all but the one named; returns how many."""
    ended = UserSession.objects.filter(user=user).exclude(session_key=except_key or "")
    count = 0
    for session in ended:
        session.end()
        count += 1
    return count
