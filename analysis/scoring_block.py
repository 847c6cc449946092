"""From employees' answers to a scoring block: traits of each persona and facet, and the colleagues to compare with.

The block is plain data that can be written as JSON and read back to the same numbers. Scores are computed from it in
:mod:`analysis.scoring`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis import calibration, traits
from analysis.aliases import own_hash
from analysis.cores import side_by_side
from analysis.corpus import Corpus, Progress
from analysis.encoder import Encoder
from analysis.facets import (
    FACET_WEIGHTS,
    FACETS,
    KINDS,
    REST,
    SCHEMA_VERSION,
    Cutter,
    Facet,
    cut,
    less_rivals,
    observed_sets,
    segments_of,
    weighted_mean,
)
from analysis.labels import Labels
from analysis.learning import (
    LIKE_FIELD,
    Learnt,
    Said,
    Stretches,
    facet_of_words,
    learn,
    name_themes,
    name_words,
)
from analysis.lexicon import MIN_RESPONDENTS, Lexicon, likely_names, stems, word_forms
from analysis.segments import Segment
from analysis.views import texts_of

Made = TypeVar("Made")

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Who is learnt from, whose stretches are tried, and these.
Fold = tuple[Mask, Mask, Stretches]

#: What content people want says how to reach them, not who fits.
IGNORED_ITEMS = frozenset({"content"})

#: Whoever says less than this share of a size is compared with nobody who says so much.
LEAST_OF_SIZE = 0.75
#: Nor with those who say so many times as much, if this share of a persona's people is left.
MOST_OF_SIZE, LEAST_BRIEF = 2, 0.25
#: Sizes that fewer of a persona's people reach would stand for few of them: leads who say more are compared below.
LEAST_REACHING = 0.5
#: Evidence size at which a persona is judged: a short profile.
USUAL_SIZE = calibration.SIZES[2]
#: So much nearly nobody says: people are tried on all they said.
WHOLE = calibration.SIZES[-1]
#: A persona whose colleagues cannot be told from others (area under the curve) ranks nobody.
MIN_AUC = 0.7
#: Under so many colleagues a persona's scores are provisional.
PROVISIONAL_COLLEAGUES = 20
#: Of a larger persona a random part is scored.
MAX_REFERENCE_PEOPLE = 400
#: Nobody may let a trait count more often than this, or weigh a facet more.
MOST, MOST_OF_FACET = 2.0, 100
#: Even the least certain member weighs something.
LEAST_DEGREE = 0.01
#: Parts into which people are cut to try traits on those they were not made from.
N_FOLDS = 4
#: Without a floor a kind of match in which nobody differs would outweigh all else.
LEAST_SPREAD = 0.01


def scoring_block(
    corpus: Corpus,
    membership: Mapping[str, tuple[str, float]],
    encoder: Encoder,
    *,
    seed: int,
    cleaned: Mapping[str, Mapping[str, str]] | None = None,
    weights: Mapping[Facet, int] = FACET_WEIGHTS,
    cut: Cutter = cut,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Learn what to look for in leads from the employees of each persona.

    Parameters
    ----------
    corpus : Corpus
        All responses; those in no persona serve as others.
    membership : mapping of str to (str, float)
        Response id to persona key and degree of membership, 0 to 1.
    encoder : Encoder
    seed : int
        For the random stretches of answers in the calibration. Equal inputs and seed give an equal block,
        whatever the order of the responses.
    cleaned : mapping of str to (mapping of str to str), optional
        Response id to what may be used of each answer, if that is known already; else
        :func:`analysis.views.texts_of` says it.
    weights : mapping of str to int, optional
        How the facets count when colleagues are compared with each other; what is learnt is the same by any.
    cut : callable, optional
        Cuts answers as :func:`analysis.facets.cut` does.
    progress : Progress, optional
        Called while texts are encoded and twice per persona.

    Returns
    -------
    dict
        Plain data for JSON; floats have at most 6 decimals.

    Notes
    -----
    What is learnt is what the persona's people say more than everybody does, as a direction of meaning per facet and
    as weights of words (Rocchio 1971). Traits name it. References are length-matched and leave-one-out.
    """
    if cleaned is None:
        cleaned = {response.id: texts_of(response) for response in corpus.responses}
    said, keys, degrees = _read(cleaned, membership, encoder, cut, progress)
    names = sorted({key for key in keys if key is not None})
    done, n_steps = count(1), 2 + 2 * len(names)

    def told(found: Made) -> Made:
        if progress is not None:
            progress(next(done), n_steps, "learning what to look for in leads")
        return found

    labels = Labels(encoder, told(said).lexicon, said.forms)
    label_of = told({facet: labels.of_words(facet) for facet in FACETS})
    rng = np.random.default_rng(seed)
    tried = _sample(keys, rng)
    stretches = Stretches(said, tried, rng.random((calibration.N_STRETCHES, len(said.segments))))

    def draft_of(name: str) -> _Draft:
        degree = np.where([key == name for key in keys], degrees, 0.0)
        return told(_Draft.of(name, said, degree, stretches, labels, label_of))

    def left_out_of(draft: _Draft) -> dict[int, Floats]:
        return told(_left_out(said, folds, stretches.shape, draft, weights))

    drafts = side_by_side(draft_of, names)
    folds = _folds(said.n_people, stretches)
    left_out = dict(zip(names, side_by_side(left_out_of, drafts), strict=True))
    aucs = {draft.name: draft.auc(left_out[draft.name], stretches) for draft in drafts}
    rivals = [draft for draft in drafts if _ranks(draft, aucs[draft.name])]
    nearest = {
        (size, subset): _greatest(
            [_mean_of(one.near[size], subset, weights, missing_ok=True) for one in rivals], stretches.shape
        )
        for size in calibration.SIZES
        for subset in observed_sets()
    }
    nearest_whole = _greatest([left_out[one.name][WHOLE] for one in rivals], stretches.shape)
    personas = [
        _persona(
            draft,
            stretches,
            nearest,
            less_rivals(left_out[draft.name][WHOLE], nearest_whole),
            aucs[draft.name],
            weights,
        )
        for draft in drafts
    ]
    return {
        "schema_version": SCHEMA_VERSION,
        "encoder": encoder.hash,
        **({"aliases": own_hash()} if own_hash() else {}),
        "words": {"rarity": dict(said.lexicon.rarity), "unseen": said.lexicon.unseen},
        "facets": {
            facet: {"weight": weights[facet], "middle": traits.packed(said.middles[facet])}
            for facet in FACETS
        },
        "personas": personas,
    }


