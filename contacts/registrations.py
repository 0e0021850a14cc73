"""What contacts gives to the registries of the house."""
