"""From a corpus to a report: the order of the steps, and when the answer is "no personas".

Each step lives in a module of its own; this one decides what follows from what.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import cache, partial
from threading import Event, RLock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import scipy.linalg  # noqa: F401 - loads its BLAS now, so that it is limited to one thread with the other
from threadpoolctl import threadpool_limits

from analysis.catalogue import Catalogue, catalogue, language_name
from analysis.cores import MANY_PEOPLE, apart, without_collecting
from analysis.corpus import KNOWN_ITEMS, Corpus, Progress, Response
from analysis.describe import (
    MIN_PEOPLE,
    Lexicon,
    common_themes,
    heard_out,
    theme_terms,
    without_few,
    words_of,
)
from analysis.edits import Edit, Regrouped, quote_again, regroup, retouch
from analysis.encoder import CachedEncoder, Encoder
from analysis.facets import FACET_WEIGHTS, Cutter, Facet, cut, segments_of
from analysis.families import family_terms
from analysis.fixed_vectors import fixed_vectors
from analysis.groups import MIN_PERSONA, Groups, NoGroupsError
from analysis.kmeans import FloatArray
from analysis.markup import without_markup
from analysis.meaning import Told, example_texts, read, rows_to_read, told_by
from analysis.motives import motive_shares
from analysis.personas import (
    describe_personas,
    key_of,
    neighbours,
    people_map,
    with_neighbours,
    without_dropped,
)
from analysis.prevalence import counted
from analysis.report import Assignment, Neighbour, Persona, Report, SetAside, Unreplayed
from analysis.scoring_block import IGNORED_ITEMS, scoring_block
from analysis.static_encoder import words_in
from analysis.text import language_of
from analysis.views import Person, build_views, heard_of, prepare, texts_heard
from analysis.weighing import has_opinion, learnt

if TYPE_CHECKING:
    from analysis.grouping import Grouping

#: Under this many usable responses the machine names no personas.
MIN_USABLE = 30
#: Under this many they are hints.
MIN_SETTLED = 100
Made = TypeVar("Made")

#: Why somebody who was read is in no persona.
BETWEEN = "between personas"


class _Refused(Exception):  # noqa: N818 - an outcome with a sentence, not an error
    """Too little to look for personas; the message says what to do."""


def discover(
    corpus: Corpus,
    *,
    encoder: Encoder,
    static: Encoder | None = None,
    seed: int = 0,
    n_personas: int | None = None,
    names: Collection[str] = frozenset(),
    edits: Sequence[Edit] = (),
    cleaned: Mapping[str, Mapping[str, str]] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Find personas among the people of a corpus.

    Parameters
    ----------
    corpus : Corpus
        All responses; their order does not matter.
    encoder : Encoder
    static : Encoder, optional
        A second, faster encoder: the report then also holds what scoring with that one needs.
    seed : int, default 0
        0 or larger. The same corpus and seed give the same report, byte for byte.
    n_personas : int, optional
        How many to look for, 2 or more; by default the number the answers support.
    names : collection of str
        Names of colleagues to mask wherever they stand, beyond those recognised by themselves.
    edits : sequence of Edit
        What people changed about the personas of earlier runs, in their order; what cannot be made again is in
        ``unreplayed`` of the report.
    cleaned : mapping of str to (mapping of str to str), optional
        Response id to what :func:`analysis.views.texts_of` returns for it and the names, if that is known already.
    progress : Progress, optional

    Returns
    -------
    Report
        Without personas when there is too little to say; ``refusal`` then says why and what to do.

    Raises
    ------
    ValueError
        If fewer than 2 personas are asked for, or ``seed`` is negative.
    EncoderError
        If the weights of the encoder are missing or others than they should be.

    Examples
    --------
    >>> from analysis import Corpus, bundled_encoder, discover
    >>> discover(Corpus(responses=(), items=()), encoder=bundled_encoder()).n_used
    0
    """
    if n_personas is not None and n_personas < 2:
        raise ValueError(f"n_personas is {n_personas}; ask for 2 or more, or for None")
    if seed < 0:
        raise ValueError(f"seed is {seed}; take 0 or a larger whole number")
    with _one_product_at_a_time(), ExitStack() as copies:
        return _discover(
            corpus,
            CachedEncoder.of(encoder),
            static,
            seed,
            n_personas,
            names,
            edits,
            cleaned,
            _Steps(progress),
            copies,
        )


