from django.utils.translation import gettext_lazy as _

from ecrm.administration.tenant_site import show
from ecrm.ui.models import ShellSettings

show(ShellSettings, _("settings of the frame"), _("settings of the frame"), is_small=True)
