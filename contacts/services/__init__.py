"""Verbs on people, their tags and their companies. Keyword-only, atomic, each with its event and audit."""

from contacts.services.binning import bin_contact, bin_contacts, restore_contact, restore_contacts
from contacts.services.companies import get_or_create_companies
from contacts.services.people import StaleContact, create_contact, edit_contact, find_by_email, find_or_create_by_email
from contacts.services.searching import refresh_search
from contacts.services.tags import add_tags, remove_tags, set_tags

__all__ = [
    "StaleContact",
    "add_tags",
    "bin_contact",
    "bin_contacts",
    "create_contact",
    "edit_contact",
    "find_by_email",
    "find_or_create_by_email",
    "get_or_create_companies",
    "refresh_search",
    "remove_tags",
    "restore_contact",
    "restore_contacts",
    "set_tags",
]
