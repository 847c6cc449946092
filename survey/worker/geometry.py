"""Where the soft outline of a group of dots on a map of people goes, and where its number stands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy.spatial import ConvexHull

from analysis.company import Places, middle

#: The outline goes round this share of a group, those nearest to its middle: a few strays do not stretch it.
CORE = 0.9
#: Corners of the disc that every dot is taken for; rounds the outline, and gives one even to dots in one place.
N_CORNERS = 16
#: Numbers of so many groups are apart long before; it ends the search where there is no room.
MAX_ROUNDS = 100


def outline(places: Places, margin: float) -> Sequence[tuple[float, float]]:
    """Return the corners of the convex hull of a group's core, rounded and ``margin`` wide of it, in order."""
    distances = np.linalg.norm(places - middle(places), axis=1)
    core = places[np.argsort(distances, kind="stable")[: max(1, round(CORE * len(places)))]]
    angles = np.linspace(0, 2 * np.pi, N_CORNERS, endpoint=False)
    disc = margin * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    grown = (core[:, None, :] + disc).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in grown[ConvexHull(grown).vertices]]


def apart(places: Places, gap: float) -> Places:
    """Move places that are nearer to each other than ``gap`` away from each other until they are not, shape (n, 2)."""
    moved = np.array(places, dtype=float)
    for _ in range(MAX_ROUNDS):
        close = False
        for i, j in combinations(range(len(moved)), 2):
            way = moved[j] - moved[i]
            distance = float(np.linalg.norm(way))
            if distance >= gap * 0.99:
                continue
            close = True
            step = (gap - distance) / 2 * (way / distance if distance else np.array([1.0, 0.0]))
            moved[i] -= step
            moved[j] += step
        if not close:
            break
    return moved
