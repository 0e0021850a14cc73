from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.querysets import CompanyQuerySet
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel, TenantScope


class Company(TenantModel):
    """An organisation people work for. ``name_norm`` is folded for equality and sorting.

    ``search_text`` holds name, domains and city, folded; only the search function reads it, and the
    service keeps it.
    """

    name = models.CharField(_("name"), max_length=200)
    name_norm = models.CharField(max_length=200, editable=False)
    search_text = models.TextField(editable=False, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    region = models.CharField(_("region"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    binned_at = models.DateTimeField(null=True, blank=True)

    objects = TenantScope.from_queryset(CompanyQuerySet)()  # type: ignore[assignment, misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name_norm"], condition=models.Q(binned_at=None), name="company_name"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], condition=Q(binned_at=None), name="company_newest"),
            GinIndex(F("tenant"), OpClass(F("search_text"), name="gin_trgm_ops"), name="company_search"),
        ]

    def __str__(self) -> str:
        return self.name


class CompanyDomain(TenantModel):
    """A domain a company writes from: new people with an address there join it.

    ``domain_norm`` is lower case and in ASCII (IDNA). ``binned_at`` follows the company's, so that a
    domain is free again while its company is in the bin.
    """

    company = TenantForeignKey(Company, models.CASCADE, related_name="domains", db_index=False)
    domain_norm = models.CharField(_("domain"), max_length=253)
    binned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "domain_norm"], condition=Q(binned_at=None), name="domain_once")
        ]
        indexes = [models.Index(fields=["tenant", "company"], name="domain_company")]

    def __str__(self) -> str:
        return self.domain_norm
