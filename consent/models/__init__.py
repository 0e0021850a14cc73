from consent.models.claims import ConsentAsk, ConsentClaim
from consent.models.customers import CustomerRule
from consent.models.ledger import (
    Action,
    Basis,
    Channel,
    ConsentRecord,
    ConsentState,
    Notice,
    Purpose,
    PurposeText,
    Source,
    Suppression,
)
from consent.models.moving import FormerTrace, Move, MoveFile

__all__ = [
    "Action",
    "Basis",
    "Channel",
    "ConsentAsk",
    "ConsentClaim",
    "ConsentRecord",
    "ConsentState",
    "CustomerRule",
    "FormerTrace",
    "Move",
    "MoveFile",
    "Notice",
    "Purpose",
    "PurposeText",
    "Source",
    "Suppression",
]
