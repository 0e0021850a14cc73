"""Gives each xdist worker a Redis database and a files folder of its own.

Loaded with `-p`, before pytest-django reads the settings; a conftest would come too late.
"""

import os
import tempfile
from urllib.parse import urlsplit

import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
WORKER_NUMBER = int(WORKER.removeprefix("gw"))


def _isolate() -> None:
    if "ECRM_REDIS_URL" not in os.environ:
        raise pytest.UsageError("The tests need their servers: run them with `python3 manage.py test`.")
    redis = urlsplit(os.environ["ECRM_REDIS_URL"])
    os.environ["ECRM_REDIS_URL"] = redis._replace(path=f"/{WORKER_NUMBER + 1}").geturl()
    os.environ["ECRM_FILES_DIR"] = tempfile.mkdtemp(prefix=f"ecrm-files-{WORKER}-")


_isolate()
