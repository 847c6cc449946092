"""Invitees: who is on the roster of a draft, who of them is addressed, and the cards of those without e-mail."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from email_validator import SPECIAL_USE_DOMAIN_NAMES
from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.orm import Session

from survey.database import parts
from survey.domain.accounts import normal_email
from survey.domain.keys import KeyStore, survey_token
from survey.domain.links import MAX_CARDS, read_code
from survey.exceptions import InvalidInputError, NotFoundError
from survey.models import Invitee, Wave
from survey.models.base import random_key

# The common shape, checked forty times as fast; whatever is unlike it gets the thorough look that accounts get.
_PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9_'+-]+(?:\.[A-Za-z0-9_'+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?", re.IGNORECASE)
_SHOWN_ROWS = 5
_RANDOM = secrets.SystemRandom()


def check_roster(
    roster: Sequence[Mapping[str, str]],
    attributes: Sequence[Mapping[str, Any]] = (),
    numbers: Sequence[int] | None = None,
) -> None:
    """Check people before they are stored; ``numbers`` are their rows as a spreadsheet shows them.

    Raises InvalidInputError that names rows, never what stands in them.
    """
    if not roster:
        raise InvalidInputError("The roster is empty. Add the people who are to be invited.")
    numbers = numbers or range(1, len(roster) + 1)
    seen: dict[str, int] = {}
    wrong: list[int] = []
    doubled: list[int] = []
    foreign: list[int] = []
    for number, row in zip(numbers, roster, strict=True):
        email = (row.get("email") or "").strip()
        if email:
            key = email.casefold()
            if key in seen:
                doubled += [seen[key], number]
            seen.setdefault(key, number)
            if not _is_address(email):
                wrong.append(number)
        language = (row.get("language") or "").strip()
        if language and not _LANGUAGE.fullmatch(language):
            foreign.append(number)
        for attribute in attributes:
            band = row.get(attribute["name"])
            if band and band not in attribute["bands"]:
                raise InvalidInputError(
                    f"Row {number} of the roster: “{attribute['name']}” is none of the bands of this wave."
                )
    said = []
    if doubled:
        said.append(
            f"{_rows(doubled)} of the roster have the same e-mail address: one person would get two links. Leave "
            "one row for each address."
        )
    if wrong:
        said.append(
            f"{_rows(wrong)} of the roster: this is no e-mail address. Correct it, or leave it empty for people who "
            "get a printed code."
        )
    if foreign:
        said.append(f"{_rows(foreign)} of the roster: write the language as a code such as en or sv.")
    if said:
        raise InvalidInputError(" ".join(said))


def add_invitees(
    session: Session, wave: Wave, roster: Sequence[Mapping[str, str]], columns: Sequence[str]
) -> None:
    """Add checked people to a draft, each with the bands of these columns."""
    session.execute(
        insert(Invitee),
        [
            {
                "id": random_key(),
                "wave_id": wave.id,
                "email": (row.get("email") or "").strip(),
                "language": (row.get("language") or "").strip().lower(),
                "attributes": {name: row[name] for name in columns if row.get(name)},
            }
            for row in roster
        ],
    )
    wave.n_invited = count_invitees(session, wave.id)


def replace_invitees(
    session: Session,
    wave: Wave,
    roster: Sequence[Mapping[str, str]],
    groups: Mapping[str, Mapping[str, int]],
    numbers: Sequence[int] | None = None,
) -> None:
    """Give a draft another roster. Raises InvalidInputError and leaves the old one as it was."""
    check_roster(roster, numbers=numbers)
    session.execute(delete(Invitee).where(Invitee.wave_id == wave.id))
    wave.groups = {name: dict(bands) for name, bands in groups.items()}
    wave.audience, wave.attributes = {}, []
    add_invitees(session, wave, roster, list(groups))
    session.flush()


def count_invitees(session: Session, wave_id: int) -> int:
    """Count the people on the roster of a wave."""
    return session.scalar(select(func.count()).where(Invitee.wave_id == wave_id)) or 0


def is_addressed(audience: Mapping[str, Sequence[str]], attributes: Mapping[str, str]) -> bool:
    """Whether somebody with these bands is among the groups chosen: in every column that names any."""
    return all(attributes.get(name) in bands for name, bands in audience.items() if bands)


def settle_roster(session: Session, wave: Wave) -> list[dict[str, str]]:
    """Make the roster of a draft final: only those addressed, only the attributes asked for, cards dealt.

    Returns the attributes of everybody, for the coarsening tree. Cards are numbered in random order, so that
    no number tells where somebody stood on the roster.
    """
    session.flush()
    rows = session.execute(
        select(Invitee.id, Invitee.email, Invitee.attributes).where(Invitee.wave_id == wave.id)
    ).all()
    left_out = [row.id for row in rows if not is_addressed(wave.audience, row.attributes)]
    for some in parts(left_out, 500):
        session.execute(delete(Invitee).where(Invitee.id.in_(some)))
    out = set(left_out)
    kept = [row for row in rows if row.id not in out]
    names = [attribute["name"] for attribute in wave.attributes]
    final = {row.id: {name: row.attributes[name] for name in names if name in row.attributes} for row in kept}
    if changed := [row.id for row in kept if final[row.id] != row.attributes]:
        session.execute(update(Invitee), [{"id": key, "attributes": final[key]} for key in changed])
    blank = [random_key() for _ in range(wave.n_cards)]
    if blank:
        cards = [{"id": k, "wave_id": wave.id, "email": "", "language": "", "attributes": {}} for k in blank]
        session.execute(insert(Invitee), cards)
    without_mail = [*(row.id for row in kept if not row.email), *blank]
    if without_mail:
        numbers = _RANDOM.sample(range(1, len(without_mail) + 1), len(without_mail))
        dealt = [{"id": key, "card": n} for key, n in zip(without_mail, numbers, strict=True)]
        session.execute(update(Invitee), dealt)
    session.expire_all()
    return [*final.values(), *({} for _ in blank)]


def list_cards(session: Session, wave_id: int, *, first: int, last: int) -> list[int]:
    """Return the numbers of the cards from ``first`` to ``last`` that a wave has."""
    cards = select(Invitee.card).where(Invitee.wave_id == wave_id, Invitee.card.between(first, last))
    return [card for card in session.scalars(cards.order_by(Invitee.card)) if card is not None]


def count_cards(session: Session, wave_id: int) -> int:
    """Count the cards of a launched wave."""
    return session.scalar(select(func.count(Invitee.card)).where(Invitee.wave_id == wave_id)) or 0


def token_of_code(session: Session, keys: KeyStore, wave_id: int, code: str) -> str:
    """Return the survey link that a printed code stands for. Spends nothing. Raises NotFoundError."""
    card = read_code(keys, wave_id, code)
    invitee_id = session.scalar(select(Invitee.id).where(Invitee.wave_id == wave_id, Invitee.card == card))
    if invitee_id is None:
        raise NotFoundError("We do not know this code.")
    return survey_token(keys, wave_id, invitee_id)


def bands_of(
    groups: Mapping[str, Mapping[str, int]], name: str, audience: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return the bands of a column that can occur among the people addressed."""
    chosen = audience.get(name)
    return [band for band in groups[name] if not chosen or band in chosen]


