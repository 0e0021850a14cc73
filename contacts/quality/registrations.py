"""What quality gives to the registries of the house."""
