"""What duplicates gives to the registries of the house."""
