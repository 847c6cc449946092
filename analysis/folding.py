"""The letters in which texts are compared. A leaf of its own: who looks at names of skills alone loads no word list."""

from __future__ import annotations

import unicodedata

#: Fills a place inside a word (the rest of ``&eacute;``); ignored when a text is read.
JOINT = "\u00ad"


def folded(text: str) -> list[str]:
    """Return what stands between the spaces of a text, in the letters in which texts are compared."""
    if text.isascii():
        return text.lower().split()
    return unicodedata.normalize("NFKC", text.replace(JOINT, "")).replace("’", "'").casefold().split()
