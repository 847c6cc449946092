"""Words of people that may be shown as they stand, and which of them together speak best for a persona.

A quote needs the consent of who wrote it, nothing masked, nothing sensitive, and no word by which colleagues
could recognise them. Quotes are chosen so that as many people of the persona as possible find something near to what
they wrote themselves (the greedy solution of a facility location problem, Lin & Bilmes 2011), and nobody else does.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from analysis.cores import side_by_side
from analysis.describe import MIN_PEOPLE, Lexicon, Members, Term, entry
from analysis.kmeans import FloatArray
from analysis.lexicon import is_private
from analysis.markup import without_markup
from analysis.meaning import Reading, is_list
from analysis.redaction import is_sensitive
from analysis.report import Quote
from analysis.stories import n_marks_of_a_story, stories, tells_a_post, tells_of_a_life, told_unasked
from analysis.text import normalise, sentences, split, stem, words
from analysis.views import Person

#: Words of a quote: fewer say nothing, more are not read. A single sentence from the middle of an answer needs more.
MIN_WORDS, MAX_WORDS = 6, 40
#: Best days and what to read about are told in few words.
MIN_WORDS_OF_ITEM = {"good_day": 3, "content": 3}
MIN_WORDS_FROM_THE_MIDDLE = 8
#: A quote of fewer words counts less: it tells less. So does one that begins in the middle of an answer: it may speak
#: of something that was said before, and with such a word in front it does.
TELLING_WORDS = 25
MIDDLE, SPEAKS_BACK = 0.75, 0.4
BACK = frozenset(
    """
    they them it it's its he she that that's thats this these those and but so then there which
    """.split()  # noqa: SIM905 - easier to read and to edit than quoted words
)
#: Why people stay speaks for a persona before what they are asked for does.
SKILLS = 0.5

#: Why people stay tells most; what they are and what they stop to read, least.
MAX_QUOTES, MAX_PER_ITEM = 30, 6
MAX_OF_ITEM = {"stay": 12, "self": 4, "content": 5, "skills": 3}
#: Beyond these: nothing asks what would make people go and where they come from, and both tell who they are.
MAX_OF_TOLD = {"go": 2, "before": 3}
_MAX_OF = {**MAX_OF_ITEM, **MAX_OF_TOLD}
#: With and without them a sentence is the same.
ENDS = ".!"

#: Who belongs less surely speaks as likely for somebody else.
MIN_MEMBERSHIP = 0.5

#: Two quotes nearer in meaning than this say the same.
SAME_QUOTE = 0.5

#: In a smaller persona nothing is quoted from where people say who they are and what they can, and single sentences
#: only: those that say what the card says anyway, those that tell what to read, and what many could have said. The
#: rest is somebody's own story or post, and colleagues may know whose.
MIN_PERSONA_FOR_STORIES = 20
#: Here sentences must say what the card says in a larger persona too: there is only one data protection officer.
DESCRIBES_ITSELF = "self"

#: A person comes near to a sentence where they write something nearer to it than so many of the others do. Of twelve
#: people five seldom come so near; of a small persona less is asked.
NEARER_THAN, NEARER_THAN_OF_FEW = 0.9, 0.8
#: Of the persona so many times more people than of the others must come near to a quote; what is said in a few words
#: comes near to much by chance.
MIN_LIFT, MIN_LIFT_OF_FEW_WORDS = 1.5, 2.0
#: What it counts to come near to a sentence that says what the lists of the card say already.
TOLD_ALREADY = 0.5
#: Of very many sentences of a persona an evenly spaced part may be quoted.
MAX_SENTENCES = 700
#: Candidates compared with all sentences in one product: one after the other each would read them all anew.
CANDIDATES_AT_ONCE = 64

#: With so many of these five it is a story by which colleagues know its teller. What has fewer loses to a plainer one,
#: but that one's own past belongs to where one comes from.
MARKS_OF_A_STORY, MARKS_OF_A_STORY_OF_FEW = 3, 2
OPINION = (1.0, 0.8, 0.5)

QUOTATION = ("'", '"')
# Of "'em" and "'til" the mark stands for letters.
_OPENS = re.compile(r"(?<!\w)['\"](?!(?:em|un|uns|til|cause|tis|twas|bout|ere|s|n|cos)\b)(?=\w)")
_CLOSES = re.compile(r"(?<=[^\s])['\"](?!\w)")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Words to show and whose they are, with what of the card they say.

    ``number`` is the sentence of the reading around which they stand, ``numbers`` are all that they hold, ``tells``
    names what of :data:`analysis.stories.TOLD` they tell.
    """

    number: int
    numbers: tuple[int, ...]
    row: int
    item: str
    text: str
    begins: bool
    says: tuple[Term, ...]
    tells: tuple[str, ...]


