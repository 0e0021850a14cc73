"""Where each value of a person or company came from: who or what changed it, when, and what it was before.

``record`` writes (every service or set-based statement that changes people), ``of`` reads for a
page, ``history`` tells all changes of one person. Taking a value back is a service
(``contacts.services.restore_value``).
"""

from contacts.provenance.reading import LATEST, Change, Origin, Origins, history, of, of_company, origins
from contacts.provenance.recording import NewChange, record, record_of_company, record_sql
from contacts.provenance.sources import register_source, source_label

__all__ = [
    "LATEST",
    "Change",
    "NewChange",
    "Origin",
    "Origins",
    "history",
    "of",
    "of_company",
    "origins",
    "record",
    "record_of_company",
    "record_sql",
    "register_source",
    "source_label",
]
