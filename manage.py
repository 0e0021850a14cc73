#!/usr/bin/env python3
"""Runs eCRM: `demo`, `test` and `bench` here, every other command through Django.

Needs only Python: the environment in .venv is made, and kept current, on the way. The first lines
parse on very old Pythons so that these, too, get a sentence instead of a traceback.
"""

import os
import sys

OLDEST = (3, 11)


def main():  # type: () -> int
    if sys.version_info < OLDEST:
        sys.stderr.write(
            "eCRM needs Python %d.%d or newer; this is Python %d.%d (%s).\n"
            % (OLDEST[0], OLDEST[1], sys.version_info[0], sys.version_info[1], sys.executable)
        )
        return 1
    if os.name != "posix":
        sys.stderr.write("eCRM runs on Linux and macOS. On Windows, use it in WSL or with docker compose.\n")
        return 1
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from ecrm.bootstrap.commands import run

    return run(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
