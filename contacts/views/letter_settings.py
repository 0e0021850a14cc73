"""Settings of letters: the workspace's templates, and one's own signature."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.letters import templates, writing
from contacts.letters.forms import SignatureForm, TemplateForm
from contacts.models import LetterTemplate
from ecrm.mail.posting import documents, marks
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page
from ecrm.ui.toasts import toast


@requires(Capability.CONTACTS_EDIT)
@require_safe
def letter_templates(request: MemberRequest) -> HttpResponse:
    return render(
        request,
        "contacts/letters/templates.html",
        {"templates": LetterTemplate.objects.order_by("name", "language")[:500]},
    )


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def new_letter_template(request: MemberRequest) -> HttpResponse:
    return _edit(request, LetterTemplate())


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_letter_template(request: MemberRequest, letter_template_id: int) -> HttpResponse:
    return _edit(request, get_object_or_404(LetterTemplate, pk=letter_template_id))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def delete_letter_template(request: MemberRequest, letter_template_id: int) -> HttpResponse:
    template = get_object_or_404(LetterTemplate, pk=letter_template_id)
    templates.delete_template(template=template, by=request.user)
    toast(request, _("Template deleted."))
    return redirect_page(request, reverse("letter_templates"))


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def signature(request: MemberRequest) -> HttpResponse:
    form = SignatureForm(request.POST or None, initial={"text": writing.signature_of(request.user)})
    if request.method == "POST" and form.is_valid():
        writing.set_signature(text=form.cleaned_data["text"], by=request.user)
        toast(request, _("Saved."))
        return redirect_page(request, reverse("signature"))
    written = form.data.get("text", "") if form.is_bound else form.initial["text"]
    context = {"form": form, **_preview(request, written)}
    return render(request, "contacts/letters/signature.html", context, status=INVALID if form.errors else 200)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def preview_signature(request: MemberRequest) -> HttpResponse:
    """What is typed, as it will stand below an email; nothing is kept."""
    return render(request, "contacts/letters/_signature.html", _preview(request, request.POST.get("text", "")[:2000]))


def _preview(request: MemberRequest, text: str) -> dict[str, object]:
    identity = documents.sender(None)
    return {
        "sender": documents.sender_name(request.user, identity) if identity else request.user.name,
        "signed": marks.lines_of(text),
    }


def _edit(request: MemberRequest, template: LetterTemplate) -> HttpResponse:
    form = TemplateForm(request.POST or None, instance=template)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                templates.save_template(template=form.save(commit=False), by=request.user)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                form.add_error(name, messages)
        else:
            toast(request, _("Template saved."))
            return redirect_page(request, reverse("letter_templates"))
    context = {"form": form, "template": template}
    return render(request, "contacts/letters/template.html", context, status=INVALID if form.errors else 200)
