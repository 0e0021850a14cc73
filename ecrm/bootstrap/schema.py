"""Which schema the code asks for, told from files: asking Django takes seconds."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What a database looks like after migrating depends on these.
SHAPING = (
    "*/migrations/*.py",
    "ecrm/*/migrations/*.py",
    "*/sql/*.sql",
    "ecrm/*/sql/*.sql",
    "ecrm/tenancy/operations.py",
    "ecrm/tenancy/scoping.py",
    "requirements/base.txt",
)


def wanted(*also: Path) -> str:
    """A digest that changes whenever migrating might do something; `also` names further files."""
    digest = hashlib.sha256()
    found = [path for pattern in SHAPING for path in sorted(ROOT.glob(pattern))]
    for path in (*found, *also):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
