"""What the palette gives to the registries of the house."""
