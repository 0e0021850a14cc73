from django.utils.translation import gettext_lazy as _

from ecrm.administration.tenant_site import show
from ecrm.api.models import ApiToken, KeptAnswer

show(
    ApiToken,
    _("API token"),
    _("API tokens"),
    is_small=True,
    list_display=["name", "ending", "scopes", "created_by", "created_at", "expires_at", "last_used_at", "revoked_at"],
)
show(KeptAnswer, _("kept API answer"), _("kept API answers"))