@contextmanager
def _one_product_at_a_time() -> Iterator[None]:
    """Thousands of small products: with more threads each waits for the slowest, and digits change with them."""
    with threadpool_limits(limits=1, user_api="blas"), without_collecting():
        yield


@contextmanager
def _beside(work: Callable[[Progress], Made], progress: Progress | None = None) -> Iterator[Future[Made]]:
    """Do something on the cores that the body of the ``with`` does not use; at its end it is done.

    ``work`` is given the progress to report. What both use (vectors, stems, cut answers) only grows meanwhile: at worst
    both make the same. If the body fails, the next report stops the work.
    """
    stopped = Event()

    def watch(done: int, total: int, label: str) -> None:
        if stopped.is_set():
            raise _StoppedError
        if progress is not None:
            progress(done, total, label)

    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(work, watch)
        try:
            yield made
        except NoGroupsError:
            # Also without groups the sentences are read, and what fails in that is the greater error.
            made.result()
            raise
        except BaseException:
            stopped.set()
            raise
        made.result()


def _parts(people: Sequence[Person], told: Told, cut: Cutter) -> list[str]:
    """Return what is read and what is scored: the same but for what is negated."""
    rows, sentences = told
    scored = (
        segment.text
        for row in rows
        for item, text in people[row].texts.items()
        if item not in IGNORED_ITEMS
        for segment in segments_of(item, text, cut=cut)
    )
    return list(dict.fromkeys([*(sentence.plain for sentence in sentences), *scored]))


class _StoppedError(Exception):
    """Nobody waits for the vectors any more."""


def in_order(corpus: Corpus) -> Corpus:
    """Put responses into an order that depends on what they say, so that the order of a file changes nothing.

    Markup around it changes nothing either, so it goes first. Items stand in the order of :data:`KNOWN_ITEMS`, others
    behind them by name: which is asked first means nothing.
    """
    said = [
        replace(one, answers={item: without_markup(text).strip() for item, text in one.answers.items()})
        for one in corpus.responses
    ]
    known = tuple(item for item in KNOWN_ITEMS if item in corpus.items)
    return Corpus(
        # An edit tells people with the same answers apart, and a copy is set aside: their order is settled too, as far
        # as can be by what is known of them, because an id may be the number of a row.
        tuple(sorted(said, key=lambda one: (_content_key(one), sorted(one.attributes.items()), one.id))),
        known + tuple(sorted(set(corpus.items).difference(known))),
    )


