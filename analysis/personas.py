"""Groups put into words: lists, names, summaries, and what a reader sees of all of them together.

Takes groups as given; see :mod:`analysis.clustering` for how they are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.catalogue import Catalogue, catalogue
from analysis.codebook import Code, Kind, codebook, persona_names
from analysis.company import in_company
from analysis.describe import (
    LISTS,
    MIN_PEOPLE,
    THEME_KINDS,
    Lexicon,
    Members,
    Term,
    channel_terms,
    choose,
    choose_options,
    entry,
    keyness_of,
    lead,
    leanings,
    strength,
    terms_of,
    without_few,
)
from analysis.families import choose_families, families, family_terms
from analysis.kmeans import FloatArray, IntArray
from analysis.meaning import Reading
from analysis.quotes import quotes
from analysis.report import Card, Contrast, Entry, Neighbour, Persona, Point
from analysis.spread import spread
from analysis.stability import band
from analysis.summary import card_text, contrast, summarise
from analysis.views import Person, Views

#: What sets a persona apart most and is counted as its card, and how much of it somebody must say to match.
CARD_ENTRIES, CARD_MATCHES = 5, 3

#: So many must come near to what a persona leans to, that it is called after it.
MIN_SHARE_FOR_NAME = 1 / 3
#: Of what is estimated less is asked: shares told as a quarter to a third are a third by hand.
MIN_ESTIMATE_FOR_NAME = 1 / 4
#: From here on a theme names before a family does.
MIN_SHARE_FOR_NAME_OF_ITS_OWN = 0.4
#: What people can and how they are reached says less of who they are, so it must hold for more of them.
MIN_SHARE_FOR_NAME_OF_LISTED = 1 / 2
#: Characters of a channel that a persona is called after.
MAX_IN_NAME = 40

#: Differences named between neighbours, and how sure they must be (keyness).
N_CONTRASTS, CONTRAST_Z = 3, 1.96

Lists = Mapping[str, Sequence[Term]]


def describe_personas(
    people: Sequence[Person],
    pairs: Sequence[Neighbour],
    labels: IntArray,
    stability: FloatArray,
    items: Sequence[str],
    lexicon: Lexicon,
    reading: Reading,
    membership: FloatArray | None = None,
    words: Mapping[str, tuple[Term, ...]] | None = None,
    wide: Mapping[Kind, tuple[Term, ...]] | None = None,
) -> tuple[Persona, ...]:
    """Describe every group, the largest first.

    Parameters
    ----------
    people : sequence of Person
    pairs : sequence of Neighbour
        How much alike the groups are, see :func:`neighbours`.
    labels : ndarray of int, shape (n_people,)
        Group of each person, 0 to k-1 by size; -1 is in none.
    stability : ndarray of shape (k,)
    items : sequence of str
    lexicon : Lexicon
    reading : Reading
        Of the people, or of those whom :func:`analysis.meaning.read` picked: what is said is counted among them.
    membership : ndarray of shape (n_people, k), optional
        How surely each belongs to which group, 0 to 1.
    words : mapping of str to tuple of Term, optional
        See :func:`analysis.describe.terms_of`.
    wide : mapping of str to tuple of Term, optional
        What :func:`analysis.families.family_terms` returns, if that is known already.

    Returns
    -------
    tuple of Persona
        In the order of the labels.
    """
    language = catalogue(lexicon.language)
    readers = [people[row] for row in reading.rows]
    sure = np.ones((len(people), len(stability))) if membership is None else membership
    sure = sure[reading.rows]
    groups = [labels[reading.rows] == label for label in range(int(labels.max()) + 1)]
    terms = terms_of(readers, items, lexicon, reading, words)
    channels = channel_terms(readers)
    chosen = [
        {name: without_few(listed, labels[reading.rows]) for name, listed in choose(terms, members).items()}
        for members in groups
    ]
    # What is usual elsewhere as well sets nobody apart.
    apart = [
        {name: [term for term in listed if term.kind != "usual"] for name, listed in lists.items()}
        for lists in chosen
    ]
    styles = {code.code for code in reading.codes if code.kind in THEME_KINDS["traits"]}
    # The label of a style goes on from "they", and no list says that here.
    leant = [
        [
            replace(term, text=language.say("they", text=term.text)) if term.key[0] in styles else term
            for term in _without_few_estimated(leanings(terms, listed, members), labels[reading.rows])
        ]
        for listed, members in zip(chosen, groups, strict=True)
    ]
    wide = family_terms(reading, labels[reading.rows]) if wide is None else wide
    cared, alike = (
        [
            without_few(
                choose_families(wide[kind], chain(*listed.values(), leaning), members), labels[reading.rows]
            )
            for listed, leaning, members in zip(chosen, leant, groups, strict=True)
        ]
        for kind in ("motive", "style")
    )
    reached = [without_few(choose_options(channels, members), labels[reading.rows]) for members in groups]
    names = _names(reading, groups, chosen, leant, cared, alike, reached, language)
    told = [_with_families(*one, reading.codes) for one in zip(chosen, cared, alike, strict=True)]
    telling = [_with_families(*one, reading.codes) for one in zip(apart, cared, alike, strict=True)]
    nearest = _nearest(pairs)
    sizes = [int((labels == label).sum()) for label in range(len(groups))]
    quoted = [
        quotes(
            readers,
            groups[number],
            {**apart[number], "leanings": leant[number]},
            reading,
            lexicon,
            sure[:, number],
        )
        for number in range(len(groups))
    ]
    personas = []
    for number, members in enumerate(groups):
        key = key_of(number)
        persona = Persona(
            key=key,
            name=names[number],
            summary="",
            size=sizes[number],
            share=sizes[number] / len(people),
            stability=float(stability[number]),
            stability_band=language.word("band", band(float(stability[number]))),
            channels=tuple(entry(term, members) for term in reached[number]),
            quotes=quoted[number],
            leanings=tuple(
                entry(term, members)
                for term in _without_said_again(leant[number], alike[number], reading.codes)
            ),
            who=spread(people, labels == number, language),
            card=_card(telling[number], members, language),
            neighbour=_contrast(nearest[key], number, groups, told, names, lexicon.language)
            if key in nearest
            else None,
        )
        lists: dict[str, Any] = {
            name: tuple(entry(term, members) for term in listed) for name, listed in told[number].items()
        }
        persona = replace(persona, **lists)
        personas.append(replace(persona, summary=summarise(persona, sizes, len(people), language)))
    return tuple(personas)


def _with_families(
    lists: Lists, cared: Sequence[Term], alike: Sequence[Term], codes: Sequence[Code]
) -> Lists:
    """Put families before themes."""
    traits = _without_said_again(lists["traits"], alike, codes)
    return {**lists, "concerns": cared, "traits": (*alike, *traits)}


def _without_said_again(
    terms: Iterable[Term], alike: Sequence[Term], codes: Sequence[Code]
) -> tuple[Term, ...]:
    """Leave out what a family of the same name says already: "are careful and thorough" beside "careful and exact"."""
    names = {code.code: code.name for code in codes}
    told = [one for one in families() if (one.code,) in {term.key for term in alike}]
    again = {code for one in told for code in one.same if one.name == names[code]}
    return tuple(term for term in terms if term.kind == "words" or term.key[0] not in again)


def _without_few_estimated(leant: Iterable[Term], labels: IntArray) -> tuple[Term, ...]:
    """Silence few outside the personas where a leaning counts the people whom other lists count as well."""
    return tuple(
        one for term in leant for one in (without_few([term], labels) if term.counted is not None else [term])
    )


def without_dropped(persona: Persona, sizes: Sequence[int], n_used: int, language: str) -> Persona:
    """Take what was told or counted with an entry that a person dropped out of the rest of the card.

    What is told of its neighbours is told anew by :func:`with_neighbours`.
    """
    card = persona.card
    if card is not None and not _texts(persona).issuperset(card.entries):
        card = None
    persona = replace(persona, card=card)
    return replace(persona, summary=summarise(persona, sizes, n_used, catalogue(language)))


def with_neighbours(personas: Sequence[Persona]) -> tuple[Persona, ...]:
    """Call every neighbour by the name that it has now, and compare by what still stands on either card."""
    named = {persona.key: persona for persona in personas}
    return tuple(
        replace(one, neighbour=_compared(one.neighbour, one, named[one.neighbour.key]))
        if one.neighbour
        else one
        for one in personas
    )


def _compared(neighbour: Contrast, persona: Persona, other: Persona) -> Contrast:
    here, there = _texts(persona), _texts(other)
    more = tuple(one for one in neighbour.more if one.text in here)
    less = tuple(one for one in neighbour.less if one.text in there)
    phrases = {one.text: neighbour.phrases[one.text] for one in (*more, *less)}
    left = replace(neighbour, more=more, less=less, phrases=phrases)
    return left.told_of(other.name)


def _texts(persona: Persona) -> set[str]:
    """What the lists of a card say that sets people apart."""
    return {one.text for name in (*LISTS, "channels", "concerns") for one in getattr(persona, name)}


def people_map(Z: FloatArray, labels: IntArray, personas: Sequence[Persona], seed: int) -> tuple[Point, ...]:
    """Place people by the two main directions, in shuffled order and to two decimals, but for dots that stand alone."""
    plane = np.zeros((len(Z), 2))
    plane[:, : min(Z.shape[1], 2)] = Z[:, :2] / max(float(np.abs(Z[:, :2]).max()), 1e-9)
    places = np.round(plane, 2)
    shown = in_company(places, labels)
    return tuple(
        Point(x, y, personas[label].key if label >= 0 else None)
        for row in np.random.default_rng(seed).permutation(len(Z)).tolist()
        if shown[row]
        for (x, y), label in [(places[row].tolist(), labels[row])]
    )


def key_of(label: int) -> str:
    """Return the key of the persona that a group becomes."""
    return f"p{label + 1}"


def neighbours(views: Views, labels: IntArray) -> tuple[Neighbour, ...]:
    """Compare every pair of personas by the cosine of their mean answers, the most alike first.

    Seen from the middle of all personas, each counting once: seen from the mean of all people, which lies near a large
    persona, that one would be opposite to all others, least to the smallest. The mean of a small group is longer than
    what its people have in common, by chance; products of means are those of different people, so that a small group
    is neither near to everybody nor far from them. Of two personas each is opposite to the other.
    """
    keys = [key_of(label) for label in range(int(labels.max()) + 1)]
    # One view at a time: side by side they would double the memory of a large survey.
    blocks = (*views.blocks.values(), views.channels)
    alike = np.sum([_products(block, labels, len(keys)) for block in blocks], axis=0)
    # Their middle taken out of each (Gower 1966).
    alike = alike - alike.mean(axis=0) - alike.mean(axis=1, keepdims=True) + alike.mean()
    lengths = np.sqrt(np.maximum(np.diag(alike), 1e-9))
    cosines = np.clip(alike / np.outer(lengths, lengths), -1.0, 1.0)
    pairs = [
        Neighbour(keys[a], keys[b], float(cosines[a, b]))
        for a in range(len(keys))
        for b in range(a + 1, len(keys))
    ]
    return tuple(sorted(pairs, key=lambda pair: (-round(pair.similarity, 6), pair.a, pair.b)))


def _products(block: NDArray[np.float32], labels: IntArray, n_groups: int) -> FloatArray:
    """Return the products of what people of two groups said, on average over all pairs of different people."""
    sums, squares = np.empty((n_groups, block.shape[1])), np.empty(n_groups)
    for label in range(n_groups):
        rows = block[labels == label]
        sums[label] = rows.sum(axis=0, dtype=np.float64)
        squares[label] = np.einsum("ij,ij->", rows, rows, dtype=np.float64)
    sizes = np.bincount(labels[labels >= 0], minlength=n_groups)
    n_pairs = np.outer(sizes, sizes) - np.diag(sizes)
    return np.asarray((sums @ sums.T - np.diag(squares)) / np.maximum(n_pairs, 1))


def _names(
    reading: Reading,
    groups: Sequence[Members],
    chosen: Sequence[Lists],
    leant: Sequence[Sequence[Term]],
    cared: Sequence[Sequence[Term]],
    alike: Sequence[Sequence[Term]],
    reached: Sequence[Sequence[Term]],
    language: Catalogue,
) -> tuple[str, ...]:
    """Name by the styles and motives that are shown, and by families of them: of what so many more of a group say.

    A name claims something of everybody, so all that gives one must be of many. What a group leans to comes last where
    nothing is estimated. Without reasons, ways of working and skills a group is named modestly: by a channel that
    reaches it, else by its words.
    """
    codes = {code.code: code for code in reading.codes}
    called = {one.code: one.name for one in families()}

    def wide_names(wide: Sequence[Term]) -> list[str]:
        return [called[key] for (key,) in (term.key for term in wide) if called[key]]

    def names(kind: Kind, terms: Iterable[Term]) -> list[str]:
        found = (codes[key].name for (key, *_) in (term.key for term in terms) if codes[key].kind == kind)
        return list(dict.fromkeys(filter(None, found)))

    candidates = []
    for listed, leaning, caring, being, options, members in zip(
        chosen, leant, cared, alike, reached, groups, strict=True
    ):
        shown = [term for terms in listed.values() for term in terms if term.kind == "theme"]
        # Of what is not estimated all that is shown is telling, and in its order.
        telling = [term for term in shown if term.counted is None or _is_of_many(term, members)]
        leant_to = [term for term in leaning if _is_of_many(term, members)]
        named = sorted((*telling, *leant_to), key=lambda term: -lead(term, members))
        many = [term for term in named if term.people[members].mean() >= MIN_SHARE_FOR_NAME_OF_ITS_OWN]
        # A theme of many is more of their own than a family, and that is truer than a theme of few.
        styles = list(dict.fromkeys([*names("style", many), *wide_names(being), *names("style", named)]))
        values = list(dict.fromkeys([*names("motive", many), *wide_names(caring), *names("motive", named)]))
        values = values or names(
            "skill", [term for term in shown if term.said[members].mean() >= MIN_SHARE_FOR_NAME_OF_LISTED]
        )
        if not styles and not values:
            short = [term for term in options if len(term.text) <= MAX_IN_NAME]
            values = [
                language.say("by channel", channel=term.text)
                for term in short
                if term.said[members].mean() >= MIN_SHARE_FOR_NAME_OF_LISTED
            ]
            values = values or [language.say("by word", word=one) for one in _own_words(listed, members)]
        candidates.append((styles or ([] if values else [language.say("unnamed")]), values))
    return persona_names(
        candidates, language.say("name", style="{style}", motive="{motive}"), language.say("anybody")
    )


def _is_of_many(term: Term, members: Members) -> bool:
    share = MIN_SHARE_FOR_NAME if term.counted is None else MIN_ESTIMATE_FOR_NAME
    return bool(term.people[members].mean() >= share)


def _own_words(chosen: Lists, members: Members) -> list[str]:
    found = [
        (strength(term, members), term.text)
        for listed in chosen.values()
        for term in listed
        if term.kind == "words"
    ]
    return [text for _, text in sorted(found, key=lambda pair: (-pair[0], pair[1]))[:3]]


def _card(chosen: Lists, members: Members, language: Catalogue) -> Card | None:
    """Count who says at least one, two, … of the few themes and words that set the group apart most."""
    listed = [term for name in ("concerns", "reasons", "traits", "skills") for term in chosen[name]]
    # What holds several themes says most of a persona.
    ranked = sorted(
        listed,
        key=lambda term: (term.kind != "family", -strength(term, members), term.text),
    )[:CARD_ENTRIES]
    if len(ranked) < CARD_MATCHES:
        return None
    counts = np.sum([term.people[members] for term in ranked], axis=0)
    n_matching = [int((counts >= needed).sum()) for needed in range(1, len(ranked) + 1)]
    shown = _apart(n_matching, int(members.sum()))
    estimated = any(term.counted is not None for term in ranked)
    text = card_text(shown, CARD_MATCHES, int(members.sum()), language, estimated=estimated)
    return Card(tuple(term.text for term in ranked), shown, text)


def _apart(n_matching: Sequence[int], size: int) -> tuple[int | None, ...]:
    """Hide numbers under five, and those that differ from all people or a more telling number by fewer."""
    shown: dict[int, int] = {}
    for place in (CARD_MATCHES - 1, len(n_matching) - 1, *range(len(n_matching))):
        n = n_matching[place]
        if n >= MIN_PEOPLE and all(
            n == other or abs(n - other) >= MIN_PEOPLE for other in (size, *shown.values())
        ):
            shown[place] = n
    return tuple(shown.get(place) for place in range(len(n_matching)))


def _nearest(pairs: Sequence[Neighbour]) -> dict[str, Neighbour]:
    """Return for every key its most similar pair."""
    found: dict[str, Neighbour] = {}
    for pair in pairs:
        found.setdefault(pair.a, pair)
        found.setdefault(pair.b, pair)
    return found


def _contrast(
    pair: Neighbour,
    number: int,
    groups: Sequence[Members],
    chosen: Sequence[Lists],
    names: Sequence[str],
    language: str,
) -> Contrast:
    key = pair.b if pair.a == key_of(number) else pair.a
    other = int(key[1:]) - 1
    more = _differences(chosen[number], groups[number], groups[other])
    less = _differences(chosen[other], groups[other], groups[number])
    kinds = [(code.label, code.kind) for code in codebook(language)]
    kinds += [(family.label, family.kind) for family in families()]
    styles = {label for label, kind in kinds if kind in THEME_KINDS["traits"]}
    return contrast(pair, key, names[other], more, less, catalogue(language), styles)


def _differences(chosen: Lists, here: Members, there: Members) -> tuple[Entry, ...]:
    """What the first group says more than the second, of that which sets it apart from everybody."""
    ranked = sorted(
        (
            (keyness_of(term.people, here, there), term)
            for listed in chosen.values()
            for term in listed
            if term.kind in ("theme", "family")
        ),
        key=lambda pair: (-pair[0], pair[1].text),
    )
    return tuple(entry(term, here, there) for z, term in ranked[:N_CONTRASTS] if z >= CONTRAST_Z)
