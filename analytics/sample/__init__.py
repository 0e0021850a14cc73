"""Sample data: two tenants in different trades, made through the services, the same every time."""