def quotes(
    people: Sequence[Person],
    members: Members,
    chosen: Mapping[str, Sequence[Term]],
    reading: Reading,
    lexicon: Lexicon,
    membership: FloatArray | None = None,
) -> tuple[Quote, ...]:
    """Choose quotes by different people that together stand for as many of the persona as possible.

    There are at most :data:`MAX_QUOTES`, those of why people stay first.

    Parameters
    ----------
    people : sequence of Person
    members : bool ndarray of shape (n_people,)
        Who is in the persona.
    chosen : mapping of str to sequence of Term
        List name to what it shows; quotes say as much of it as they can.
    reading : Reading
        Of the same people.
    lexicon : Lexicon
        Of all people.
    membership : ndarray of shape (n_people,), optional
        How surely each belongs to the persona, 0 to 1: who may have been placed wrongly speaks for it last, and under
        :data:`MIN_MEMBERSHIP` not at all.
    """
    consenting = {row for row in np.flatnonzero(members).tolist() if people[row].response.quote}
    if len(consenting) < MIN_PEOPLE:
        return ()
    sure = np.ones(len(people)) if membership is None else membership
    speakers = {row for row in consenting if sure[row] >= MIN_MEMBERSHIP}
    candidates = list(_candidates(people, members, chosen, reading, lexicon, speakers))
    if not candidates:
        return ()
    near, gain = _beyond(candidates, reading, members)
    found = [
        _quote(one, near[place] > 0, members) if near[place, members].any() else None
        for place, one in enumerate(candidates)
    ]
    weight = np.array(
        [
            sure[one.row]
            * min(len(split(one.text)) / TELLING_WORDS, 1.0)
            * (1.0 if one.begins else SPEAKS_BACK if _speaks_back(one.text) else MIDDLE)
            * (SKILLS if one.item == "skills" else 1.0)
            * OPINION[max(n_marks_of_a_story(one.text, lexicon.language) - bool(one.tells), 0)]
            for one in candidates
        ]
    )
    gain *= _news(reading, chosen, members)
    picked: list[int] = []
    taken: Counter[str] = Counter()
    reached = np.zeros(gain.shape[1], gain.dtype)
    open_ = {place for place, quote in enumerate(found) if quote is not None and _is_typical(quote)}
    while open_ and len(picked) < MAX_QUOTES:
        worth = weight * np.maximum(gain - reached, 0.0).sum(axis=1)
        best = min(open_, key=lambda place: (-round(float(worth[place]), 9), candidates[place].text))
        picked.append(best)
        reached = np.maximum(reached, gain[best])
        taken[_kind(candidates[best], taken)] += 1
        open_ = {
            place
            for place in open_ - {best}
            if candidates[place].row != candidates[best].row
            and _has_room(_kind(candidates[place], taken), taken)
            and not _alike(reading, candidates[place], candidates[best])
        }
    picked.sort(key=lambda place: candidates[place].item != "stay")
    return tuple(quote for place in picked if (quote := found[place]) is not None)


def _kind(one: _Candidate, taken: Mapping[str, int]) -> str:
    """What a quote counts as: what it tells unasked as far as there is room, else the item it was written to."""
    return next((kind for kind in one.tells if _has_room(kind, taken)), one.item)


def _has_room(kind: str, taken: Mapping[str, int]) -> bool:
    return taken.get(kind, 0) < _MAX_OF.get(kind, MAX_PER_ITEM)


def is_quotable(text: str, lexicon: Lexicon, item: str = "") -> bool:
    """Say whether a few words have the right length for an item and hold nothing that could tell who wrote them."""
    said = split(text.casefold())
    return (
        MIN_WORDS_OF_ITEM.get(item, MIN_WORDS) <= len(said) <= MAX_WORDS
        and (len(said) >= MIN_WORDS or not _is_about_somebody(said, lexicon.language))
        and all(_is_safe(sentence, lexicon) for sentence in sentences(text))
        and n_marks_of_a_story(text, lexicon.language) < MARKS_OF_A_STORY
    )


