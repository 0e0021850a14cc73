from django.utils.translation import gettext_lazy as _

from ecrm.administration.tenant_site import show
from ecrm.audit.models import AuditEntry

show(
    AuditEntry,
    _("audit entry"),
    _("audit entries"),
    list_display=["at", "actor_id", "action", "subject_type", "subject_id", "count", "reason"],
    ordering=["-at", "-id"],
)
