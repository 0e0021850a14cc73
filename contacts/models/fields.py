"""Fields a tenant adds to people and companies, and what is in them: rows, not columns or JSON."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.companies import Company
from contacts.models.people import Contact
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel

LONGEST_KEY = 60
LONGEST_TEXT = 2000
LONGEST_NORM = 200


class CustomField(TenantModel):
    """``visible_to`` names the roles that see it (empty: all); owners and admins always do.

    ``required_at`` names the stages at which a person needs a value; a company's is empty or
    ``[ALWAYS]``. A deleted field keeps its values, so that it can come back with them.
    """

    ALWAYS = "always"

    class Entity(models.TextChoices):
        CONTACT = "contact", _("Contacts")
        COMPANY = "company", _("Companies")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        DATETIME = "datetime", _("Date and time")
        BOOLEAN = "boolean", _("Yes or no")
        CHOICE = "choice", _("One of a list")
        CHOICES = "choices", _("Several of a list")
        LINK = "link", _("Link")
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")

    entity = models.CharField(max_length=10, choices=Entity.choices)
    key = models.CharField(
        _("key"),
        max_length=LONGEST_KEY,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*$", _("Small letters, digits and _, a letter first."))],
    )
    label = models.CharField(_("name"), max_length=80)
    note = models.CharField(_("note"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    visible_to = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    required_at = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "entity", "key"], condition=Q(deleted_at=None), name="custom_field_key"
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def has_choices(self) -> bool:
        return self.kind in (self.Kind.CHOICE, self.Kind.CHOICES)


class CustomChoice(TenantModel):
    """One entry of a field's list. A retired one stays where it was chosen and is not offered again."""

    field = TenantForeignKey(CustomField, models.CASCADE, related_name="choices", db_index=False)
    key = models.CharField(max_length=LONGEST_KEY)
    label = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "field", "key"], name="custom_choice_key")]

    def __str__(self) -> str:
        return self.label


class CustomValue(TenantModel):
    """One value of one person or company, in the column of its field's kind. Nothing is no row.

    Indexed by operators that row security lets through only: texts by their folded ``text_norm``,
    money in minor units. ``slot`` is 0, or the choice's id where a field takes several.
    """

    field = TenantForeignKey(CustomField, models.CASCADE, db_index=False)
    contact = TenantForeignKey(Contact, models.CASCADE, null=True, db_index=False)
    company = TenantForeignKey(Company, models.CASCADE, null=True, db_index=False)
    slot = models.BigIntegerField(default=0)
    text_value = models.TextField(null=True)
    text_norm = models.CharField(max_length=LONGEST_NORM, null=True)
    number_value = models.FloatField(null=True)
    money_value = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    date_value = models.DateField(null=True)
    at_value = models.DateTimeField(null=True)
    bool_value = models.BooleanField(null=True)
    choice = TenantForeignKey(CustomChoice, models.CASCADE, null=True, db_index=False)
    person_value = TenantForeignKey(Contact, models.CASCADE, null=True, db_index=False)
    company_value = TenantForeignKey(Company, models.CASCADE, null=True, db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(contact__isnull=False, company=None) | Q(contact=None, company__isnull=False),
                name="custom_value_owner",
            ),
            models.UniqueConstraint(
                fields=["tenant", "contact", "field", "slot"],
                condition=Q(contact__isnull=False),
                name="custom_value_contact",
            ),
            models.UniqueConstraint(
                fields=["tenant", "company", "field", "slot"],
                condition=Q(company__isnull=False),
                name="custom_value_company",
            ),
        ]
        # Partial, so that a row is in one of them only; the people are in it, so that it alone answers.
        indexes = [
            models.Index(
                fields=["tenant", "field", "text_norm", "contact", "company"],
                condition=Q(text_norm__isnull=False),
                name="custom_value_text",
            ),
            models.Index(
                fields=["tenant", "field", "number_value", "contact", "company"],
                condition=Q(number_value__isnull=False),
                name="custom_value_number",
            ),
            models.Index(
                fields=["tenant", "field", "currency", "money_value", "contact", "company"],
                condition=Q(money_value__isnull=False),
                name="custom_value_money",
            ),
            models.Index(
                fields=["tenant", "field", "date_value", "contact", "company"],
                condition=Q(date_value__isnull=False),
                name="custom_value_date",
            ),
            models.Index(
                fields=["tenant", "field", "at_value", "contact", "company"],
                condition=Q(at_value__isnull=False),
                name="custom_value_at",
            ),
            models.Index(
                fields=["tenant", "field", "bool_value", "contact", "company"],
                condition=Q(bool_value__isnull=False),
                name="custom_value_bool",
            ),
            models.Index(
                fields=["tenant", "field", "choice", "contact", "company"],
                condition=Q(choice__isnull=False),
                name="custom_value_choice",
            ),
            models.Index(
                fields=["tenant", "person_value", "field", "contact", "company"],
                condition=Q(person_value__isnull=False),
                name="custom_value_person",
            ),
            models.Index(
                fields=["tenant", "company_value", "field", "contact", "company"],
                condition=Q(company_value__isnull=False),
                name="custom_value_firm",
            ),
        ]
