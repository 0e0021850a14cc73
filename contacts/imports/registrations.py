"""What import gives to the registries of the house."""
