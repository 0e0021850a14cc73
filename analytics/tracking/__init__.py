"""Visits to the tenant's own sites: asked for in the browser, taken at one small door, joined to people."""