def count_addressed(session: Session, wave: Wave) -> int:
    """Count who of a draft's roster is among the groups chosen, and its printed codes."""
    return _count(session, wave, Invitee.wave_id == wave.id)


def count_with_code(session: Session, wave: Wave) -> int:
    """Count who of a draft's roster will get a printed code, because no address is known, and the cards beside it."""
    return _count(session, wave, and_(Invitee.wave_id == wave.id, Invitee.email == ""))


def _count(session: Session, wave: Wave, people: ColumnElement[bool]) -> int:
    if not any(wave.audience.values()):
        n_people = session.scalar(select(func.count()).select_from(Invitee).where(people)) or 0
        return n_people + wave.n_cards
    rows = session.scalars(select(Invitee.attributes).where(people))
    return sum(is_addressed(wave.audience, attributes) for attributes in rows) + wave.n_cards


def languages_of(session: Session, wave_id: int) -> dict[str, int]:
    """Return how many people of a roster want which language."""
    counted = (
        select(Invitee.language, func.count()).where(Invitee.wave_id == wave_id).group_by(Invitee.language)
    )
    return dict(Counter(dict(session.execute(counted).all())).most_common())


def check_cards(n_cards: int, n_people: int) -> None:
    """Raise InvalidInputError for a number of printed codes that cannot be made."""
    if not 0 <= n_cards <= min(MAX_CARDS - n_people, 100_000):
        raise InvalidInputError("Give a number of printed codes from 0 to 100,000.")


def _is_address(email: str) -> bool:
    plain = len(email) <= 254 and "--" not in email and _PLAIN_EMAIL.fullmatch(email)
    if plain and email.rpartition(".")[2].lower() not in SPECIAL_USE_DOMAIN_NAMES:
        return True
    try:
        normal_email(email)
    except InvalidInputError:
        return False
    return True


def _rows(found: Sequence[int]) -> str:
    """Name the first rows of many: “Row 3”, “Rows 1 and 3”, “Rows 1, 2, 3, 4, 5 and 17 more”."""
    numbers = sorted(set(found))
    shown = [f"{number}" for number in numbers[:_SHOWN_ROWS]]
    if len(numbers) == 1:
        return f"Row {shown[0]}"
    if len(numbers) > len(shown):
        return f"Rows {', '.join(shown)} and {len(numbers) - len(shown):,} more"
    return f"Rows {', '.join(shown[:-1])} and {shown[-1]}"
