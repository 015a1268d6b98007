"""Text that others wrote, inside SVG and HTML."""

from __future__ import annotations

import re
from html import escape

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # no markup may hold these


def printable(said: str) -> str:
    """Return the text without what no markup may hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", said)


def text(said: str) -> str:
    """Return the text so that a reader sees it as it is, as content or inside an attribute's double quotes."""
    return escape(printable(said), quote=True)
