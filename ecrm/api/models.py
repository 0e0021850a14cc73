"""Keys for other programs, and the answers kept for those who ask twice."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.api.scopes import Scope
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class ApiToken(TenantModel):
    """A program's key. It may do what its maker may, as far as its scopes reach.

    ``membership_id`` is the maker's place here and no foreign key: when the place goes, the token
    is dead for ever, but its row stays as a record. Only the secret's hash is kept; ``ending`` are
    its last letters, so that people tell tokens apart. ``last_used_at`` is right to the minute.
    """

    name = models.CharField(_("name"), max_length=80)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices), verbose_name=_("scopes"))
    secret_hash = models.BinaryField(max_length=32)
    ending = models.CharField(max_length=4)
    membership_id = models.BigIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "secret_hash"], name="api_token_secret")]
        indexes = [models.Index(fields=["tenant", "-created_at", "-id"], name="api_token_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and not self.is_expired


class KeptAnswer(TenantModel):
    """What a request with an ``Idempotency-Key`` was answered, for as long as ``repeats.KEPT``.

    ``digest`` recognises the request (method, path, body); ``body`` is encrypted, since answers
    show people.
    """

    token = TenantForeignKey(ApiToken, models.CASCADE)
    key = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "token", "key"], name="kept_answer_key")]
        indexes = [models.Index(fields=["tenant", "created_at"], name="kept_answer_age")]
