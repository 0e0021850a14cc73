"""Saved views: whose they are, which one is open, and what somebody begins with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import fields
from contacts.lists.query import ListQuery
from contacts.models import SavedView, ViewDefault
from ecrm import prepared
from ecrm.audit import services as audit
from ecrm.tenancy import teams
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, TeamMember, User
from ecrm.tenancy.roles import Capability, Role

LONGEST_NAME = 80
LONGEST_QUERY = 8_000
Audience = SavedView.Audience
# Of a person or of their company, as a column or asked about: whatever looks like one is read once more.
_OWN_FIELD = re.compile(r"(?:f|field):(company\.)?(\w+)")


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as one member sees it. ``is_start``: what they begin with, ``is_own_start`` by their own choice.

    ``is_stranded``: it is a team's, and its owner is in none any more.
    ``is_partial``: some of its filter names a field that is hidden from them or deleted; ``query`` is the rest.
    """

    id: int
    name: str
    query: str
    audience: str
    is_own: bool
    is_stranded: bool
    is_start: bool
    is_own_start: bool
    is_partial: bool = False

    @property
    def url(self) -> str:
        return f"?view={self.id}&{self.query or 'all=1'}"


@dataclass(frozen=True, slots=True)
class Standing:
    """The tabs above the list. ``current`` is the view that is open, ``is_changed`` since it was saved."""

    views: Sequence[View]
    current: View | None
    is_changed: bool
    is_everybody: bool
    is_mine: bool
    may_change: bool
    is_saveable: bool


def visible(membership: Membership) -> list[View]:
    """Those this member may see, by name; whoever changes settings also those that no team sees any more. One query."""
    asked = {
        "tenant": require_tenant_id(),
        "user": membership.user_id,
        "settles": membership.may(Capability.SETTINGS_MANAGE),
        "roles": list(membership.roles),
        "order": list(Role.values),
    }
    rows = prepared.fetch_all(_VISIBLE, asked)
    begins = min((row for row in rows if row[-1] is not None), key=lambda row: row[-1], default=None)
    found = [
        View(pk, name, query, audience, is_own, is_stranded, begins is not None and pk == begins[0], start == 0)
        for pk, name, query, audience, is_own, is_stranded, start in rows
    ]
    return _readable(found, membership)


def _readable(views: list[View], membership: Membership) -> list[View]:
    """As this member may read them: less what is said there of fields hidden from them, or deleted."""
    if not views:
        return views
    seen = {("", key) for key in fields.by_key("contact", membership)}
    seen |= {("company.", key) for key in fields.by_key("company", membership)}
    return [view if seen.issuperset(_OWN_FIELD.findall(view.query)) else _read(view, membership) for view in views]


def _read(view: View, membership: Membership) -> View:
    query = ListQuery.of_text(view.query, membership)
    return replace(view, query=query.text(), is_partial=query.has_problem)


_STRANDED = f"""NOT EXISTS (
                SELECT FROM {TeamMember.table()} any_team
                 WHERE any_team.tenant_id = view.tenant_id AND any_team.user_id = view.owner_id)"""
# ``start``: 0 for one's own choice, else the place of the role it is the start of.
_VISIBLE = f"""
    SELECT view.id, view.name, view.query, view.audience, coalesce(view.owner_id = %(user)s, false),
           view.audience = 'team' AND {_STRANDED},
           (SELECT min(CASE WHEN chosen.user_id IS NULL THEN array_position(%(order)s::text[], chosen.role::text)
                            ELSE 0 END)
              FROM {ViewDefault.table()} chosen
             WHERE chosen.tenant_id = view.tenant_id AND chosen.view_id = view.id
               AND (chosen.user_id = %(user)s OR chosen.user_id IS NULL AND chosen.role = ANY (%(roles)s::text[])))
      FROM {SavedView.table()} view
     WHERE view.tenant_id = %(tenant)s
       AND (view.owner_id = %(user)s OR view.audience = 'everyone'
            OR view.audience = 'team' AND EXISTS (
                SELECT FROM {TeamMember.table()} mine JOIN {TeamMember.table()} theirs
                    ON theirs.tenant_id = mine.tenant_id AND theirs.team_id = mine.team_id
                 WHERE mine.tenant_id = view.tenant_id AND mine.user_id = %(user)s
                   AND theirs.user_id = view.owner_id)
            OR view.audience = 'team' AND %(settles)s AND {_STRANDED})
     ORDER BY lower(view.name), view.id LIMIT 100"""


