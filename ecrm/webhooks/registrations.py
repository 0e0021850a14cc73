"""What the webhook inbox gives to the registries of the house."""
