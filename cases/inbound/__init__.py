"""Mail that arrives: which case it belongs to (``threading``), and what is done with it (``receiver``)."""
