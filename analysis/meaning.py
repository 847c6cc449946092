"""Who says what: sentences read against the codebook, by their words and by what they mean.

A sentence says a code when it holds one of the code's seeds and is not far from it in meaning, or when in meaning it
is nearer to the code than nearly all sentences of these people are and shares words with it. What rests on one word or
on meaning must also be nearer to the code than to the bland sentences of the codebook, which name subjects and take no
stand. Near and far are measured on the answers at hand, in standard deviations over all their sentences; no labelled
answers are needed. One sentence read like this is an indication; what :mod:`analysis.describe` makes of many is a
finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.codebook import Code, Kind, code_stem, codebook, seeds_in
from analysis.cores import side_by_side
from analysis.encoder import Encoder
from analysis.facets import Cutter, cut, segments_of
from analysis.fixed_vectors import fixed_vectors, units
from analysis.segments import plain
from analysis.text import remembered, split, words
from analysis.views import Person
from analysis.weighing import LIKELY_WHERE_NEAR, SURE, SURE_AGAINST_A_SEED, WEIGHED, has_opinion, signs_of

#: A seed counts where the sentence is at least this near to the code (standard deviations): "patient" is no virtue
#: in "patient records".
SEED_NEARNESS = 0.7
#: One word may stand for many things ("captain", "archive"): it must come nearer. In lists of skills and of what to
#: read a word is all there is.
ONE_WORD_NEARNESS = 1.7
#: Without a seed it must come this near and share two words of substance with the code, or come very near and share
#: one: the encoder knows the subject of a sentence better than what is thought of it. Nor may it deny what the nearest
#: example affirms, or the reverse.
MEANT_NEARNESS, VERY_NEAR = 2.2, 3.0
#: What comes so near, and is hardly nearer to another code, says it nearly as surely as with a seed: of 77 sentences
#: that a reader judged 84 % do.
CLEAR, CLEAR_MARGIN = 4.0, 1.0
#: What comes this near and shares a word counts where a whole persona says it (:func:`analysis.describe.heard_out`).
NEARLY = 1.5
#: Less than this many words have a subject, and no more; a skill needs no sentence.
MIN_MEANT_WORDS = 3
#: Skills of which fewer words are function words are an enumeration.
FUNCTION_WORDS = 0.4
#: Of more people than this a part is read closely: cards change no more than with others of them, and the time stays
#: bounded (docs/benchmarks.md).
MAX_READ = 1500
#: What a seed adds when people are ranked by how near they come to a code.
SEED_BONUS = 1.0
#: Further away, and less evidence, than of anything that is said: somebody who was not asked.
NOTHING_SAID = -3.0

#: Sentences compared with all examples in one product: bounds the memory.
SENTENCES_AT_ONCE = 2048

#: Half the digits are enough to tell what is near, in half of the time.
Nearness = NDArray[np.float32]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Sentence(NamedTuple):
    """A stretch of somebody's answer: who wrote it (the row of the person), where, and at which place."""

    row: int
    item: str
    start: int
    end: int
    plain: str


#: The rows of the people who are read, and all their sentences.
Told = tuple[NDArray[np.intp], tuple[Sentence, ...]]


