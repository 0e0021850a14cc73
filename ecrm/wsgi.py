"""What granian serves: the pages, the static files in front of them, what is asked most before all.

Static files are served by wrapping the application: ServeStatic's middleware is asynchronous and
would make every request change threads twice.
"""

import os
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.core.wsgi import get_wsgi_application
from servestatic import ServeStatic

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecrm.settings")

application: Any = get_wsgi_application()

from ecrm.tenancy.checks import refuse_unsafe_role  # noqa: E402  needs the apps loaded

refuse_unsafe_role()

from ecrm.hot_paths import in_front_of  # noqa: E402  filled by the apps

application = ServeStatic(
    application,
    root=settings.BASE_DIR / "static" if settings.STATIC_FROM_SOURCE else settings.STATIC_ROOT,
    prefix=settings.STATIC_URL.strip("/"),
    autorefresh=settings.DEBUG,
    max_age=60 if settings.STATIC_FROM_SOURCE else 86_400,
)
if settings.STATIC_FROM_SOURCE:
    # What installed apps bring along: the admin's and the API reference's assets.
    for storage in AppDirectoriesFinder().storages.values():
        application.add_files(storage.location, settings.STATIC_URL.strip("/"))
application = in_front_of(application)

from django.urls import get_resolver  # noqa: E402

from ecrm.garbage import spare_what_stays  # noqa: E402

_ = get_resolver().url_patterns  # every view, before the first visitor asks for one
spare_what_stays()
