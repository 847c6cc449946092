"""What comes of grouping people: who is in which group and how surely, or the word "no".

Apart from :mod:`analysis.grouping`, which loads scikit-learn, so that reading answers need not wait for that.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.kmeans import FloatArray, IntArray
from analysis.report import Considered

#: A persona has at least this many people.
MIN_PERSONA = 10


class NoGroupsError(Exception):
    """No groups; the message is the reason, under which the catalogues say what to do."""

    def __init__(self, reason: str, considered: tuple[Considered, ...] = ()) -> None:
        super().__init__(reason)
        self.considered = considered


@dataclass(frozen=True, slots=True)
class Groups:
    """People in groups.

    Parameters
    ----------
    labels : ndarray of int, shape (n_people,)
        0 to k-1 from the largest to the smallest; -1 is in none.
    membership : ndarray of shape (n_people, k)
        Chance that the person belongs to each group, 0 to 1.
    stability : ndarray of shape (k,)
        Bootstrap Jaccard similarity, 0 to 1.
    considered : tuple of Considered
        The numbers of groups that were looked at.
    places : ndarray of shape (n_people, n_components)
        The people along the directions that their views share.
    n_formed : int
        Groups before those that are too small were dissolved, k or more.
    """

    labels: IntArray
    membership: FloatArray
    stability: FloatArray
    considered: tuple[Considered, ...]
    places: FloatArray
    n_formed: int