@dataclass(frozen=True, eq=False)
class Reading:
    """What every sentence says.

    Parameters
    ----------
    codes : tuple of Code
    sentences : tuple of Sentence
    spoken : bool ndarray of shape (n_sentences, n_codes)
    seeded : bool ndarray of shape (n_sentences, n_codes)
        Which sentences say it in words of the codebook, near enough in meaning.
    nearly : bool ndarray of shape (n_sentences, n_codes)
        Which sentences say it or come next to it.
    nearness : ndarray of shape (n_sentences, n_codes)
        In standard deviations, a seed included; :data:`NOTHING_SAID` where the item cannot show the code.
    vectors : ndarray of shape (n_sentences, dim)
        Of unit length, less what the sentences of an item have in common; no columns without an encoder.
    centres : ndarray of shape (n_codes, dim)
        The same of the codes.
    rows : int ndarray of shape (n_people,)
        Which people were read: all, or of very many a part. Everything here numbers the people who were read.
    clear : bool ndarray of shape (n_sentences, n_codes), optional
        Which sentences say it in words of the codebook or come so near that they say it as surely.
    evidence : float32 ndarray of shape (n_sentences, n_codes), optional
        The second opinion (:mod:`analysis.weighing`); None where there is none: it was fitted to English and to the
        bundled encoder.
    counted : bool ndarray of shape (n_people, n_codes), optional
        Who counts as saying which code, once it is known who belongs together (:mod:`analysis.prevalence`); None where
        it is who is read as saying it.
    """

    codes: tuple[Code, ...]
    sentences: tuple[Sentence, ...]
    spoken: Mask
    seeded: Mask
    nearly: Mask
    nearness: Nearness
    vectors: Nearness
    centres: Floats
    rows: NDArray[np.intp]
    clear: Mask | None = None
    evidence: Nearness | None = None
    counted: Mask | None = None

    def saying(self, spoken: Mask) -> Reading:
        """Return the same with other sentences that say codes; what does not hang on them is not worked out again."""
        other = replace(self, spoken=spoken)
        for name in ("row_of", "starts", "ranks", "most_evidence"):
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other

    def counting(self, counted: Mask | None) -> Reading:
        """Return the same with others who count as saying codes; nothing that was worked out hangs on them."""
        other = replace(self, counted=counted)
        other.__dict__.update(
            {name: one for name, one in self.__dict__.items() if name not in other.__dict__}
        )
        return other

    @property
    def n_people(self) -> int:
        """How many people were read."""
        return len(self.rows)

    @cached_property
    def said(self) -> Mask:
        """Who says which code, shape (n_people, n_codes)."""
        return self._people(self.spoken)

    @cached_property
    def said_in_words(self) -> Mask:
        """Who says which code in words of the codebook, shape (n_people, n_codes)."""
        return self._people(self.spoken & self.seeded)

    @cached_property
    def said_clearly(self) -> Mask:
        """Who says a code in words of the codebook or comes as near, by what is near, shape (n_people, n_codes)."""
        return self.said_in_words if self.clear is None else self._people(self.clear)

    @cached_property
    def weight(self) -> Nearness | None:
        """The most evidence of what people say in a sentence that says it, shape (n_people, n_codes)."""
        if self.evidence is None:
            return None
        return self.most(np.where(self.spoken, self.evidence, np.float32(NOTHING_SAID)))

    @cached_property
    def most_evidence(self) -> Nearness | None:
        """The most evidence that people say it, in whatever sentence, shape (n_people, n_codes)."""
        return None if self.evidence is None else self.most(self.evidence)

    def said_in(self, items: Sequence[str]) -> Mask | None:
        """Who says which code in some of the items; None if nobody answered any of these."""
        there = np.array([sentence.item in items for sentence in self.sentences], dtype=bool)
        return self._people(self.spoken & there[:, None]) if there.any() else None

    @cached_property
    def ranks(self) -> Floats:
        """People ranked by how near they come to each code, the nearest highest, shape (n_people, n_codes)."""
        from scipy.stats import rankdata

        return np.asarray(rankdata(np.round(self.most(self.nearness), 6), axis=0), dtype=np.float64)

    def most(self, sentences: Nearness) -> Nearness:
        """Return the most of any sentence of each person, shape (n_people, n), of what sentences have n of."""
        most = np.full((self.n_people, sentences.shape[1]), NOTHING_SAID, sentences.dtype)
        if len(self.sentences):
            most[self.row_of[self.starts]] = np.maximum.reduceat(sentences, self.starts, axis=0)
        return most

    def _people(self, sentences: Mask) -> Mask:
        said = np.zeros((self.n_people, len(self.codes)), dtype=bool)
        if len(sentences):
            said[self.row_of[self.starts]] = np.logical_or.reduceat(sentences, self.starts, axis=0)
        return said

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """Where the sentences of each person who said something begin: they stand beside each other."""
        return np.flatnonzero(np.diff(self.row_of, prepend=-1))

    @cached_property
    def row_of(self) -> NDArray[np.intp]:
        """The row of the person who wrote each sentence, shape (n_sentences,)."""
        return np.array([sentence.row for sentence in self.sentences], dtype=np.intp)


