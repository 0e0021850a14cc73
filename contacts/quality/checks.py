"""What contacts itself looks for: missing details, nobody heard of for long, sources that disagree."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts import fields
from contacts.models import CleaningSettings, ContactChange, CustomField, CustomValue, EmailAddress, PhoneNumber
from contacts.provenance import register_source
from contacts.quality.kinds import IssueKind, Remedy, register

CONTACT = CustomField.Entity.CONTACT
_OF_PERSON = "row.tenant_id = person.tenant_id AND row.contact_id = person.id"
# A field that may be required: its name and what is true of a person without it.
REQUIRABLE = {
    "name": (_("name"), "person.name = ''"),
    "email": (_("email address"), f"NOT EXISTS (SELECT FROM {EmailAddress.table()} row WHERE {_OF_PERSON})"),
    "phone": (
        _("phone number"),
        f"NOT EXISTS (SELECT FROM {PhoneNumber.table()} row WHERE {_OF_PERSON} AND row.binned_at IS NULL)",
    ),
    "owner": (_("owner"), "person.owner_id IS NULL"),
    "company": (_("company"), "person.company_id IS NULL"),
    "country": (_("country"), "person.country = ''"),
    "city": (_("city"), "person.city = ''"),
    "language": (_("language"), "person.language = ''"),
    "birthday": (_("birthday"), "person.birthday IS NULL"),
    "source": (_("source"), "person.source = ''"),
}
REQUIRED_AT_FIRST = ("name", "email", "country", "language")
# Changes looked back on for sources that disagree, and how values come that are nobody's opinion.
_LOOKED_BACK = "90 days"
CHOSEN = "choice"
NO_OPINION = ("merge", "undo", "rule", "domain", CHOSEN)


def requirable() -> list[tuple[str, str | Promise]]:
    """What may be asked of a complete contact: the usual details, then the workspace's own fields."""
    own = [(fields.prefixed(field), field.label) for field in fields.of(CONTACT)]
    return [*((name, label) for name, (label, _sql) in REQUIRABLE.items()), *own]


def required(settings: CleaningSettings) -> list[str]:
    """Names of the required fields, own ones as "f:<key>"; the usual ones while the workspace has not said."""
    chosen = settings.required_fields if settings.pk else REQUIRED_AT_FIRST
    known = {name for name, _label in requirable()}
    return [name for name in chosen if name in known]


def _incomplete(settings: CleaningSettings) -> str:
    own = {fields.prefixed(field): field.pk for field in fields.of(CONTACT)}
    cases = [
        f"CASE WHEN {_lacks_own(own[name]) if name in own else REQUIRABLE[name][1]} THEN '{name}' END"
        for name in required(settings)
    ]
    return f"nullif(concat_ws(' ', {', '.join(cases)}), '')" if cases else "NULL::text"


def _lacks_own(field_id: int) -> str:
    return f"NOT EXISTS (SELECT FROM {CustomValue.table()} row WHERE {_OF_PERSON} AND row.field_id = {field_id})"


def _stale(settings: CleaningSettings) -> str:
    months = int(settings.stale_months)
    return (
        f"CASE WHEN person.active_at < now() - interval '{months} months' THEN 'quiet' END" if months else "NULL::text"
    )


def _conflicting(_settings: CleaningSettings) -> str:
    """Fields that two sources have set to different values lately, each with the last change that did."""
    return f"""(
        SELECT nullif(left(string_agg(said.key || '#' || said.last, ' ' ORDER BY said.key), 200), '') FROM (
            SELECT given.key, max(row.id) AS last
              FROM {ContactChange.table()} row, jsonb_each(row.changes) AS given (key, value)
             WHERE {_OF_PERSON} AND row.at > now() - interval '{_LOOKED_BACK}'
               AND row.source_type NOT IN {NO_OPINION}
             GROUP BY given.key
            HAVING count(DISTINCT row.source_type) > 1 AND count(DISTINCT given.value -> 1) > 1) AS said)"""


def register_all() -> None:
    register_source(CHOSEN, _("Chosen in data quality"))
    register(
        IssueKind(
            "incomplete",
            _("Incomplete"),
            _("Fill in what is missing, or change what is required in the settings."),
            "circle-dashed",
            weight=25,
            order=30,
            sql=_incomplete,
            facts={name: label for name, (label, _sql) in REQUIRABLE.items()},
        )
    )
    register(
        IssueKind(
            "stale",
            _("Not heard of"),
            _("Ask them whether they want to stay, or put them in the bin."),
            "clock",
            weight=10,
            order=40,
            sql=_stale,
            facts={"quiet": _("no sign of them for a long time")},
            remedy=Remedy.CONFIRM,
            asked_again=lambda settings: int(settings.stale_months),
        )
    )
    register(
        IssueKind(
            "conflicting",
            _("Conflicting"),
            _("Two sources gave different values. Decide which is right."),
            "git-merge",
            weight=5,
            order=50,
            sql=_conflicting,
            remedy=Remedy.CHOOSE,
        )
    )
