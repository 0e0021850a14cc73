"""Settings, mailboxes: where the workspace is written to, what came, and what went wrong."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecrm.mail.inbound import addresses, imap, mailboxes, services
from ecrm.mail.inbound.forms import AddressForm, MailboxForm
from ecrm.mail.models import ImapMailbox, InboundAddress, InboundMail
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import INVALID, redirect_page
from ecrm.ui.toasts import toast, warn

FAILED_SHOWN = 20
SHAPES = {
    InboundMail.State.WAITING: "draft",
    InboundMail.State.TAKEN: "done",
    InboundMail.State.IGNORED: "off",
    InboundMail.State.FAILED: "fail",
}


@requires(Capability.CASES_MANAGE)
@require_safe
def mailbox_list(request: MemberRequest) -> HttpResponse:
    return _page(request, _address_form(request))


@requires(Capability.CASES_MANAGE)
@require_POST
def open_inbound_address(request: MemberRequest) -> HttpResponse:
    form = _address_form(request, request.POST)
    if form.is_valid():
        try:
            opened = addresses.open_address(form.address, by=request.user)
        except ValidationError as error:
            form.add_error("name", error.messages[0])
        else:
            toast(request, _("%(address)s is open.") % {"address": opened.address})
            return redirect("mailboxes")
    return _page(request, form, status=INVALID)


@requires(Capability.CASES_MANAGE)
@require_POST
def close_inbound_address(request: MemberRequest, inbound_address_id: int) -> HttpResponse:
    address = get_object_or_404(InboundAddress, pk=inbound_address_id)
    if addresses.close_address(address=address, by=request.user):
        toast(request, _("%(address)s is closed: mail to it is refused.") % {"address": address.address})
    return redirect("mailboxes")


@requires(Capability.CASES_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_imap_mailbox(request: MemberRequest) -> HttpResponse:
    return _edit(request, ImapMailbox(tenant=request.tenant))


@requires(Capability.CASES_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_imap_mailbox(request: MemberRequest, imap_mailbox_id: int) -> HttpResponse:
    return _edit(request, get_object_or_404(ImapMailbox, pk=imap_mailbox_id))


@requires(Capability.CASES_MANAGE)
@require_POST
def check_imap_mailbox(request: MemberRequest, imap_mailbox_id: int) -> HttpResponse:
    """Tries the mailbox now, while the person waits."""
    mailbox = get_object_or_404(ImapMailbox, pk=imap_mailbox_id)
    try:
        count = imap.check(mailbox)
    except imap.MailboxError as error:
        warn(request, str(error))
    else:
        toast(request, _("It works: %(count)s mails are in the folder.") % {"count": count})
    return redirect("mailboxes")


@requires(Capability.CASES_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def remove_imap_mailbox(request: MemberRequest, imap_mailbox_id: int) -> HttpResponse:
    """GET asks, POST does it."""
    mailbox = get_object_or_404(ImapMailbox, pk=imap_mailbox_id)
    if request.method != "POST":
        return render(request, "mail/remove_mailbox.html", {"mailbox": mailbox})
    mailboxes.remove_mailbox(mailbox=mailbox, by=request.user)
    toast(request, _("%(address)s is no longer read.") % {"address": mailbox.address})
    return redirect_page(request, reverse("mailboxes"))


@requires(Capability.CASES_MANAGE)
@require_safe
def inbound_mails(request: MemberRequest) -> HttpResponse:
    """Everything that came, newest first, each as it came."""
    found = InboundMail.objects.order_by("-received_at", "-id")
    page = keyset_page(found, order=("-received_at", "-id"), cursor=request.GET.get("cursor"), size=50)
    return render(request, "mail/mails.html", {"page": page, "rows": _shown(page.rows)})


@requires(Capability.CASES_MANAGE)
@require_POST
def retry_inbound_mail(request: MemberRequest, inbound_mail_id: int) -> HttpResponse:
    mail = get_object_or_404(InboundMail, pk=inbound_mail_id)
    if services.try_again(mail=mail, by=request.user):
        toast(request, _("The mail is taken in again."))
    return redirect("mailboxes")


def _page(request: MemberRequest, form: AddressForm, *, status: int = 200) -> HttpResponse:
    failed = InboundMail.objects.filter(state=InboundMail.State.FAILED).order_by("-id")[:FAILED_SHOWN]
    context = {
        "form": form,
        "addresses": InboundAddress.objects.filter(closed_at=None).order_by("address_norm"),
        "mailboxes": ImapMailbox.objects.order_by("address", "id"),
        "failed": _shown(list(failed)),
    }
    return render(request, "mail/mailboxes.html", context, status=status)


def _edit(request: MemberRequest, mailbox: ImapMailbox) -> HttpResponse:
    form = MailboxForm(request.POST or None, instance=mailbox)
    if request.method == "POST" and form.is_valid():
        saved = mailboxes.save_mailbox(
            mailbox=form.save(commit=False),
            password=form.cleaned_data["password"],
            by=request.user,
            changed=form.changed_data,
        )
        toast(request, _("%(address)s is read every minute.") % {"address": saved.address})
        return redirect("mailboxes")
    return render(
        request, "mail/edit_mailbox.html", {"form": form, "mailbox": mailbox}, status=INVALID if form.is_bound else 200
    )


def _address_form(request: MemberRequest, posted: Any = None) -> AddressForm:
    return AddressForm(posted, ending=f".{request.tenant.slug}@{settings.INBOUND_DOMAIN}")


def _shown(mails: list[InboundMail]) -> list[tuple[InboundMail, str]]:
    """Each with the shape of its state."""
    return [(mail, SHAPES[InboundMail.State(mail.state)]) for mail in mails]