def shows(item: str, kind: Kind) -> bool:
    """Say whether people may speak of a kind of code in an item; what to read about has one of its own.

    A best day is told where it is asked for, and in items that nothing is known of.
    """
    if kind == "content" or item == "content":
        return kind == item
    if kind == "skill":
        return item in ("skills", "self")
    if kind == "day":
        return item not in ("skills", "self", "stay")
    # Who tells what they are good at tells what they are asked for, and so what they are like.
    return kind == "style" or (kind == "motive" and item != "skills")


def is_list(text: str, language: str) -> bool:
    """Say whether skills are listed, and no sentence is said: that has small words between its words."""
    said = [word.casefold() for word in split(text)]
    return sum(word in words(language).function for word in said) < FUNCTION_WORDS * len(said)


def told_by(people: Sequence[Person], cut: Cutter = cut) -> Told:
    """Return the rows of the people to read, and what they said in sentences, as they are cut for scoring."""
    rows = rows_to_read(len(people))
    return rows, tuple(
        Sentence(row, item, segment.start, segment.end, segment.text)
        for row, person in enumerate(rows)
        for item, text in people[person].texts.items()
        for segment in segments_of(item, text, affirmed=False, cut=cut)
    )


def read(
    people: Sequence[Person], encoder: Encoder | None, language: str = "en", *, told: Told | None = None
) -> Reading:
    """Read all answers against the codebook.

    Parameters
    ----------
    people : sequence of Person
    encoder : Encoder or None
        None for a language it does not know: then words alone count.
    language : str
        Whose seeds and labels are used.
    told : (rows, sentences), optional
        What :func:`told_by` returns, if that is known already.
    """
    codes = codebook(language)
    rows, sentences = told or told_by(people)
    shown = _shown(sentences, codes, language)
    n_seed_words = seed_words(sentences, codes, language) * shown
    seeds = n_seed_words > 0
    if encoder is None or not sentences:
        nearness = np.where(seeds, np.float32(SEED_BONUS), np.float32(NOTHING_SAID))
        nothing, nowhere = np.zeros((len(sentences), 0), np.float32), np.zeros((0, 0))
        return Reading(codes, sentences, seeds, seeds, seeds, nearness, nothing, nowhere, rows)
    X = sentence_vectors(sentences, encoder)
    used = {code.code for code in codes}
    kept = np.array([code.code in used for code in codebook() for _ in code.examples], dtype=bool)
    E = fixed_vectors(example_texts(), encoder)[kept]
    E = units(E - E.mean(axis=0))
    narrow = E.astype(np.float32)
    starts = np.cumsum([0, *(len(code.examples) for code in codes)])[:-1]
    centres = units(np.add.reduceat(E, starts, axis=0))
    of_code = np.repeat(np.arange(len(codes)), [len(code.examples) for code in codes])
    examples_deny = np.array([_denies(text, "en") for text in example_texts()], dtype=bool)[kept]
    examples = [(narrow[sign], of_code[sign]) for sign in (~examples_deny, examples_deny)]
    denies = np.array([_denies(sentence.plain, language) for sentence in sentences], dtype=bool)
    bland = np.array([code.kind == "other" for code in codes], dtype=bool)
    near, agrees, telling = _nearness(X, denies, examples, centres.astype(np.float32), bland)
    long_enough = [len(split(sentence.plain)) >= MIN_MEANT_WORDS for sentence in sentences]
    nearly = (near >= NEARLY) & shown & agrees & telling & np.array(long_enough, dtype=bool)[:, None]
    n_shared = _shared_words(nearly, sentences, codes, language)
    nearly &= n_shared > 0
    # Hardly any sentence comes near to a code: only those places are looked at.
    meant, at = nearly.copy(), np.nonzero(nearly)
    meant[at] = (near[at] >= MEANT_NEARNESS) & (n_shared[at] >= np.where(near[at] >= VERY_NEAR, 1, 2))
    at = np.nonzero(seeds)
    tells_alone = np.array([code.kind in ("skill", "content") for code in codes], dtype=bool)
    tells = (n_seed_words[at] > 1) | tells_alone[at[1]]
    seeds[at] = near[at] >= np.where(tells, SEED_NEARNESS, ONE_WORD_NEARNESS)
    seeds[at] &= tells | telling[at] | (near[at] >= MEANT_NEARNESS)
    spoken = seeds | meant
    # Skills are listed in words. What hardly any word names ("machine learning") was taken for another ("learning").
    skill = np.array([code.kind == "skill" for code in codes], dtype=bool)
    in_words = spoken & seeds
    spoken[:, skill & (2 * in_words.sum(axis=0) < spoken.sum(axis=0))] = False
    near[~shown] = NOTHING_SAID
    # As sure as with a seed: very near, and hardly nearer to anything else that may be said there.
    nearest = near.max(axis=1, initial=NOTHING_SAID, where=~tells_alone, keepdims=True)
    clear = seeds | (meant & ~tells_alone & (near >= np.maximum(CLEAR, nearest - CLEAR_MARGIN)))
    near[seeds] += SEED_BONUS
    evidence = None
    if has_opinion(encoder, language):
        texts, items = [one.plain for one in sentences], [one.item for one in sentences]
        evidence = signs_of(texts, items, X, n_seed_words).weighed()
        evidence[~shown] = NOTHING_SAID
        spoken = _agreed(spoken, seeds, n_seed_words > 0, evidence, codes)
    return Reading(codes, sentences, spoken, seeds, nearly | spoken, near, X, centres, rows, clear, evidence)