class _Steps:
    """One bar over all steps, in thousandths: encoding takes most of the time."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._last = 0, ""
        # Who waits repeats what the other thread has reported last, and nothing before that.
        self._reporting = RLock()

    def at(self, done: int, label: str) -> None:
        with self._reporting:
            self._last = done, label
            if self._progress is not None:
                self._progress(done, 1000, label)

    def again(self, *_: object) -> None:
        """Report nothing new while something is waited for, so that whoever is told can stop it."""
        with self._reporting:
            self.at(*self._last)

    def encoding(self, done: int, total: int, label: str) -> None:
        self.at(20 + 680 * done // max(total, 1), label)

    def grouping(self, done: int, label: str) -> None:
        self.at(700 + 180 * done // 1000, label)


def _discover(
    corpus: Corpus,
    encoder: CachedEncoder,
    static: Encoder | None,
    seed: int,
    n_personas: int | None,
    names: Collection[str],
    edits: Sequence[Edit],
    cleaned: Mapping[str, Mapping[str, str]] | None,
    steps: _Steps,
    copies: ExitStack,
) -> Report:
    steps.at(0, "reading answers")
    ordered = in_order(corpus)
    language = _language(ordered)
    known = language in encoder.languages
    everybody = prepare(ordered, languages=encoder.languages if known else (), names=names, cleaned=cleaned)
    people = [person for person in everybody if person.set_aside is None]
    report = Report(
        seed=seed,
        n_responses=len(corpus),
        n_used=len(people),
        refusal=None,
        language=language,
        exploratory=len(people) < MIN_SETTLED or not known,
        items=ordered.items,
        notes=_notes(len(people), language, known),
        set_aside=_set_aside(everybody),
    )
    # Each answer is read, encoded and scored; nobody's words are remembered beyond that.
    cut_once = cache(cut)
    told = cache(lambda: told_by(people, cut_once))
    are_many = len(people) >= MANY_PEOPLE
    # Of so many people not everybody is read, and the whole of each answer says enough.
    cut_answers = cut_once if len(rows_to_read(len(people))) == len(people) else None
    grouped: Future[_Grouped | None] = Future()

    def encode_parts(watch: Progress) -> None:
        parts = _parts(people, told(), cut_once) if known else []
        # An encoder that has all their vectors reports nothing.
        watch(0, len(parts), "reading answers")
        encoder.keep(parts, watch)

    def describe(_watch: Progress) -> dict[str, Any]:
        """Read what people say and, where it is known who belongs together, say it of personas."""
        reading = read(people, encoder if known else None, language, told=told())
        lexicon = Lexicon([tuple(person.texts.values()) for person in people], language)
        words = words_of([people[row] for row in reading.rows], ordered.items, lexicon)
        found = grouped.result()
        if found is None:
            # Nobody is in a group: shares are estimated as those of an analysis with personas are.
            alone = reading.counting(counted(reading, np.full(reading.n_people, -1)))
            return {"themes": common_themes(theme_terms(alone, "motive", "skill"))}
        labels = found.edited.labels
        heard = heard_out(reading, labels[reading.rows])
        heard = heard.counting(counted(heard, labels[heard.rows]))
        wide = family_terms(heard, labels[heard.rows])
        described = describe_personas(
            people,
            found.pairs,
            labels,
            found.stability,
            ordered.items,
            lexicon,
            heard,
            found.edited.membership,
            words,
            wide,
        )
        personas, unreplayed = retouch(
            described,
            found.edited,
            pinned=lambda pin, label: quote_again(pin, people, labels == label, lexicon),
            rewritten=lambda persona: without_dropped(
                persona, [one.size for one in described], len(people), language
            ),
        )
        motives = theme_terms(heard, "motive")
        return {
            "personas": with_neighbours(personas),
            "themes": common_themes(without_few(motives, labels[heard.rows])),
            "motives": motive_shares(
                (*wide["motive"], *motives), labels[heard.rows], personas, _dropped(described, personas)
            ),
            "unreplayed": unreplayed,
        }

    describing: Callable[[Progress], dict[str, Any]] = describe
    try:
        _require_enough(people, ordered.items, report.set_aside, catalogue(language))
        if known and are_many:
            # All vectors are made here, where they are kept; a copy of an encoder could hang.
            answers = texts_heard(heard_of(people, cut_answers).values())
            encoder.keep([*answers, *_parts(people, told(), cut_once)], steps.encoding)
            fixed_vectors(example_texts(), encoder)
            if has_opinion(encoder, language):
                learnt()
            describing = copies.enter_context(apart(describe, grouped))
        encoded = partial(build_views, people, ordered.items, encoder, words_in(language), cut_answers)
        with _beside(encoded, steps.encoding) as beside_loading:
            # Only now: it loads scikit-learn, half of all that a cold start loads.
            from analysis.grouping import Grouping
        views = beside_loading.result()
        # What people say because of their trade neither makes nor hides a persona.
        adjusted = views.adjusted([person.response.attributes for person in people])
        with nullcontext() if are_many else _beside(encode_parts):
            grouping = Grouping(adjusted, seed)
            most = len(people) // MIN_PERSONA
            groups = grouping.groups(n_personas and min(n_personas, most), steps.grouping)
    except (_Refused, NoGroupsError) as refused:
        grouped.set_result(None)
        return replace(
            report,
            **describing(steps.again),
            refusal=_refusal(refused, catalogue(language)),
            # What is said of personas that were found is not.
            notes=() if known else (_unknown_language(refused, language),),
            n_personas_considered=refused.considered if isinstance(refused, NoGroupsError) else (),
            unreplayed=tuple(
                Unreplayed(number, edit.kind, "No personas were found that could be edited.")
                for number, edit in enumerate(edits, 1)
            ),
            assignments=_assignments(corpus, everybody, {}),
        )
    report = replace(
        report, notes=(*report.notes, *_notes_on_number(groups, n_personas, most, len(people), language))
    )
    edited = _regroup(grouping, groups, people, edits)
    labels, stability = edited.labels, groups.stability
    if labels is not groups.labels:
        stability = grouping.stability(labels)
    steps.at(880, "describing personas")
    pairs = neighbours(views, labels)
    grouped.set_result(_Grouped(edited, stability, pairs))
    placed = {
        person.response.id: (key_of(label), float(membership[label]))
        for person, label, membership in zip(people, labels.tolist(), edited.membership, strict=True)
        if label >= 0
    }
    with _beside(describing, steps.again) as beside:
        prepare_scores = partial(
            block_of_people,
            people,
            placed,
            items=ordered.items,
            seed=seed,
            cut=cut_once,
            progress=lambda *_: steps.at(940, "preparing scores"),
        )
        scoring, *scoring_static = [prepare_scores(one) for one in (encoder, static) if one]
    described = beside.result()
    return replace(
        report,
        **described,
        n_personas_considered=groups.considered,
        map=people_map(groups.places, labels, described["personas"], seed),
        neighbours=pairs,
        scoring=scoring,
        scoring_static=scoring_static[0] if static else {},
        assignments=_assignments(corpus, everybody, placed),
    )


class _Grouped(NamedTuple):
    """Who belongs together, as far as descriptions need it."""

    edited: Regrouped
    stability: FloatArray
    pairs: tuple[Neighbour, ...]


def block_of_people(
    people: Sequence[Person],
    membership: Mapping[str, tuple[str, float]],
    encoder: Encoder,
    *,
    items: Sequence[str],
    seed: int,
    weights: Mapping[Facet, int] = FACET_WEIGHTS,
    cut: Cutter = cut,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Learn what to look for in leads from people as :func:`discover` has them.

    Parameters
    ----------
    people : sequence of Person
        Those who are not set aside, in the order of :func:`in_order`. Of a very large survey the same are scored as
        are read.
    membership, encoder, seed, weights, cut, progress
        See :func:`analysis.scoring_block.scoring_block`.
    items : sequence of str

    Returns
    -------
    dict
        The block of :func:`analysis.scoring_block.scoring_block`.
    """
    used = [people[row] for row in rows_to_read(len(people))]
    with _one_product_at_a_time():
        return scoring_block(
            Corpus(tuple(person.response for person in used), tuple(items)),
            membership,
            encoder,
            seed=seed,
            cleaned={person.response.id: person.texts for person in used},
            weights=weights,
            cut=cut,
            progress=progress,
        )


