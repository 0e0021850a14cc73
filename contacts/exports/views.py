"""The page that says who would be exported and asks for the format."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts.exports import selections, services
from contacts.exports.forms import ExportForm
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import capped_count
from ecrm.ui.parts import INVALID


@requires(Capability.CONTACTS_EXPORT)
@require_http_methods(["GET", "POST"])
def export_contacts(request: MemberRequest) -> HttpResponse:
    """The address says who, as the address of the list does; so does a job that was done before."""
    query = request.GET.copy()
    for name in ("cursor", services.FORMAT):
        query.pop(name, None)
    form = ExportForm(request.POST or None, initial={"format": request.GET.get(services.FORMAT, "csv")})
    if request.method == "POST" and form.is_valid():
        query[services.FORMAT] = form.cleaned_data["format"]
        try:
            job = services.start_export(query=query, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The export is being written."))
            return redirect("job", job_id=job.pk)
    context = {
        "form": form,
        "name": selections.name(query),
        "count": capped_count(selections.people(query, request.membership)),
        "crumbs": [(_("Contacts"), reverse("contact_list"))],
        "back_url": _back_url(query.get("segment", ""), query.urlencode()),
    }
    return render(request, "contacts/exports/start.html", context, status=INVALID if form.errors else 200)


def _back_url(segment: str, query: str) -> str:
    if segment.isdecimal() and len(segment) < 19:
        return reverse("segment", args=[int(segment)])
    return f"{reverse('contact_list')}?{query}"
