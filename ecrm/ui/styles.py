"""The style sheet as one file: app.css with its imports put in their place.

There is no build: the sources are served as they are, only joined, in memory, at first use.
The address carries a hash of the content, so browsers may keep it for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from gzip import compress
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

_IMPORT = re.compile(r'@import url\("([^"]+)"\);\n')
_FONT = re.compile(r'url\("\.\./(fonts/[^"]+)"\)')


@dataclass(frozen=True, slots=True)
class Bundle:
    body: bytes
    gzipped: bytes
    version: str


def bundle() -> Bundle:
    """Joined once per process, and again after each change of a source while DEBUG is on."""
    folder = _folder()
    newest = max(p.stat().st_mtime_ns for p in folder.rglob("*.css")) if settings.DEBUG else 0
    return _join(folder, newest)


@lru_cache(maxsize=1)
def _join(folder: Path, newest: int) -> Bundle:
    entry = (folder / "app.css").read_text()
    css = _IMPORT.sub(lambda match: (folder / match[1]).read_text(), entry)
    css = _FONT.sub(lambda match: f'url("{static(match[1])}")', css)
    body = css.encode()
    return Bundle(body, compress(body, mtime=0), sha256(body).hexdigest()[:12])


def _folder() -> Path:
    found = finders.find("css/app.css")
    # Where only collected files are shipped, there is nothing for the finders to find.
    return Path(found).parent if found else Path(settings.STATIC_ROOT or "") / "css"
