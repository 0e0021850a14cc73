"""The reader's language, zone and connection are as Django keeps them: one thread's are no other's."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext


def test_a_thread_does_not_speak_the_language_of_another():
    with translation.override("pl"), ThreadPoolExecutor(1) as pool:
        there = pool.submit(lambda: (translation.get_language(), gettext("Contacts"))).result()
        here = gettext("Contacts")

    assert there == ("en", "Contacts")
    assert here == "Kontakty"


def test_the_language_changes_with_what_is_active():
    said = []
    for language in ("pl", "fr", "pl", "en"):
        with translation.override(language):
            said.append(gettext("Contacts"))

    assert said[0] == said[2] == "Kontakty"
    assert said[1] == "Contacts"
    assert said[3] == "Contacts"


def test_without_any_language_words_are_as_the_code_says_them():
    with translation.override("pl"):
        with translation.override(None):
            assert gettext("Contacts") == "Contacts"
        assert gettext("Contacts") == "Kontakty"


def test_what_was_marked_safe_comes_back_so():
    with translation.override("pl"):
        plain, marked = gettext("Contacts"), gettext(mark_safe("Contacts"))

    assert not isinstance(plain, SafeString)
    assert isinstance(marked, SafeString)
    assert marked == "Kontakty"


def test_a_thread_has_a_zone_of_its_own():
    with timezone.override("Asia/Tokyo"), ThreadPoolExecutor(1) as pool:
        there = pool.submit(timezone.get_current_timezone_name).result()
        here = timezone.get_current_timezone_name()

    assert (here, there) == ("Asia/Tokyo", "UTC")


@pytest.mark.django_db
def test_a_thread_has_a_connection_of_its_own():
    def ask() -> int:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                return int(cursor.fetchone()[0])
        finally:
            connection.close()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (mine,) = cursor.fetchone()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() != mine
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == (mine,), "closing there closed nothing here"
