"""The ledger and its purposes in a tenant's admin: all of it written once, so all of it to read."""

from django.utils.translation import gettext_lazy as _

from consent.models import (
    ConsentAsk,
    ConsentClaim,
    ConsentRecord,
    ConsentState,
    CustomerRule,
    FormerTrace,
    Move,
    MoveFile,
    Notice,
    Purpose,
    PurposeText,
    Suppression,
)
from ecrm.administration.tenant_site import show

show(
    Purpose,
    _("purpose"),
    _("purposes"),
    is_small=True,
    list_display=["key", "channel", "basis", "is_marketing", "position", "created_at", "archived_at"],
    search_fields=["key__icontains"],
)
show(PurposeText, _("purpose text"), _("purpose texts"), is_small=True)
show(Notice, _("notice"), _("notices"), is_small=True)
show(
    ConsentRecord,
    _("consent record"),
    _("consent records"),
    list_display=["id", "contact", "purpose", "channel", "action", "source", "given_at", "recorded_at"],
)
show(ConsentState, _("consent state"), _("consent states"))
show(Suppression, _("suppression"), _("suppressions"), search_fields=["id__exact"])
show(ConsentClaim, _("claim of consent"), _("claims of consent"))
show(ConsentAsk, _("person to be asked"), _("people to be asked"))
show(CustomerRule, _("rule about customers"), _("rules about customers"), is_small=True)
show(Move, _("move"), _("moves"), list_display=["id", "system", "state", "created_by", "created_at"])
show(MoveFile, _("file of a move"), _("files of moves"))
show(FormerTrace, _("trace of a former system"), _("traces of former systems"))
