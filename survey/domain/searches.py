"""What a recruiter often looks for: kept by name, for that recruiter alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.exceptions import InvalidInputError, NotFoundError
from survey.models import SavedSearch
from survey.texts import one_line

NAME_CHARS = 80
MAX_SEARCHES = 50


def list_searches(session: Session, account_id: int) -> list[SavedSearch]:
    """Return somebody's searches by name."""
    own = SavedSearch.account_id == account_id
    return list(session.scalars(select(SavedSearch).where(own).order_by(SavedSearch.name)))


def save_search(session: Session, account_id: int, name: str, wish: Mapping[str, Any]) -> SavedSearch:
    """Keep a search; one of the same name is replaced. Raises InvalidInputError."""
    name = one_line(name)
    if not 0 < len(name) <= NAME_CHARS:
        raise InvalidInputError(f"Give the search a name of at most {NAME_CHARS} characters.")
    own = SavedSearch.account_id == account_id
    search = session.scalar(select(SavedSearch).where(own, SavedSearch.name == name))
    if search is None:
        if (session.scalar(select(func.count()).select_from(SavedSearch).where(own)) or 0) >= MAX_SEARCHES:
            raise InvalidInputError(f"You have {MAX_SEARCHES} saved searches. Remove one first.")
        search = SavedSearch(account_id=account_id, name=name)
        session.add(search)
    search.wish = dict(wish)
    session.flush()
    return search


def get_search(session: Session, account_id: int, search_id: int) -> SavedSearch:
    """Return one of somebody's searches. Raises NotFoundError, also if it is somebody else's."""
    search = session.get(SavedSearch, search_id)
    if search is None or search.account_id != account_id:
        raise NotFoundError("There is no such search. It may have been removed.")
    return search
