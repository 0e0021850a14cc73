"""django-post_office: mails queued with its API, then sent by its own command, in a process and a
database of its own. Run as a module, it is that process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from ecrm.mail.handover import Outgoing, document_form

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "bench_post_office"
PROCESSES = "2"


def rate(mails: Sequence[Outgoing], port: int) -> float:
    """Messages a second, from the first one queued to the last one sent."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([_parts(mail) for mail in mails], file)
        file.flush()
        command = [sys.executable, "-m", "bench.peers.post_office", file.name, str(port)]
        done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"django-post_office failed: {done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def _parts(mail: Outgoing) -> dict[str, str]:
    parsed = message_from_bytes(document_form(mail.content), policy=default)
    assert isinstance(parsed, EmailMessage)
    bodies = {kind: parsed.get_body((kind,)) for kind in ("plain", "html")}
    contents = {kind: body.get_content() if body else "" for kind, body in bodies.items()}
    return {"sender": mail.sender, "to": mail.recipient, "subject": str(parsed["subject"]), **contents}


def _main(path: str, port: str) -> None:
    _configure(int(port))
    import time

    from django.core.management import call_command
    from post_office import mail

    listed: list[dict[str, str]] = json.loads(Path(path).read_text())
    began = time.perf_counter()
    for start in range(0, len(listed), 500):
        mail.send_many([_message(each) for each in listed[start : start + 500]])
    call_command("send_queued_mail", processes=int(PROCESSES), log_level=0)
    seconds = time.perf_counter() - began
    _check(len(listed))
    print(len(listed) / seconds)


def _message(each: dict[str, str]) -> dict[str, Any]:
    return {
        "sender": each["sender"],
        "recipients": [each["to"]],
        "subject": each["subject"],
        "message": each["plain"],
        "html_message": each["html"],
    }


def _check(count: int) -> None:
    from post_office.models import STATUS, Email

    sent = Email.objects.filter(status=STATUS.sent).count()
    if sent != count:
        raise SystemExit(f"{sent} of {count} were sent.")


def _configure(port: int) -> None:
    """A Django of its own, on an empty database of its own."""
    import django
    import environ
    import psycopg
    from django.conf import settings
    from django.core.management import call_command

    owner = environ.Env().db_url("ECRM_MIGRATE_DATABASE_URL")
    url = {key: owner[key] for key in ("HOST", "PORT", "USER", "PASSWORD")}
    with psycopg.connect(
        host=url["HOST"],
        port=url["PORT"],
        user=url["USER"],
        password=url["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "post_office"],
        DATABASES={"default": {**owner, "NAME": DATABASE, "CONN_MAX_AGE": 600}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SECRET_KEY="bench",  # noqa: S106
        USE_TZ=True,
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        POST_OFFICE={"BATCH_SIZE": 2_000, "THREADS_PER_PROCESS": 2, "LOG_LEVEL": 0, "MAX_RETRIES": 0},
    )
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


if __name__ == "__main__":
    _main(*sys.argv[1:])
