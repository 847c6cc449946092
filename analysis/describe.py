"""What the people of a persona say more often than others: themes of the codebook and words as people wrote them.

Counts people, never words: somebody who says it ten times counts once. Nothing is returned that fewer than 5
people of the persona said. Who says a theme is read in :mod:`analysis.meaning`, sentences to quote are chosen in
:mod:`analysis.quotes`.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.codebook import Kind, as_in_phrases
from analysis.kmeans import IntArray
from analysis.lexicon import is_private, public_stems
from analysis.meaning import NOTHING_SAID, Reading
from analysis.prevalence import Estimated, interval_of
from analysis.redaction import first_names, is_confidential, is_sensitive
from analysis.report import Entry
from analysis.segments import known_terms
from analysis.text import common_words, first_word, phrases, sentences, split, stem, tokenize
from analysis.views import Person
from analysis.weighing import SAID, SURE, WEIGHED
from analysis.wordlists import by_language

#: No count under this is ever shown, and no rare word that fewer people used.
MIN_PEOPLE = 5
#: A phrase that so many of those who say it say as a part of a longer one is a piece of that.
FRAGMENT_SHARE = 0.8

#: The lists of a persona and the items their words are read from; an item with another name belongs to the traits.
LISTS: Mapping[str, tuple[str, ...]] = {
    "reasons": ("stay",),
    "traits": ("self", "good_day"),
    "skills": ("skills",),
    "content": ("content",),
}

#: The kinds of code that may stand as a theme in a list, whichever item it was said in.
THEME_KINDS: Mapping[str, tuple[Kind, ...]] = {
    "reasons": ("motive",),
    "traits": ("style", "day"),
    "skills": ("skill",),
    "content": ("content",),
}

MAX_ENTRIES = 10
#: Words stand in for themes where the codebook has none; more than a few are not read.
MAX_WORDS: Mapping[str, int] = {"reasons": 3, "traits": 3, "skills": 6, "content": 4}
#: A single word says little ("started", "manager"): of what to read about it must be this telling, among skills it must
#: be one by itself ("Excel") or the name of something, and why people stay or who they are no word tells.
MIN_Z_OF_ONE_WORD = 3.3

#: How much more often something must be said here than elsewhere (keyness). A theme must pass a second test as well;
#: of words there are thousands, so that more of them are telling by luck.
MIN_Z: Mapping[str, float] = {"theme": 1.645, "words": 2.326, "option": 1.0}
#: How much nearer to saying a theme a whole group must be than others: less where its words already tell.
MIN_RANK_Z, MIN_RANK_Z_IN_WORDS, MIN_RANK_Z_WHERE_CLEAR = 3.3, 2.0, 1.0
#: Meaning alone knows the subject better than what is thought of it ("no bonus" is near to "bonus"): so many must say
#: a theme in words that the codebook knows, and do so more often than others.
MIN_IN_WORDS, MANY_IN_WORDS, CLEAR_IN_WORDS, LIFT_IN_WORDS = 2, 3, 4, 1.5
#: Where only two say it in words, so many must be read as saying it: of five, three would rest on meaning.
MIN_SAID_WHERE_FEW_IN_WORDS = 7
#: Where three say it in words or as surely, of five too many would still rest on meaning.
MIN_SAID_AS_SURELY = 6
#: The second opinion (log-odds, on average over those who say it) confirms what fewer than three say in words; a theme
#: that it alone finds needs more of it, so many who surely say it, and a group that comes this much nearer than others.
MIN_WEIGHT, MIN_WEIGHT_ALONE, MIN_SURE, MIN_RANK_Z_WHERE_WEIGHED = 0.8, 1.0, 3, 1.5
#: Of those who come near to what a persona leans to, so many say it by the second opinion.
MIN_SAID_OF_NEAR = 0.25
#: Of those who say why they stay, so many must say it where that is asked: who was thanked on a good day does not
#: stay for it.
MIN_ASKED = 1 / 3
MIN_LIFT = 1.25
#: Of what counts as said, the share of a group must be so much larger than elsewhere: of 116 themes in fourteen
#: organisations a reader found the 103 that lead by more to be right in 85 of 100 cases, and the 13 others in 31.
MIN_LEAD = 0.2

#: What fewer of a persona's people say is true of hardly any of them, however rare it is elsewhere.
MIN_SHARE: Mapping[str, float] = {"theme": 0.07, "words": 0.05, "option": 0.1}
FEW_SHARE = 0.1
#: An option that so many choose is worth knowing although others choose it as well.
USUAL_OPTION = 0.3
MAX_OPTIONS = 6
#: Who comes nearer to a theme than so many of the others do comes near to it.
NEARER_THAN = 0.9
#: The ranks of all say it alone here; of people dealt to the personas at random hardly any lean to anything. Of a small
#: persona two rarely use the words of the codebook: one is enough where the ranks tell more and so many come near.
MIN_RANK_Z_OF_LEANINGS = 3.0
MIN_NEAR_WHERE_ONE_SAYS_IT, MIN_Z_WHERE_ONE_SAYS_IT = 0.4, 2.0
#: "Taken together" is not true of fewer.
MIN_SHARE_OF_LEANINGS = 0.25
#: Of so large a group a theme is told where so much more of it than of the others counts as saying it: of what
#: organisations left out in turn would have been told, a reader found four in five to be right. In a smaller one five
#: who count are a third or more of it: where two are read as saying it, a reader found 20 of 21 to be right. One may
#: be misread.
MIN_PERSONA_TOLD_TOGETHER, MIN_LEAD_TOLD_TOGETHER = 15, 0.4
MIN_SAID_TOGETHER = 2
MAX_LEANINGS = 5
#: Two themes of a list say the same if one is said by so many of the sentences that say the other: "fresh air" tells
#: that somebody is outdoors, and not that they dislike a desk as well. If their centres are nearer than this fewer are
#: enough, and they may stand in different lists.
SAME_SENTENCES, SAME_THEME, SAME_SENTENCES_OF_LIKE = 0.6, 0.6, 1 / 3
#: What so many of a persona list is worth knowing although others list it as well; after what sets it apart.
USUAL_THEME = 0.1
MAX_USUAL: Mapping[str, int] = {"skills": 4, "content": 2}

_AS_A_NAME = {
    name.casefold(): name
    for name in (
        "Bluesky",
        "Facebook",
        "GitHub",
        "Instagram",
        "LinkedIn",
        "Mastodon",
        "Reddit",
        "TikTok",
        "WhatsApp",
        "Xing",
        "YouTube",
    )
}
_PLACEHOLDER = re.compile(r"\[[\w-]+\]")

Members = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """Something people may say.

    Parameters
    ----------
    key : tuple of str
        Stems of the words, or the code.
    text : str
        Its name for readers.
    kind : str
        ``theme``, ``words``, ``usual`` (a theme that others say as well), ``option``, ``leaning`` or ``family``.
    said : bool ndarray of shape (n_people,)
        Who said it.
    ranks : ndarray of shape (n_people,), optional
        How near everybody comes to saying it, as ranks.
    in_words : bool ndarray of shape (n_people,), optional
        Who said a theme in words of the codebook.
    clearly : bool ndarray of shape (n_people,), optional
        Who said it in these or as surely; None where nothing is read by meaning.
    weight : ndarray of shape (n_people,), optional
        The second opinion on those who say a theme: the most evidence of a sentence in which they do.
    evidence : ndarray of shape (n_people,), optional
        The same of any sentence of anybody.
    spoken : bool ndarray of shape (n_sentences,), optional
        The sentences that say it.
    centre : ndarray of shape (dim,), optional
        Where a theme lies among meanings.
    covers : frozenset of tuple of str
        Stems of the words that show a theme: shown beside it, they would say it again.
    opposites : frozenset of str
        Codes of themes that would contradict it.
    asked : bool ndarray of shape (n_people,), optional
        Who said it where it is asked for; None where nothing asks for it.
    listed : bool
        Whether it is said in lists: then at least half of those who say it must name it.
    counted : bool ndarray of shape (n_people,), optional
        Who counts as saying it where that is more than who is read as saying it (:mod:`analysis.prevalence`).
    """

    key: tuple[str, ...]
    text: str
    kind: str
    said: Members
    ranks: NDArray[np.float64] | None = None
    in_words: Members | None = None
    clearly: Members | None = None
    weight: NDArray[np.float32] | None = None
    evidence: NDArray[np.float32] | None = None
    spoken: NDArray[np.bool_] | None = None
    centre: NDArray[np.float64] | None = None
    covers: frozenset[tuple[str, ...]] = frozenset()
    opposites: frozenset[str] = frozenset()
    asked: Members | None = None
    listed: bool = False
    counted: Members | None = None

    @property
    def people(self) -> Members:
        """Who counts as saying it."""
        return self.said if self.counted is None else self.counted

    @property
    def said_in_words(self) -> Members:
        """Who said it in words that are known; of what is read by words alone that is whoever said it."""
        return self.said if self.in_words is None else self.in_words


class Lexicon:
    """How words are used across all people: who uses them, and how they are written.

    Parameters
    ----------
    texts : sequence of iterable of str
        Per person every text that may be read.
    language : str
        In which most are written.
    """

    def __init__(self, texts: Sequence[Iterable[str]], language: str = "en") -> None:
        self.language = language
        used: list[str] = []
        said: Counter[str] = Counter()
        first: Counter[str] = Counter()
        for person in texts:
            told = _PLACEHOLDER.sub(" | ", "\n".join(person))
            theirs = split(told)
            said.update(theirs)
            first.update(filter(None, map(first_word, sentences(told))))
            used += set(map(str.casefold, theirs))
        self._n_people = Counter(used)
        forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        # The first word of a sentence wears a capital for its place, not for what it is.
        for word, n in said.items():
            forms[word.casefold()][word] += first[word] + 1000 * (n - first[word])
        self._form = {lower: _usual_form(lower, written) for lower, written in forms.items()}
        self._showable: dict[str, bool] = {}
        #: Which sentences hold nothing that could tell who wrote them, as far as :mod:`analysis.quotes` asked.
        self.quotable: dict[str, bool] = {}

    def as_written(self, text: str) -> str:
        """Return the text with every word in its usual letter case."""
        parts, end = [], 0
        for token in tokenize(text):
            parts += [text[end : token.start], self._form.get(token.lower, token.text)]
            end = token.end
        return "".join([*parts, text[end:]])

    def n_people(self, word: str) -> int:
        """Return how many people use a word, in any letter case."""
        return self._n_people[word.casefold()]

    def is_showable(self, text: str) -> bool:
        """Say whether every word is common in the language or used by at least 5 people, and none is sensitive."""
        # Of a quote the same sentences are asked for again and again.
        if text not in self._showable:
            known = all(self._is_known(word.casefold()) for word in split(text))
            self._showable[text] = known and not is_sensitive(text)
        return self._showable[text]

    def names_something(self, text: str) -> bool:
        """Say whether a word is mostly written with a capital inside sentences and is none of the language.

        It may be a colleague's name that no list holds, however many write it. In German every noun has a capital.
        """
        return self.language != "de" and any(map(self._is_name, map(str.casefold, split(text))))

    def _is_name(self, word: str) -> bool:
        form = self._form.get(word, word)
        return form[0].isupper() and not form.isupper() and not self._is_of_the_language(word)

    def _is_known(self, word: str) -> bool:
        if self._n_people[word] >= MIN_PEOPLE:
            return True
        return self._is_of_the_language(word)

    def _is_of_the_language(self, word: str) -> bool:
        parts = [part for part in re.split(r"[-/&.']", word.removesuffix("'s")) if part]
        return bool(parts) and all(_is_common(part, self.language) for part in parts)


def words_of(people: Sequence[Person], items: Sequence[str], lexicon: Lexicon) -> dict[str, tuple[Term, ...]]:
    """Collect the words of :func:`terms_of` alone."""
    found = {
        name: _phrase_terms([_texts(person, items_of(name, items)) for person in people], lexicon)
        for name in LISTS
    }
    # Among skills and what people read a capital is a tool more than a person, and what "and" joins is a pair.
    return {
        name: terms
        if name in ("skills", "content")
        else tuple(
            term
            for term in terms
            if not lexicon.names_something(term.text) and not _joins_clauses(term.text, lexicon.language)
        )
        for name, terms in found.items()
    }


def _joins_clauses(text: str, language: str) -> bool:
    """Say whether a phrase of reasons or traits holds an "and", where mostly one clause ends and another begins."""
    return not _conjunctions(language).isdisjoint(text.casefold().split())


@lru_cache(maxsize=8)
def _conjunctions(language: str) -> frozenset[str]:
    return frozenset(by_language("private").get(language, {}).get("conjunctions", "").split())


def terms_of(
    people: Sequence[Person],
    items: Sequence[str],
    lexicon: Lexicon,
    reading: Reading,
    words: Mapping[str, tuple[Term, ...]] | None = None,
) -> dict[str, tuple[Term, ...]]:
    """Collect what people say, for each list, as far as it may be shown.

    Parameters
    ----------
    people : sequence of Person
    items : sequence of str
        The open-ended items of the questionnaire.
    lexicon : Lexicon
        Of the same people.
    reading : Reading
        Of the same people.
    words : mapping of str to tuple of Term, optional
        What :func:`words_of` returns, if that is known already.

    Returns
    -------
    dict of str to tuple of Term
        In the order of :data:`LISTS`.
    """
    words = words_of(people, items, lexicon) if words is None else words
    return {name: (*theme_terms(reading, *THEME_KINDS[name]), *words[name]) for name in LISTS}


def items_of(name: str, items: Sequence[str]) -> tuple[str, ...]:
    """Return the items whose words feed a list."""
    if name != "traits":
        return tuple(item for item in LISTS[name] if item in items)
    elsewhere = {item for other, named in LISTS.items() if other != "traits" for item in named}
    return tuple(item for item in items if item not in elsewhere)


def channel_terms(people: Sequence[Person]) -> tuple[Term, ...]:
    """Collect the options chosen in the closed item ``channels``, but private ones ("union", "Ann Lee told me")."""
    options = sorted({option for person in people for option in person.response.channels})
    return tuple(
        Term(
            (option,),
            text,
            "option",
            np.array([option in person.response.channels for person in people], dtype=bool),
        )
        for option in options
        if not is_confidential(text := option_text(option))
    )


def option_text(option: str) -> str:
    """Write the code of an option for readers.

    Examples
    --------
    >>> option_text("local_press"), option_text("linkedin")
    ('local press', 'LinkedIn')
    """
    return " ".join(_AS_A_NAME.get(word.casefold(), word) for word in option.replace("_", " ").split(" "))


def theme_terms(reading: Reading, *kinds: Kind) -> tuple[Term, ...]:
    """Return the codes of some kinds with who says them."""
    by_meaning = len(reading.centres) > 0
    asked = reading.said_in(LISTS["reasons"]) if "motive" in kinds else None
    return tuple(
        Term(
            (code.code,),
            code.label,
            "theme",
            reading.said[:, column],
            ranks=reading.ranks[:, column] if by_meaning else None,
            in_words=reading.said_in_words[:, column] if by_meaning else None,
            clearly=reading.said_clearly[:, column] if by_meaning else None,
            weight=reading.weight[:, column] if reading.weight is not None and code.kind in WEIGHED else None,
            evidence=(
                reading.most_evidence[:, column]
                if reading.most_evidence is not None and code.kind in WEIGHED
                else None
            ),
            spoken=reading.spoken[:, column],
            centre=reading.centres[column] if by_meaning else None,
            covers=frozenset(one for seed in code.seeds | code.denied for one in (seed, as_in_phrases(seed))),
            opposites=code.opposites,
            asked=None if asked is None or code.kind != "motive" else asked[:, column],
            listed=code.kind == "skill",
            counted=None
            if reading.counted is None or code.kind not in WEIGHED
            else reading.counted[:, column],
        )
        for column, code in enumerate(reading.codes)
        if code.kind in kinds
    )


def heard_out(reading: Reading, labels: IntArray) -> Reading:
    """Hear out personas that say a theme clearly in words but for a person or two, or by the second opinion alone.

    Three who say in words of the codebook what hardly anybody else does tell what a persona thinks, and that others
    of it who come near mean it as well: less is asked then. And where no persona says a theme as sentences are read by
    what is near, but one does as they are weighed, those count who say it so. Either way for everybody alike, so that
    shares can be compared.

    Parameters
    ----------
    reading : Reading
    labels : ndarray of int, shape (n_people,)
        Persona of each of the people who were read; -1 is in none.
    """
    if not len(reading.centres):
        return reading
    spoken = reading.spoken.copy()
    for members in (labels == label for label in range(int(labels.max()) + 1)):
        n_words = reading.said_in_words[members].sum(axis=0)
        n = reading.said[members].sum(axis=0)
        for column in np.flatnonzero((n_words >= MANY_IN_WORDS) & (n < MIN_PEOPLE)).tolist():
            z = keyness_of(reading.said_in_words[:, column], members, ~members)
            near = rank_z(reading.ranks[:, column], members)
            if z >= MIN_Z["words"] and near >= MIN_RANK_Z_IN_WORDS:
                spoken[:, column] = reading.nearly[:, column]
    # What a reading has worked out by now stays with it.
    heard = reading if np.array_equal(spoken, reading.spoken) else reading.saying(spoken)
    if heard.evidence is None:
        return heard
    by_weight = heard.saying(heard.evidence >= SAID)
    alone = _told(by_weight, labels) & ~_told(heard, labels, also_surely=False)
    return heard.saying(np.where(alone, by_weight.spoken, heard.spoken)) if alone.any() else heard


def _told(reading: Reading, labels: IntArray, *, also_surely: bool = True) -> Members:
    """Say which codes that a second opinion is asked of any persona is told by, shape (n_codes,).

    ``also_surely``: or as well because the second opinion alone is sure of it.
    """
    terms = theme_terms(reading, *WEIGHED)
    if not also_surely:
        nobody = np.full(reading.n_people, NOTHING_SAID, np.float32)
        terms = tuple(replace(term, evidence=nobody) for term in terms)
    told = {term.key for label in range(int(labels.max()) + 1) for _, term in telling(terms, labels == label)}
    return np.array([(code.code,) in told for code in reading.codes], dtype=bool)


def without_few(terms: Iterable[Term], labels: IntArray) -> tuple[Term, ...]:
    """Count as silent the few who say something outside the personas in which at least five say it.

    Who knows how many say it in all, and in each of those personas, could else work out a number under five.

    Parameters
    ----------
    terms : iterable of Term
    labels : ndarray of int, shape (n_people,)
        Persona of each person; -1 is in none.
    """
    return tuple(_without_few(term, labels) for term in terms)


def _without_few(term: Term, labels: IntArray) -> Term:
    counts = np.bincount(labels[term.people] + 1, minlength=1)
    few = np.flatnonzero((counts > 0) & (counts < MIN_PEOPLE))
    if not 0 < int(counts[few].sum()) < MIN_PEOPLE:
        return term
    kept = term.people & ~np.isin(labels + 1, few)
    return replace(term, said=kept) if term.counted is None else replace(term, counted=kept)


def telling(terms: Sequence[Term], members: Members) -> list[tuple[float, Term]]:
    """Rank the terms that a group says more often than everybody else, the most telling first.

    Returns
    -------
    list of (z, Term)
        z is :func:`strength`. Of a theme the whole group must come nearer to saying it than others do: a few
        sentences that happen to sound alike do not move the ranks of a group.
    """
    ranked = []
    others = ~members
    size, rest = _n(members), _n(others)
    # Of many words few are said often enough, so all are counted at once.
    said = np.array([term.said for term in terms], dtype=bool).reshape(len(terms), len(members))
    counts = (np.count_nonzero(said & some, axis=1).tolist() for some in (members, others))
    for term, n, n_elsewhere in zip(terms, *counts, strict=True):
        if n < MIN_PEOPLE or n / size < max(MIN_SHARE[term.kind], MIN_LIFT * n_elsewhere / max(rest, 1)):
            continue
        said_z = keyness(n, size, n_elsewhere, rest)
        words_z = max(keyness_of(sure, members, others) for sure in _surely(term, members))
        # What few of a persona say must be rare elsewhere as well.
        z = max(said_z, words_z) if n >= FEW_SHARE * size else said_z
        if z >= MIN_Z[term.kind] and _is_confirmed(term, members) and _counts_more(term, members):
            ranked.append((strength(term, members), term))
    return sorted(ranked, key=lambda pair: (-pair[0], pair[1].text))


def _counts_more(term: Term, members: Members) -> bool:
    """Say whether of a group at least five count as saying a term, and so much more of it than of the others."""
    if term.counted is None:
        return True
    return _n(term.counted & members) >= MIN_PEOPLE and lead(term, members) >= MIN_LEAD


def strength(term: Term, members: Members) -> float:
    """Return how much a term sets a group apart, in standard deviations.

    Of a theme read by meaning it is the rank-sum statistic of how near people come to saying it (Mann & Whitney 1947),
    of other terms their :func:`keyness`.
    """
    if term.ranks is not None:
        return rank_z(term.ranks, members)
    return keyness_of(term.said, members, ~members)


def lead(term: Term, members: Members) -> float:
    """Return how much larger a part of a group than of everybody else counts as saying a term, to two decimals.

    0 if that is not estimated.
    """
    if term.counted is None:
        return 0.0
    return round(float(term.counted[members].mean() - term.counted[~members].mean()), 2)


def choose(terms: Mapping[str, Sequence[Term]], members: Members) -> dict[str, tuple[Term, ...]]:
    """Choose for each list what sets a group apart: themes first, then words that repeat nothing shown anywhere.

    Skills and what to read are listed in words, which can be trusted by themselves: those of many people follow.
    """
    terms = _without_contradiction(terms, members)
    ranked = {name: telling(listed, members) for name, listed in terms.items()}
    themes = _distinct(ranked)
    covered = frozenset[tuple[str, ...]]().union(*(term.covers for one in themes.values() for term in one))
    chosen: dict[str, tuple[Term, ...]] = {}
    used: set[str] = set()
    for name, listed in ranked.items():
        words = _without_repetition(
            [
                term
                for z, term in listed
                if term.kind == "words"
                and not used & set(term.key)
                and not _says_again(term, covered)
                and (len(term.key) > 1 or _says_something(term, z, name, members))
            ],
            members,
        )[: min(MAX_WORDS[name], MAX_ENTRIES - len(themes[name]))]
        used.update(word for term in words for word in term.key)
        # What is estimated is read in the order of what most more of the group than of the others say.
        chosen[name] = (*sorted(themes[name], key=lambda term: -lead(term, members)), *words)
    said = [term for listed in chosen.values() for term in listed if term.kind == "words"]
    usual = {
        name: _usual(terms[name], chosen[name], said, members)[:most]
        for name, most in MAX_USUAL.items()
        if name in chosen
    }
    return {name: (*listed, *usual.get(name, ())) for name, listed in chosen.items()}


def _usual(
    terms: Sequence[Term], shown: Sequence[Term], said: Sequence[Term], members: Members
) -> list[Term]:
    """Return the themes that at least as many of a group list as of the others, those of most people first.

    None says again what is ``shown`` in its list, or what words of any list have ``said``.
    """
    size, rest = _n(members), _n(~members)
    kept = list(shown)
    themes = [term for term in terms if term.kind == "theme"]
    for term in sorted(themes, key=lambda term: (-_n(term.said & members), term.text)):
        n, n_elsewhere = _n(term.said & members), _n(term.said & ~members)
        many = n >= max(MIN_PEOPLE, USUAL_THEME * size) and n * rest >= n_elsewhere * size
        if (
            many
            and _n(term.said_in_words & members) >= max(MIN_PEOPLE, n / 2)
            and all(term.key != one.key and not _say_the_same(term, one, True) for one in kept)
            and not any(_says_again(one, term.covers) for one in said)
        ):
            kept.append(replace(term, kind="usual"))
    return kept[len(shown) :]


def leanings(
    terms: Mapping[str, Sequence[Term]], chosen: Mapping[str, Sequence[Term]], members: Members
) -> tuple[Term, ...]:
    """Choose themes to which the whole group comes near although few say them outright.

    People put it in pictures: one sentence is no finding, a whole group is. It is told by how many count as saying it.
    Where nothing is estimated, or only one is read as saying it, at least two must say it in words of the codebook,
    far more often than others, and five must come near. Skills are listed in words: what lies near to them is another
    skill.
    """
    shown = [term for listed in chosen.values() for term in listed if term.kind != "words"]
    keys = {term.key for term in shown}
    ranked = sorted(
        (
            (z, near)
            for name, listed in _without_contradiction(terms, members).items()
            for term in listed
            if name != "skills"
            and term.ranks is not None
            and term.key not in keys
            and (z := strength(term, members)) >= MIN_RANK_Z_OF_LEANINGS
            and (near := _as_leaning(term, members)) is not None
        ),
        key=lambda pair: (-lead(pair[1], members), -pair[0], pair[1].text),
    )
    kept: list[Term] = []
    for _, term in ranked:
        if len(kept) < MAX_LEANINGS and not any(_say_the_same(term, one, True) for one in (*shown, *kept)):
            kept.append(term)
    return tuple(kept)


def _as_leaning(term: Term, members: Members) -> Term | None:
    """Return a theme with who comes near to it, None if too few do or say it in words."""
    if term.ranks is None or term.in_words is None:
        return None
    if _is_told_together(term, members):
        return replace(term, kind="leaning")
    if not _counts_more(term, members):
        return None
    near = term.ranks > np.quantile(term.ranks[~members], NEARER_THAN)
    n, size = _n(near & members), _n(members)
    if n < max(MIN_PEOPLE, MIN_SHARE_OF_LEANINGS * size):
        return None
    if term.evidence is not None and _n(near & members & (term.evidence >= SAID)) < MIN_SAID_OF_NEAR * n:
        return None
    told = [(_n(sure & members), keyness_of(sure, members, ~members)) for sure in _surely(term, members)]
    clear = any(n_words >= MIN_IN_WORDS and z >= MIN_Z["words"] for n_words, z in told)
    many = n >= MIN_NEAR_WHERE_ONE_SAYS_IT * size and any(z >= MIN_Z_WHERE_ONE_SAYS_IT for _, z in told)
    if not (clear or (many and rank_z(term.ranks, members) >= MIN_RANK_Z)):
        return None
    return replace(term, kind="leaning", said=near)


def _is_told_together(term: Term, members: Members) -> bool:
    """Say whether so many more of a group than of the others count as saying a theme that few need say it outright."""
    if _n(term.said & members) < MIN_SAID_TOGETHER:
        return False
    if _n(members) >= MIN_PERSONA_TOLD_TOGETHER:
        return lead(term, members) >= MIN_LEAD_TOLD_TOGETHER
    return term.counted is not None and _counts_more(term, members)


def choose_options(terms: Sequence[Term], members: Members) -> tuple[Term, ...]:
    """Choose the options that set a group apart, then those that many of it choose."""
    apart = [term for _, term in telling(terms, members)]
    size = _n(members)
    usual = [
        term
        for term in terms
        if term not in apart and _n(term.said & members) >= max(MIN_PEOPLE, USUAL_OPTION * size)
    ]
    usual.sort(key=lambda term: (-_n(term.said & members), term.text))
    return tuple([*apart, *usual][:MAX_OPTIONS])


def entry(term: Term, members: Members, others: Members | None = None) -> Entry:
    """Count a term in a group and elsewhere, or among ``others``."""
    others = ~members if others is None else others
    n, size = _n(term.people & members), _n(members)
    n_elsewhere, rest = _n(term.people & others), _n(others)
    # A small count elsewhere is not shown either: it is rounded down to none.
    share_elsewhere = n_elsewhere / rest if n_elsewhere >= MIN_PEOPLE else 0.0
    estimated = term.counted is not None
    of: Estimated = "families" if term.kind == "family" else "themes"
    interval = interval_of(n / size, of) if estimated else wilson(n, size)
    return Entry(term.text, n, n / size, share_elsewhere, interval, term.kind, estimated)


def common_themes(terms: Iterable[Term]) -> tuple[Entry, ...]:
    """Say what all people share, for a report without personas: terms with at least 5 people, largest first."""
    found = [
        entry(term, np.ones(len(term.said), dtype=bool))
        for term in terms
        if min(_n(term.said), _n(term.people)) >= MIN_PEOPLE
    ]
    return tuple(sorted(found, key=lambda one: (-one.n, one.text)))


def keyness(n: int, size: int, n_elsewhere: int, rest: int) -> float:
    """Return the signed root of the log-likelihood ratio of two shares: above 0 if the first is larger."""
    total, people = n + n_elsewhere, size + rest
    cells = (
        (n, total * size / people),
        (n_elsewhere, total * rest / people),
        (size - n, (people - total) * size / people),
        (rest - n_elsewhere, (people - total) * rest / people),
    )
    ratio = 2 * math.fsum(seen * math.log(seen / expected) for seen, expected in cells if seen > 0)
    return math.copysign(math.sqrt(max(ratio, 0.0)), n * rest - n_elsewhere * size)


def keyness_of(said: Members, here: Members, there: Members) -> float:
    """:func:`keyness` of what some people say in one group beside another."""
    return keyness(_n(said & here), _n(here), _n(said & there), _n(there))


def _n(people: Members) -> int:
    return int(np.count_nonzero(people))


def _surely(term: Term, members: Members) -> tuple[Members, ...]:
    """Who says a term in words of the codebook; and, where one of a group does, who says it in these or as surely.

    Two signals that agree are worth more than many of one: the encoder takes learning for teaching oneself.
    """
    words = term.said_in_words
    return (words,) if term.clearly is None or not (words & members).any() else (words, term.clearly)


def _is_confirmed(term: Term, members: Members) -> bool:
    n_said = _n(term.said & members)
    if term.asked is not None and _n(term.asked & members) < MIN_ASKED * n_said:
        return False
    if term.ranks is None or term.in_words is None:
        return True
    nearer = rank_z(term.ranks, members)
    if term.weight is None or term.evidence is None:
        return any(_confirms(sure, term, members, nearer) for sure in _surely(term, members))
    weight = float(term.weight[term.said & members].mean())
    if (
        nearer >= MIN_RANK_Z_WHERE_WEIGHED
        and weight >= MIN_WEIGHT_ALONE
        and _is_surely_said(term.evidence, members)
    ):
        return True
    seconded = weight >= MIN_WEIGHT or _n(term.said_in_words & members) >= MANY_IN_WORDS
    return seconded and any(_confirms(sure, term, members, nearer) for sure in _surely(term, members))


def _is_surely_said(evidence: NDArray[np.float32], members: Members) -> bool:
    """Say whether by the second opinion enough of a group surely say a theme, and more of it than of the others."""
    sure = evidence >= SURE
    n, n_elsewhere = _n(sure & members), _n(sure & ~members)
    return n >= MIN_SURE and n * _n(~members) >= LIFT_IN_WORDS * n_elsewhere * _n(members)


def _confirms(sure: Members, term: Term, members: Members, nearer: float) -> bool:
    """Say whether those who say a theme for sure confirm it, with how much nearer to it the whole group is."""
    by_words, n_said = sure is term.in_words, _n(term.said & members)
    size, rest = _n(members), _n(~members)
    n, n_elsewhere = _n(sure & members), _n(sure & ~members)
    many = n >= MANY_IN_WORDS and (by_words or n_said >= MIN_SAID_AS_SURELY)
    few = by_words and n >= MIN_IN_WORDS and n_said >= MIN_SAID_WHERE_FEW_IN_WORDS
    if not (many or few) or n * rest < LIFT_IN_WORDS * n_elsewhere * size or (term.listed and 2 * n < n_said):
        return False
    z = keyness(n, size, n_elsewhere, rest)
    if by_words and n >= CLEAR_IN_WORDS and z >= MIN_Z["words"]:
        return nearer >= MIN_RANK_Z_WHERE_CLEAR
    words_tell = many and z >= MIN_Z["theme"]
    return nearer >= (MIN_RANK_Z_IN_WORDS if words_tell else MIN_RANK_Z)


def rank_z(ranks: NDArray[np.float64], members: Members) -> float:
    """How far the ranks of a group lie above those of the others, in standard deviations; 0 if there is no other."""
    n, total = _n(members), len(members)
    if n in (0, total):
        return 0.0
    spread = math.sqrt(n * (total - n) * (total + 1) / 12)
    return (float(ranks[members].sum()) - n * (total + 1) / 2) / spread


def _without_contradiction(terms: Mapping[str, Sequence[Term]], members: Members) -> dict[str, list[Term]]:
    """Drop a theme if more people say the contrary in words, be that shown or not: the encoder knows the subject alone.

    Where as many do, if more are read as saying it.
    """

    def in_words(term: Term) -> tuple[int, int]:
        return _n(term.said_in_words & members), _n(term.said & members)

    said = {
        term.key[0]: in_words(term) for listed in terms.values() for term in listed if term.kind == "theme"
    }
    return {
        name: [
            term
            for term in listed
            if term.kind != "theme"
            or not any(said.get(other, (0, 0)) > said[term.key[0]] for other in term.opposites)
        ]
        for name, listed in terms.items()
    }


def _distinct(ranked: Mapping[str, Sequence[tuple[float, Term]]]) -> dict[str, tuple[Term, ...]]:
    """Keep of themes that say the same the most telling one, over all lists."""
    order = sorted(
        ((z, name, term) for name, listed in ranked.items() for z, term in listed if term.kind == "theme"),
        key=lambda one: (-one[0], one[2].text),
    )
    kept: list[tuple[str, Term]] = []
    for _, name, term in order:
        full = sum(one == name for one, _ in kept) >= MAX_ENTRIES
        if not full and not any(_say_the_same(term, other, name == one) for one, other in kept):
            kept.append((name, term))
    return {name: tuple(term for one, term in kept if one == name) for name in ranked}


def _say_the_same(a: Term, b: Term, same_list: bool) -> bool:
    alike = _likeness(a, b) >= SAME_THEME
    # To be asked for one's opinion and to stay for honest review are two things if other sentences tell them.
    if not (alike or same_list) or a.spoken is None or b.spoken is None:
        return False
    needed = SAME_SENTENCES_OF_LIKE if alike else SAME_SENTENCES
    return _n(a.spoken & b.spoken) > needed * min(_n(a.spoken), _n(b.spoken))


def _likeness(a: Term, b: Term) -> float:
    return 0.0 if a.centre is None or b.centre is None else round(float(a.centre @ b.centre), 9)


def _says_something(term: Term, z: float, name: str, members: Members) -> bool:
    """Say whether a single word may stand alone in a list: not one that few have ("English")."""
    word = term.text
    if is_private(word.casefold()) or _n(term.said & members) < FEW_SHARE * _n(members):
        return False
    if name == "skills":
        return word.casefold() in known_terms() or word != word.lower()
    return name == "content" and z >= MIN_Z_OF_ONE_WORD


def _says_again(term: Term, covered: frozenset[tuple[str, ...]]) -> bool:
    key = set(term.key)
    return any(key <= set(seed) or set(seed) <= key for seed in covered)


def _texts(person: Person, items: Sequence[str]) -> tuple[str, ...]:
    return tuple(person.texts[item] for item in items if item in person.texts)


def _phrase_terms(texts: Sequence[Sequence[str]], lexicon: Lexicon) -> tuple[Term, ...]:
    surfaces: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    people: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for row, person in enumerate(texts):
        for text in person:
            for phrase in phrases(_PLACEHOLDER.sub(" | ", text), lexicon.language):
                surfaces[phrase.key][phrase.text] += 1
                people[phrase.key].add(row)
    terms = []
    frequent = {key: rows for key, rows in people.items() if len(rows) >= MIN_PEOPLE}
    for key in sorted(frequent.keys() - _fragments(frequent)):
        written: Counter[str] = Counter()
        for text, n in surfaces[key].items():
            written[lexicon.as_written(text)] += n
        showable = [one for one in written.items() if lexicon.is_showable(one[0])]
        if showable:
            text = min(showable, key=lambda pair: (-pair[1], len(pair[0]), pair[0]))[0]
            said = np.zeros(len(texts), dtype=bool)
            said[list(people[key])] = True
            terms.append(Term(key, text, "words", said))
    return tuple(terms)


def _fragments(people: Mapping[tuple[str, ...], set[int]]) -> set[tuple[str, ...]]:
    """Return the phrases that nearly everybody says as a part of the same longer one ("polish" of "brass polish").

    Where no theme is told, this is what keeps phrases whole (closed patterns: Pasquier et al. 1999).
    """
    return {
        part
        for key, rows in people.items()
        for size in range(1, len(key))
        for part in combinations(key, size)
        if part in people and len(rows) >= FRAGMENT_SHARE * len(people[part])
    }


def _without_repetition(ranked: Sequence[Term], members: Members) -> list[Term]:
    """Drop a term that shares its words with a better one; of the two, keep the longer if it is as frequent."""
    chosen: list[Term] = []
    for term in ranked:
        related = [one for one in chosen if set(one.key) & set(term.key)]
        if related and not all(_refines(term, one, members) for one in related):
            continue
        place = min((chosen.index(one) for one in related), default=len(chosen))
        chosen = [one for one in chosen if one not in related]
        chosen.insert(place, term)
    return chosen


def _refines(term: Term, other: Term, members: Members) -> bool:
    return set(other.key) < set(term.key) and _n(term.said & members) >= 0.6 * _n(other.said & members)


def wilson(n: int, size: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927)."""
    z = 1.959964
    share = n / size
    centre = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * math.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _usual_form(lower: str, forms: Counter[str]) -> str:
    form = min(forms.items(), key=lambda pair: (-pair[1], pair[0]))[0]
    starts_sentences_only = sum(forms.values()) < 1000
    return lower if starts_sentences_only and form.istitle() else form


def _is_common(word: str, language: str) -> bool:
    if word in first_names():
        return False
    common = common_words(language)
    return word in common or stem(word, language) in (public_stems() if language == "en" else common)
