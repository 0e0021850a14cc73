"""What the API gives to the registries of the house."""