def first_of(views: Sequence[View]) -> View | None:
    """What this member's list begins with; None for everybody in it."""
    return next((view for view in views if view.is_start), None)


def opened(given: QueryDict, views: Sequence[View], membership: Membership) -> ListQuery:
    """The list of an address. ``?view=7`` alone stands for what that view holds; one nobody may see is left out."""
    query = ListQuery.read(given, membership)
    if query.view_id is None:
        return query
    view = next((view for view in views if view.id == query.view_id), None)
    if view is None:
        return query.but(view_id=None, has_problem=True)
    if set(given) <= {"view", "cursor"}:
        query = ListQuery.of_text(view.query, membership).but(view_id=view.id)
    return query.but(has_problem=True) if view.is_partial else query


def standing(views: Sequence[View], query: ListQuery) -> Standing:
    current = next((view for view in views if view.id == query.view_id), None)
    text = query.text()
    return Standing(
        views=views,
        current=current,
        is_changed=current is not None and text != current.query,
        is_everybody=current is None and not query.is_mine,
        is_mine=current is None and query.is_mine,
        may_change=current is not None and may_change(current, query.membership),
        is_saveable=current is None and bool(text),
    )


def may_change(view: View, membership: Membership) -> bool:
    """One's own; those of all, also who changes settings."""
    return view.is_own or (view.audience != Audience.MINE and membership.may(Capability.SETTINGS_MANAGE))


@transaction.atomic
def save_view(*, name: str, audience: str, query: ListQuery, by: User) -> SavedView:
    """Raises ``ValidationError`` by field."""
    view = SavedView(name=_name(name), audience=_audience(audience, of=by.pk), owner=by, query=_query(query))
    view.save()
    audit.record("view.created", by=by, subject=view)
    return view


@transaction.atomic
def change_view(
    *, view: SavedView, by: User, query: ListQuery | None = None, name: str = "", audience: str = ""
) -> bool:
    """What is given of it; False when nothing differs. Raises ``ValidationError`` by field."""
    changes: dict[str, str] = {}
    if query is not None:
        changes["query"] = _query(query)
    if name:
        changes["name"] = _name(name)
    if audience and audience != view.audience:  # what it is already stays, also when its owner has left every team
        changes["audience"] = _audience(audience, of=view.owner_id)
    differing = {field: value for field, value in changes.items() if getattr(view, field) != value}
    if not differing:
        return False
    SavedView.objects.filter(pk=view.pk).update(**differing, updated_at=timezone.now())
    audit.record("view.changed", by=by, subject=view, fields=sorted(differing))
    return True


@transaction.atomic
def delete_view(*, view: SavedView, by: User) -> None:
    audit.record("view.deleted", by=by, subject=view)
    view.delete()


@transaction.atomic
def begin_with(*, view: SavedView | None, by: User) -> None:
    """What ``by`` begins with; None for the usual start."""
    ViewDefault.objects.filter(user=by).delete()
    if view is not None:
        ViewDefault.objects.create(view=view, user=by)


@transaction.atomic
def begin_roles_with(*, view: SavedView, roles: Sequence[str], by: User) -> None:
    """What members of these roles begin with unless they chose their own; the view's other roles lose it.

    Raises ``ValidationError`` for a view that not everybody sees.
    """
    if roles and view.audience != Audience.EVERYONE:
        raise ValidationError({"roles": _("Only a view that everyone sees can be where a role begins.")})
    ViewDefault.objects.filter(Q(view=view) | Q(role__in=roles), user=None).delete()
    ViewDefault.objects.bulk_create([ViewDefault(view=view, role=role) for role in roles if role in Role.values])
    audit.record("view.changed", by=by, subject=view, fields=["roles"])


def _name(text: str) -> str:
    name = " ".join(text.replace("\0", "").split())
    if not name:
        raise ValidationError({"name": _("Give the view a name.")})
    if len(name) > LONGEST_NAME:
        raise ValidationError({"name": _("Give a name of at most %(limit)s letters.") % {"limit": LONGEST_NAME}})
    return name


def _audience(text: str, *, of: int | None) -> str:
    if text not in Audience.values:
        raise ValidationError({"audience": _("Choose who sees the view.")})
    if text == Audience.TEAM and not (of and teams.names_of(of)):
        raise ValidationError({"audience": _("Whose view this is, is in no team: nobody else would see it.")})
    return text


def _query(query: ListQuery) -> str:
    text = query.text()
    if len(text) > LONGEST_QUERY:
        raise ValidationError({"name": _("This filter is too long for a view. Save it as a segment.")})
    return text
