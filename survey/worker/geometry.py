"""Where dots may stand on a map of people, and the soft outline of a group of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, KDTree

Places = NDArray[np.float64]

#: How far company may be, in distances of a typical dot from the middle. Of 30 dots that are spread evenly about it,
#: 1 in 20 then stands alone; of 160 hardly one.
REACH = 1.5
#: The outline goes round this share of a group, those nearest to its middle: a few strays do not stretch it.
CORE = 0.9
#: Corners of the disc that every dot is taken for; rounds the outline, and gives one even to dots in one place.
N_CORNERS = 16


def in_company(places: Places, n_company: int) -> NDArray[np.bool_]:
    """Say which dots stand among others.

    Parameters
    ----------
    places : ndarray of shape (n, 2)
    n_company : int
        How many dots, itself included, must stand about each.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether so many are within reach.
    """
    if len(places) < n_company:
        return np.zeros(len(places), dtype=bool)
    reach = REACH * np.median(np.linalg.norm(places - middle(places), axis=1))
    distances, _ = KDTree(places).query(places, k=n_company)
    among_others: NDArray[np.bool_] = np.asarray(distances)[:, -1] <= reach
    return among_others


def middle(places: Places) -> Places:
    """Return the point amid a group, wherever a few strays are, shape (2,)."""
    return np.asarray(np.median(places, axis=0))


def outline(places: Places, margin: float) -> Sequence[tuple[float, float]]:
    """Return the corners of the convex hull of a group's core, rounded and ``margin`` wide of it, in order."""
    distances = np.linalg.norm(places - middle(places), axis=1)
    core = places[np.argsort(distances, kind="stable")[: max(1, round(CORE * len(places)))]]
    angles = np.linspace(0, 2 * np.pi, N_CORNERS, endpoint=False)
    disc = margin * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    grown = (core[:, None, :] + disc).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in grown[ConvexHull(grown).vertices]]
