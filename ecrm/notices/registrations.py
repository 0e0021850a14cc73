"""What notifications give to the registries of the house."""
