"""What each part of the grouping is worth: the same people, one part taken away or exchanged at a time.

    python -m benchmarks.ablation [--draws 5]

Grounds are the demo and the practice organisations; every figure is the mean adjusted Rand index over the whole survey
and subsamples of 85 % of its people, with the number of personas told, so that only places and groups are compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from analysis import CachedEncoder, bundled_encoder
from analysis.clustering import ConsensusKMeans
from analysis.encoder import DIM
from analysis.facets import cut
from analysis.kmeans import FloatArray, IntArray
from analysis.shared import SharedComponents
from analysis.static_encoder import StaticEncoder
from analysis.views import Person, Views, build_views, prepare
from benchmarks.grounds import NONE, Ground, demo, practice

Changed = Callable[[Views, list[Person]], Views]
Placed = Callable[[Views], FloatArray]
Grouped = Callable[[Views, FloatArray, int], IntArray]


def adjusted(views: Views, people: list[Person]) -> Views:
    return views.adjusted([person.response.attributes for person in people])


def left_in(views: Views, _people: list[Person]) -> Views:
    return views


def without_words(views: Views, people: list[Person]) -> Views:
    blocks = {item: block[:, :DIM] for item, block in views.blocks.items()}
    return adjusted(Views(blocks, views.present, views.channels), people)


def channels_at(weight: float) -> Changed:
    def reweighted(views: Views, people: list[Person]) -> Views:
        views = adjusted(views, people)
        lengths = np.linalg.norm(views.channels, axis=1).max()
        return Views(views.blocks, views.present, views.channels * np.float32(weight / lengths))

    return reweighted


def shared(views: Views, n_components: int = 20) -> FloatArray:
    X: FloatArray = SharedComponents(n_components, widths=views.widths).fit_transform(views.stacked)
    return X


def principal(views: Views, n_components: int = 15) -> FloatArray:
    X: FloatArray = SharedComponents(n_components).fit_transform(views.stacked)
    return X


def consensus(views: Views, places: FloatArray, k: int) -> IntArray:
    by_view = SharedComponents(widths=views.widths).fit(views.stacked).scores_
    return ConsensusKMeans(k, 300).fit(places, views=by_view).labels_


PLACES: dict[str, tuple[Changed, Placed]] = {
    "as it is": (adjusted, shared),
    "trades left in": (left_in, shared),
    "principal directions": (adjusted, principal),
    "principal, trades left in": (left_in, principal),
    "10 directions": (adjusted, partial(shared, n_components=10)),
    "40 directions": (adjusted, partial(shared, n_components=40)),
    "no words beside": (without_words, shared),
    "no channels": (channels_at(1e-6), shared),
    "channels at .3": (channels_at(0.3), shared),
    "channels at 1": (channels_at(1.0), shared),
}
GROUPED: dict[str, Grouped] = {
    "every restart votes, as it is": lambda _, places, k: ConsensusKMeans(k, 300).fit(places).labels_,
    "best of 20 k-means": lambda _, places, k: KMeans(k, n_init=20, random_state=0).fit_predict(places),
    "Gaussian mixture, tied": lambda _, places, k: GaussianMixture(
        k, covariance_type="tied", n_init=5, random_state=0
    ).fit_predict(places),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=5, help="subsamples beside the whole survey")
    n_draws = parser.parse_args().draws
    encoder = CachedEncoder(bundled_encoder())
    surveys = {ground.name: _surveys(ground, n_draws, encoder) for ground in (demo(), *practice())}
    print(f"{'':<28}" + "".join(f"{name:>9}" for name in surveys) + f"{'mean':>9}")
    ways: list[tuple[str, Changed, Placed, Grouped]] = [
        (name, changed, placed, consensus) for name, (changed, placed) in PLACES.items()
    ]
    ways += [(name, *PLACES["as it is"], grouped) for name, grouped in GROUPED.items()]
    for name, changed, placed, grouped in ways:
        with threadpool_limits(limits=1, user_api="blas"):
            figures = [
                float(np.mean([_agreement(survey, changed, placed, grouped) for survey in drawn]))
                for drawn in surveys.values()
            ]
        print(
            f"{name:<28}" + "".join(f"{figure:>9.3f}" for figure in [*figures, np.mean(figures)]), flush=True
        )


Survey = tuple[Views, list[Person], list[str]]


def _surveys(ground: Ground, n_draws: int, encoder: CachedEncoder) -> list[Survey]:
    """The whole survey and its subsamples, each centred and adjusted on its own."""
    everybody = [person for person in prepare(ground.corpus, languages=()) if person.set_aside is None]
    random = np.random.default_rng(0)
    drawn = [np.arange(len(everybody))]
    drawn += [
        np.sort(random.choice(len(everybody), int(0.85 * len(everybody)), replace=False))
        for _ in range(n_draws)
    ]
    found = []
    for rows in drawn:
        people = [everybody[row] for row in rows]
        views = build_views(people, ground.corpus.items, encoder, words=StaticEncoder(), cut=cut)
        found.append((views, people, [ground.truth[person.response.id] for person in people]))
    return found


def _agreement(survey: Survey, changed: Changed, placed: Placed, grouped: Grouped) -> float:
    views, people, planted = survey
    views = changed(views, people)
    counted = [row for row, persona in enumerate(planted) if persona != NONE]
    k = len({planted[row] for row in counted})
    labels = grouped(views, placed(views), k)
    return float(adjusted_rand_score([planted[row] for row in counted], [labels[row] for row in counted]))


if __name__ == "__main__":
    main()
