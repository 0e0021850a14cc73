"""What consent gives to the registries of the house."""

from __future__ import annotations

from consent import criteria, defaults, history, import_columns
from ecrm.tenancy import services as tenancy

history.register()
criteria.register()
import_columns.register()
tenancy.furnishings.append(defaults.furnish)
