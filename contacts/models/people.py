from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.companies import Company
from contacts.querysets import ContactQuerySet
from ecrm.tenancy.scoping import TenantField, TenantForeignKey, TenantModel, TenantScope


class Stage(models.TextChoices):
    VISITOR = "visitor", _("Visitor")
    LEAD = "lead", _("Lead")
    PROSPECT = "prospect", _("Prospect")
    CUSTOMER = "customer", _("Customer")
    LAPSED = "lapsed", _("Lapsed")


class Contact(TenantModel):
    """A person. ``name`` is as written; ``sort_key`` and ``search_text`` are kept by the service.

    ``search_text`` holds everything the search looks at (name, addresses, phone digits, company),
    folded; only search functions read it, since text operators lose their index under row security.
    """

    tenant = TenantField(db_constraint=False)
    name = models.CharField(_("name"), max_length=200, blank=True)
    given_name = models.CharField(_("given name"), max_length=100, blank=True)
    family_name = models.CharField(_("family name"), max_length=100, blank=True)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices, default=Stage.LEAD)
    # Lists ask by tenant and owner (an index below). Accounts are seldom deleted, people written all day.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        db_index=False,
    )
    company = TenantForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="people", db_index=False)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    sort_key = models.CharField(max_length=200, editable=False)
    search_text = models.TextField(editable=False, default="")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    last_active_at = models.DateTimeField(null=True, blank=True)
    # Never null, so that lists can be ordered and paged by it: those never active count from their first day.
    active_at = models.GeneratedField(
        expression=Coalesce("last_active_at", "created_at"), output_field=models.DateTimeField(), db_persist=True
    )
    binned_at = models.DateTimeField(null=True, blank=True)

    objects = TenantScope.from_queryset(ContactQuerySet)()  # type: ignore[assignment, misc]

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], condition=Q(binned_at=None), name="contact_newest"),
            models.Index(fields=["tenant", "sort_key", "id"], condition=Q(binned_at=None), name="contact_by_name"),
            models.Index(fields=["tenant", "updated_at", "id"], condition=Q(binned_at=None), name="contact_changed"),
            models.Index(fields=["tenant", "-active_at", "-id"], condition=Q(binned_at=None), name="contact_active"),
            models.Index(
                fields=["tenant", "stage", "-active_at", "-id"],
                condition=Q(binned_at=None),
                name="contact_stage_active",
            ),
            models.Index(
                fields=["tenant", "country", "-active_at", "-id"],
                condition=Q(binned_at=None),
                name="contact_country_active",
            ),
            models.Index(
                fields=["tenant", "owner", "-active_at", "-id"],
                condition=Q(binned_at=None),
                name="contact_owner_active",
            ),
            models.Index(
                fields=["tenant", "company", "-active_at", "-id"],
                condition=Q(company__isnull=False),
                name="contact_of_company",
            ),
            models.Index(fields=["tenant", "binned_at"], condition=Q(binned_at__isnull=False), name="contact_bin"),
            GinIndex(
                F("tenant"),
                OpClass(F("search_text"), name="gin_trgm_ops"),
                name="contact_search",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("Unnamed contact"))


class ChildKind(models.TextChoices):
    WORK = "work", _("Work")
    HOME = "home", _("Home")
    OTHER = "other", _("Other")


class EmailAddress(TenantModel):
    """``address`` as written, ``address_norm`` for equality, ``address_hash`` for suppression.

    ``binned_at`` follows the contact's, so that an address is free again while its person is binned.
    """

    # What whoever edits says of it; None leaves ``verified_at`` as it is.
    says_verified: bool | None = None

    tenant = TenantField(db_constraint=False)
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="emails", db_index=False)
    address = models.CharField(_("email"), max_length=254)
    address_norm = models.CharField(max_length=254, editable=False)
    address_hash = models.BinaryField(max_length=32, editable=False)
    kind = models.CharField(max_length=10, choices=ChildKind.choices, default=ChildKind.OTHER)
    is_primary = models.BooleanField(default=False)
    verified_at = models.DateTimeField(null=True, blank=True)
    binned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "address_norm"], condition=Q(binned_at=None), name="email_once"),
            models.UniqueConstraint(fields=["tenant", "contact"], condition=Q(is_primary=True), name="email_primary"),
        ]
        indexes = [
            models.Index(fields=["tenant", "contact"], name="email_contact"),
            models.Index(fields=["tenant", "address_hash"], name="email_hash"),
        ]

    def __str__(self) -> str:
        return self.address


class PhoneNumber(TenantModel):
    """``number`` in E.164, ``written`` as it came."""

    # What whoever edits says of it; None leaves ``verified_at`` as it is.
    says_verified: bool | None = None

    tenant = TenantField(db_constraint=False)
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="phones", db_index=False)
    number = models.CharField(max_length=20)
    written = models.CharField(_("phone"), max_length=40)
    kind = models.CharField(max_length=10, choices=ChildKind.choices, default=ChildKind.OTHER)
    is_primary = models.BooleanField(default=False)
    verified_at = models.DateTimeField(null=True, blank=True)
    binned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contact", "number"], condition=Q(binned_at=None), name="phone_once"
            ),
            models.UniqueConstraint(fields=["tenant", "contact"], condition=Q(is_primary=True), name="phone_primary"),
        ]
        indexes = [
            models.Index(fields=["tenant", "number"], name="phone_number"),
            # Whatever asks for somebody's numbers, in the bin or not: the unique keys above are of some only.
            models.Index(fields=["tenant", "contact"], name="phone_contact"),
        ]

    def __str__(self) -> str:
        return self.written


class PostalAddress(TenantModel):
    """``latitude`` and ``longitude`` in degrees (WGS 84), both or neither, for conditions about distance."""

    # What whoever edits says of it; None leaves ``verified_at`` as it is.
    says_verified: bool | None = None

    contact = TenantForeignKey(Contact, models.CASCADE, related_name="addresses", db_index=False)
    street = models.CharField(_("street"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    region = models.CharField(_("region"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    kind = models.CharField(max_length=10, choices=ChildKind.choices, default=ChildKind.OTHER)
    is_primary = models.BooleanField(default=False)
    verified_at = models.DateTimeField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                name="address_coordinates",
            ),
            models.UniqueConstraint(fields=["tenant", "contact"], condition=Q(is_primary=True), name="address_primary"),
        ]
        indexes = [
            models.Index(fields=["tenant", "contact"], name="address_contact"),
            models.Index(
                fields=["tenant", "latitude", "longitude"],
                include=["contact"],
                condition=Q(latitude__isnull=False),
                name="address_place",
            ),
        ]


class Identity(TenantModel):
    """How another system names this person: (``shop``, ``C-1001``)."""

    contact = TenantForeignKey(Contact, models.CASCADE, related_name="identities", db_index=False)
    namespace = models.CharField(max_length=60)
    external_id = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "namespace", "external_id"], name="identity_once")]
        indexes = [models.Index(fields=["tenant", "contact"], name="identity_contact")]


class Tag(TenantModel):
    name = models.CharField(_("name"), max_length=60)
    name_norm = models.CharField(max_length=60, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name_norm"], name="tag_name")]

    def __str__(self) -> str:
        return self.name


class Tagging(TenantModel):
    tenant = TenantField(db_constraint=False)
    tag = TenantForeignKey(Tag, models.CASCADE, related_name="taggings", db_index=False)
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="taggings", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "contact", "tag"], name="tagging_once")]
        indexes = [models.Index(fields=["tenant", "tag", "contact"], name="tagging_tag")]
