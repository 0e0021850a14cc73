"""The shared tables: who exists on this installation. Team is the one tenant table here."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.tenancy import roles, zones
from ecrm.tenancy.roles import Capability, Role, Sight
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel

RESERVED_SLUGS = frozenset(
    {"accounts", "admin", "api", "healthz", "readyz", "i18n", "invitations", "media", "metrics"}
    | {"p", "platform", "static", "tenants", "ui", "www", "help", "docs", "welcome"}
)


def default_languages() -> list[str]:
    return ["en"]


def validate_slug(value: str) -> None:
    if value in RESERVED_SLUGS:
        raise ValidationError(_("“%(slug)s” is reserved. Choose another address."), params={"slug": value})


def validate_time_zone(value: str) -> None:
    if value not in zones.known():
        raise ValidationError(_("“%(zone)s” is not a time zone."), params={"zone": value})


class Tenant(models.Model):
    """One shop or company. ``hue`` is the brand's colour on public pages, 0 to 359 degrees.

    ``visited_until`` is the latest end of its open support visits, kept by administration, so that
    pages learn of a visit without asking for it. From ``second_factor_from`` on, members without a
    second step of sign-in are held up at the door. ``erase_after`` is the end of the hold of a closed
    workspace; None while it is open. A workspace is ``suspended_at`` by staff of the platform, for a reason
    that its members read.
    """

    slug = models.CharField(
        _("address"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", _("Small letters, digits and hyphens.")), validate_slug],
    )
    name = models.CharField(_("name"), max_length=120)
    languages = ArrayField(
        models.CharField(max_length=10, choices=settings.LANGUAGES),
        verbose_name=_("languages"),
        default=default_languages,
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    currency = models.CharField(_("currency"), max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$")])
    country = models.CharField(_("country"), max_length=2, blank=True)
    hue = models.PositiveSmallIntegerField(_("brand hue"), default=217, validators=[MaxValueValidator(359)])
    postal_address = models.CharField(_("postal address"), max_length=300, blank=True)
    sender_name = models.CharField(_("sender name"), max_length=120, blank=True)
    sender_email = models.EmailField(_("sender address"), blank=True)
    reply_to = models.EmailField(_("reply-to address"), blank=True)
    visited_until = models.DateTimeField(null=True, editable=False)
    second_factor_from = models.DateTimeField(_("second step asked from"), null=True, editable=False)
    erase_after = models.DateTimeField(_("erased after"), null=True, editable=False)
    suspended_at = models.DateTimeField(_("suspended since"), null=True, editable=False)
    suspended_for = models.CharField(_("suspended because"), max_length=300, blank=True, default="", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(suspended_at=None, suspended_for="")
                | models.Q(suspended_at__isnull=False) & ~models.Q(suspended_for=""),
                name="suspended_for_a_reason",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def language(self) -> str:
        return self.languages[0]

    @property
    def is_closed(self) -> bool:
        return self.erase_after is not None

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None


class ErasedTenant(models.Model):
    """Proof that a tenant was erased: when, on whose word, how much. Nothing of what it held."""

    former_id = models.BigIntegerField(unique=True)
    slug = models.CharField(max_length=40)
    closed_by_id = models.BigIntegerField(null=True)
    erased_at = models.DateTimeField(default=timezone.now)
    rows = models.BigIntegerField()
    files = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.slug} ({self.former_id})"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in; works for one or several tenants."""

    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[validate_time_zone])
    uses_shortcuts = models.BooleanField(
        _("keyboard shortcuts"),
        default=True,
        help_text=_("Single keys do things outside fields. Press ? for the list."),
    )
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class Membership(models.Model):
    """A user's place in a tenant. Several roles add up.

    A request may carry one that is not stored: a support visitor's (``visit``), who is refused what
    is ``withheld``, or that of a member who looks as another role (``is_guise``).
    """

    visit: Any = None
    withheld: frozenset[Capability] = frozenset()
    is_guise = False

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), verbose_name=_("roles"))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} @ {self.tenant}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        granted = roles.capabilities(self.roles)
        return granted - self.withheld if self.withheld else granted

    @property
    def sight(self) -> Sight:
        return roles.sight(self.roles)

    def may(self, capability: str) -> bool:
        """A capability, or a right of ``roles.by_roles``."""
        by_role = roles.grants(self.roles, capability)
        return capability in self.capabilities if by_role is None else by_role


class Invitation(models.Model):
    """An open door for one address: expires, opens once. Only the token's hash is kept."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("email"))
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), verbose_name=_("roles"))
    token_hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.email

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > timezone.now()


class Route(models.Model):
    """Finds the tenant behind a public key: unsubscribe tokens, inbound addresses, site keys.

    Only a keyed hash is stored, so that the table opens no doors when it is read.
    """

    kind = models.CharField(max_length=20)
    key_hash = models.BinaryField(max_length=32, unique=True)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.kind} → {self.tenant_id}"


class Team(TenantModel):
    """People who see each other's records."""

    name = models.CharField(_("name"), max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="team_name")]

    def __str__(self) -> str:
        return self.name


class TeamMember(TenantModel):
    team = TenantForeignKey(Team, models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "team", "user"], name="team_member_once")]


class SampleMark(TenantModel):
    """Up to which id a table's rows are sample data. Written by ``mark_sample()`` in the database only."""

    table_name = models.CharField(max_length=63)
    last_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "table_name"], name="sample_mark_once")]
