"""The sentences of a report in its language: templates in ``catalogue_<language>.json``, filled by rule.

Edit the files to change the wording; every language has the same keys. Labels of themes are in the codebook.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import cast

from babel import Locale

from analysis.text import SPOKEN_LANGUAGES


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The templates of one language."""

    texts: dict[str, str]

    def say(self, key: str, **parts: object) -> str:
        """Return a template with its places filled.

        Raises
        ------
        KeyError
            If there is no such template or a place is left empty.
        """
        return self.texts[key].format(**parts)

    def joined(self, parts: Sequence[str]) -> str:
        """Join with commas and a final "and".

        Examples
        --------
        >>> catalogue("en").joined(["pay", "hours", "pension"])
        'pay, hours and pension'
        >>> catalogue("es").joined(["LinkedIn", "Instagram"])
        'LinkedIn e Instagram'
        """
        head, last = ", ".join(parts[:-1]), parts[-1] if parts else ""
        # Before the sound of an i, Spanish has another word for "and".
        key = "joined before i" if re.match(r"h?[ií](?!e)", last, re.IGNORECASE) else "joined"
        return self.say(key, head=head, last=last) if head else last

    def word(self, prefix: str, value: str) -> str:
        """Translate one of a few fixed words, such as a band of stability; an unknown one stays as it is."""
        return self.texts.get(f"{prefix} {value}", value)

    def percent(self, share: float) -> str:
        """Write a share, 0 to 1."""
        return self.say("percent", number=f"{100 * share:.0f}")


def language_name(language: str) -> str:
    """Call a language as its own reports do, or by its code if it has no name.

    Examples
    --------
    >>> [language_name(language) for language in ("sv", "el")]
    ['svenska', 'Greek']
    """
    written = language if language in SPOKEN_LANGUAGES else "en"
    return str(Locale(written).languages.get(language, language))


@lru_cache(maxsize=8)
def catalogue(language: str) -> Catalogue:
    """Return the catalogue of a language; English for one without."""
    name = language if language in SPOKEN_LANGUAGES else "en"
    raw = files("analysis").joinpath(f"catalogue_{name}.json").read_text(encoding="utf-8")
    return Catalogue(cast(dict[str, str], json.loads(raw)))
