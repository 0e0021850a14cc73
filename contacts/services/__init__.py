"""Verbs on people, their tags and their companies. Keyword-only, atomic, each with its event and audit."""

from contacts.services.arriving import find_by_email, find_or_create_by_email
from contacts.services.belonging import join_companies_by_domain
from contacts.services.binning import bin_contact, bin_contacts, restore_contact, restore_contacts
from contacts.services.companies import (
    StaleCompany,
    bin_company,
    create_company,
    edit_company,
    restore_company,
    restore_company_value,
)
from contacts.services.companies_people import Brought, bring_in_others, bring_in_people, count_to_bring_in
from contacts.services.linking import add_identity, find_by_identity, link_identities, remove_identity
from contacts.services.naming import Namer, get_or_create_companies, name_companies
from contacts.services.people import StaleContact, create_contact, edit_contact
from contacts.services.restoring import can_restore, restore_value
from contacts.services.searching import refresh_search
from contacts.services.staging import set_stage
from contacts.services.tags import add_tags, remove_tags, set_tags

__all__ = [
    "Brought",
    "Namer",
    "StaleCompany",
    "StaleContact",
    "add_identity",
    "add_tags",
    "bin_company",
    "bin_contact",
    "bin_contacts",
    "bring_in_others",
    "bring_in_people",
    "can_restore",
    "count_to_bring_in",
    "create_company",
    "create_contact",
    "edit_company",
    "edit_contact",
    "find_by_email",
    "find_by_identity",
    "find_or_create_by_email",
    "get_or_create_companies",
    "join_companies_by_domain",
    "link_identities",
    "name_companies",
    "refresh_search",
    "remove_identity",
    "remove_tags",
    "restore_company",
    "restore_company_value",
    "restore_contact",
    "restore_contacts",
    "restore_value",
    "set_stage",
    "set_tags",
]
