"""A mail relay for trying things out: takes every message, delivers none, remembers all.

`python -m ecrm.mail.catcher --smtp-port N --http-port M --dir D` needs no Django and no database
server. Its log is written before a message is acknowledged, so it can answer for what it took.
"""
