"""Figures that compare what was found with what was planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from benchmarks.grounds import NONE

N_BINS = 10


def agreement(truth: Mapping[str, str], found: Mapping[str, Hashable]) -> float:
    """Adjusted Rand index (Hubert & Arabie 1985) over the people with a planted persona.

    Being in none of the groups found counts as one more group.
    """
    people = [one for one, persona in truth.items() if persona != NONE]
    return float(adjusted_rand_score([truth[one] for one in people], [str(found.get(one)) for one in people]))


def between(runs: Sequence[Mapping[str, Hashable]], people: Sequence[str]) -> float:
    """Mean adjusted Rand index between any two runs over the same people."""
    labels = [[str(run.get(one)) for one in people] for run in runs]
    return float(np.mean([adjusted_rand_score(a, b) for a, b in combinations(labels, 2)]))


def right_or_wrong(truth: Mapping[str, str], found: Mapping[str, Hashable]) -> dict[str, bool]:
    """For everybody placed: is their planted persona the one that most of their group have?

    Whoever was planted in none is placed wrongly.
    """
    planted: dict[Hashable, Counter[str]] = {}
    for one, group in found.items():
        planted.setdefault(group, Counter())
        if truth[one] != NONE:
            planted[group][truth[one]] += 1
    # Of equal ones, the first by name.
    most = {
        group: max(sorted(counts), key=counts.__getitem__, default=None) for group, counts in planted.items()
    }
    return {one: truth[one] == most[group] for one, group in found.items()}


def calibration_error(said: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error: how far the chance that was said lies from the share that came true.

    Ten bins of equal width, weighted by the people in them (Naeini, Cooper & Hauskrecht 2015).
    """
    chance, came_true = np.asarray(said, dtype=float), np.asarray(right, dtype=float)
    bins = np.minimum((chance * N_BINS).astype(int), N_BINS - 1)
    return float(
        sum(
            abs(chance[bins == one].mean() - came_true[bins == one].mean()) * (bins == one).mean()
            for one in np.unique(bins)
        )
    )
