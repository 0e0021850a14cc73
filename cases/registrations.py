"""What cases give to the registries of the house."""