def _agreed(spoken: Mask, seeds: Mask, with_seeds: Mask, evidence: Nearness, codes: Sequence[Code]) -> Mask:
    """Ask the second opinion: what speaks against a sentence that merely comes near, and which say a code for sure.

    A seed is among its signs: one that was taken for another meaning needs more beside it.
    """
    weighed = np.array([code.kind in WEIGHED for code in codes], dtype=bool)
    sure = np.where(with_seeds & ~seeds, np.float32(SURE_AGAINST_A_SEED), np.float32(SURE))
    agreed = seeds | (spoken & (evidence >= LIKELY_WHERE_NEAR)) | (evidence >= sure)
    return np.where(weighed, agreed, spoken)


@remembered(1)  # they are read by the aliases in force
def example_texts() -> tuple[str, ...]:
    """Return all examples of the codebook in the form in which they are encoded, code by code."""
    return tuple(plain(example) for code in codebook() for example in code.examples)


def rows_to_read(n_people: int) -> NDArray[np.intp]:
    """Return the rows of everybody, or of evenly spaced people: they stand in an order that has to do with nothing."""
    if n_people <= MAX_READ:
        return np.arange(n_people)
    return np.linspace(0, n_people - 1, MAX_READ).astype(np.intp)


def _shown(sentences: Sequence[Sentence], codes: Sequence[Code], language: str) -> Mask:
    by_item = {
        item: np.array([shows(item, code.kind) for code in codes], dtype=bool)
        for item in {sentence.item for sentence in sentences}
    }
    rows = [by_item[sentence.item] for sentence in sentences]
    shown = np.array(rows, dtype=bool).reshape(len(sentences), len(codes))
    # Lists of skills name subjects: "upset customers" there says nothing about who somebody is.
    style = np.array([code.kind == "style" for code in codes], dtype=bool)
    lists = [one.item == "skills" and is_list(one.plain, language) for one in sentences]
    shown[np.ix_(np.array(lists, dtype=bool), style)] = False
    return shown


