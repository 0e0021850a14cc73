"""What granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecrm.settings")

application = get_wsgi_application()

from ecrm.tenancy.checks import refuse_unsafe_role  # noqa: E402  needs the apps loaded

refuse_unsafe_role()
