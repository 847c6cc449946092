"""Reads of the tables of aliases for screens: what is in use, what is proposed, what changed, and who waits for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import zip_longest

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from survey.domain.aliases import (
    Named,
    bundled_table,
    difference,
    hash_in_force,
    latest_table,
    pairs_of,
    table_of,
)
from survey.enums import VersionState
from survey.models import AliasSuggestion, AliasTable, PersonaVersion, Score

_CHANGES = 10
#: So many rows of the own table are shown; it may have a hundred times as many.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Proposal:
    """A spelling that may be an alias. ``known_from`` is ``own``, ``bundled`` or ``colleagues``: who has the skill."""

    skill: str
    alias: str
    likeness: int
    n_leads: int
    known_from: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a version of the own table has and the one before had not, and the other way round."""

    number: int
    made_at: dt.datetime
    made_by: str
    hash: str
    added: tuple[Named, ...]
    removed: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class AliasPage:
    """What the page of aliases shows: of the ``n_own`` own aliases the first.

    ``n_outdated`` leads have numbers made by an earlier table.
    """

    own: tuple[Named, ...]
    n_own: int
    bundled: tuple[tuple[str, tuple[str, ...]], ...]
    hash: str
    proposals: tuple[Proposal, ...]
    declined: tuple[Named, ...]
    changes: tuple[Change, ...]
    n_outdated: int


def alias_page(session: Session) -> AliasPage:
    """Return the tables in use, what is proposed, and the latest changes."""
    latest = latest_table(session)
    own, bundled = table_of(latest), bundled_table()
    pairs = pairs_of(own)
    # One that is named by hand while a look is stored may still be there: the next look or change takes it away.
    known = {named.alias for named in pairs}
    suggestions = session.scalars(
        select(AliasSuggestion).order_by(
            AliasSuggestion.n_leads.desc(), AliasSuggestion.likeness.desc(), AliasSuggestion.alias
        )
    ).all()
    return AliasPage(
        own=tuple(pairs[:_SHOWN]),
        n_own=len(pairs),
        bundled=tuple((skill, tuple(aliases)) for skill, aliases in sorted(bundled.items()) if aliases),
        hash=latest.hash if latest else "",
        proposals=tuple(
            Proposal(
                one.skill,
                one.alias,
                one.likeness,
                one.n_leads,
                "own" if one.skill in own else "bundled" if one.skill in bundled else "colleagues",
            )
            for one in suggestions
            if one.declined_at is None and one.alias not in known
        ),
        declined=tuple(Named(one.skill, one.alias) for one in suggestions if one.declined_at),
        changes=_changes(session),
        n_outdated=count_outdated(session),
    )


def count_outdated(session: Session) -> int:
    """Return how many leads have a number that was made by an earlier table of aliases."""
    outdated = (
        select(func.count(Score.lead_id.distinct()))
        .join(PersonaVersion, PersonaVersion.id == Score.persona_version_id)
        .where(
            PersonaVersion.state == VersionState.PUBLISHED,
            Score.fit.is_not(None),
            Score.aliases_hash != hash_in_force(session),
        )
    )
    return session.scalar(outdated) or 0


def _changes(session: Session) -> tuple[Change, ...]:
    latest = select(AliasTable).order_by(AliasTable.number.desc()).limit(_CHANGES + 1)
    versions = session.scalars(latest.options(joinedload(AliasTable.author))).all()
    changes = []
    for version, before in zip_longest(versions, versions[1:]):
        added, removed = difference(table_of(version), table_of(before))
        changes.append(
            Change(
                version.number,
                version.made_at,
                (version.author.name or version.author.email) if version.author else "",
                version.hash,
                tuple(added),
                tuple(removed),
            )
        )
    return tuple(changes[:_CHANGES])
