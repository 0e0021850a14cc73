"""The accounts of the sample data, as `manage.py seed --logins-json` writes them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Login:
    email: str
    password: str
    tenant: str
    role: str
    slug: str = ""

    def __str__(self) -> str:
        return f"{self.email}  password {self.password}  ({self.role}, {self.tenant})"


def read_logins(path: Path) -> Iterator[Login]:
    """Nothing when no sample data was loaded."""
    try:
        rows = json.loads(path.read_text())
    except (OSError, ValueError):
        return
    for row in rows:
        yield Login(
            email=row["email"],
            password=row["password"],
            tenant=row.get("tenant", ""),
            role=row.get("role", ""),
            slug=row.get("slug", ""),
        )