def for_one(block: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a block that scores one persona to the same numbers, whatever becomes of its neighbours.

    Others by which leads may be ranked are kept as they were, because a lead who is nearer to them fits this one less.
    """
    others = [
        {
            "ranks": persona["ranks"],
            "spread": persona["spread"],
            "facets": {facet: {**part, "reference": {}} for facet, part in persona["facets"].items()},
        }
        for persona in block["personas"]
        if persona["key"] != key and persona["ranks"]
    ]
    personas = [persona for persona in block["personas"] if persona["key"] == key]
    return {**block, "personas": personas, "others": others}


def reweighed(
    block: Mapping[str, Any],
    *,
    facets: Mapping[str, int] | None = None,
    traits_of: Mapping[tuple[str, str], float] | None = None,
) -> dict[str, Any]:
    """Return a block that counts as people want it to, and as usual where they want nothing.

    The given one stays as it is. The scale stays the one of the usual weights; see :func:`recalibrated`.

    Parameters
    ----------
    block : mapping
        From :func:`scoring_block`.
    facets : mapping of str to int, optional
        Weight of each facet, 0 or more, 100 in all.
    traits_of : mapping of (facet, name) to float, optional
        How traits count, 0 (not at all) to :data:`MOST`; 1 is as the answers have it.

    Raises
    ------
    ValueError
        With a sentence for the screen, if a weight cannot be used or a trait is not there.
    """
    weights = FACET_WEIGHTS | dict(facets or {})
    if weights.keys() != set(FACETS) or min(weights.values()) < 0 or sum(weights.values()) != 100:
        raise ValueError("The weights of who, skills and why must be 0 or more and come to 100.")
    wanted = dict(traits_of or {})
    if any(not 0 <= weight <= MOST for weight in wanted.values()):
        raise ValueError(f"A trait counts from 0 (not at all) to {MOST:g} times.")
    changed: dict[str, Any] = json.loads(json.dumps(block))
    found = set()
    for facet in FACETS:
        changed["facets"][facet]["weight"] = weights[facet]
        for persona in changed["personas"]:
            for entry in counted(persona, facet):
                key = (facet, entry["text"])
                entry["weight"] = wanted.get(key, 1.0)
                found.add(key)
    if unknown := sorted(wanted.keys() - found):
        raise ValueError(f"No trait of this persona is called “{unknown[0][1]}”.")
    return changed


def recalibrated(block: Mapping[str, Any], measured: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a block of one persona whose colleagues were scored anew by its facet weights.

    Parameters
    ----------
    block : mapping
        From :func:`for_one`, perhaps :func:`reweighed`.
    measured : mapping
        What :func:`scoring_block` makes of the same answers by these facet weights.

    Returns
    -------
    dict or None
        None if other things were learnt of the answers, as another version of this program may: then the colleagues are
        not those that the block describes. Traits that count otherwise are not looked at: colleagues get them once.
        ``compared`` holds the weights by which colleagues were scored.
    """
    (persona,) = block["personas"]
    measured = json.loads(json.dumps(measured))
    fresh = next((one for one in measured["personas"] if one["key"] == persona["key"]), None)
    # Those by which leads were not ranked are not held; by other weights they may be.
    learnt = [_learnt(one) for one in measured["personas"] if one is not fresh]
    held = [_learnt(one) for one in block.get("others", [])]
    if fresh is None or _learnt(persona) != _learnt(fresh) or any(one not in learnt for one in held):
        return None
    weights = {facet: measured["facets"][facet]["weight"] for facet in FACETS}
    changed: dict[str, Any] = json.loads(json.dumps({**block, "compared": weights}))
    changed["others"] = for_one(measured, persona["key"])["others"]
    (one,) = changed["personas"]
    one |= {name: fresh[name] for name in ("ranks", "auc", "found", "reference")}
    for facet in FACETS:
        one["facets"][facet]["reference"] = fresh["facets"][facet]["reference"]
    return changed


def _learnt(persona: Mapping[str, Any]) -> list[Any]:
    """What tells whether two personas of a block were learnt from the same answers."""
    return [persona["spread"], *(persona["facets"][facet]["direction"] for facet in FACETS)]


def counted(persona: Mapping[str, Any], facet: Facet) -> list[dict[str, Any]]:
    """Return everything of a facet of a block that has a weight: themes, words, and what is like neither."""
    of_facet = persona["facets"][facet]
    rest = [of_facet["rest"]] if "rest" in of_facet else []
    return [*(entry for kind in KINDS for entry in of_facet[kind]), *rest]


def _read(
    cleaned: Mapping[str, Mapping[str, str]],
    membership: Mapping[str, tuple[str, float]],
    encoder: Encoder,
    cut: Cutter,
    progress: Progress | None,
) -> tuple[Said, list[str | None], Floats]:
    """Cut and encode everything, people sorted by what they said so that the order of rows cannot matter."""
    spoken: list[tuple[str, str, float, list[Segment], list[str]]] = []
    for response_id, answers in cleaned.items():
        texts = {item: text for item, text in answers.items() if item not in IGNORED_ITEMS}
        segments: dict[str, tuple[Segment, str]] = {}
        for item in sorted(texts, key=lambda item: (item in LIKE_FIELD, item)):
            for segment in segments_of(item, texts[item], cut=cut):
                segments.setdefault(segment.text, (segment, item))
        key, degree = membership.get(response_id, ("", 0.0))
        content = hashlib.sha256("\n".join([key, *segments]).encode("utf-8", "replace")).hexdigest()
        said_in = list(segments.values())
        spoken.append((content, key, degree, [s for s, _ in said_in], [i for _, i in said_in]))
    spoken.sort(key=lambda entry: (entry[0], entry[2]))
    flat = tuple(segment for *_, segments, _ in spoken for segment in segments)
    names = likely_names(
        text for answers in cleaned.values() for item, text in answers.items() if item not in IGNORED_ITEMS
    )
    # What so many list as a skill is a tool.
    listed = Counter(
        chain.from_iterable(
            frozenset().union(*(stems(segment.text) for segment in segments if segment.field == "skills"))
            for *_, segments, _ in spoken
        )
    )
    names -= {word for word, n in listed.items() if n >= MIN_RESPONDENTS}
    said = Said(
        np.repeat(np.arange(len(spoken)), [len(segments) for *_, segments, _ in spoken]),
        flat,
        tuple(item for *_, items in spoken for item in items),
        encoder.encode([segment.text for segment in flat], progress),
        Lexicon.of([[stems(segment.text) for segment in segments] for *_, segments, _ in spoken], names),
        word_forms(segment.text for segment in flat),
        len(spoken),
    )
    degrees = np.array([max(degree, LEAST_DEGREE) for _, _, degree, *_ in spoken], dtype=np.float64)
    return said, [key or None for _, key, *_ in spoken], degrees


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is learnt of one persona before it is compared with the others.

    Parameters
    ----------
    name : str
    degree : array, shape (n_people,)
    belongs : array of int, shape (n_words,)
        To which facet each word belongs.
    facets : dict
        What the block holds of each facet, references aside.
    spread : dict
    near : dict
        How near people come as strangers, per evidence size and facet that its people speak to, shape (n_people,
        n_stretches).
    """

    name: str
    degree: Floats
    belongs: NDArray[np.intp]
    facets: dict[Facet, dict[str, Any]]
    spread: dict[str, float]
    near: Mapping[int, Mapping[Facet, Floats]]

    @classmethod
    def of(
        cls,
        name: str,
        said: Said,
        degree: Floats,
        stretches: Stretches,
        labels: Labels,
        label_of: Mapping[Facet, Mapping[str, str]],
    ) -> _Draft:
        inside = degree > 0
        learnt = learn(said, degree, np.ones_like(inside), stretches.people)
        belongs = facet_of_words(said, inside)
        facets: dict[Facet, dict[str, Any]] = {}
        for number, facet in enumerate(FACETS):
            weights = learnt.words * (belongs == number)
            facets[facet] = {
                "direction": traits.packed(learnt.direction[facet]),
                "themes": name_themes(
                    said, facet, inside, said.middles[facet], learnt.direction[facet], labels
                ),
                "words": name_words(said, inside, weights, label_of[facet], REST[facet], labels),
                "rest": {"text": REST[facet], "weight": 1.0},
                "reference": {},
            }
        reached = {size: _reached(learnt, belongs, stretches, size) for size in calibration.SIZES}
        spread = {kind: _spread(reached[USUAL_SIZE], kind) for kind in KINDS}
        near = {
            size: {facet: _near(of_size[facet], spread) for facet in FACETS if facets[facet]["themes"]}
            for size, of_size in reached.items()
        }
        return cls(name, degree, belongs, facets, spread, near)

    @property
    def observed(self) -> tuple[Facet, ...]:
        """The facets that enough of its people speak to."""
        return tuple(facet for facet in FACETS if self.facets[facet]["themes"])

    def auc(self, left_out: Mapping[int, Floats], stretches: Stretches) -> dict[str, float | None]:
        """How well its people are told from others, per evidence size, by what was learnt without them."""
        ours = self.degree[stretches.people] > 0
        return {
            str(size): calibration.area_under_curve(total[ours].ravel(), total[~ours].ravel())
            for size, total in left_out.items()
        }


def _are_enough(said: Mask, least: float) -> bool:
    """Say whether so large a part of some people, and no fewer than five, have any of their stretches among these."""
    return bool(said.any(axis=1).sum() >= max(traits.MIN_COLLEAGUES, least * len(said)))


def _persona(
    draft: _Draft,
    stretches: Stretches,
    nearest: Mapping[tuple[int, tuple[Facet, ...]], Floats],
    whole: Floats,
    auc: Mapping[str, float | None],
    weights: Mapping[Facet, int],
) -> dict[str, Any]:
    """Make the colleagues a lead is compared with, less what rivals take from them.

    ``nearest`` is what people reach of the rival nearest to them, by size and facets; ``whole`` what they reach of this
    persona by what was learnt without them, rivals considered.
    """
    ours = draft.degree[stretches.people] > 0
    reference: dict[str, dict[str, list[float]]] = {"+".join(subset): {} for subset in observed_sets()}
    for size in calibration.SIZES:
        as_much = np.ones(stretches.shape, dtype=bool)[ours]
        if size > calibration.SIZES[0]:
            as_much = stretches.n_words(size)[ours] >= LEAST_OF_SIZE * size
            as_much &= _are_enough(as_much, LEAST_REACHING)
        # Who is brief says more in as many words than a part of what a talkative colleague says.
        brief = as_much & (stretches.n_words(WHOLE)[ours] <= MOST_OF_SIZE * size)
        if _are_enough(brief, LEAST_BRIEF):
            as_much = brief
        near = draft.near[size]
        for facet in FACETS:
            found = np.where(as_much, near[facet][ours], np.nan) if facet in near else np.full(1, np.nan)
            draft.facets[facet]["reference"][str(size)] = calibration.quantiles(found)
        for subset in observed_sets():
            total = np.full(1, np.nan)
            if near.keys() >= set(subset):
                total = less_rivals(_mean_of(near, subset, weights), nearest[size, subset])[ours]
                total = np.where(as_much, total, np.nan)
            reference["+".join(subset)][str(size)] = calibration.quantiles(total)
    n = int((draft.degree > 0).sum())
    by_size = list(reference["+".join(draft.observed or FACETS)].values())
    places = calibration.places_for(stretches.n_words(WHOLE))
    fits = calibration.shares_around(whole.ravel(), by_size, places.ravel(), n).reshape(stretches.shape)
    return {
        "key": draft.name,
        "n": n,
        "provisional": n < PROVISIONAL_COLLEAGUES,
        "ranks": _ranks(draft, auc),
        "auc": auc,
        "found": {
            "here": _bands(fits[ours]),
            "elsewhere": _bands(fits[~ours]),
            "tenths": calibration.tenths(fits[ours]),
        },
        "spread": draft.spread,
        "facets": draft.facets,
        "reference": reference,
    }


def _ranks(draft: _Draft, auc: Mapping[str, float | None]) -> bool:
    usual = auc[str(USUAL_SIZE)]
    return bool(draft.observed) and usual is not None and usual >= MIN_AUC


def _greatest(totals: Sequence[Floats], shape: tuple[int, int]) -> Floats:
    """The greatest of several arrays of one shape, place by place; nan is left out."""
    return np.asarray(np.fmax.reduce([np.full(shape, np.nan), *totals]), dtype=np.float64)


def _reached(
    learnt: Learnt, belongs: NDArray[np.intp], stretches: Stretches, size: int
) -> dict[Facet, dict[str, Floats]]:
    """What people reach as strangers on parts of one size, per facet and kind, (n_people, n_stretches).

    ``belongs`` says to which facet each word belongs.
    """
    return {
        facet: {
            "themes": stretches.met(facet, size, learnt.near[facet]),
            "words": stretches.met_in_words(
                facet, size, belongs == number, learnt.words, learnt.left_out, learnt.own
            ),
        }
        for number, facet in enumerate(FACETS)
    }


def _spread(reached: Mapping[Facet, Mapping[str, Floats]], kind: str) -> float:
    """How far people differ in what they reach in all; the unit in which themes and words are added up."""
    near = {facet: reached[facet][kind] for facet in FACETS}
    means = _mean_of(near, FACETS, FACET_WEIGHTS, missing_ok=True)
    known = means[~np.isnan(means)]
    return round(max(float(known.std()), LEAST_SPREAD), 6) if len(known) else 1.0


def _near(reached: Mapping[str, Floats], spread: Mapping[str, float]) -> Floats:
    """Themes and words, each in units of how far people differ."""
    return np.asarray(sum(reached[kind] / spread[kind] for kind in KINDS), dtype=np.float64)


def _left_out(
    said: Said,
    folds: Sequence[Fold],
    shape: tuple[int, int],
    draft: _Draft,
    weights: Mapping[Facet, int],
) -> dict[int, Floats]:
    """What people reach of a persona as strangers by what was learnt without them, per evidence size.

    Leaving out one person is enough to calibrate, but the rest still knows everybody. So here whole folds are left
    out.
    """
    observed = draft.observed or FACETS
    totals = {size: np.full(shape, np.nan) for size in calibration.SIZES}
    for inside, tried, part in folds:
        learnt = learn(said, draft.degree, inside, np.zeros(0, dtype=np.intp))
        for size in calibration.SIZES:
            reached = _reached(learnt, draft.belongs, part, size)
            near = {facet: _near(reached[facet], draft.spread) for facet in observed}
            totals[size][tried] = _mean_of(near, observed, weights, missing_ok=True)
    return totals


def _folds(n_people: int, stretches: Stretches) -> list[Fold]:
    fold = np.arange(n_people) % N_FOLDS
    tried = [fold[stretches.people] == number for number in range(N_FOLDS)]
    return [(fold != number, some, stretches.of(some)) for number, some in enumerate(tried)]


def _bands(fits: Floats) -> dict[str, float] | None:
    """Which share of some people's parts, (n_people, n_stretches), falls into each band; None where too few spoke."""
    known = fits[~np.isnan(fits)]
    if (~np.isnan(fits)).any(axis=1).sum() < traits.MIN_COLLEAGUES:
        return None
    bands = [calibration.band_of(round(100 * share)) for share in known.tolist()]
    return {band: round(bands.count(band) / len(bands), 4) for band, _ in calibration.BANDS}


def _mean_of(
    near: Mapping[Facet, Floats],
    subset: Sequence[Facet],
    weights: Mapping[Facet, int],
    missing_ok: bool = False,
) -> Floats:
    """Weighted means over a set of facets, shape (n_people, n_stretches); nan where one is missing, or all are."""
    unknown = np.full(next(iter(near.values())).shape, np.nan)
    values = np.array([near.get(facet, unknown) for facet in subset])
    seen = ~np.isnan(values)
    means = weighted_mean(values, [weights[facet] for facet in subset])
    return np.where(seen.any(axis=0) if missing_ok else seen.all(axis=0), means, np.nan)


def _sample(keys: Sequence[str | None], rng: np.random.Generator) -> NDArray[np.intp]:
    """People who are scored as strangers: everybody, or a random part of each very large persona."""
    groups: dict[str, list[int]] = {}
    for person, key in enumerate(keys):
        groups.setdefault(key or "", []).append(person)
    chosen = [
        np.array(people)
        if len(people) <= MAX_REFERENCE_PEOPLE
        else rng.choice(people, MAX_REFERENCE_PEOPLE, replace=False)
        for _, people in sorted(groups.items())
    ]
    return np.sort(np.concatenate(chosen)).astype(np.intp) if chosen else np.zeros(0, dtype=np.intp)