def may_tell_stories(members: Members) -> bool:
    """Say whether a persona has so many people that one of them may be quoted on who they are and what they can."""
    return bool(members.sum() >= MIN_PERSONA_FOR_STORIES)


def is_open(item: str, text: str, language: str, *, with_stories: bool) -> bool:
    """Say whether somebody may be quoted with this on an item: on who they are never by their post or age.

    Of a small persona on neither that nor what they can, with fewer marks of a story, and in few words not on oneself.
    """
    said = split(text.casefold())
    if not with_stories and (
        item in (DESCRIBES_ITSELF, "skills")
        or n_marks_of_a_story(text, language) >= MARKS_OF_A_STORY_OF_FEW
        or (len(said) < MIN_WORDS and stories(language).speaks_of_oneself(said))
    ):
        return False
    return item != DESCRIBES_ITSELF or not tells_a_post(said, language)


def _is_about_somebody(said: Sequence[str], language: str) -> bool:
    """Say whether lower-case words hold one of private life, a post or an age: of three words that is all they tell."""
    return any(map(is_private, said)) or tells_a_post(said, language)


def _is_safe(sentence: str, lexicon: Lexicon) -> bool:
    # With more or less of its answer around it, a sentence is asked for again and again.
    if sentence not in lexicon.quotable:
        lexicon.quotable[sentence] = _tells_nobody(sentence, lexicon)
    return lexicon.quotable[sentence]


def _tells_nobody(sentence: str, lexicon: Lexicon) -> bool:
    written = split(sentence)
    said = [word.casefold() for word in written]
    if (
        tells_of_a_life(said, lexicon.language)
        or "[" in sentence
        or not lexicon.is_showable(sentence)
        or lexicon.names_something(sentence)
    ):
        return False
    ordinary = stories(lexicon.language)
    # A capital inside a sentence is a name of something; a number may be an age, a year, a count of children.
    telltale = [
        word
        for position, word in enumerate(written)
        if any(map(str.isdigit, word))
        or (position > 0 and word[0].isupper() and not ordinary.may_wear_a_capital(said[position]))
    ]
    return all(lexicon.n_people(word) >= MIN_PEOPLE for word in telltale)


def _candidates(
    people: Sequence[Person],
    members: Members,
    chosen: Mapping[str, Sequence[Term]],
    reading: Reading,
    lexicon: Lexicon,
    consenting: set[int],
) -> Iterator[_Candidate]:
    terms = [term for listed in chosen.values() for term in listed]
    non_answers = tuple(f"{one}," for one in words(lexicon.language).non_answers)
    with_stories = may_tell_stories(members)
    of_answer: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    spoken = [number for number, one in enumerate(reading.sentences) if one.row in consenting]
    for number in spoken:
        of_answer[reading.sentences[number].row, reading.sentences[number].item].append(number)
    # From each of its sentences an answer is looked at again.
    written = cache(lambda row, item: as_written(people[row].response.answers[item]))
    places_of = cache(lambda row, item: _places(people[row].texts[item]))
    declines = cache(lambda row, item: people[row].texts[item].casefold().startswith(non_answers))
    delicate = cache(lambda row, item: is_delicate(written(row, item)))
    for place in np.linspace(0, len(spoken) - 1, min(len(spoken), MAX_SENTENCES)).astype(int).tolist():
        number = spoken[place]
        sentence = reading.sentences[number]
        if declines(sentence.row, sentence.item) or delicate(sentence.row, sentence.item):
            continue
        text, answer = people[sentence.row].texts[sentence.item], written(sentence.row, sentence.item)
        told = places_of(sentence.row, sentence.item)
        first = next(place for place, (_, end) in enumerate(told) if sentence.start < end)
        last = first + 1
        alone = _joined(text, told[first:last])
        if not is_open(sentence.item, alone, lexicon.language, with_stories=with_stories):
            continue
        if sentence.item == "skills" and is_list(alone, lexicon.language):
            continue
        must_say = sentence.item == DESCRIBES_ITSELF or not reading.vectors.shape[1]
        must_say |= not (with_stories or _is_no_story(sentence.item, alone, lexicon.language))
        if must_say and not _said(terms, (number,), alone, lexicon.language):
            continue
        # What stands beside who they are may be a post or an age, or what nobody else is.
        if with_stories and sentence.item != DESCRIBES_ITSELF:
            first, last = _with_context(text, told, first, answer, lexicon, sentence.item)
        elif first > 0 and sentence.item != "content" and not _stands_alone(alone):
            continue
        whole = _joined(text, told[first:last])
        if whole in answer and is_quotable(whole, lexicon, sentence.item):
            start, end = told[first][0], told[last - 1][1]
            numbers = tuple(
                one
                for one in of_answer[sentence.row, sentence.item]
                if start <= reading.sentences[one].start < end
            )
            yield _Candidate(
                number,
                numbers,
                sentence.row,
                sentence.item,
                _tidy(whole),
                first == 0,
                _said(terms, numbers, whole, lexicon.language),
                told_unasked(whole, lexicon.language),
            )


