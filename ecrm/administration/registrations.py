"""What administration gives to the registries of the house."""
