from django.utils.translation import gettext_lazy as _

from analytics.models import Site, Visitor, VisitorAnswer
from ecrm.administration.tenant_site import show

show(Site, _("site"), _("sites"), is_small=True)
show(Visitor, _("visitor"), _("visitors"))
show(
    VisitorAnswer,
    _("visitor's answer"),
    _("visitors' answers"),
    list_display=["id", "visitor", "site", "action", "notice", "given_at", "recorded_at"],
)
