"""Words: normal form, tokens that remember their place, stems, sentences, phrases, language.

Nothing here knows about people or personas. All word lists are data (``words_<language>.json``, the stop words of
stopwordsiso and the vocabulary of the bundled tokenizer, which is ordered by frequency). What takes a language is
at home in :data:`SPOKEN_LANGUAGES`; of another one it knows the stop words.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from itertools import chain
from struct import Struct
from types import ModuleType
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, cast

import snowballstemmer
import stopwordsiso

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper


@contextmanager
def _as_if_absent(*modules: str) -> Iterator[None]:
    """Let imports of modules that are not loaded yet fail, as if they were not installed."""
    absent = [name for name in modules if name not in sys.modules]
    # What Python's import system takes for that.
    sys.modules.update(dict.fromkeys(absent, cast(ModuleType, None)))
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


# NLTK loads these for classifiers and tests; they take four times as long as all else that scoring leads needs. NLTK
# then does without them as long as the process lives: its SklearnClassifier and its tests of association fail. Only its
# stemmers are used here, which need neither, and everybody else imports the two as ever.
with _as_if_absent("scipy.stats", "sklearn"):
    from nltk.stem.snowball import SnowballStemmer

#: Languages told apart by their stop words, as ISO 639-1 codes.
DETECTED_LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "fi", "pl", "tr", "cs")

#: Languages with word lists, stems and a codebook of their own.
SPOKEN_LANGUAGES = ("en", "sv", "de", "es", "pl")

_STEMMERS = {"en": "english", "sv": "swedish", "de": "german", "es": "spanish", "pl": "polish"}

#: Other scripts, as the names of their letters begin, with the language that most people write in them. Of a script
#: that is not listed only that much is known: it is "und", undetermined, as ISO 639-2 has it.
_LANGUAGE_OF_SCRIPT = {
    "ARABIC": "ar",
    "BENGALI": "bn",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "DEVANAGARI": "hi",
    "GREEK": "el",
    "HANGUL": "ko",
    "HEBREW": "he",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "THAI": "th",
}

#: Whole words of the tokenizer's vocabulary that count as common. Beyond this rank (of 21,700) lie mostly
#: surnames, places and terms of art.
N_COMMON_WORDS = 12_000

#: A phrase has at most this many words.
MAX_PHRASE_WORDS = 4

#: A negation this many words before what is said takes it back ("no need for a promotion").
NEGATION_REACH = 3

_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'}
)
# What nobody sees: control characters, soft hyphens, spaces without width, marks of direction. Joiners stay in scripts
# that need them, and in emoji.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    r"|[\u200c\u200d](?![^\u0000-\u024f])"
)
# NFKC would make "nº 4" a "no 4"; these stand aside meanwhile.
_ORDINALS = {"º": "\ue000", "ª": "\ue001", "№": "\ue002"}
_ASIDE = str.maketrans(_ORDINALS)
_PLAIN = _QUOTES | {ord(aside): ordinal for ordinal, aside in _ORDINALS.items()}
# C++, C#, F#, node.js, month-end, don't, R&D and CI/CD are one token each. NLTK's TweetTokenizer breaks them.
_TOKEN = re.compile(r"\.?[^\W_]+(?:[.'&/+-](?=[^\W_])[^\W_]+)*(?:\+\+|#)?")
# Looks back from the first character of what it finds, so that the search passes over all others at once.
_SENTENCE_END = re.compile(
    r"[\"')\]\s](?:(?<=[.!?…][\"')\]\s])(?:(?<=\s)|(?<=\S)[\"')\]]*\s)\s*(?=[\"'(\[]?[^\W_])|(?<=\n)\n*)"
)
_BEYOND_LATIN = re.compile(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff]")
_CLAUSE_END = re.compile(r"[.!?…,;:()\[\]\"|•*/\n]+(?=\s|$)|\s[-–—]+\s|[\[\]()\"|•]")


#: Runs longer than this are no words; they are not remembered, so that memory stays small whatever people send.
MAX_RUN = 40
#: Runs that are remembered; when there are more, all are forgotten.
MAX_RUNS = 100_000

Found = TypeVar("Found")

#: Empty what is remembered of people's words; see :func:`forget`.
_FORGETTING: list[Callable[[], None]] = []


def remembered(most: int) -> Callable[[Callable[..., Found]], _lru_cache_wrapper[Found]]:
    """Remember what a function finds out about at most so many words or texts of people, until :func:`forget`."""

    def decorate(find: Callable[..., Found]) -> _lru_cache_wrapper[Found]:
        cached = lru_cache(maxsize=most)(find)
        _FORGETTING.append(cached.cache_clear)
        return cached

    return decorate


def forget() -> None:
    """Forget all that people wrote, as a process should that has read answers or leads and lives on."""
    for empty in _FORGETTING:
        empty()


class Runs(dict[str, Found], Generic[Found]):
    """What there is to know of runs of characters without space between them, found out once for each.

    Sentences hardly ever come again, their words do. What is asked of a text, if no answer reaches across a space, is
    put together from its runs: ``map(runs.__getitem__, text.split())`` takes no step of Python for each.

    Parameters
    ----------
    find : callable
        Finds it out for one run.
    """

    def __init__(self, find: Callable[[str], Found]) -> None:
        super().__init__()
        self._find = find
        _FORGETTING.append(self.clear)

    def __missing__(self, run: str) -> Found:
        found = self._find(run)
        if len(run) <= MAX_RUN:
            if len(self) >= MAX_RUNS:
                self.clear()
            self[run] = found
        return found


@dataclass(frozen=True, slots=True)
class Words:
    """The word lists of one language.

    ``everyday`` holds words of talk and trade that are rare in print; ``openers`` belong to the words behind them: in
    "me gusta construir" and "z ludźmi", what is left without them is no phrase.
    """

    function: frozenset[str]
    connectors: frozenset[str]
    generic: frozenset[str]
    protected: frozenset[str]
    negations: frozenset[str]
    non_answers: frozenset[str]
    everyday: frozenset[str] = frozenset()
    openers: frozenset[str] = frozenset()


class Token(NamedTuple):
    """A word as written, at ``[start, end)`` of its text."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """The word without letter case."""
        return self.text.casefold()


class Phrase(NamedTuple):
    """Neighbouring words as written, and the key that other spellings and orders of them share."""

    key: tuple[str, ...]
    text: str


@lru_cache(maxsize=8)
def words(language: str = "en") -> Words:
    """Return the word lists of a language; of one without lists only what its stop words tell."""
    if language not in SPOKEN_LANGUAGES:
        none = frozenset[str]()
        return Words(frozenset(stopwordsiso.stopwords(language)), none, none, none, none, none)
    raw = json.loads(files("analysis").joinpath(f"words_{language}.json").read_text(encoding="utf-8"))
    lists = {name: raw[name].split() if isinstance(raw[name], str) else raw[name] for name in raw}
    found = Words(**{name: frozenset(entries) for name, entries in lists.items()})
    if language == "en":
        return found
    # The English function words are picked by hand; elsewhere every stop word is one that is not protected.
    small = found.connectors | found.openers | stopwordsiso.stopwords(language)
    return replace(found, function=found.function | (small - found.protected))


@lru_cache(maxsize=8)
def common_words(language: str = "en") -> frozenset[str]:
    """Return common words of a language, lower case.

    For English the frequent whole words of the encoder's vocabulary; for another language, of which no such list is
    at hand, its stop words and function words alone, so that everything else must have been used by several people.
    """
    if language != "en":
        return stop_words(language) | words(language).function
    raw = files("analysis").joinpath("weights", "tokenizer.json").read_text(encoding="utf-8")
    vocabulary: dict[str, int] = json.loads(raw)["model"]["vocab"]
    ranked = sorted((rank, word) for word, rank in vocabulary.items() if word.isalpha())
    return frozenset(word for _, word in ranked[:N_COMMON_WORDS]) | stop_words() | words().function


@lru_cache(maxsize=64)
def stop_words(language: str = "en") -> frozenset[str]:
    """Return words without a subject of their own; what matters about work ("help", "home") is not among them."""
    if language in SPOKEN_LANGUAGES:
        lists = words(language)
        return (frozenset(stopwordsiso.stopwords(language)) - lists.protected) | lists.function
    return frozenset(stopwordsiso.stopwords(language))


@remembered(20_000)  # every step of the cleaning asks for the same answers
def normalise(text: str) -> str:
    """Return the text in NFKC with plain quotation marks and single spaces; line breaks stay.

    What cannot be seen is taken out, or a name or number that is copied with it would not be found.

    Examples
    --------
    >>> normalise("trade\\u00adunion,  nº ４")
    'tradeunion, nº 4'
    """
    if not text.isprintable():
        text = _UNSEEN.sub("", text)
    if text.isascii():
        text = text.replace("`", "'")
    else:
        text = unicodedata.normalize("NFKC", text.translate(_ASIDE)).translate(_PLAIN)
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))


@remembered(20_000)  # one analysis looks at the same sentences again and again
def tokenize(text: str) -> tuple[Token, ...]:
    """Split a text into words.

    Examples
    --------
    >>> [token.text for token in tokenize("Month-end in C++, .NET and R&D: don't ask.")]
    ['Month-end', 'in', 'C++', '.NET', 'and', 'R&D', "don't", 'ask']
    """
    return tuple(Token(match.group(), *match.span()) for match in _TOKEN.finditer(text))


def split(text: str) -> list[str]:
    """Return the words of a text as :func:`tokenize` does, without their places."""
    return list(chain.from_iterable(map(_WORDS_OF_RUNS.__getitem__, text.split())))


_WORDS_OF_RUNS = Runs(_TOKEN.findall)


def first_word(text: str) -> str | None:
    """Return the first word of a text; None if there is none."""
    found = _TOKEN.search(text)
    return found and found.group()


@remembered(100_000)
def stem(word: str, language: str = "en") -> str:
    """Return the Snowball stem of a word, letter case folded; of a language without a stemmer the word itself."""
    folded = word.casefold().removesuffix("'s")
    if language not in _STEMMERS or not folded.replace("-", "").isalpha():
        return folded
    return str(_stemmer(language)(folded))


def sentences(text: str) -> tuple[str, ...]:
    """Split a text into sentences at full stops, question and exclamation marks and line breaks."""
    return tuple(part.strip() for part in _SENTENCE_END.split(text) if part.strip())


def clauses(text: str) -> Iterator[list[re.Match[str]]]:
    """Split a text at punctuation into runs of words that may form a phrase, as matches in the text."""
    start = 0
    for mark in [*_CLAUSE_END.finditer(text), None]:
        run = [*_TOKEN.finditer(text, start, mark.start() if mark else len(text))]
        if run:
            yield run
        start = mark.end() if mark else start


def clauses_in_words(text: str) -> Iterator[list[str]]:
    """Yield the words of each of the :func:`clauses` of a text, without their places."""
    return filter(None, map(split, _CLAUSE_END.split(text)))


def phrases(text: str, language: str = "en") -> Iterator[Phrase]:
    """Yield every phrase of one to four words that starts and ends with a word of substance.

    One of several words is told with what belongs before it, none that is denied.
    A phrase of one word carries a subject by itself: words such as "day" or "good" appear only in company.
    """
    openers, connectors = words(language).openers, words(language).connectors
    for run in clauses(text):
        said = [word.group() for word in run]
        roles = [_role(word, language) for word in said]
        denying = any(role.denies for role in roles)
        for first, opening in enumerate(roles):
            if opening.is_function or not opening.has_letters:
                continue
            whole = first
            while whole and said[whole - 1].casefold() in openers:
                whole -= 1
            if denying and any(role.denies for role in roles[max(0, first - NEGATION_REACH) : whole]):
                continue
            content: list[str] = []
            is_generic = True
            for last in range(first, min(first + MAX_PHRASE_WORDS, len(run))):
                role = roles[last]
                is_generic &= role.is_generic
                if role.is_function:
                    if said[last].casefold() not in connectors:
                        break
                    continue
                if not role.has_letters or role.stem in content:
                    break
                content.append(role.stem)
                if (len(content) == 1 and opening.needs_company) or is_generic:
                    continue
                begins = run[whole if len(content) > 1 else first]
                yield Phrase(tuple(sorted(content)), text[begins.start() : run[last].end()])


class _Role(NamedTuple):
    """What a word is in a phrase."""

    stem: str
    denies: bool
    is_function: bool
    is_generic: bool
    has_letters: bool
    needs_company: bool


@remembered(50_000)
def _role(word: str, language: str) -> _Role:
    lists, lower = words(language), word.casefold()
    denies, is_generic = lower in lists.negations, lower in lists.generic
    return _Role(
        stem(word, language),
        denies,
        denies or lower in lists.function,
        is_generic,
        any(map(str.isalpha, word)),
        is_generic or len(word) < 2 or lower in stop_words(language),
    )


@remembered(20_000)  # asked of a response as written and as cleaned, which are mostly the same
def language_of(text: str) -> str | None:
    """Guess the language from the script and the stop words of a text; None if there is too little to tell."""
    if not text.isascii() and (written := _language_by_script(text)):
        return written
    marks = sum(map(_MARKS_OF_RUNS.__getitem__, text.split()))
    n_words, *hits = _COUNTS.unpack(marks.to_bytes(_COUNTS.size, "little"))
    if n_words < 6:
        return None
    most, english = max(hits), hits[DETECTED_LANGUAGES.index("en")]
    best = DETECTED_LANGUAGES[hits.index(most)]
    # Lists of skills hold next to no stop words in any language: they do not tell.
    if most < max(3, 0.15 * n_words) or (best != "en" and most < 1.5 * english):
        return "en" if english >= 2 else None
    # One word that comes again does not tell either: "nice" is a stop word in Turkish.
    return best if best == "en" or _n_marks(text, best) > 1 else None


def _language_by_script(text: str) -> str | None:
    """Guess the language of a text most of whose letters are not Latin."""
    letters = _BEYOND_LATIN.findall(text)
    if 2 * len(letters) <= sum(map(str.isalpha, text)):
        return None
    (script, _), *_ = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in letters).most_common(1)
    return _LANGUAGE_OF_SCRIPT.get(script, "und")


#: How many words there are, and of each language how many are its stop words, side by side in one number: to add
#: numbers up takes a third of the time of counting names.
_COUNTS = Struct(f"<{1 + len(DETECTED_LANGUAGES)}I")


def _marks_of(run: str) -> int:
    """Count the words of a run, see :data:`_COUNTS`."""
    markers = _languages_of_markers()
    told = (markers.get(word.casefold(), ()) for word in split(run) if not word.isdigit())
    return sum(1 + sum(1 << 32 * (1 + place) for place in places) for places in told)


_MARKS_OF_RUNS = Runs(_marks_of)


def _n_marks(text: str, language: str) -> int:
    """Count which stop words of a language a text holds, each once."""
    place, markers = DETECTED_LANGUAGES.index(language), _languages_of_markers()
    return sum(place in markers.get(word, ()) for word in set(map(str.casefold, split(text))))


@lru_cache(maxsize=1)
def _languages_of_markers() -> dict[str, tuple[int, ...]]:
    """Among the stop words of which of :data:`DETECTED_LANGUAGES` a word is."""
    found: dict[str, tuple[int, ...]] = {}
    for place, language in enumerate(DETECTED_LANGUAGES):
        for word in words().function if language == "en" else stopwordsiso.stopwords(language):
            found[word] = (*found.get(word, ()), place)
    return found


@lru_cache(maxsize=8)
def _stemmer(language: str) -> Callable[[str], str]:
    """NLTK's stemmers; it has none for Polish, which the Snowball project's own package has."""
    if language == "pl":
        # One for each word: it holds the word it is at, and words are stemmed on several threads.
        return lambda word: str(snowballstemmer.stemmer(_STEMMERS[language]).stemWord(word))
    return cast(Callable[[str], str], SnowballStemmer(_STEMMERS[language]).stem)
