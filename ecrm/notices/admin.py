from django.utils.translation import gettext_lazy as _

from ecrm.administration.tenant_site import show
from ecrm.notices.models import NoticeChoice, NoticeHabits, Notification

show(
    Notification,
    _("notification"),
    _("notifications"),
    list_display=["id", "user", "kind", "by", "at", "read_at", "mailed_at"],
)
show(NoticeChoice, _("notification choice"), _("notification choices"), is_small=True)
show(NoticeHabits, _("notification habits"), _("notification habits"), is_small=True)
