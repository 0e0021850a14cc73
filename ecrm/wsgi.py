"""What granian serves: the pages, and the static files in front of them.

Static files are served by wrapping the application: ServeStatic's middleware is asynchronous and
would make every request change threads twice.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from servestatic import ServeStatic

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecrm.settings")

application = get_wsgi_application()

from ecrm.tenancy.checks import refuse_unsafe_role  # noqa: E402  needs the apps loaded

refuse_unsafe_role()

application = ServeStatic(
    application,
    root=settings.BASE_DIR / "static" if settings.STATIC_FROM_SOURCE else settings.STATIC_ROOT,
    prefix=settings.STATIC_URL.strip("/"),
    autorefresh=settings.DEBUG,
    max_age=60 if settings.STATIC_FROM_SOURCE else 86_400,
)
