"""What import gives to the registries of the house."""

from contacts.imports import tasks

# The web process asks for this work by name, so the names must be known there too.
__all__ = ["tasks"]
