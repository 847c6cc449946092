"""How many of a group say a theme, which is more than are read as saying it.

Who is read as saying a theme mostly says it, but much of what people put in pictures is missed: of those who say one,
one in two to four is found. To count what a classifier finds is then a biased count (Forman 2008, quantification). A
group knows more than its sentences: where most of its people come nearer to a theme than everybody else, those who
come near mean it. So each person's chance of saying it is a logistic regression on two signs of their own, on the same
in their group, and on the same in all others; as many of a group count as these chances add up to. The weights were
fitted to people whom readers had judged (``python -m benchmarks.prevalence`` writes ``prevalence.json``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.kmeans import FloatArray, IntArray
from analysis.meaning import NOTHING_SAID, Mask, Nearness, Reading
from analysis.weighing import WEIGHED

#: What is estimated, each by weights of its own: themes, and what holds several of them (:mod:`analysis.families`).
Estimated = Literal["themes", "families"]

#: Of 2, 4, 8 and 16 this leaves neither small groups with too high shares nor large ones with too low ones.
LIKE_OTHERS = 8
#: What a sentence says of a theme that is not its own differs no more below this share.
LEAST_SHARE = 1e-3
#: No share is so surely near to none or all that its interval would vanish.
NEAREST_TO_NONE = 0.02
#: Chances differ in their last digits from one processor to the next.
N_DECIMALS = 4


def signs_of_people(reading: Reading, together: Mask | None = None) -> dict[str, Nearness]:
    """Return what each person's own answers tell, by name of the sign, each of shape (n_people, n_codes).

    ``nearness`` is how near the nearest sentence comes, and ``distinctness`` how far a sentence says this and not
    another theme: the logarithm of its share among all themes by the second opinion (softmax).

    Parameters
    ----------
    reading : Reading
    together : bool ndarray of shape (n_codes, n_families), optional
        Which codes are read together, as one: then signs are of these, each of shape (n_people, n_families).
    """
    if reading.evidence is None:
        raise ValueError("a reading without a second opinion has no signs")
    # Both are at their least where the item cannot show the code.
    shown = (reading.evidence != NOTHING_SAID) | (reading.nearness != NOTHING_SAID)
    evidence = np.where(_weighed(reading) & shown, reading.evidence, -np.inf)
    share = np.exp(evidence - evidence.max(axis=1, keepdims=True, initial=NOTHING_SAID))
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-12)
    nearness = reading.nearness
    if together is not None:
        share = share @ together.astype(np.float32)
        nearness = np.stack([nearness[:, codes].max(axis=1) for codes in together.T], axis=1)
    # Who said nothing says nothing distinct: the least there is, where the reading has its own least.
    above_least = np.log(share / LEAST_SHARE + 1, dtype=np.float32) + np.float32(NOTHING_SAID)
    distinct = reading.most(above_least) + np.float32(np.log(LEAST_SHARE) - NOTHING_SAID)
    return {"nearness": reading.most(nearness), "distinctness": distinct}


def with_context(signs: Mapping[str, Nearness], labels: IntArray) -> dict[str, FloatArray]:
    """Put beside each sign its mean over the others of a person's group and over everybody else.

    As if :data:`LIKE_OTHERS` more people of the group were like everybody else: the mean of a few is often high by
    chance, and a theme is shown where it is high.

    Parameters
    ----------
    signs : dict of str to ndarray of shape (n_people, n_codes)
    labels : ndarray of int, shape (n_people,)
        Group of each person; -1 is in none, and stands among all.
    """
    told: dict[str, FloatArray] = {}
    for name, sign in signs.items():
        total, n = sign.sum(axis=0, dtype=np.float64), len(sign)
        here, elsewhere = (np.tile(total / max(n, 1), (n, 1)) for _ in range(2))
        for label in range(int(labels.max(initial=-1)) + 1):
            members = labels == label
            inside, size = sign[members].sum(axis=0, dtype=np.float64), int(members.sum())
            others = (total - inside) / (n - size) if n > size else total / n
            here[members] = (inside - sign[members] + LIKE_OTHERS * others) / (size - 1 + LIKE_OTHERS)
            elsewhere[members] = others
        told |= {name: sign.astype(np.float64), f"{name} here": here, f"{name} elsewhere": elsewhere}
    return told


def counted(reading: Reading, labels: IntArray) -> Mask | None:
    """Return who counts as saying which code, shape (n_people, n_codes): of each group the likeliest.

    As many as their chances add up to, and at least all who are read as saying it; nobody where nobody is.

    Of skills and of what to read about, which are listed in words, and without a second opinion it is who is read as
    saying it; None if there is no opinion at all.

    Parameters
    ----------
    reading : Reading
    labels : ndarray of int, shape (n_people,)
        Group of each of the people who were read; -1 is in none.
    """
    if reading.evidence is None or not reading.sentences:
        return None
    found = likeliest(signs_of_people(reading), reading.said, labels, prevalence_weights("themes"))
    return np.where(_weighed(reading), found, reading.said)


def likeliest(
    signs: Mapping[str, Nearness],
    said: Mask,
    labels: IntArray,
    weights: Mapping[str, float],
    added: FloatArray | float = 0.0,
) -> Mask:
    """Return of each group as many as their chances add up to, at least all who said it, none where nobody did.

    Parameters
    ----------
    signs : mapping of str to ndarray of shape (n_people, n)
    said : bool ndarray of shape (n_people, n)
        Who is read as saying it.
    labels : ndarray of int, shape (n_people,)
    weights : mapping of str to float
        Of the signs and their context, by name, and the intercept.
    added : ndarray of shape (n,), optional
        What is added to the log-odds of each column.

    Returns
    -------
    bool ndarray of shape (n_people, n)
    """
    odds = np.full(said.shape, weights["intercept"]) + added
    for name, sign in with_context(signs, labels).items():
        odds += weights[name] * sign
    chance = np.round(1 / (1 + np.exp(-odds)), N_DECIMALS)
    found = np.zeros(chance.shape, dtype=bool)
    for label in range(-1, int(labels.max(initial=-1)) + 1):
        rows = np.flatnonzero(labels == label)
        expected = np.maximum(np.floor(chance[rows].sum(axis=0) + 0.5), said[rows].sum(axis=0))
        # Chances are never quite 0, and add up in large groups.
        expected[~said[rows].any(axis=0)] = 0
        order = np.argsort(-(said[rows] + chance[rows]), axis=0, kind="stable")
        found[rows] = np.argsort(order, axis=0, kind="stable") < expected
    return found


def interval_of(share: float, of: Estimated = "themes") -> tuple[float, float]:
    """Return between what the share that a reader would count lies in four of five cases, 0 to 1."""
    within = float(np.clip(share, NEAREST_TO_NONE, 1 - NEAREST_TO_NONE))
    odds = np.log(within / (1 - within))
    low, high = (float(1 / (1 + np.exp(-odds + sign * prevalence_weights(of)["spread"]))) for sign in (1, -1))
    return min(low, share), max(high, share)


@lru_cache(maxsize=2)
def prevalence_weights(of: Estimated) -> dict[str, float]:
    """Return the weight of each sign, the intercept, and how far shares were off (log-odds, four of five cases).

    Of families there is also what is added for a ``style``.
    """
    return dict(json.loads(files("analysis").joinpath("prevalence.json").read_text(encoding="utf-8"))[of])


def _weighed(reading: Reading) -> NDArray[np.bool_]:
    return np.array([code.kind in WEIGHED for code in reading.codes], dtype=bool)
