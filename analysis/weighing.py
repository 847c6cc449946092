"""A second opinion on what sentences say: signs weighed as a reader of many judged sentences would.

:mod:`analysis.meaning` finds who says a code by what is near. Near is the subject, and not yet what is thought of it;
and of what is put in a picture it finds little. So the same sentences are read once more in another way, and
:mod:`analysis.describe` shows what both ways agree on. Four signs count here: how much nearer a sentence lies to all
ways to say a code (the codebook's examples and those of ``examples_en.csv``) than to those of all codes, whether it
shares telling words with them, whether it holds a seed, and whether it stands where this is asked for. Their weights
were fitted once to sentences that readers had judged (``python -m benchmarks.reading`` writes ``reading.json``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis.codebook import Kind, code_stem, codebook, further_examples
from analysis.encoder import WEIGHTS, Encoder, MiniLMEncoder, bundled_encoder, content_hash
from analysis.fixed_vectors import fixed_vectors, units
from analysis.segments import plain
from analysis.text import remembered, split, words

#: Evidence is the log-odds that a reader would say yes, at least in part. From the first on a sentence says a code,
#: from the second on it surely does.
SAID, SURE = 0.0, 0.75
#: Of sentences that come near to a code without a seed more than half say it from here on; under -.5 three in ten.
LIKELY_WHERE_NEAR = -0.2
#: A sentence whose seed seems to mean something else says the code from here on, as eight in ten readers say.
SURE_AGAINST_A_SEED = 1.5
#: Of these a second opinion is asked: skills and what to read about are listed, and words can be trusted there.
WEIGHED: tuple[Kind, ...] = ("motive", "style", "day")
#: How far the spread of examples around their codes is drawn towards a sphere, as a share of its own size.
SHRINKAGE = 0.3
#: As many sentences with the words of all codes stand beside those of each.
PRIOR_SENTENCES = 2
#: What was learnt from the package's own texts, beside the weights.
LEARNT_FILE = "ways_to_say.npz"
#: Where a kind of code is asked for.
ASKED: dict[Kind, str] = {
    "motive": "stay",
    "style": "self",
    "day": "good_day",
    "skill": "skills",
    "content": "content",
}

Evidence = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Signs:
    """What tells whether sentences say codes, each of shape (n_sentences, n_codes).

    Parameters
    ----------
    meaning : float32 ndarray
        Log-likelihood ratio of the code's ways to say it to those of all codes, spread alike (Fisher 1936; the spread
        shrunken as in Friedman 1989).
    words : float32 ndarray
        Sum over the sentence's words of how much more often the code's examples hold them than all do, as logarithms
        (naive Bayes; only what speaks for the code).
    seed_words : int16 ndarray
        How many words the longest seed has, 0 for none.
    asked : bool ndarray
        Whether the sentence stands where this kind of code is asked for.
    """

    meaning: Evidence
    words: Evidence
    seed_words: NDArray[np.int16]
    asked: NDArray[np.bool_]

    def by_name(self) -> dict[str, Evidence]:
        """Return what is weighed: a seed of one word, which may stand for many things, apart from a longer one."""
        return {
            "meaning": self.meaning,
            "words": self.words,
            "seed": (self.seed_words == 1).astype(np.float32),
            "long_seed": (self.seed_words > 1).astype(np.float32),
            "asked": self.asked.astype(np.float32),
        }

    def weighed(self) -> Evidence:
        """Return the log-odds that a reader would say yes, shape (n_sentences, n_codes)."""
        weights = reading_weights()
        evidence = np.zeros(self.meaning.shape, np.float32)
        for name, sign in self.by_name().items():
            evidence += np.float32(weights[name]) * sign
        evidence += np.array([weights.get(code.kind, 0.0) for code in codebook()], np.float32)
        return np.round(evidence, 4)


def has_opinion(encoder: Encoder, language: str) -> bool:
    """Say whether there is a second opinion: weights were fitted to English as the bundled encoder encodes it."""
    return language == "en" and encoder.hash == MiniLMEncoder.hash


def signs_of(
    texts: Sequence[str],
    items: Sequence[str],
    X: Evidence,
    seed_words: NDArray[np.int16],
) -> Signs:
    """Collect what tells whether English sentences say the codes of the codebook.

    Parameters
    ----------
    texts, items : sequence of str
        What was written, and where.
    X : ndarray of shape (n_sentences, dim)
        Vectors by the bundled encoder, of unit length, less what the sentences of an item have in common.
    seed_words : int ndarray of shape (n_sentences, n_codes)
        How many words the longest seed has.
    """
    known = learnt()
    place = {stem: row for row, stem in enumerate(known.stems)}
    found = [sorted(place[stem] for stem in _stems(text) if stem in place) for text in texts]
    columns = np.array([column for row in found for column in row], dtype=np.intp)
    ends = np.cumsum([0, *map(len, found)])
    held = csr_array((np.ones(len(columns), np.float32), columns, ends), (len(texts), len(place)))
    asked_for = np.array([ASKED.get(code.kind, "") for code in codebook()])
    asked = np.array(items, dtype=str).reshape(-1, 1) == asked_for
    meaning = np.asarray(X @ known.directions - known.offsets, dtype=np.float32)
    return Signs(meaning, (held @ known.telling).toarray(), seed_words, asked)


@lru_cache(maxsize=1)
def reading_weights() -> dict[str, float]:
    """Return the weight of each sign and, by kind of code, what is added to all of them."""
    return dict(json.loads(files("analysis").joinpath("reading.json").read_text(encoding="utf-8")))


@remembered(1)  # they are read by the aliases in force
def ways_to_say() -> tuple[tuple[str, ...], ...]:
    """Return for each code of the codebook everything that says it, in the form in which it is encoded."""
    further = further_examples()
    return tuple(tuple(map(plain, (*code.examples, *further.get(code.code, ())))) for code in codebook())


@dataclass(frozen=True, eq=False)
class Learnt:
    """What the ways to say the codes teach.

    Parameters
    ----------
    key : str
        Hash of these texts and of the encoder.
    directions : float32 ndarray of shape (dim, n_codes)
    offsets : ndarray of shape (n_codes,)
        How far in its direction a sentence lies from where a code is likelier than not.
    stems : tuple of str
    telling : float32 sparse array of shape (n_stems, n_codes)
        How much a stem speaks for each code.
    """

    key: str
    directions: Evidence
    offsets: NDArray[np.float64]
    stems: tuple[str, ...]
    telling: csr_array


@remembered(1)
def learnt() -> Learnt:
    """Return what comes with the package, or learn it anew where codebook, examples or aliases were changed.

    Anew it takes a second, and encodes what has no vector yet.
    """
    with np.load(WEIGHTS / LEARNT_FILE, allow_pickle=False) as file:
        if str(file["key"]) != _key():
            return learn()
        stems = tuple(file["stems"].tobytes().decode().split("\n"))
        shape = (len(stems), len(file["offsets"]))
        telling = csr_array((file["data"], file["indices"], file["indptr"]), shape)
        return Learnt(str(file["key"]), file["directions"], file["offsets"], stems, telling)


def learn() -> Learnt:
    """Learn from the ways to say the codes; ``tools/make_fixed_vectors.py`` stores it."""
    sizes = list(map(len, ways_to_say()))
    E = fixed_vectors([text for said in ways_to_say() for text in said], bundled_encoder())
    E = units(E - E.mean(axis=0))
    means = np.add.reduceat(E, np.cumsum([0, *sizes])[:-1]) / np.array(sizes)[:, None]
    beside = E - np.repeat(means, sizes, axis=0)
    spread = beside.T @ beside / len(E)
    spread += SHRINKAGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    directions = np.linalg.solve(spread, means.T)
    offsets = (means.T * directions).sum(axis=0) / 2
    return Learnt(_key(), directions.astype(np.float32), offsets, *_telling_words())


def _key() -> str:
    texts = "\n\n".join("\n".join(said) for said in ways_to_say())
    return content_hash(f"{MiniLMEncoder.hash}\n\n{texts}")


def _telling_words() -> tuple[tuple[str, ...], csr_array]:
    said = [[_stems(text) for text in texts] for texts in ways_to_say()]
    stems = tuple(sorted({stem for texts in said for text in texts for stem in text}))
    place = {stem: row for row, stem in enumerate(stems)}
    counts = np.zeros((len(stems), len(said)))
    for column, texts in enumerate(said):
        for text in texts:
            counts[[place[stem] for stem in text], column] += 1
    n_texts = np.array([len(texts) for texts in said])
    everywhere = (counts.sum(axis=1, keepdims=True) + 0.5) / (n_texts.sum() + 1)
    here = (counts + PRIOR_SENTENCES * everywhere) / (n_texts + PRIOR_SENTENCES)
    return stems, csr_array(np.maximum(np.log(here / everywhere), 0.0).astype(np.float32))


@remembered(50_000)
def _stem(word: str) -> str:
    return "" if word.casefold() in words("en").function else code_stem(word)


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(_stem, split(text))) - {""}
