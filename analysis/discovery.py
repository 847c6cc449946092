"""From a corpus to a report: the order of the steps, and when the answer is "no personas".

Each step lives in a module of its own; this one decides what follows from what.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

from analysis.clustering import (
    Clustering,
    consensus,
    core_of,
    cross_view_gains,
    reduce,
    shuffle,
)
from analysis.corpus import Corpus, Progress, Response
from analysis.describe import MIN_PEOPLE, Lexicon, common_themes
from analysis.encoder import Encoder
from analysis.kmeans import FloatArray, IntArray
from analysis.meaning import read
from analysis.personas import describe_personas, neighbours, people_map
from analysis.report import Assignment, Considered, Report, SetAside
from analysis.scoring_block import scoring_block
from analysis.stability import bootstrap_jaccard
from analysis.text import language_of
from analysis.views import Person, Views, build_views, prepare

#: Under this many usable responses the machine names no personas.
MIN_USABLE = 30
#: Under this many they are hints.
MIN_SETTLED = 100
#: A persona has at least this many people.
MIN_PERSONA = 10
#: On average a group must have this many people for its number to be considered.
PEOPLE_PER_GROUP = 20
#: Never more personas than a reader can keep apart.
MAX_PERSONAS = 8

#: The smallest number of personas is taken that predicts at least this share of what the best number does.
GAIN_TOLERANCE = 0.95
#: The gain must be this many times what the luckiest shuffle reaches, and this many standard deviations above
#: what shuffles reach on average: the first tells where many people make luck small, the second where few do not.
GAIN_MARGIN, GAIN_DEVIATIONS = 2.0, 3.0
N_SHUFFLES = 8

#: Somebody whose best group holds less than this share of their votes is in none.
MIN_MEMBERSHIP = 0.3


@dataclass(frozen=True, slots=True)
class _Groups:
    """What the numbers say before anything is put into words."""

    clustering: Clustering
    labels: IntArray
    stability: FloatArray
    considered: tuple[Considered, ...]
    Z: FloatArray


class _Refused(Exception):  # noqa: N818 - an outcome with a sentence, not an error
    """No personas; the message says why and what to do."""

    def __init__(self, sentence: str, considered: tuple[Considered, ...] = ()) -> None:
        super().__init__(sentence)
        self.considered = considered


def discover(
    corpus: Corpus,
    *,
    encoder: Encoder,
    seed: int = 0,
    n_personas: int | None = None,
    names: Collection[str] = frozenset(),
    progress: Progress | None = None,
) -> Report:
    """Find personas among the people of a corpus.

    Parameters
    ----------
    corpus : Corpus
        All responses; their order does not matter.
    encoder : Encoder
    seed : int, default 0
        The same corpus and seed give the same report, byte for byte.
    n_personas : int, optional
        How many to look for, 2 or more; by default the number the answers support.
    names : collection of str
        Names of colleagues to mask wherever they stand, beyond those recognised by themselves.
    progress : Progress, optional

    Returns
    -------
    Report
        Without personas when there is too little to say; ``refusal`` then says why and what to do.

    Examples
    --------
    >>> from analysis import Corpus, bundled_encoder, discover
    >>> discover(Corpus(responses=(), items=()), encoder=bundled_encoder()).n_used
    0
    """
    # Thousands of small products: with more threads each one waits for the slowest, and digits change with them.
    with threadpool_limits(limits=1, user_api="blas"):
        return _discover(corpus, encoder, seed, n_personas, names, _Steps(progress))


class _Steps:
    """One bar over all steps, in thousandths: encoding takes most of the time."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def at(self, done: int, label: str) -> None:
        if self._progress is not None:
            self._progress(done, 1000, label)

    def encoding(self, done: int, total: int, label: str) -> None:
        self.at(20 + 680 * done // max(total, 1), label)


def _discover(
    corpus: Corpus,
    encoder: Encoder,
    seed: int,
    n_personas: int | None,
    names: Collection[str],
    steps: _Steps,
) -> Report:
    steps.at(0, "reading answers")
    ordered = replace(corpus, responses=tuple(sorted(corpus.responses, key=_content_key)))
    language = _language(ordered)
    known = language in encoder.languages
    everybody = prepare(ordered, languages=encoder.languages if known else (), names=names)
    people = [person for person in everybody if person.set_aside is None]
    report = Report(
        seed=seed,
        n_responses=len(corpus),
        n_used=len(people),
        refusal=None,
        language=language,
        exploratory=len(people) < MIN_SETTLED or not known,
        items=corpus.items,
        notes=_notes(len(people), language, known),
        set_aside=_set_aside(everybody),
    )
    try:
        _require_enough(people, corpus.items)
        views = build_views(people, corpus.items, encoder, steps.encoding)
        groups = _group(views, seed, n_personas, steps)
    except _Refused as refused:
        return replace(
            report,
            refusal=str(refused),
            n_personas_considered=refused.considered,
            themes=common_themes(read(people, encoder if known else None, language)),
            assignments=_assignments(corpus, everybody, {}),
        )
    steps.at(880, "describing personas")
    reading = read(people, encoder if known else None, language)
    lexicon = Lexicon([tuple(person.texts.values()) for person in people], language)
    personas = describe_personas(
        people, views, groups.labels, groups.stability, corpus.items, lexicon, reading
    )
    placed = {
        person.response.id: (personas[label].key, float(membership[label]))
        for person, label, membership in zip(people, groups.labels, groups.clustering.membership, strict=True)
        if label >= 0
    }
    steps.at(940, "preparing scores")
    used = Corpus(tuple(person.response for person in people), corpus.items)
    return replace(
        report,
        personas=personas,
        n_personas_considered=groups.considered,
        themes=common_themes(reading),
        map=people_map(groups.Z, groups.labels, personas, seed),
        neighbours=neighbours(views, groups.labels, [persona.key for persona in personas]),
        scoring=scoring_block(used, placed, encoder, seed=seed),
        assignments=_assignments(corpus, everybody, placed),
    )


def _require_enough(people: Sequence[Person], items: Sequence[str]) -> None:
    if len(people) < MIN_USABLE:
        missing = MIN_USABLE - len(people)
        raise _Refused(
            f"Only {len(people)} responses can be used and personas need at least {MIN_USABLE}: "
            f"collect {missing} more and run the discovery again."
        )
    answered = [item for item in items if sum(item in person.texts for person in people) >= MIN_USABLE // 2]
    if len(answered) < 2:
        raise _Refused(
            "Personas need answers to at least two open-ended items, and fewer were answered: "
            "ask a second question, or name the column that holds it."
        )


def _group(views: Views, seed: int, n_personas: int | None, steps: _Steps) -> _Groups:
    """Choose how many groups there are, form them, and keep those that are large enough to be shown."""
    core = core_of(len(views), seed)
    fitted = views if len(core) == len(views) else views.take(core)
    Z = reduce(views, core)
    largest = max(2, min(MAX_PERSONAS, len(core) // PEOPLE_PER_GROUP))
    numbers = [n_personas] if n_personas else list(range(2, largest + 1))
    considered = _consider(fitted, Z[core], numbers, seed, steps)
    _require_gain(fitted, considered, seed, steps)
    k = n_personas or _best(considered)
    steps.at(860, "forming groups")
    clustering = consensus(Z, k, seed, core)
    clustering, labels = _large_enough(clustering)
    if labels.max() < 1:
        raise _Refused(
            f"The answers form only one group of at least {MIN_PERSONA} people, so there is nothing to tell apart: "
            "collect more responses or ask for fewer personas.",
            considered,
        )
    stability = bootstrap_jaccard(Z[core], labels[core], seed)
    return _Groups(clustering, labels, stability, considered, Z)


def _consider(
    views: Views, Z: FloatArray, numbers: Sequence[int], seed: int, steps: _Steps
) -> tuple[Considered, ...]:
    found = []
    for done, k in enumerate(numbers):
        steps.at(700 + 100 * done // len(numbers), "counting personas")
        gain = float(cross_view_gains(views, Z, k, seed, _n_repeats(views)).mean())
        labels = consensus(Z, k, seed).labels
        sizes = np.bincount(labels)
        stability = float(bootstrap_jaccard(Z, labels, seed, n_draws=15) @ sizes / sizes.sum())
        found.append(Considered(k, gain, stability))
    return tuple(found)


def _n_repeats(views: Views) -> int:
    """How often people are divided into fifths: often when they are few and each division is noisy."""
    return 30 if len(views) < 500 else 5


def _require_gain(views: Views, considered: tuple[Considered, ...], seed: int, steps: _Steps) -> None:
    """Refuse when the answers of a person predict one another no better than answers of different people do."""
    by_chance = []
    for draw in range(N_SHUFFLES):
        steps.at(800 + 60 * draw // N_SHUFFLES, "comparing with chance")
        shuffled = shuffle(views, seed + draw)
        Z = reduce(shuffled, np.arange(len(shuffled)))
        n_repeats = max(1, _n_repeats(views) // 5)
        by_chance.append(
            max(float(cross_view_gains(shuffled, Z, one.k, seed, n_repeats).mean()) for one in considered)
        )
    limit = max(
        GAIN_MARGIN * max(by_chance), float(np.mean(by_chance) + GAIN_DEVIATIONS * np.std(by_chance)), 0.0
    )
    if max(one.gain for one in considered) <= limit:
        raise _Refused(
            "What people wrote to one item says nothing about what they wrote to another, so there are themes but "
            "no personas: collect more responses, or ask questions that people answer from experience.",
            considered,
        )


def _best(considered: Sequence[Considered]) -> int:
    enough = GAIN_TOLERANCE * max(one.gain for one in considered)
    return min(one.k for one in considered if one.gain >= enough)


def _large_enough(clustering: Clustering) -> tuple[Clustering, IntArray]:
    """Dissolve groups too small to be shown, the smallest first; people who fit nowhere get the label -1."""
    affinity = clustering.affinity
    while True:
        kept = Clustering(np.argmax(affinity, axis=1), affinity)
        labels = np.where(kept.membership.max(axis=1) >= MIN_MEMBERSHIP, kept.labels, -1)
        sizes = np.bincount(labels[labels >= 0], minlength=affinity.shape[1])
        if affinity.shape[1] < 2 or sizes.min() >= MIN_PERSONA:
            order = np.argsort(-sizes, kind="stable")
            rank = np.append(np.argsort(order), -1)
            return Clustering(rank[kept.labels], affinity[:, order]), rank[labels]
        affinity = np.delete(affinity, int(np.argmin(sizes)), axis=1)


def _content_key(response: Response) -> str:
    """Order responses by what they say, so that the order of the file changes nothing."""
    content = (sorted(response.answers.items()), sorted(response.channels), response.quote)
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _language(corpus: Corpus) -> str:
    found = Counter(language_of("\n".join(response.answers.values())) for response in corpus.responses)
    known = {language: n for language, n in found.items() if language is not None}
    return max(sorted(known), key=lambda language: known[language]) if known else "en"


def _notes(n_used: int, language: str, known: bool) -> tuple[str, ...]:
    notes = []
    if not known:
        notes.append(
            f"Most answers are written in a language ({language}) that the encoder does not know, so these "
            "personas are hints at most. Set a model for that language to get findings."
        )
    if MIN_USABLE <= n_used < MIN_SETTLED:
        notes.append(
            f"These personas rest on {n_used} responses and are exploratory: "
            f"{MIN_SETTLED - n_used} more would settle them."
        )
    return tuple(notes)


def _set_aside(people: Sequence[Person]) -> tuple[SetAside, ...]:
    counts = Counter(person.set_aside for person in people if person.set_aside is not None)
    return tuple(SetAside(reason, n if n >= MIN_PEOPLE else None) for reason, n in sorted(counts.items()))


def _assignments(
    corpus: Corpus, people: Sequence[Person], placed: dict[str, tuple[str, float]]
) -> tuple[Assignment, ...]:
    reasons = {person.response.id: person.set_aside for person in people}
    unplaced = "between personas" if placed else "no personas"
    return tuple(
        Assignment(response.id, *placed[response.id], None)
        if response.id in placed
        else Assignment(response.id, None, 0.0, reasons[response.id] or unplaced)
        for response in corpus.responses
    )
