"""django-allauth's adapters and forms: who may sign up, what people are told, passkeys as we want them."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import SignupForm
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ecrm import keys
from ecrm.tenancy import devices
from ecrm.tenancy.forms import NAME
from ecrm.tenancy.services import find_invitation

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """``ECRM_SIGNUP``: everybody, only people on their way to an open invitation, or nobody."""
        if settings.SIGNUP == "invited":
            return _leads_to_invitation(get_next_redirect_url(request) or "")
        return bool(settings.SIGNUP == "open")

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """People sign in with their address; there is no user name."""

    def post_login(self, request: HttpRequest, user: Any, *, signup: bool, **kwargs: Any) -> HttpResponse:
        """Tells people by mail when a browser signs them in that never has before."""
        response: HttpResponse = super().post_login(request, user, signup=signup, **kwargs)
        if not signup and not devices.knows(request, user.pk):
            words = devices.device_words(request.headers.get("User-Agent", ""))
            self.send_notification_mail("account/email/new_device", user, {"device": words})
        devices.remember(request, response, user.pk)
        return response

    def send_notification_mail(self, template_prefix: str, user: Any, *args: Any, **kwargs: Any) -> None:
        """What was done stays done when the mail about it cannot be sent; the log keeps that it was not."""
        try:
            super().send_notification_mail(template_prefix, user, *args, **kwargs)
        except OSError:
            log.exception("notice_not_sent", notice=template_prefix, user=user.pk)


class NamedSignupForm(SignupForm):  # type: ignore[misc]  # allauth is untyped
    """Asks how colleagues know the person: members are listed, mentioned and answered for by name."""

    name = NAME

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["name", "email", "password1"])

    def custom_signup(self, request: HttpRequest, user: Any) -> None:
        super().custom_signup(request, user)
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Second-factor secrets are encrypted at rest."""

    def encrypt(self, text: str) -> str:
        return keys.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return keys.decrypt(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """Proposed until the person types a better one."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return str(gettext("Passkey %d") % number)


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """Always a passkey: kept by the device, opened by its own lock, so that it signs in by itself."""

    field_order = ["name", "passwordless", "credential"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].max_length = 60
        self.fields["name"].help_text = _("Something you know the device by, such as “Work laptop”.")
        self.fields["passwordless"] = forms.BooleanField(widget=forms.HiddenInput, initial=True)


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


def _leads_to_invitation(path: str) -> bool:
    try:
        match = resolve(path.partition("?")[0], urlconf="ecrm.urls")
    except Resolver404:
        return False
    return match.url_name == "accept_invitation" and find_invitation(match.kwargs["token"]) is not None
