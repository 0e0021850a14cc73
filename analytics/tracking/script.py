"""``/p/t.js`` as it is served: the readable source without comments and needless space."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

SOURCE = Path(__file__).with_name("t.js")
LARGEST = 4_096
_STRINGS = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)""")
# The source ends its statements with semicolons and has no regular expressions, so this is safe.
_AROUND = re.compile(r"[ ]*([{}()\[\];,:=<>!&|?+*/]+)[ ]*")
_LINES = re.compile(r"(?<=[;{,(>|&?:=])\n|\n(?=[}.)])")


@lru_cache(maxsize=1)
def compact() -> bytes:
    lines = (line.strip() for line in SOURCE.read_text().splitlines())
    text = "\n".join(line for line in lines if line and not line.startswith("//"))
    parts = _STRINGS.split(text)
    return "".join(part if place % 2 else _squeezed(part) for place, part in enumerate(parts)).encode()


@lru_cache(maxsize=1)
def etag() -> str:
    return f'"{sha256(compact()).hexdigest()[:16]}"'


def _squeezed(code: str) -> str:
    return _LINES.sub("", _AROUND.sub(r"\1", code))