def _require_enough(
    people: Sequence[Person], items: Sequence[str], set_aside: Sequence[SetAside], language: Catalogue
) -> None:
    if len(people) < MIN_USABLE:
        counted = max((one for one in set_aside if one.n), key=lambda one: one.n or 0, default=None)
        others = (
            language.say("refused others", n=counted.n, reason=language.word("reason", counted.reason))
            if counted
            else ""
        )
        key = {0: "refused none", 1: "refused few one"}.get(len(people), "refused few")
        missing = MIN_USABLE - len(people)
        raise _Refused(language.say(key, n=len(people), least=MIN_USABLE, missing=missing, others=others))
    answered = [item for item in items if sum(item in person.texts for person in people) >= MIN_USABLE // 2]
    if len(answered) < 2:
        raise _Refused(language.say("refused items"))
    differing = [item for item in answered if len({person.texts.get(item) for person in people} - {None}) > 1]
    if len(differing) < 2:
        raise _Refused(language.say("refused same"))


def _refusal(refused: _Refused | NoGroupsError, language: Catalogue) -> str:
    if isinstance(refused, NoGroupsError):
        return language.say(f"refused {refused}", least_group=MIN_PERSONA)
    return str(refused)


def _unknown_language(refused: _Refused | NoGroupsError, language: str) -> str:
    """Say that the encoder does not know a language, which may be why it found none only where it was asked."""
    note = "note language, refused" if isinstance(refused, NoGroupsError) else "note language, not tried"
    return catalogue(language).say(note, language=language_name(language))


def _regroup(
    grouping: Grouping, groups: Groups, people: Sequence[Person], edits: Sequence[Edit]
) -> Regrouped:
    """Replay what people decided about who belongs together."""
    ids = [person.response.id for person in people]
    return regroup(groups.labels, groups.membership, ids, edits, grouping.split, MIN_PERSONA)


def _content_key(response: Response) -> str:
    content = (sorted(response.answers.items()), sorted(response.channels), response.quote)
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _language(corpus: Corpus) -> str:
    found = Counter(language_of("\n".join(response.answers.values())) for response in corpus.responses)
    known = {language: n for language, n in found.items() if language is not None}
    return max(sorted(known), key=lambda language: known[language]) if known else "en"


def _notes(n_used: int, language: str, known: bool) -> tuple[str, ...]:
    notes = []
    if not known:
        notes.append(catalogue(language).say("note language", language=language_name(language)))
    if MIN_USABLE <= n_used < MIN_SETTLED:
        notes.append(catalogue(language).say("note exploratory", n_used=n_used, missing=MIN_SETTLED - n_used))
    return tuple(notes)


def _notes_on_number(
    groups: Groups, asked: int | None, most: int, n_used: int, language: str
) -> Iterator[str]:
    """Say why there are fewer personas than were asked for or formed."""
    say = partial(catalogue(language).say, least_group=MIN_PERSONA)
    if asked is not None and asked > most:
        yield say("note asked", asked=asked, n_used=n_used, most=most)
    if groups.n_formed > len(groups.stability):
        yield say("note dissolved", formed=groups.n_formed, left=len(groups.stability))


def _dropped(described: Sequence[Persona], edited: Sequence[Persona]) -> frozenset[tuple[str, str]]:
    """Which reasons and concerns a person took off which persona's card."""
    return frozenset(
        (before.key, one.text)
        for before, after in zip(described, edited, strict=True)
        for one in (*before.reasons, *before.concerns)
        if one not in (*after.reasons, *after.concerns)
    )


def _set_aside(people: Sequence[Person]) -> tuple[SetAside, ...]:
    counts = Counter(person.set_aside for person in people if person.set_aside is not None)
    return tuple(SetAside(reason, n if n >= MIN_PEOPLE else None) for reason, n in sorted(counts.items()))


def _assignments(
    corpus: Corpus, people: Sequence[Person], placed: dict[str, tuple[str, float]]
) -> tuple[Assignment, ...]:
    reasons = {person.response.id: person.set_aside for person in people}
    unplaced = BETWEEN if placed else "no personas"
    return tuple(
        Assignment(response.id, *placed[response.id], None)
        if response.id in placed
        else Assignment(response.id, None, 0.0, reasons[response.id] or unplaced)
        for response in corpus.responses
    )