def seed_words(sentences: Sequence[Sentence], codes: Sequence[Code], language: str) -> NDArray[np.int16]:
    """How many words the longest seed has by which a sentence shows a code, 0 for none."""
    column = {code.code: number for number, code in enumerate(codes)}
    found = np.zeros((len(sentences), len(codes)), dtype=np.int16)
    for row, sentence in enumerate(sentences):
        for code, n_words in seeds_in(sentence.plain, language).items():
            found[row, column[code]] = n_words
    return found


def _shared_words(
    wanted: Mask, sentences: Sequence[Sentence], codes: Sequence[Code], language: str
) -> NDArray[np.int16]:
    """How many words of substance sentences share with codes; counted where it is wanted, else 0."""
    shared = np.zeros(wanted.shape, dtype=np.int16)
    for row in np.flatnonzero(wanted.any(axis=1)).tolist():
        said = {code_stem(word, language) for word in split(sentences[row].plain)}
        for column in np.flatnonzero(wanted[row]).tolist():
            shared[row, column] = len(said & codes[column].words)
    return shared


def sentence_vectors(sentences: Sequence[Sentence], encoder: Encoder) -> Nearness:
    """Return the vectors of sentences less what those of an item have in common, of length 1, (n_sentences, dim)."""
    X = encoder.encode([sentence.plain for sentence in sentences])
    items = np.array([sentence.item for sentence in sentences])
    for item in dict.fromkeys(items.tolist()):
        X[items == item] -= X[items == item].mean(axis=0, dtype=np.float64)
    return units(X)


def _nearness(
    X: Nearness,
    denies: Mask,
    examples: Sequence[tuple[Nearness, NDArray[np.intp]]],
    centres: Nearness,
    bland: Mask,
) -> tuple[Nearness, Mask, Mask]:
    """Return how near sentences come to codes, whether the nearest example affirms or denies like they do, and
    whether they come nearer to the code than to any that merely names a subject.

    Parameters
    ----------
    X : ndarray of shape (n_sentences, dim)
    denies : bool ndarray of shape (n_sentences,)
    examples : pair of (ndarray of shape (n_examples, dim), int ndarray of shape (n_examples,))
        Those that affirm and those that deny something, with the number of their code, in its order.
    centres : ndarray of shape (n_codes, dim)
    bland : bool ndarray of shape (n_codes,)
        The codes that say nothing in particular.
    """
    near = np.empty((len(X), len(centres)), np.float32)
    agrees, telling = np.empty(near.shape, dtype=bool), np.empty(near.shape, dtype=bool)

    def compare(start: int) -> None:
        rows = slice(start, start + SENTENCES_AT_ONCE)
        affirming, denying = (_nearest(X[rows], *some, len(centres)) for some in examples)
        nearest = np.maximum(affirming, denying)
        near[rows] = np.round((nearest + X[rows] @ centres.T) / 2, 6)
        telling[rows] = near[rows] > near[rows, bland].max(axis=1, initial=-1.0, keepdims=True)
        agrees[rows] = np.where(denies[rows, None], denying, affirming) >= nearest

    side_by_side(compare, range(0, len(X), SENTENCES_AT_ONCE))
    middle, spread = near.mean(axis=0, dtype=np.float64), near.std(axis=0, dtype=np.float64)
    near -= middle.astype(np.float32)
    near /= np.maximum(spread, 1e-9).astype(np.float32)
    return np.round(near, 6), agrees, telling


def _nearest(X: Nearness, E: Nearness, of_code: NDArray[np.intp], n_codes: int) -> Nearness:
    """Cosine of the nearest example of each code, less than any if it has none, shape (n_sentences, n_codes)."""
    codes, starts = np.unique(of_code, return_index=True)
    cosines = E @ X.T
    found = np.full((n_codes, len(X)), -2.0, np.float32)
    for code, start, end in zip(codes.tolist(), starts.tolist(), [*starts[1:].tolist(), len(E)], strict=True):
        cosines[start:end].max(axis=0, out=found[code])
    return found.T


def _denies(text: str, language: str) -> bool:
    return not words(language).negations.isdisjoint(map(str.casefold, split(text)))