def _stands_alone(text: str) -> bool:
    return len(split(text)) >= MIN_WORDS_FROM_THE_MIDDLE and not _speaks_back(text)


def _speaks_back(text: str) -> bool:
    return split(text)[0].casefold() in BACK


def _places(text: str) -> list[tuple[int, int]]:
    """Return where the sentences of a text begin and end."""
    places, end = [], 0
    for sentence in sentences(text):
        start = text.index(sentence, end)
        end = start + len(sentence)
        places.append((start, end))
    return places


def _joined(text: str, places: Sequence[tuple[int, int]]) -> str:
    return " ".join(text[start:end] for start, end in places)


def _said(terms: Sequence[Term], numbers: Sequence[int], whole: str, language: str) -> tuple[Term, ...]:
    """The terms that some sentences say, given by their numbers and in words."""
    stems = set(map(stem, split(whole), repeat(language)))
    return tuple(
        term
        for term in terms
        if (stems.issuperset(term.key) if term.spoken is None else any(map(term.spoken.item, numbers)))
    )


def as_written(answer: str) -> str:
    """An answer as it was handed in: what :func:`analysis.views.texts_of` drops from it stands between the others."""
    return " ".join(sentences(normalise(without_markup(answer))))


def is_delicate(answer: str) -> bool:
    """Say whether an answer speaks of a sensitive matter: what else stands in it goes on about that in other words."""
    return any(map(is_sensitive, sentences(answer)))


def _with_context(
    text: str, told: Sequence[tuple[int, int]], place: int, answer: str, lexicon: Lexicon, item: str
) -> tuple[int, int]:
    """Add the sentences after and before, as far as all of it may be quoted: alone many a sentence is a riddle.

    Nothing is joined across a sentence that was dropped.
    """
    first, last = place, place + 1
    while True:
        runs = [(first, last + 1)] * (last < len(told)) + [(first - 1, last)] * (first > 0)
        wider = [
            run
            for run in runs
            if (whole := _joined(text, told[run[0] : run[1]])) in answer and is_quotable(whole, lexicon, item)
        ]
        if not wider:
            return first, last
        first, last = wider[0]


