"""Which language a person gets on the answering pages. No cookie keeps it: it travels in the form."""

from __future__ import annotations

from collections.abc import Sequence

from babel.support import Translations
from flask import Flask, g, request
from flask_babel import Babel, Domain, get_locale, refresh
from werkzeug.exceptions import RequestEntityTooLarge

from survey.languages import NAMES, catalogue

#: The field, also of an address, with the language that somebody has chosen.
FIELD = "lang"


class _Catalogues(Domain):
    """Takes the catalogues from the files of this package."""

    def get_translations(self) -> Translations:
        return catalogue(str(get_locale() or "en"))


def init_app(app: Flask) -> None:
    """Let an application speak the languages."""
    babel = Babel(app, locale_selector=lambda: g.get("language") or asked_for(list(NAMES)))
    babel.domain_instance = _Catalogues()
    app.context_processor(_page_context)


def asked_for(languages: Sequence[str], roster: str = "") -> str:
    """Return what somebody chose, else what the roster says of them, else what their browser asks for."""
    wanted = (_chosen(), roster.partition("-")[0].lower())
    found = next((language for language in wanted if language in languages), None)
    return found or request.accept_languages.best_match(languages) or languages[0]


def _chosen() -> str:
    try:
        return (request.form.getlist(FIELD) or request.args.getlist(FIELD) or [""])[-1]
    except RequestEntityTooLarge:  # the page that says so speaks a language, too
        return request.args.get(FIELD, "")


def speak(language: str) -> None:
    """Answer this request in a language."""
    g.language = language
    refresh()


def to_keep() -> str | None:
    """Return the language of this request if an address has to say it, because the browser will not."""
    spoken = g.get("language") or str(get_locale())
    return None if spoken == (request.accept_languages.best_match(NAMES) or "en") else spoken


def _page_context() -> dict[str, str]:
    locale = get_locale()
    return {"language": str(locale), "direction": locale.text_direction}
