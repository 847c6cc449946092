"""The words around a report, in its language: headings of the page and of the charts.

What a report says of people is written by the analysis; this is the frame. ``wording_<language>.json`` holds a
translation of every sentence, under the English one; edit them to change the wording.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import cast

from analysis.catalogue import catalogue
from analysis.stability import DOUBTFUL, band

#: Languages with a file beside this module.
LANGUAGES = ("sv", "de", "es", "pl")

#: What each band of stability means.
MEANINGS = {
    "highly stable": "when a random part of the people is analysed again, nearly the same ones come together",
    "stable": "when a random part of the people is analysed again, most of the same ones come together",
    "a pattern, but membership is doubtful": "when a random part of the people is analysed again, "
    "the group comes back, but with some other people in it",
    "not to be trusted yet": "when a random part of the people is analysed again, many are in other groups: "
    "wait for more answers",
}


class Wording:
    """Says the sentences of the frame in one language; in English where there is no other."""

    def __init__(self, language: str) -> None:
        #: What the page is written in.
        self.language = language if language in LANGUAGES else "en"
        self._texts = _texts(self.language)

    def gettext(self, message: str) -> str:
        """Return a sentence with its places left as they are."""
        return self._texts.get(message, message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Return the sentence for one or for several, with its places left as they are."""
        return self.gettext(singular if n == 1 else plural)

    def say(self, message: str, **parts: object) -> str:
        """Return a sentence with its places filled."""
        return self.gettext(message) % parts

    def reason(self, reason: str) -> str:
        """Return why responses were set aside."""
        return catalogue(self.language).word("reason", reason)

    def is_doubtful(self, stability: float) -> bool:
        """Say whether a group of that stability, 0 to 1, is not to be trusted yet."""
        return stability < DOUBTFUL

    def meaning(self, stability: float) -> str:
        """Return what a stability means, 0 to 1."""
        return self.gettext(MEANINGS[band(stability)])


@lru_cache(maxsize=8)
def _texts(language: str) -> Mapping[str, str]:
    if language == "en":
        return {}
    path = Path(__file__).parent / f"wording_{language}.json"
    return cast(Mapping[str, str], json.loads(path.read_text(encoding="utf-8")))
