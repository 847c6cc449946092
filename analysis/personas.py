"""Groups put into words: lists, names, summaries, and what a reader sees of all of them together.

Takes groups as given; see :mod:`analysis.clustering` for how they are found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.codebook import codebook, persona_names
from analysis.describe import (
    LISTS,
    MIN_PEOPLE,
    Lexicon,
    Members,
    Term,
    channel_terms,
    code_terms,
    entries,
    telling,
    terms_of,
)
from analysis.kmeans import FloatArray, IntArray
from analysis.quotes import quotes
from analysis.report import Neighbour, Persona, Point
from analysis.stability import band
from analysis.summary import summarise
from analysis.views import Person, Views

#: Traits, reasons and skills somebody must share to match the whole card.
CARD_MATCHES = 3


def describe_personas(
    people: Sequence[Person],
    views: Views,
    labels: IntArray,
    stability: FloatArray,
    items: Sequence[str],
    lexicon: Lexicon,
) -> tuple[Persona, ...]:
    """Describe every group, the largest first.

    Parameters
    ----------
    people : sequence of Person
    views : Views
    labels : ndarray of int, shape (n_people,)
        Group of each person, 0 to k-1 by size; -1 is in none.
    stability : ndarray of shape (k,)
    items : sequence of str
    lexicon : Lexicon

    Returns
    -------
    tuple of Persona
        In the order of the labels.
    """
    groups = [labels == label for label in range(int(labels.max()) + 1)]
    terms: dict[str, Sequence[Term]] = {name: terms_of(people, items, name, lexicon) for name in LISTS}
    channels = channel_terms(people)
    names = _names(people, groups, terms)
    personas = []
    for number, members in enumerate(groups):
        lists: dict[str, Any] = {name: entries(listed, members) for name, listed in terms.items()}
        persona = Persona(
            key=f"p{number + 1}",
            name=names[number],
            summary="",
            size=int(members.sum()),
            share=float(members.mean()),
            stability=float(stability[number]),
            stability_band=band(float(stability[number])),
            channels=entries(channels, members),
            quotes=quotes(people, views, members, terms, lexicon),
            n_whole_card=_whole_card(terms, lists, members),
            **lists,
        )
        personas.append(summarise(persona, len(people)))
    return tuple(personas)


def people_map(Z: FloatArray, labels: IntArray, personas: Sequence[Persona], seed: int) -> tuple[Point, ...]:
    """Place everybody by the two main directions, in shuffled order and to two decimals."""
    plane = Z[:, :2] / max(float(np.abs(Z[:, :2]).max()), 1e-9)
    order = np.random.default_rng(seed).permutation(len(Z))
    return tuple(
        Point(
            round(float(plane[row, 0]), 2),
            round(float(plane[row, 1]) if plane.shape[1] > 1 else 0.0, 2),
            personas[labels[row]].key if labels[row] >= 0 else None,
        )
        for row in order
    )


def neighbours(views: Views, labels: IntArray, personas: Sequence[Persona]) -> tuple[Neighbour, ...]:
    """Compare every pair of personas by the cosine of their mean answers, the most alike first."""
    stacked = views.stacked
    means = np.array([stacked[labels == label].mean(axis=0) for label in range(len(personas))])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    pairs = [
        Neighbour(personas[a].key, personas[b].key, float(means[a] @ means[b]))
        for a in range(len(personas))
        for b in range(a + 1, len(personas))
    ]
    return tuple(sorted(pairs, key=lambda pair: (-round(pair.similarity, 6), pair.a, pair.b)))


def _names(
    people: Sequence[Person], groups: Sequence[Members], terms: Mapping[str, Sequence[Term]]
) -> tuple[str, ...]:
    """Name by what sets a group apart in all its answers; words of its own where the codebook has none."""
    words = {code.code: code.name for code in codebook()}
    texts = [tuple(person.texts.values()) for person in people]
    spoken = {
        kind: code_terms(texts, [code for code in codebook() if code.kind == kind])
        for kind in ("style", "motive")
    }
    candidates = []
    for members in groups:
        styles = [words[term.key[0]] for _, term in telling(spoken["style"], members)]
        motives = [
            words[term.key[0]]
            for found in (spoken["motive"], terms["reasons"])
            for _, term in telling(found, members)
            if term.kind == "theme"
        ]
        candidates.append((styles or _own_words(terms, members), list(dict.fromkeys(motives))))
    return persona_names(candidates)


def _own_words(terms: Mapping[str, Sequence[Term]], members: Members) -> list[str]:
    found = [
        (z, term.text)
        for listed in terms.values()
        for z, term in telling(listed, members)
        if term.kind == "words"
    ]
    return [text[0].upper() + text[1:] for _, text in sorted(found, key=lambda pair: (-pair[0], pair[1]))[:3]]


def _whole_card(
    terms: Mapping[str, Sequence[Term]], lists: Mapping[str, Sequence[object]], members: Members
) -> int | None:
    shown = {
        name: {getattr(entry, "text", "") for entry in lists[name]}
        for name in ("traits", "reasons", "skills")
    }
    said = [term.said for name, texts in shown.items() for term in terms[name] if term.text in texts]
    if not said:
        return None
    n = int((np.sum(said, axis=0)[members] >= CARD_MATCHES).sum())
    return n if n >= MIN_PEOPLE else None
