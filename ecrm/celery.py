"""The Celery application. Its messages are hints; the database owns all state."""

import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecrm.settings")

from django.conf import settings  # noqa: E402

from ecrm.garbage import spare_what_stays  # noqa: E402

app = Celery("ecrm", broker=settings.REDIS_URL)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_soft_shutdown_timeout=20.0,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_max_tasks_per_child=2000,
    task_time_limit=900,
    task_soft_time_limit=840,
    task_default_queue="interactive",
    task_routes=("ecrm.jobs.tasks.route",),
    task_serializer="json",
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 2},
    broker_pool_limit=4,
    timezone="UTC",
    # Beat only ticks: due rows decide.
    beat_schedule={
        "poll": {"task": "jobs.poll", "schedule": 2.0},
        "tick": {"task": "jobs.tick", "schedule": 5.0},
        "nightly": {"task": "jobs.nightly", "schedule": 3600.0},
    },
)
app.autodiscover_tasks()


@worker_process_init.connect
def _begin(**_signal: object) -> None:
    spare_what_stays()
