"""The list of people: its language of filters, columns, orders, groups and saved views.

``query.ListQuery`` reads an address, ``people`` answers whom it means; everything else draws it.
"""
