"""The words in which traits are learnt and matched: stems with their rarity, and readable names made of them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from analysis.segments import known_terms
from analysis.text import common_words, stem, stop_words, tokenize

#: A word that is neither common nor in the skill table is kept only if so many people used it.
MIN_RESPONDENTS = 5


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Stems that may be compared, with their inverse document frequencies.

    Only common words of the language, words of the skill table and words that at least five respondents used
    are in it, so that nothing published carries a word that points to one person.
    """

    rarity: Mapping[str, float]
    unseen: float

    @classmethod
    def of(cls, documents: Sequence[Iterable[frozenset[str]]]) -> Lexicon:
        """Learn from the stems of each respondent's segments, one entry per respondent."""
        counts = Counter(word for segments in documents for word in frozenset().union(*segments))
        allowed = {stem(word) for word in common_words() | known_terms()}
        n = len(documents)
        kept = {word for word, count in counts.items() if count >= MIN_RESPONDENTS or word in allowed}
        rarity = {word: round(math.log((n + 1) / (counts[word] + 1)), 6) for word in sorted(kept)}
        return cls(rarity, round(math.log(n + 1), 6))

    def weights(self, words: Iterable[str]) -> dict[str, float]:
        """Return the known words with weights whose squares, unknown words included, sum to 1 (tf-idf, binary)."""
        found = sorted(words)
        norm = math.sqrt(math.fsum(self.rarity.get(word, self.unseen) ** 2 for word in found))
        return {word: self.rarity[word] / norm for word in found if word in self.rarity} if norm else {}


@lru_cache(maxsize=50_000)
def stems(text: str) -> frozenset[str]:
    """Return the stems of the content words of a text; a compound gives itself and its parts."""
    found = set()
    for token in tokenize(text):
        parts = [part for part in re.split(r"[-/&.']", token.lower) if len(part) > 2]
        for word in {token.lower, *parts}:
            if word not in stop_words() and (len(word) > 1 or word in known_terms()) and not word.isdigit():
                found.add(stem(word))
    return frozenset(found)


def word_forms(texts: Iterable[str]) -> dict[str, str]:
    """Return, for each stem, the form of the word that is written most often."""
    seen: dict[str, Counter[str]] = {}
    for text in texts:
        for token in tokenize(text):
            form = token.lower.removesuffix("'s")
            seen.setdefault(stem(form), Counter())[form] += 1
    return {word: min(forms, key=lambda form: (-forms[form], form)) for word, forms in seen.items()}


class Namer:
    """Names traits by their heaviest words; no two names are alike."""

    def __init__(self, forms: Mapping[str, str]) -> None:
        self._forms = forms
        self._taken: set[str] = set()

    def name(self, weights: Mapping[str, float]) -> str | None:
        """Return three words, more if another trait has that name; None if there are no words."""
        ranked = sorted((word for word in weights if word in self._forms), key=lambda w: (-weights[w], w))
        shown = list(dict.fromkeys(self._forms[word] for word in ranked))
        for n in range(min(3, len(shown)), len(shown) + 1):
            name = ", ".join(shown[:n])
            if name and name not in self._taken:
                self._taken.add(name)
                return name
        return None
