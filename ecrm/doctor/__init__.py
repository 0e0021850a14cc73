"""``manage.py doctor``: looks at everything eCRM depends on and says in plain words what is wrong."""
