"""What lists sort by and the search looks at, as SQL over ``import_plan``.

The landing writes it along with each person, as ``refresh_contact_search`` would make it (a test compares
the two): a person written twice costs a dozen indexes twice.
"""

from __future__ import annotations

from collections.abc import Iterable

from contacts.models import Company, EmailAddress, Identity, PhoneNumber

# The changes after which it is made anew.
PARTS = ["name", "given_name", "family_name", "company", "emails", "phones", "identities"]
_COMPANY = (
    f"(SELECT company.name FROM {Company.table()} company"
    " WHERE company.tenant_id = %(tenant)s AND company.id = planned.company_id)"
)


def sort_key_of_new() -> str:
    return _sort_key("composed", "nullif(address_norm, '')")


def text_of_new(columns: frozenset[str]) -> str:
    """Of somebody the plan knows everything about. ``columns`` are those of the plan."""
    parts = ["composed"]
    if {"new_given_name", "new_family_name"} <= columns:
        both = "concat_ws(' ', coalesce(new_given_name, ''), coalesce(new_family_name, ''))"
        parts.append(f"nullif({both}, composed)")
    else:
        parts.append("nullif(' ', composed)")
    parts.append("address_norm")
    if "given_email" in columns:
        parts.append("nullif(lower(given_email), address_norm)")
    if "adds_email2" in columns:
        parts.append(
            "CASE WHEN adds_email2 THEN nullif(concat_ws(' ', given_email2_norm,"
            " nullif(lower(given_email2), given_email2_norm)), '') END"
        )
    if "further_emails" in columns:
        parts.append(
            "(SELECT string_agg(concat_ws(' ', one->>'norm', nullif(lower(one->>'address'), one->>'norm')), ' '"
            "  ORDER BY nth) FROM jsonb_array_elements(further_emails) WITH ORDINALITY AS given (one, nth))"
        )
    if "given_phones" in columns:
        parts.append(
            "(SELECT string_agg(ltrim(phone->>'number', '+'), ' ' ORDER BY place)"
            " FROM jsonb_array_elements(given_phones) WITH ORDINALITY AS given (phone, place))"
        )
    parts.append(_COMPANY)
    if "adds_identity" in columns:
        parts.append("CASE WHEN adds_identity THEN given_external_id END")
    if "further_identities" in columns:
        parts.append(
            "(SELECT string_agg(one->>1, ' ' ORDER BY nth)"
            " FROM jsonb_array_elements(further_identities) WITH ORDINALITY AS given (one, nth))"
        )
    return _text(parts)


def of_known(named: bool) -> dict[str, str]:
    """Both columns of ``person`` with all they have by now; ``named`` when the plan has their names."""
    name, names = ("planned.composed", "planned.new_") if named else ("person.name", "person.")
    own = "own WHERE own.tenant_id = %(tenant)s AND own.contact_id = person.id"
    emails = f"{EmailAddress.table()} {own}"
    first = f"(SELECT own.address_norm FROM {emails} ORDER BY own.is_primary DESC, own.id LIMIT 1)"
    written = "concat_ws(' ', own.address_norm, nullif(lower(own.address), own.address_norm))"
    parts = (
        name,
        f"nullif(concat_ws(' ', {names}given_name, {names}family_name), {name})",
        f"(SELECT string_agg({written}, ' ' ORDER BY own.id) FROM {emails})",
        f"(SELECT string_agg(ltrim(own.number, '+'), ' ' ORDER BY own.id) FROM {PhoneNumber.table()} {own})",
        _COMPANY,
        f"(SELECT string_agg(own.external_id, ' ' ORDER BY own.id) FROM {Identity.table()} {own})",
    )
    return {"sort_key": _sort_key(name, first), "search_text": _text(parts)}


def _sort_key(name: str, address: str) -> str:
    return f"left(coalesce(nullif({_folded(f'btrim({name})')}, ''), {address}, U&'\\+10FFFD'), 200)"


def _text(parts: Iterable[str]) -> str:
    """Every word of it has a blank before it. OFFSET keeps the planner from copying an expression to
    each of its uses."""
    text = f"concat_ws(' ', '', {', '.join(parts)})"
    return (
        "(SELECT CASE WHEN strpos(folded, '  ') > 0 OR folded ~ '[\\t\\n\\r]'"
        "  THEN regexp_replace(folded, '\\s+', ' ', 'g')"
        f" ELSE folded END FROM (SELECT {_folded('written')} AS folded FROM (SELECT {text} AS written OFFSET 0) AS w"
        " OFFSET 0) AS f)"
    )


def _folded(text: str) -> str:
    """``search.fold``, which costs ten times as much, only for what it would change beyond the case."""
    return f"CASE WHEN octet_length({text}) = length({text}) THEN lower({text}) ELSE search.fold({text}) END"
