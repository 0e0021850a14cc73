"""eCRM: composition and kernel.

Nothing may be imported here: `ecrm.bootstrap` runs before any package is installed.
"""
