"""Measurements of the product, each beside a limit measured in the same run.

A benchmark is a module with ``run(size: str, report: Report)``; ``manage.py bench NAME`` runs it
on servers set up as an installation would have them.
"""
