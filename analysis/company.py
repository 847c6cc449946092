"""Which dots on a map of people say nothing about the one person each stands for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from analysis.describe import MIN_PEOPLE
from analysis.groups import MIN_PERSONA

Places = NDArray[np.float64]

#: How far company may be, in distances of a typical dot from the middle. Of 30 dots that are spread evenly about it,
#: 1 in 20 then stands alone; of 160 hardly one.
REACH = 1.5


def middle(places: Places) -> Places:
    """Return the point amid a group, wherever a few strays are, shape (2,)."""
    return np.asarray(np.median(places, axis=0))


def in_company(places: Places, groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which dots may be shown.

    Parameters
    ----------
    places : ndarray of shape (n, 2)
    groups : ndarray of int, shape (n,)
        The group of each, -1 for those in none, who are a group of their own.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether five dots that are shown, itself included, are within reach, and ten of its group are shown.
    """
    shown = np.ones(len(places), dtype=bool)
    while len(rows := np.flatnonzero(shown)) >= MIN_PERSONA:
        reach = REACH * np.median(np.linalg.norm(places[rows] - middle(places[rows]), axis=1))
        distances = np.asarray(KDTree(places[rows]).query(places[rows], k=MIN_PEOPLE)[0])
        of_group = np.bincount(groups[rows] + 1)[groups[rows] + 1]
        alone = (distances[:, -1] > reach) | (of_group < MIN_PERSONA)
        if not alone.any():
            return shown
        # Each dot that goes leaves others with less company.
        shown[rows[alone]] = False
    return np.zeros(len(places), dtype=bool)
