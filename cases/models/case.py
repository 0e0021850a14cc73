from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.querysets import CaseQuerySet
from contacts.models import Contact
from ecrm.tenancy.models import Team
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel, TenantScope


class State(models.TextChoices):
    # "Open" is also what a button says, and "New" what people are: other languages need two words.
    NEW = "new", pgettext_lazy("case", "New")
    OPEN = "open", pgettext_lazy("case", "Open")
    ON_CUSTOMER = "on_customer", _("Waiting on customer")
    ON_US = "on_us", _("Waiting on us")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", _("Closed")


ENDED = frozenset({State.SOLVED, State.CLOSED})
_WORKED_ON = {State.OPEN, State.ON_CUSTOMER, State.ON_US, State.SOLVED, State.CLOSED}

# Solved can be taken up again, closed never: what comes later opens a case that follows it.
TRANSITIONS: dict[State, set[State]] = {
    State.NEW: _WORKED_ON,
    State.OPEN: (_WORKED_ON | {State.NEW}) - {State.OPEN},
    State.ON_CUSTOMER: (_WORKED_ON | {State.NEW}) - {State.ON_CUSTOMER},
    State.ON_US: (_WORKED_ON | {State.NEW}) - {State.ON_US},
    State.SOLVED: (_WORKED_ON | {State.NEW}) - {State.SOLVED},
    State.CLOSED: set(),
}


class Priority(models.IntegerChoices):
    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


class Channel(models.TextChoices):
    """How the matter reached us."""

    EMAIL = "email", _("Email")
    PHONE = "phone", _("Phone")
    FORM = "form", _("Web form")
    OTHER = "other", _("In person")


class Case(TenantModel):
    """One matter of one person. ``number`` is what people call it, counted per tenant.

    ``waiting_since`` is the oldest message nobody has answered, null while it is not our turn.
    ``solved_at`` is set exactly while the state is Solved or Closed. ``follows`` is the closed case
    this one takes up, ``merged_into`` the one that has its messages now. ``search_text`` is folded
    and read only by ``search.case_ids``.
    """

    number = models.PositiveIntegerField(_("number"))
    subject = models.CharField(_("subject"), max_length=300)
    contact = TenantForeignKey(Contact, models.SET_NULL, null=True, blank=True, db_index=False)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.NEW)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.NORMAL)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    team = TenantForeignKey(Team, models.SET_NULL, null=True, blank=True, db_index=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    first_reply_at = models.DateTimeField(null=True, blank=True)
    last_message_at = models.DateTimeField(default=timezone.now)
    waiting_since = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    campaign_id = models.BigIntegerField(null=True, blank=True)
    follows = TenantForeignKey("self", models.SET_NULL, null=True, blank=True)
    merged_into = TenantForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", editable=False)
    search_text = models.TextField(editable=False, default="")

    objects = TenantScope.from_queryset(CaseQuerySet)()  # type: ignore[assignment, misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="case_number"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(ENDED), solved_at__isnull=False)
                | (~Q(state__in=sorted(ENDED)) & Q(solved_at__isnull=True)),
                name="case_solved_at_follows_state",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-last_message_at", "-id"], name="case_newest"),
            models.Index(
                fields=["tenant", "-last_message_at", "-id"], condition=Q(solved_at=None), name="case_open_newest"
            ),
            models.Index(fields=["tenant", "assignee", "state"], condition=Q(solved_at=None), name="case_assignee"),
            # Every page of the product shows how many of them wait for the reader.
            models.Index(
                fields=["tenant", "assignee", "waiting_since"],
                include=["snoozed_until"],
                condition=Q(solved_at=None, waiting_since__isnull=False),
                name="case_waiting",
            ),
            models.Index(fields=["tenant", "contact", "-opened_at"], name="case_contact"),
            models.Index(fields=["tenant", "opened_at"], name="case_opened"),
            GinIndex(F("tenant"), OpClass(F("search_text"), name="gin_trgm_ops"), name="case_search"),
        ]

    def __str__(self) -> str:
        return self.subject or str(_("No subject"))

    @property
    def is_ended(self) -> bool:
        return self.solved_at is not None


class CaseCounter(TenantModel):
    """The last number given to a case. A row of its own, so that only opening a case waits for it."""

    last = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="case_counter_once")]
