"""Purposes, their texts and the versions of their wording."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import counts, purposes
from consent.forms import NoticeForm, PurposeForm, TextsForm, texts_initial
from consent.models import Notice, Purpose, PurposeText
from consent.views.frame import languages as reader_languages
from consent.views.frame import tabs
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID
from ecrm.ui.toasts import toast


@requires(Capability.CONSENT_VIEW)
@require_safe
def purpose_list(request: MemberRequest) -> HttpResponse:
    rows, people = counts.purpose_rows(reader_languages(request))
    context = {"rows": rows, "people": people, "tabs": tabs(request)}
    return render(request, "consent/purposes.html", context)


@requires(Capability.CONSENT_MANAGE)
@require_http_methods(["GET", "POST"])
def create_purpose(request: MemberRequest) -> HttpResponse:
    languages = request.tenant.languages
    sent = request.POST if request.method == "POST" else None
    form = PurposeForm(sent, languages=languages)
    notice_form = NoticeForm(sent, languages=languages, is_required=False)
    if sent is not None and form.is_valid() and notice_form.is_valid():
        try:
            purpose = purposes.create_purpose(
                key=form.cleaned_data["key"],
                channel=form.cleaned_data["channel"],
                basis=form.cleaned_data["basis"],
                is_marketing=form.cleaned_data["is_marketing"],
                texts=form.texts,
                notices=notice_form.texts,
                by=request.user,
            )
        except ValidationError as error:
            form.add_error(None, error.messages[0])
        else:
            toast(request, _("Purpose created."))
            return redirect("purpose", purpose.pk)
    context = {"form": form, "notice_form": notice_form}
    return render(request, "consent/create_purpose.html", context, status=INVALID if sent is not None else 200)


@requires(Capability.CONSENT_VIEW)
@require_safe
def purpose(request: MemberRequest, purpose_id: int) -> HttpResponse:
    return _purpose_page(request, get_object_or_404(Purpose, pk=purpose_id))


@requires(Capability.CONSENT_MANAGE)
@require_POST
def edit_texts(request: MemberRequest, purpose_id: int) -> HttpResponse:
    found = get_object_or_404(Purpose, pk=purpose_id)
    form = TextsForm(request.POST, languages=request.tenant.languages)
    if not form.is_valid():
        return _purpose_page(request, found, texts_form=form)
    purposes.edit_texts(purpose=found, texts=form.texts, by=request.user)
    toast(request, _("Texts saved."))
    return redirect("purpose", found.pk)


@requires(Capability.CONSENT_MANAGE)
@require_POST
def publish_notice(request: MemberRequest, purpose_id: int) -> HttpResponse:
    found = get_object_or_404(Purpose, pk=purpose_id)
    form = NoticeForm(request.POST, languages=request.tenant.languages)
    if not form.is_valid():
        return _purpose_page(request, found, notice_form=form)
    notices = purposes.publish_notice(purpose=found, texts=form.texts, by=request.user)
    toast(request, _("Version %(version)s is in use.") % {"version": notices[0].version})
    return redirect("purpose", found.pk)


@requires(Capability.CONSENT_MANAGE)
@require_POST
def archive_purpose(request: MemberRequest, purpose_id: int) -> HttpResponse:
    found = get_object_or_404(Purpose, pk=purpose_id)
    purposes.archive_purpose(purpose=found, by=request.user)
    toast(request, _("Purpose archived."))
    return redirect("purpose", found.pk)


@requires(Capability.CONSENT_MANAGE)
@require_POST
def restore_purpose(request: MemberRequest, purpose_id: int) -> HttpResponse:
    found = get_object_or_404(Purpose, pk=purpose_id)
    purposes.restore_purpose(purpose=found, by=request.user)
    toast(request, _("Purpose in use again."))
    return redirect("purpose", found.pk)


def _purpose_page(
    request: MemberRequest,
    purpose: Purpose,
    *,
    texts_form: TextsForm | None = None,
    notice_form: NoticeForm | None = None,
) -> HttpResponse:
    languages = request.tenant.languages
    texts = {text.language: (text.name, text.description) for text in PurposeText.objects.filter(purpose=purpose)}
    notices = list(Notice.objects.filter(purpose=purpose).order_by("-version", "language"))
    current = {f"notice_{n.language}": n.text for n in notices if n.version == notices[0].version}
    context = {
        "wording": purposes.wording(purpose, reader_languages(request)),
        "texts_form": texts_form or TextsForm(languages=languages, initial=texts_initial(texts)),
        "notice_form": notice_form or NoticeForm(languages=languages, initial=current),
        "notices": notices,
        "may_manage": request.membership.may(Capability.CONSENT_MANAGE),
    }
    is_refused = texts_form is not None or notice_form is not None
    return render(request, "consent/purpose.html", context, status=INVALID if is_refused else 200)
