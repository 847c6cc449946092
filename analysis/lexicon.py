"""The words in which traits are learnt and matched: stems with their rarity. Words about private life are not among
them, whoever writes them. What a trait is called is decided in :mod:`analysis.labels`."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis.codebook import phrases_of, vocabulary
from analysis.redaction import first_names, is_sensitive
from analysis.segments import known_terms
from analysis.text import Runs, common_words, language_of, remembered, sentences, split, stem, words

Floats = NDArray[np.float64]

#: A word that is neither common nor in the skill table or the codebook is kept only if so many people used it.
MIN_RESPONDENTS = 5

#: Family, gender, age, health and faith, beside what :func:`analysis.redaction.is_sensitive` knows. They say
#: nothing about how well somebody works and stand in for what may not decide.
PRIVATE_WORDS = frozenset(
    """
    family families mum mums mummy mom moms mommy mother mothers motherhood dad dads daddy father fathers fatherhood
    parent parents parental parenthood wife wives husband husbands spouse spouses fiance fiancee girlfriend boyfriend
    son sons daughter daughters kid kids child children childcare baby babies toddler toddlers newborn newborns
    brother brothers sister sisters sibling siblings twin twins aunt aunts uncle uncles cousin cousins nephew nephews
    niece nieces grandmother grandmothers grandfather grandfathers grandma grandpa granny gran grandparent
    grandparents grandchild grandchildren grandson granddaughter stepson stepdaughter in-laws
    married marriage wedding divorce divorced custody widow widowed widower nursery kindergarten daycare creche
    man men woman women male female boy boys girl girls lady ladies gentleman gentlemen guy guys bloke blokes lad lads
    masculine feminine feminist he she him her his hers himself herself
    young younger youngest youth old older oldest elderly aged ageing aging retire retired retiring retirement
    pensioner pensioners teenager teenagers twenties thirties forties fifties sixties menopause
    sick ill unwell disease injury injured injuries pain painful
    knee knees hip allergy allergic pill pills insulin wheelchair healthy unhealthy fit-note death died dying dead
    funeral grief
    god faith bible quran temple priest imam rabbi vicar parish congregation
    """.split()  # noqa: SIM905 - a list of 200 quoted words would be harder to read and to edit
)


@dataclass(frozen=True)
class Lexicon:
    """Stems that may be compared, with their inverse document frequencies.

    Only common words of the language, words of the skill table and of the codebook and words that at least five
    respondents used are in it, so that nothing published carries a word that points to one person. Of the latter none
    is in it that may be somebody's name (:func:`likely_names`).
    """

    rarity: Mapping[str, float]
    unseen: float

    @classmethod
    def of(
        cls, documents: Sequence[Iterable[frozenset[str]]], names: Collection[str] = frozenset()
    ) -> Lexicon:
        """Learn from the stems of each respondent's segments, one entry per respondent, without those of names."""
        counts = Counter(word for segments in documents for word in frozenset().union(*segments))
        n = len(documents)
        kept = {word for word, count in counts.items() if count >= MIN_RESPONDENTS} - set(names)
        kept |= counts.keys() & public_stems()
        rarity = {word: round(math.log((n + 1) / (counts[word] + 1)), 6) for word in sorted(kept)}
        return cls(rarity, round(math.log(n + 1), 6))

    def n_users(self, word: str) -> int:
        """Return how many respondents used a word of the lexicon."""
        return round(math.exp(self.unseen - self.rarity[word])) - 1

    def weights(self, words: Iterable[str]) -> dict[str, float]:
        """Return the known words with weights whose squares, unknown words included, sum to 1 (tf-idf, binary)."""
        found = frozenset(words)
        known = sorted(self.rarity.keys() & found)
        squares = [self.rarity[word] ** 2 for word in known]
        norm = math.sqrt(math.fsum([*squares, *[self.unseen**2] * (len(found) - len(known))]))
        return {word: self.rarity[word] / norm for word in known} if norm else {}

    @cached_property
    def columns(self) -> dict[str, int]:
        """The column of each word in :meth:`matrix`."""
        return {word: column for column, word in enumerate(sorted(self.rarity))}

    @cached_property
    def _rarities(self) -> Floats:
        """Rarities in the order of the columns; behind them that of a word of no column."""
        return np.array([*(self.rarity[word] for word in self.columns), self.unseen], dtype=np.float64)

    def matrix(self, parts: Sequence[Collection[str]], texts: Sequence[Sequence[int]]) -> csr_array:
        """Return what :meth:`weights` says of many texts at once.

        Parameters
        ----------
        parts : sequence of collection of str
            Distinct words of each part.
        texts : sequence of sequence of int
            Places in ``parts`` of what each text is made of.

        Returns
        -------
        sparse array, shape (n_texts, n_words)
        """
        n_columns = len(self.columns)
        # Words of no column have numbers behind the columns: each counts once in a text.
        number_of = defaultdict(count(n_columns).__next__, self.columns)
        lengths = np.fromiter(map(len, parts), np.intp, len(parts))
        numbers = np.fromiter(map(number_of.__getitem__, chain.from_iterable(parts)), np.intp, lengths.sum())
        used = np.fromiter(chain.from_iterable(texts), np.intp)
        n_used = lengths[used]
        first = np.cumsum(lengths)[used] - np.cumsum(n_used)
        words = numbers[np.repeat(first, n_used) + np.arange(n_used.sum())]
        rows = np.repeat(np.repeat(np.arange(len(texts)), list(map(len, texts))), n_used)
        # In one order, whatever the order of the words: else the last digits could differ.
        said = np.sort(rows * len(number_of) + words)
        said = said[np.diff(said, prepend=-1) > 0]
        rows, words = np.divmod(said, len(number_of) or 1)
        columns = np.minimum(words, n_columns)
        norms = np.sqrt(np.bincount(rows, self._rarities[columns] ** 2, len(texts)))
        known = columns < n_columns
        rows, columns = rows[known], columns[known]
        values = self._rarities[columns] / np.where(norms > 0, norms, np.inf)[rows]
        ends = np.cumsum([0, *np.bincount(rows, minlength=len(texts))])
        return csr_array((values, columns, ends), shape=(len(texts), n_columns))


