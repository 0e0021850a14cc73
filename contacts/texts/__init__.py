"""Texts that speak to one person: merge fields, the small language they stand in, and their values.

Campaigns compile such texts for many (``campaigns.content``); ``filled`` is for one letter.
"""
