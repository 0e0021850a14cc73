"""Django's sessions in the database, read together with whose they are while a tenant is being entered."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from ecrm.tenancy.entrance import being_entered


class SessionStore(DatabaseStore):
    def _get_session_from_db(self) -> Any:
        key, entrance = self.session_key or "", being_entered()
        if entrance is None and "\x00" not in key:
            return super()._get_session_from_db()  # type: ignore[misc]  # Django's own, without a type
        # PostgreSQL refuses a null character, which a cookie can hold.
        session = entrance.open_session(key) if entrance and "\x00" not in key else None
        if session is None:
            self._session_key = None
        return session