@lru_cache(maxsize=1)
def public_stems() -> frozenset[str]:
    """Return the stems of English words of which it tells nothing that one person uses them."""
    return frozenset(map(stem, common_words() | words().everyday | known_terms())) | vocabulary()


@remembered(50_000)
def is_private(word: str) -> bool:
    """Say whether a lower-case word speaks of private life or is a name; "therapy" is a skill to those who give it."""
    word = word.removesuffix("'s")
    if word in PRIVATE_WORDS or word in first_names():
        return True
    return is_sensitive(word) and stem(word) not in _skill_words()


@lru_cache(maxsize=1)
def _skill_words() -> frozenset[str]:
    seeds = " ".join(seed for seeds in phrases_of("skill").values() for seed in seeds)
    return frozenset(stem(word) for word in {*known_terms(), *seeds.split()})


@remembered(50_000)
def stems(text: str) -> frozenset[str]:
    """Return the stems of the content words of a text; a compound gives itself and its parts.

    Private words are left out as if they had not been written.
    """
    return frozenset().union(*map(_STEMS_OF_RUNS.__getitem__, text.split()))


def _stems_of(written: str) -> frozenset[str]:
    whole = written.casefold()
    parts = [part for part in re.split(r"[-/&.']", whole) if len(part) > 2]
    if is_private(whole) or any(map(is_private, parts)):
        return frozenset()
    return frozenset(
        stem(word)
        for word in {whole, *parts}
        if word not in words().function and (len(word) > 1 or word in known_terms()) and not word.isdigit()
    )


_STEMS_OF_RUNS = Runs(lambda run: frozenset[str]().union(*map(_stems_of, split(run))))


def likely_names(texts: Iterable[str]) -> frozenset[str]:
    """Return the stems of words mostly written with a capital inside sentences.

    Among what people wrote of themselves these are colleagues that no list of names holds, and places. In German every
    noun has a capital: what is written in it tells nothing.
    """
    capitals: Counter[str] = Counter()
    for text in texts:
        if language_of(text) != "de":
            for word in (word for sentence in sentences(text) for word in split(sentence)[1:]):
                is_capital = word[0].isupper() and not word.isupper()
                capitals[word.casefold().removesuffix("'s")] += 1 if is_capital else -1
    return frozenset(stem(word) for word, surplus in capitals.items() if surplus > 0)


def word_forms(texts: Iterable[str]) -> dict[str, str]:
    """Return, for each stem, the form of the word that is written most often."""
    written = Counter(word for text in texts for word in split(text))
    counts: Counter[str] = Counter()
    for word, n in written.items():
        counts[word.casefold().removesuffix("'s")] += n
    seen: dict[str, Counter[str]] = {}
    for form, n in counts.items():
        if not is_private(form):
            seen.setdefault(stem(form), Counter())[form] = n
    return {word: min(forms, key=lambda form: (-forms[form], form)) for word, forms in seen.items()}