def _beyond(
    candidates: Sequence[_Candidate], reading: Reading, members: Members
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much nearer people and their sentences come to each candidate than nearly all of the others do, 0 if not.

    Returns
    -------
    ndarray of shape (n_candidates, n_people), ndarray of shape (n_candidates, n_sentences)
        The second holds the sentences of the members. Nobody comes near to their own words. Near is the cosine of
        two sentences, or, where sentences have no vectors, whether the same is said.
    """
    X = reading.vectors
    rows = reading.row_of
    ours = members[rows]
    if not X.shape[1]:
        said = np.array([one.says[0].said for one in candidates], dtype=X.dtype)
        said[range(len(candidates)), [one.row for one in candidates]] = 0.0
        return said, said[:, rows[ours]]
    starts = reading.starts
    bounds = np.searchsorted(rows, np.arange(reading.n_people + 1))
    people = np.zeros((len(candidates), reading.n_people), X.dtype)
    told = np.zeros((len(candidates), int(ours.sum())), X.dtype)

    def compare(first: int) -> None:
        some = candidates[first : first + CANDIDATES_AT_ONCE]
        # Neighbours are often held by the same words: each sentence is compared once.
        numbers = np.array(list(dict.fromkeys(number for one in some for number in one.numbers)))
        place = {number: place for place, number in enumerate(numbers.tolist())}
        held = [place[number] for one in some for number in one.numbers]
        n_each = np.array([len(one.numbers) for one in some])
        of_each = np.cumsum([0, *n_each[:-1]])
        cosines = X[numbers] @ X.T
        for own, writer in zip(cosines, rows[numbers].tolist(), strict=True):
            own[bounds[writer] : bounds[writer + 1]] = 0.0
        near = np.zeros((len(cosines), reading.n_people), X.dtype)
        near[:, rows[starts]] = np.round(np.maximum.reduceat(cosines, starts, axis=1), 6)
        # Three sentences are near to more people than one: what is usual is so for the whole of a quote.
        nearer = NEARER_THAN if may_tell_stories(members) else NEARER_THAN_OF_FEW
        sizes, size_of = np.unique(np.repeat(n_each, n_each), return_inverse=True)
        usual = np.zeros((len(sizes), len(near)), X.dtype)
        if not members.all():
            usual = np.quantile(near[:, ~members], 1 - (1 - nearer) / sizes, axis=1)
        above = np.maximum(usual[size_of, held], 0.0)[:, None]
        these = slice(first, first + len(some))
        people[these] = np.maximum.reduceat(np.maximum(near[held] - above, 0.0), of_each, axis=0)
        by_ours = np.round(cosines[:, ours], 6)
        told[these] = np.maximum.reduceat(np.maximum(by_ours[held] - above, 0.0), of_each, axis=0)

    side_by_side(compare, range(0, len(candidates), CANDIDATES_AT_ONCE))
    return np.round(people, 6), np.round(told, 6)


def _news(reading: Reading, chosen: Mapping[str, Sequence[Term]], members: Members) -> NDArray[np.float32]:
    """Weigh the sentences of the members: less what the lists say already, so that quotes tell the rest."""
    told = [term.spoken for listed in chosen.values() for term in listed if term.spoken is not None]
    ours = members[reading.row_of]
    already = np.any([*told, np.zeros(len(ours), dtype=bool)], axis=0)[ours]
    return np.where(already, np.float32(TOLD_ALREADY), np.float32(1))


def _is_no_story(item: str, text: str, language: str) -> bool:
    """Say whether many could have said it: what to read, what is about nobody, or what somebody thinks or does.

    Where it is not known how people tell what they are everything else may be somebody's story.
    """
    if item == "content":
        return True
    known, said = stories(language), [word.casefold() for word in split(text)]
    if not known.states or any(map(is_private, said)):
        return False
    return not known.speaks_of_oneself(said) or known.is_of_now(said)


def _is_typical(quote: Quote) -> bool:
    lift = MIN_LIFT if len(split(quote.text)) >= MIN_WORDS else MIN_LIFT_OF_FEW_WORDS
    return quote.n >= MIN_PEOPLE and quote.share_here >= lift * quote.share_elsewhere


def _quote(one: _Candidate, near: Members, members: Members) -> Quote:
    near = near.copy()
    near[one.row] = True
    counted = entry(Term((), "", "words", near), members)
    return Quote(one.text, one.item, counted.n, counted.share_here, counted.share_elsewhere)


def same_words(a: str, b: str) -> bool:
    """Say whether two stretches of an answer share a sentence, or one is a part of the other.

    Examples
    --------
    >>> same_words("I like it. We laugh a lot.", "Nobody is late. We laugh a lot!")
    True
    """
    said_in_a, said_in_b = ({one.rstrip(ENDS) for one in sentences(text.casefold())} for text in (a, b))
    short, long = sorted((a.casefold().strip(ENDS), b.casefold().strip(ENDS)), key=len)
    return short in long or not said_in_a.isdisjoint(said_in_b)


def _alike(reading: Reading, a: _Candidate, b: _Candidate) -> bool:
    """Say whether two quotes say the same: in the same words, or near in meaning."""
    if same_words(a.text, b.text):
        return True
    X = reading.vectors
    return bool(X.shape[1]) and round(float(X[a.number] @ X[b.number]), 6) >= SAME_QUOTE


def _tidy(sentence: str) -> str:
    text = normalise(sentence).strip()
    if text.count(")") > text.count("("):
        text = text.rstrip(")")
    opened, closed = len(_OPENS.findall(text)), len(_CLOSES.findall(text))
    if text[:1] in QUOTATION and (text[-1:] in QUOTATION or opened > closed):
        return text.strip("\"' ")
    # Where a sentence is cut the mark behind it stays behind.
    return text + _OPENS.findall(text)[-1] if opened > closed else text
