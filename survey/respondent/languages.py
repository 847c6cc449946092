"""The languages of the answering pages, and which one a person gets. No cookie keeps it: it travels in the form.

A translation is one readable file, ``survey/translations/LANGUAGE.po``; it is turned into a catalogue in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, g, request
from flask_babel import Babel, Domain, get_locale, refresh
from werkzeug.exceptions import RequestEntityTooLarge

#: Languages by code, each in its own words.
NAMES = {"en": "English", "sv": "Svenska", "de": "Deutsch", "es": "Español", "ar": "العربية"}
#: The field, also of an address, with the language that somebody has chosen.
FIELD = "lang"
FOLDER = Path(__file__).parent.parent / "translations"


class _Catalogues(Domain):
    """Takes the catalogues from the files of this package."""

    def get_translations(self) -> Translations:
        return catalogue(str(get_locale() or "en"))


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


def init_app(app: Flask) -> None:
    """Let an application speak the languages."""
    babel = Babel(app, locale_selector=lambda: g.get("language") or asked_for(list(NAMES)))
    babel.domain_instance = _Catalogues()
    app.context_processor(_page_context)


def offered(worded: Sequence[str]) -> list[str]:
    """Return the languages of the pages among those that a questionnaire is worded in; English if there is none."""
    return [language for language in NAMES if language in worded] or ["en"]


def asked_for(languages: Sequence[str], roster: str = "") -> str:
    """Return what somebody chose, else what the roster says of them, else what their browser asks for."""
    wanted = (_chosen(), roster.partition("-")[0].lower())
    found = next((language for language in wanted if language in languages), None)
    return found or request.accept_languages.best_match(languages) or languages[0]


def _chosen() -> str:
    try:
        return (request.values.getlist(FIELD) or [""])[-1]
    except RequestEntityTooLarge:  # the page that says so speaks a language, too
        return request.args.get(FIELD, "")


def speak(language: str) -> None:
    """Answer this request in a language."""
    g.language = language
    refresh()


def to_keep() -> str | None:
    """Return the language of this request if an address has to say it, because the browser will not."""
    spoken = str(get_locale())
    return None if spoken == (request.accept_languages.best_match(NAMES) or "en") else spoken


def _page_context() -> dict[str, str]:
    locale = get_locale()
    return {"language": str(locale), "direction": locale.text_direction}
