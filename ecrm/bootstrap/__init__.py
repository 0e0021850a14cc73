"""Starts eCRM on a machine that has nothing but Python.

`venv` and `commands` use the standard library only, for they run before the environment exists;
the rest may use what is installed there. Nothing here imports Django.
"""
