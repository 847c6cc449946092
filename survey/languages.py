"""The languages in which employees are spoken to, on their pages and on paper. A leaf.

A translation is one readable file, ``survey/translations/LANGUAGE.po``; it is turned into a catalogue in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from markupsafe import Markup

#: Languages by code, each in its own words.
NAMES = {"en": "English", "sv": "Svenska", "de": "Deutsch", "es": "Español", "ar": "العربية"}
FOLDER = Path(__file__).parent / "translations"


@lru_cache
def catalogue(language: str) -> Translations:
    """Return the translations into a language; none into English, in which everything is written."""
    compiled = BytesIO()
    if (path := FOLDER / f"{language}.po").exists():
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
        return Translations(compiled)
    return Translations()


def offered(worded: Sequence[str]) -> dict[str, str]:
    """Return our languages among those that a questionnaire is worded in, named; English if there is none."""
    return {code: name for code, name in NAMES.items() if code in worded} or {"en": NAMES["en"]}


def direction(language: str) -> str:
    """Return in which direction a language is written, ``ltr`` or ``rtl``."""
    return str(Locale.parse(language, sep="-").text_direction)


def speaker(language: str) -> Callable[..., Markup]:
    """Return what a template calls ``_``, for paper in another language than that of the page around it."""
    words = catalogue(language)

    def say(text: str, **values: object) -> Markup:
        return Markup(words.gettext(text)) % values  # noqa: S704 - our own texts; what is filled in is escaped

    return say
