"""The soft outline of a group of dots on a map of people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import ConvexHull

from analysis.company import Places, middle

#: The outline goes round this share of a group, those nearest to its middle: a few strays do not stretch it.
CORE = 0.9
#: Corners of the disc that every dot is taken for; rounds the outline, and gives one even to dots in one place.
N_CORNERS = 16


def outline(places: Places, margin: float) -> Sequence[tuple[float, float]]:
    """Return the corners of the convex hull of a group's core, rounded and ``margin`` wide of it, in order."""
    distances = np.linalg.norm(places - middle(places), axis=1)
    core = places[np.argsort(distances, kind="stable")[: max(1, round(CORE * len(places)))]]
    angles = np.linspace(0, 2 * np.pi, N_CORNERS, endpoint=False)
    disc = margin * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    grown = (core[:, None, :] + disc).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in grown[ConvexHull(grown).vertices]]
