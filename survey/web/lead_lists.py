"""The list of leads that somebody works through: what it was asked for goes along from page to page.

Filters and order stand in the address. Words may name people, so they are kept in the session and never in an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import g, request, session, url_for
from flask_security import current_user

from survey.domain.leads import list_owners
from survey.domain.queries.leads import (
    EVIDENCE_LEVELS,
    NOBODY,
    SORTS,
    UNSCORED,
    PersonaName,
    Wish,
    list_versions,
)
from survey.enums import Band
from survey.extensions import db

WORDS = ("search", "place", "skill")
#: What of a wish stands in an address, by the name that it has there.
FILTERS = {
    "persona": "version_id",
    **{name: name for name in ("band", "evidence", "source", "owner", "sort")},
}


def versions() -> list[PersonaName]:
    """Return the published persona versions; a request asks once, as the database reads their large blocks."""
    if "versions" not in g:
        g.versions = list_versions(db.session)
    return cast(list[PersonaName], g.versions)


def read_wish(values: Mapping[str, str], words: Mapping[str, str] | None = None) -> Wish:
    """Read what is asked for, with the words of the session by default; what nobody can ask for counts as not asked."""
    words = remembered_words() if words is None else words
    ranking = {str(version.id) for version in versions() if version.standing.ranks}
    owners = {str(account.id) for account in list_owners(db.session)}

    def one_of(name: str, choices: set[str]) -> str:
        value = values.get(name, "")
        return value if value in choices else ""

    persona = one_of("persona", ranking)
    return Wish(
        version_id=int(persona) if persona else None,
        **{word: words[word] for word in WORDS},
        band=one_of("band", {*Band}),
        source=values.get("source", "")[:120].replace("\0", ""),
        evidence=one_of("evidence", {*EVIDENCE_LEVELS, UNSCORED}),
        owner=one_of("owner", owners | {NOBODY}),
        sort=one_of("sort", {*SORTS}),
    )


def filters_of(wish: Wish) -> dict[str, Any]:
    """Return what of a wish stands in an address."""
    values = {name: getattr(wish, field) for name, field in FILTERS.items()}
    return {name: value for name, value in values.items() if value}


def remember_words(words: Mapping[str, str]) -> None:
    """Keep the words for this account: the next person at this browser does not see them."""
    plain = {word: " ".join(text.replace("\0", "").split()) for word, text in words.items()}
    session["lead_search"] = [current_user.id, plain]


def remembered_words() -> dict[str, str]:
    """Return the words that were searched for last."""
    account_id, held = session.get("lead_search", (None, {}))
    words = held if account_id == current_user.id and isinstance(held, dict) else {}
    return {word: str(words.get(word, "")) for word in WORDS}


def shown_version() -> int | None:
    """Return the persona version that a lead's page is to explain, if one was chosen there or in the list."""
    return request.args.get("shown", type=int) or request.args.get("persona", type=int)


def here(wish: Wish | None = None) -> dict[str, Any]:
    """Return the arguments of a lead's page: the list that it was opened from, and the persona looked at."""
    shown = request.args.get("shown", type=int)
    return {**filters_of(wish or read_wish(request.args)), **({"shown": shown} if shown else {})}


def lead_address(lead_id: int, anchor: str) -> str:
    """Return the address of the page of a lead as it was, at one of its parts."""
    return url_for("leads.show_lead", lead_id=lead_id, **here(), _anchor=anchor)
