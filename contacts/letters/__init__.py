"""E-mail between a colleague and one person: written on their page, answered into their history.

Read ``writing`` (the verbs), ``sending`` (how one leaves, through ``ecrm.mail.posting``),
``receiving`` (how the answer comes back). Letters are no marketing: they need no purpose, but a
blocked address is refused (``refusals``, which consent fills).
"""
