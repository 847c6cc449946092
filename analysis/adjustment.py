"""Take out of the answers what people say because of their trade, so that personas cut across it.

A nurse and an accountant who stay for the same reason write about wards and about ledgers. Attributes (job family,
tenure, site) are never a view; what the one that explains most of the answers explains is taken *out* of every view
instead. Only that one: what another explains beyond it is hardly more than chance on practice organisations, except
where its levels differ in who works there – a small house that people stay at because it is home –, and that is what
personas are made of (docs/methods.md). How much is taken out is estimated from the answers themselves: an attribute
that explains nothing changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: A level of an attribute that fewer people share has no mean worth subtracting.
MIN_LEVEL = 3
#: With more columns than this beside the items, some are likely to be questions whose answers belong to personas.
MAX_ATTRIBUTES = 5

#: One view, and who answered it.
Answers = tuple[NDArray[np.float32], NDArray[np.bool_]]


def attribute_levels(attributes: Sequence[Mapping[str, str]]) -> tuple[NDArray[np.str_], ...]:
    """Return the levels of each attribute in the order of the people; nothing if there are too many attributes.

    Parameters
    ----------
    attributes : sequence of mapping of str to str
        Per person, attribute to level; an unknown level is absent or empty.

    Returns
    -------
    tuple of str ndarray of shape (n_people,)
        In the order of the attributes' names; an empty text where a level is unknown.
    """
    names = sorted({name for one in attributes for name in one})
    if len(names) > MAX_ATTRIBUTES:
        return ()
    return tuple(np.array([one.get(name, "") for one in attributes]) for name in names)


@dataclass(frozen=True, slots=True)
class LevelMeans:
    """What an attribute explains of one view: a one-way random-effects model.

    Parameters
    ----------
    members : tuple of bool ndarray of shape (n_people,)
        Who answered, one array per level with at least three answers.
    means : ndarray of shape (n_levels, dim)
        Of each level, less the mean over all of them.
    within, between : float
        Variance within levels and between them, estimated by analysis of variance (Searle, Casella & McCulloch 1992,
        Variance Components, section 3.6). By chance ``between`` lies around 0, so it may be negative.
    """

    members: tuple[NDArray[np.bool_], ...]
    means: NDArray[np.float64]
    within: float
    between: float

    @classmethod
    def of(cls, answers: Answers, levels: NDArray[np.str_]) -> LevelMeans | None:
        """Return what ``levels`` explain; nothing if fewer than two levels have enough answers."""
        block, answered = answers
        counts = Counter(levels[answered].tolist())
        del counts[""]
        members = [answered & (levels == level) for level, n in sorted(counts.items()) if n >= MIN_LEVEL]
        if len(members) < 2:
            return None
        sizes = np.array([rows.sum() for rows in members], dtype=float)
        means = np.array([block[rows].mean(axis=0, dtype=np.float64) for rows in members])
        n, n_levels = sizes.sum(), len(members)
        overall = sizes @ means / n
        within = sum(
            float(((block[rows] - mean) ** 2).sum()) for rows, mean in zip(members, means, strict=True)
        ) / max(n - n_levels, 1.0)
        spread = float(sizes @ ((means - overall) ** 2).sum(axis=1)) / (n_levels - 1)
        between = (spread - within) / ((n - (sizes**2).sum() / n) / (n_levels - 1))
        return cls(tuple(members), means - overall, within, between)

    @property
    def ratio(self) -> float:
        """Variance between levels as a share of that within, 0 where nothing varies."""
        return self.between / self.within if self.within else 0.0


def trade(views: Iterable[Answers], attributes: Sequence[NDArray[np.str_]]) -> NDArray[np.str_] | None:
    """Return the levels of the attribute that explains most of the answers, summed over the views.

    Parameters
    ----------
    views : iterable of (block, answered)
    attributes : sequence of str ndarray of shape (n_people,)
        From :func:`attribute_levels`; of two that explain as much the first is taken.

    Returns
    -------
    str ndarray of shape (n_people,) or None
        None if there is no attribute.
    """
    views = tuple(views)

    def explained(levels: NDArray[np.str_]) -> float:
        found = (LevelMeans.of(answers, levels) for answers in views)
        return sum(one.ratio for one in found if one)

    return max(attributes, key=explained, default=None)


def without_level_means(answers: Answers, levels: NDArray[np.str_]) -> NDArray[np.float32]:
    """Subtract from each answer the mean of the answers by people of the same level, shrunken by its uncertainty.

    Parameters
    ----------
    answers : (block, answered)
        One view of shape (n_people, dim) with zeros where there is no answer, and who answered.
    levels : str ndarray of shape (n_people,)
        Empty where unknown: those answers stay as they are.

    Returns
    -------
    ndarray of shape (n_people, dim)
        The block itself if the attribute explains no more than chance would.

    Notes
    -----
    The mean of a level with n answers is multiplied by n / (n + W/B), where W is the variance within and B between
    levels (:class:`LevelMeans`). It is the empirical-Bayes shrinkage of Efron & Morris (1973).
    """
    block, _ = answers
    found = LevelMeans.of(answers, levels)
    if found is None or found.between <= 0:
        return block
    adjusted = block.copy()
    for rows, mean in zip(found.members, found.means, strict=True):
        size = float(rows.sum())
        adjusted[rows] -= (mean * size / (size + found.within / found.between)).astype(block.dtype)
    return adjusted
