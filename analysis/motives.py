"""Reasons to stay, compared: which share of every persona speaks of which motive, and of what matters to one of them.

The lists of a persona hold what sets it apart; a comparison needs the others' shares of the same motives too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from analysis.describe import MIN_PEOPLE, Members, Term, telling, without_few
from analysis.kmeans import IntArray
from analysis.report import Motive, Persona

#: A motive that so many of all people name is compared even if it sets no persona apart.
COMMON = 0.2


def motive_shares(
    motives: Sequence[Term],
    labels: IntArray,
    personas: Sequence[Persona],
    dropped: Collection[tuple[str, str]] = (),
) -> tuple[Motive, ...]:
    """Compare personas by what matters to one of them, and the motives that set one apart or that many people share.

    Parameters
    ----------
    motives : sequence of Term
        The motives of the codebook and the families of motives, with who names them.
    labels : ndarray of int, shape (n_people,)
        Persona of each of the same people, by its place in ``personas``; -1 is in none.
    personas : sequence of Persona
    dropped : collection of (str, str)
        Keys of personas with a motive that a person took off their card: its share is not told.

    Returns
    -------
    tuple of Motive
        The most widespread first.
    """
    groups = {persona.key: labels == number for number, persona in enumerate(personas)}
    told = {one.text for persona in personas for one in persona.concerns}
    apart = {
        motive.text
        for motive in motives
        for key, members in groups.items()
        if motive.kind == "theme" and (key, motive.text) not in dropped and telling([motive], members)
    }
    compared = [one for one in motives if one.text in told | apart or _is_common(one)]
    compared = list(without_few(compared, labels))
    compared.sort(key=lambda motive: (-int(motive.people.sum()), motive.text))
    found = (Motive(motive.text, _shares(motive, groups, dropped)) for motive in compared)
    # One that fewer than five people of every persona name would say nothing but that.
    return tuple(motive for motive in found if any(share is not None for share in motive.shares.values()))


def _is_common(motive: Term) -> bool:
    return motive.kind == "theme" and bool(motive.people.mean() >= COMMON)


def _shares(
    motive: Term, groups: Mapping[str, Members], dropped: Collection[tuple[str, str]]
) -> dict[str, float | None]:
    """Return the share in each group, hidden where fewer than five people name the motive or a person dropped it."""
    counts = {key: int(motive.people[members].sum()) for key, members in groups.items()}
    return {
        key: counts[key] / int(members.sum())
        if counts[key] >= MIN_PEOPLE and (key, motive.text) not in dropped
        else None
        for key, members in groups.items()
    }
