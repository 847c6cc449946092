"""From views to groups of people: how many there are, who is in which, how surely, or the word "no".

Numbers only; what a group is called and what its people say is decided in :mod:`analysis.personas`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from analysis.clustering import ConsensusKMeans, by_size, core_of
from analysis.cores import MANY_PEOPLE, in_halves, side_by_side
from analysis.groups import MIN_PERSONA, Groups, NoGroupsError
from analysis.kmeans import FloatArray, IntArray, nearest
from analysis.membership import shares_of_draws, trusted
from analysis.report import Considered
from analysis.shared import SharedComponents, parallel_analysis
from analysis.stability import bootstrap_jaccard
from analysis.views import Views

#: On average a group must have this many people for its number to be considered. On practice organisations of 40 to 85
#: people 13 agrees better with the truth than 20 (docs/methods.md).
PEOPLE_PER_GROUP = 13
#: Never more personas than a reader can keep apart.
MAX_PERSONAS = 8

#: One group more must foretell answers so much better, measured by the root of what the first direction that views
#: share reaches by chance. On three redraws each of the demo, practice and held-out organisations this named the
#: planted number most often of .065 to .085 (docs/methods.md).
LEAST_GAIN = 0.08

#: What views share must lie this many standard deviations above what dealt answers share. By chance that happens in
#: less than one survey of a thousand; practice ones of 100 people lie far above (docs/methods.md).
MIN_DEVIATIONS = 3.5

#: Somebody of whose draws a smaller share goes to their group is in none.
MIN_SHARE = 1 / 3

#: Restarts that may vote: as many as place so many people in all, within bounds. Twice as many gain nothing on practice
#: organisations; half as many lose .01 (adjusted Rand index to the truth). The more people, the less hangs on the draw
#: of a restart (docs/benchmarks.md).
PLACED, N_RESTARTS = 300_000, (30, 300)
#: How often people are drawn anew for the groups that are shown, likewise, and how many times less often for a number
#: that is considered.
REDRAWN, N_REDRAWN, QUICKER = 120_000, (20, 40), 4
#: Restarts of each draw that only measures stability.
N_QUICK_RESTARTS = 24

#: Stability is measured on at most so many people. A survey of this size is a harder test than the whole one, and a
#: group that passes it is stable in the whole.
REDRAWN_SIZE = 1_000

#: Rows that are projected at a time, which bounds the memory for copies.
ROWS_PER_STEP = 512

Step = Callable[[int, str], None]


class Grouping:
    """Groups people by their views.

    Parameters
    ----------
    views : Views
        Two views or more.
    seed : int
        Draws what measures the groups, and the core of a very large survey.
    restarts : int, default 0
        Seed of the restarts and of chance. Groups and their number follow from the answers alone; benchmarks vary this
        to see how much hangs on it.
    """

    def __init__(self, views: Views, seed: int, restarts: int = 0) -> None:
        self.views = views
        self.seed = seed
        self.restarts = restarts
        self.core = core_of(len(views), seed)
        X = views.take(self.core).stacked
        shared = SharedComponents(widths=views.widths).fit(X)
        # What is repeated many times is repeated on these: the same directions in a fraction of the columns.
        self._compressed = np.hstack(shared.scores_)
        self._widths = tuple(view.shape[1] for view in shared.scores_)
        self._shared = shared
        # All views side by side would double the memory, so a few people at a time.
        starts = range(0, len(views), ROWS_PER_STEP)
        steps = [np.arange(start, min(start + ROWS_PER_STEP, len(views))) for start in starts]
        self.places: FloatArray = np.concatenate(
            side_by_side(lambda rows: self._contributions(rows).sum(axis=0), steps)
        )
        self._clusterers: dict[int, ConsensusKMeans] = {}
        self._redrawn: dict[int, FloatArray] = {}
        self._found_again: dict[tuple[int, int], IntArray] = {}

    def groups(self, n_groups: int | None, step: Step) -> Groups:
        """Choose how many groups there are, form them, and keep those that are large enough to be shown.

        Parameters
        ----------
        n_groups : int, optional
            How many to form; by default as many as the answers support.
        step : callable
            Told thousandths done of this step and a label.

        Raises
        ------
        NoGroupsError
            If the answers of one person to different items have nothing in common, or one group is left.
        """
        step(0, "counting personas")
        chance = parallel_analysis(
            self._compressed, self._widths, self.views.answered[self.core], self.restarts
        )
        largest = max(2, min(MAX_PERSONAS, len(self.core) // PEOPLE_PER_GROUP))
        k = n_groups or self._number(largest, LEAST_GAIN * chance.level**0.5)
        step(100, "forming groups")
        labels, shares = self.settled(self.cluster(k))
        # A few people far from everybody else are split off first, and dissolved: the others may still be two groups.
        while labels.max() < 1 and n_groups is None and k <= largest:
            k += 1
            labels, shares = self.settled(self.cluster(k))
        considered = self._considered(k, largest, step)
        if chance.deviations < MIN_DEVIATIONS:
            raise NoGroupsError("nothing shared", considered)
        if labels.max() < 1:
            raise NoGroupsError("one group", considered)
        step(700, "trying whether the groups hold")
        stability = self.stability(labels)
        return Groups(labels, trusted(shares, stability), stability, considered, self.places, k)

    def split(self, rows: IntArray) -> tuple[IntArray, FloatArray]:
        """Part some of the people in two along directions of their own: labels, and shares of each person's draws."""
        parts = Grouping(self.views.take(rows), self.seed)
        labels = parts.cluster(2)
        return labels, parts.shares(labels)

    def cluster(self, k: int) -> IntArray:
        """Return k groups of everybody, fitted on the core."""
        if len(self.core) == len(self.views):
            return self._fitted(k).labels_
        return by_size(self._fitted(k).predict(self.places))

    def _fitted(self, k: int) -> ConsensusKMeans:
        if k not in self._clusterers:
            n_restarts = self._as_many(PLACED, N_RESTARTS)
            clusterer = ConsensusKMeans(k, n_restarts, self.restarts)
            self._clusterers[k] = clusterer.fit(self.places[self.core], views=self._answers())
        return self._clusterers[k]

    def _as_many(self, people: int, bounds: tuple[int, int]) -> int:
        """How often something is repeated that looks at so many people in all."""
        return int(np.clip(people // len(self.views), *bounds))

    def _answers(self, rows: IntArray | slice = slice(None)) -> list[FloatArray]:
        """The views of some of the core, in their principal directions."""
        return np.split(self._compressed[rows], np.cumsum(self._widths)[:-1], axis=1)

    def settled(self, labels: IntArray) -> tuple[IntArray, FloatArray]:
        """Dissolve groups too small to be shown, the smallest first, and leave out who is sure of none.

        Returns
        -------
        labels : ndarray of int, shape (n_people,)
            By size; -1 where somebody fits nowhere.
        shares : ndarray of shape (n_people, k)
            Of each person's draws.
        """
        while True:
            shares = self.shares(labels)
            sure = shares[np.arange(len(labels)), labels] >= MIN_SHARE
            sizes = np.bincount(labels[sure], minlength=shares.shape[1])
            if len(sizes) < 2 or sizes.min() >= MIN_PERSONA:
                order = np.argsort(-sizes, kind="stable")
                rank = np.argsort(order)
                return np.where(sure, rank[labels], -1), shares[:, order]
            labels = self._without(labels, int(np.argmin(sizes)))

    def shares(self, labels: IntArray) -> FloatArray:
        """Return the share of each person's draws that goes to each group, shape (n_people, k)."""
        return shares_of_draws(self._contributions, self.places, self.views.answered, labels, self.seed)

    def _contributions(self, rows: IntArray) -> FloatArray:
        """What each view adds to the places of some people, shape (n_views, n_rows, n_components)."""
        return self._shared.contributions(self.views.take(rows).stacked)

    def stability(self, labels: IntArray) -> FloatArray:
        """Return how well each group comes back when people are drawn anew, shape (k,)."""
        return self._stability(labels[self.core], self._as_many(REDRAWN, N_REDRAWN))

    def _stability(self, labels: IntArray, n_draws: int) -> FloatArray:
        """Likewise, for groups of the core."""
        k, people = int(labels.max()) + 1, core_of(len(self.core), self.seed, REDRAWN_SIZE)

        # Every number of groups is tried on the same draws, so nothing is computed for the next one again.
        def draw(rows: IntArray, seed: int) -> tuple[FloatArray, IntArray]:
            places = self._redrawn.get(seed)
            if places is None:
                places = SharedComponents(widths=self._widths).fit_transform(self._compressed[people[rows]])
            clusterer = ConsensusKMeans(k, N_QUICK_RESTARTS, seed)
            return places, clusterer.fit(places, views=self._answers(people[rows])).labels_

        def group(draws: Sequence[IntArray], seeds: Sequence[int]) -> list[IntArray]:
            each = in_halves if len(self.views) >= MANY_PEOPLE else side_by_side
            missing = [one for one in zip(draws, seeds, strict=True) if (k, one[1]) not in self._found_again]
            for (_, seed), (places, found) in zip(
                missing, each(lambda one: draw(*one), missing), strict=True
            ):
                self._redrawn[seed], self._found_again[k, seed] = places, found
            return [self._found_again[k, seed] for seed in seeds]

        return bootstrap_jaccard(labels[people], group, self.seed, n_draws)

    def _without(self, labels: IntArray, group: int) -> IntArray:
        """Give the people of one group to the groups whose centres are nearest, and number them by size again."""
        others = [other for other in range(int(labels.max()) + 1) if other != group]
        centres = np.array([self.places[labels == other].mean(axis=0) for other in others])
        moved = np.where(labels == group, np.array(others)[nearest(self.places, centres)], labels)
        return by_size(moved)

    def _number(self, largest: int, least_gain: float) -> int:
        """The smallest number of groups after which one more does not foretell answers much better."""
        k = 2
        while k < largest and self._foretold(k + 1) > self._foretold(k) + least_gain:
            k += 1
        return k

    def _foretold(self, k: int) -> float:
        """How well one answer of a person is foretold from the others through k groups."""
        return self._fitted(k).foretold_

    def _considered(self, k: int, largest: int, step: Step) -> tuple[Considered, ...]:
        """The number taken and its neighbours, each with what speaks for it."""
        taken = max(self._foretold(k), 1e-12)
        n_draws = self._as_many(REDRAWN, N_REDRAWN) // QUICKER
        found: list[Considered] = []
        for number in (one for one in (k - 1, k, k + 1) if 2 <= one <= max(largest, k)):
            step(200 + 100 * len(found), "comparing numbers of personas")
            labels = self._fitted(number).labels_
            sizes = np.bincount(labels)
            stability = float(self._stability(labels, n_draws) @ sizes / sizes.sum())
            found.append(Considered(number, max(self._foretold(number), 0.0) / taken, stability))
        return tuple(found)
