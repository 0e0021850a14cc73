class BootstrapError(Exception):
    """Something a person can mend; its text is one or two plain sentences for the terminal."""
