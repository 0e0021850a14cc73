"""What the platform's site shows. Importing registers."""

from ecrm.administration import platform_tenants, platform_users

__all__ = ["platform_tenants", "platform_users"]
