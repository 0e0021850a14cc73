"""What consent gives to the registries of the house."""

from __future__ import annotations

from consent import defaults, history
from ecrm.tenancy import services as tenancy

history.register()
tenancy.furnishings.append(defaults.furnish)
