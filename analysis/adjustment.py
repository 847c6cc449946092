"""Take out of the answers what people say because of their trade, so that personas cut across it.

A nurse and an accountant who stay for the same reason write about wards and about ledgers. Attributes (job family,
tenure, site) are never a view; what they explain is taken *out* of every view instead. How much that is gets
estimated from the answers themselves: an attribute that explains nothing changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

#: A level of an attribute that fewer people share has no mean worth subtracting.
MIN_LEVEL = 3
#: With more columns than this beside the items, some are likely to be questions whose answers belong to personas.
MAX_ATTRIBUTES = 5


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


def without_level_means(
    block: NDArray[np.float32], answered: NDArray[np.bool_], levels: NDArray[np.str_]
) -> NDArray[np.float32]:
    """Subtract from each answer the mean of the answers by people of the same level, shrunken by its uncertainty.

    Parameters
    ----------
    block : ndarray of shape (n_people, dim)
        One view; zeros where there is no answer.
    answered : bool ndarray of shape (n_people,)
    levels : str ndarray of shape (n_people,)
        Empty where unknown: those answers stay as they are.

    Returns
    -------
    ndarray of shape (n_people, dim)
        The block itself if the attribute explains no more than chance would.

    Notes
    -----
    A one-way random-effects model: the mean of a level with n answers is multiplied by n / (n + W/B), where W is the
    variance within and B between levels, both estimated by analysis of variance (Searle, Casella & McCulloch 1992,
    Variance Components, section 3.6). It is the empirical-Bayes shrinkage of Efron & Morris (1973).
    """
    members = [answered & (levels == level) for level in sorted(set(levels[answered].tolist()) - {""})]
    members = [rows for rows in members if rows.sum() >= MIN_LEVEL]
    if len(members) < 2:
        return block
    sizes = np.array([rows.sum() for rows in members], dtype=float)
    means = np.array([block[rows].mean(axis=0, dtype=np.float64) for rows in members])
    n, n_levels = sizes.sum(), len(members)
    overall = sizes @ means / n
    within = sum(
        float(((block[rows] - mean) ** 2).sum()) for rows, mean in zip(members, means, strict=True)
    ) / max(n - n_levels, 1.0)
    spread = float(sizes @ ((means - overall) ** 2).sum(axis=1)) / (n_levels - 1)
    between = (spread - within) / ((n - (sizes**2).sum() / n) / (n_levels - 1))
    if between <= 0:
        return block
    adjusted = block.copy()
    for rows, mean, size in zip(members, means, sizes, strict=True):
        adjusted[rows] -= ((mean - overall) * size / (size + within / between)).astype(block.dtype)
    return adjusted
