"""The one bridge to the analysis: rows become a corpus, a report becomes rows.

Reached from the worker and the command line only, because it loads scikit-learn. What people may then do with
drafts is in personas.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from textwrap import shorten
from typing import Any, Protocol

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, selectinload, sessionmaker

from analysis.catalogue import catalogue
from analysis.corpus import Corpus
from analysis.corpus import Response as CorpusResponse
from analysis.describe import option_text
from analysis.discovery import BETWEEN, block_of_people, discover, in_order
from analysis.edits import Edit
from analysis.encoder import CachedEncoder, Encoder, content_hash
from analysis.exceptions import AnalysisError
from analysis.facets import FACETS, parts_of
from analysis.personas import MAX_IN_NAME
from analysis.provenance import code_hash
from analysis.report import Report
from analysis.scoring_block import for_one
from analysis.summary import reach_text
from analysis.views import prepare, texts_of
from survey.database import transaction
from survey.domain import audit, jobs
from survey.domain.aliases import read_by_own
from survey.domain.embeddings import add_vectors, read_vectors
from survey.domain.jobs import Lease
from survey.domain.kept_attributes import read_attributes
from survey.domain.keys import KeyStore
from survey.domain.queries.edits import edits_of_wave
from survey.domain.queries.personas import get_analysis
from survey.domain.questionnaires import CHANNELS_ITEM, options, view_of
from survey.domain.usable_answers import keep_usable, read_usable
from survey.enums import ItemType, VersionState, WaveState
from survey.exceptions import JobCancelledError, StateError
from survey.models import Analysis, Chart, Membership, Persona, PersonaVersion, Response, Wave

Sessions = sessionmaker[Session]
logger = logging.getLogger(__name__)
#: What may be used of each answer, by item, of each response, by id.
Cleaned = Mapping[str, Mapping[str, str]]
#: Which vectors are there, as (response id, content hash).
Stored = set[tuple[str, str]]

#: Responses encoded in one transaction: a second or two of work, so a cancel is heard soon.
RESPONSES_PER_CHUNK = 25
#: Responses whose vectors are stored in one transaction when they are there.
RESPONSES_PER_TRANSACTION = 500
#: Seconds between two renewals of the lease while the analysis computes.
RENEWAL_S = 1.0
#: The job counts in hundredths; reading the answers is about half of the work the first time.
WHOLE, READ = 100, 50


class Drawing(Protocol):
    """A chart as :mod:`survey.worker.charts` draws it."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def svg(self) -> str: ...
    @property
    def columns(self) -> Sequence[Any]: ...
    @property
    def rows(self) -> Sequence[Any]: ...


Draw = Callable[[dict[str, Any]], Sequence[Drawing]]


@dataclass(frozen=True, slots=True)
class Task:
    """What an analysis needs to know, read once. ``edits`` are by id, ``labels`` the channels' words by code.

    ``incomplete`` says that the wave asked for attributes which could not be read.
    """

    wave_id: int
    seed: int
    n_personas: int | None
    corpus: Corpus
    edits: Mapping[int, Edit]
    labels: Mapping[str, str]
    incomplete: bool


def run_analysis(
    sessions: Sessions, lease: Lease, *, encoder: Encoder, draw: Draw, keys: KeyStore | None = None
) -> None:
    """Find candidate clusters in a closed wave and store report, charts and one draft per persona.

    Without ``keys``, or without the one of attributes, what these explain stays in the answers, so personas may differ
    for the same seed, and it is not said where one is found; the report notes it.
    What may be used of answers and their vectors are stored chunk by chunk, so an analysis that is taken over reads
    none of them again; vectors of their parts when all is computed, so one that is repeated encodes nothing.
    Raises StateError if the wave is not closed or cannot be analysed, JobCancelledError if the lease is lost.
    """
    task = _load(sessions, lease, keys)
    with sessions() as session:
        read_by_own(session)
        vectors, stored = read_vectors(session, task.wave_id, encoder.hash)
    cached = CachedEncoder(encoder, vectors)
    cleaned = _clean_and_encode(sessions, lease, task, cached, stored)
    try:
        with _Watch(sessions, lease) as watch:
            report = discover(
                task.corpus,
                encoder=cached,
                seed=task.seed,
                n_personas=task.n_personas,
                edits=tuple(task.edits.values()),
                cleaned=cleaned,
                progress=watch,
            )
            _keep_parts(sessions, lease, cleaned, cached, stored)
    except AnalysisError as error:
        raise StateError(str(error)) from error
    if task.incomplete:
        note = catalogue(report.language).say("note attributes")
        report = replace(report, notes=(*report.notes, note))
    # Through JSON: what is stored is to the digit what the file command writes.
    content: dict[str, Any] = json.loads(report.to_json())
    # The stored report says what the file command does; charts and drafts speak as the questionnaire.
    cards = _with_labels(content["personas"], task.labels, report.language)
    drawings = draw({**content, "personas": cards})
    with sessions() as session, transaction(session):
        jobs.finish(session, lease)
        analysis = get_analysis(session, lease.subject_id)
        _store(session, analysis, report, content, cards, drawings, task)
        audit.record(
            session,
            "finished",
            f"analysis {analysis.id}",
            account_id=lease.account_id,
            n_personas=len(content["personas"]),
        )


def measure_anew(
    sessions: Sessions,
    lease: Lease,
    analysis_id: int,
    *,
    encoder: Encoder,
    weights: Mapping[str, int],
    between: Callable[[], None] | None = None,
) -> dict[str, Any] | None:
    """Return the scoring block of an analysis with its colleagues scored by other facet weights.

    Vectors are stored since the analysis, so little is encoded. None if nothing is held of who was in which group.
    ``between`` is called after each step, from any thread; what it raises ends the computation.
    Raises JobCancelledError if the lease is lost.
    """
    with sessions() as session:
        analysis = get_analysis(session, analysis_id)
        members = session.scalars(
            select(Membership).where(
                Membership.analysis_id == analysis_id, Membership.reason.in_(("", BETWEEN))
            )
        ).all()
        groups = {one.response_id: (one.cluster, one.weight) for one in members if one.cluster}
        if not groups:
            return None
        wave = session.get_one(Wave, analysis.wave_id)
        used = {one.response_id for one in members}
        given = _corpus(session, wave, {})
        corpus = in_order(given)
        cleaned = read_usable(session, wave.id, {one.id: _made_from(one) for one in given.responses})
        vectors, _stored = read_vectors(session, wave.id, encoder.hash)
        seed = analysis.seed
    with _Watch(sessions, lease, between) as watch:
        cleaned |= {one.id: texts_of(one) for one in corpus.responses if one.id not in cleaned}
        # Who wrote in another language was set aside then, so nobody need look for it again.
        everybody = prepare(corpus, languages=(), cleaned=cleaned)
        return block_of_people(
            [person for person in everybody if person.response.id in used],
            groups,
            CachedEncoder(encoder, vectors),
            items=corpus.items,
            seed=seed,
            weights={facet: weights[facet] for facet in FACETS},
            progress=watch,
        )


class _Watch:
    """Keeps the lease and shows the progress while the analysis computes, which may be silent for minutes.

    It is the progress callback of the computation, and stops it when the lease is lost.
    """

    def __init__(self, sessions: Sessions, lease: Lease, between: Callable[[], None] | None = None) -> None:
        self._sessions = sessions
        self._lease = lease
        self._between = between
        self._progress = (0, 1, "looking for personas")
        self._over = threading.Event()
        self._lost: JobCancelledError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if kind is None:
            self._check()
            self._renew()

    def __call__(self, done: int, total: int, label: str) -> None:
        self._check()
        self._progress = (done, total, label)
        if self._between:
            self._between()

    def _check(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _run(self) -> None:
        while not self._over.wait(RENEWAL_S) and self._lost is None:
            try:
                self._renew()
            except JobCancelledError as lost:
                self._lost = lost
            except SQLAlchemyError:
                continue  # a busy database; the lease outlives several renewals

    def _renew(self) -> None:
        done, total, label = self._progress
        n_done = READ + (WHOLE - READ) * done // max(total, 1)
        with self._sessions() as session, transaction(session):
            jobs.advance(session, self._lease, n_done=n_done, n_total=WHOLE, step=_sentence(label))


def _sentence(label: str) -> str:
    return label[:1].upper() + label[1:119]


def _load(sessions: Sessions, lease: Lease, keys: KeyStore | None) -> Task:
    with sessions() as session:
        analysis = get_analysis(session, lease.subject_id)
        wave = session.get_one(Wave, analysis.wave_id)
        if wave.state != WaveState.CLOSED:
            raise StateError(
                "Only a closed wave can be analysed, so that answers stay anonymous. Close it first."
            )
        attributes = _read_attributes(session, keys, wave)
        corpus = _corpus(session, wave, attributes or {})
        labels = {
            _option(code): option_text(label)
            for item in wave.questionnaire.items
            if item.name == CHANNELS_ITEM
            for code, label in options(item).items()
        }
        edits = _read_edits(session, wave.id)
        incomplete = bool(wave.attributes) and attributes is None
        return Task(wave.id, analysis.seed, analysis.n_personas, corpus, edits, labels, incomplete)


def _corpus(session: Session, wave: Wave, attributes: Mapping[str, dict[str, Any]]) -> Corpus:
    rows = session.scalars(
        select(Response)
        .where(Response.wave_id == wave.id)
        .order_by(Response.id)
        .options(selectinload(Response.answers))
    ).all()
    items = wave.questionnaire.items
    views = {item.name: view_of(item) for item in items if item.item_type is ItemType.OPEN}
    return Corpus(
        tuple(_corpus_response(row, views, attributes.get(row.id, {})) for row in rows),
        tuple(dict.fromkeys(views.values())),
    )


def _read_attributes(session: Session, keys: KeyStore | None, wave: Wave) -> dict[str, dict[str, Any]] | None:
    """Return the attributes by response, None if they cannot be read."""
    if keys is None:
        return None
    try:
        return read_attributes(session, keys, wave)
    except StateError as error:
        logger.warning("Personas are made without what people said of themselves. %s", error)
        return None


def _read_edits(session: Session, wave_id: int) -> dict[int, Edit]:
    """Return the edits of a wave by id, in their order, each with the people its persona had where it was made."""
    edits = edits_of_wave(session, wave_id)
    people: dict[tuple[int, str], set[str]] = defaultdict(set)
    for analysis_id, cluster, response_id in session.execute(
        select(Membership.analysis_id, Membership.cluster, Membership.response_id).where(
            Membership.analysis_id.in_({edit.analysis_id for edit in edits}), Membership.cluster != ""
        )
    ):
        people[analysis_id, cluster].add(response_id)
    return {
        edit.id: Edit(
            edit.kind.value,
            frozenset(people[edit.analysis_id, edit.cluster]),
            frozenset(people[edit.analysis_id, edit.other]),
            edit.where,
            edit.text,
        )
        for edit in edits
    }


def _corpus_response(
    row: Response, views: Mapping[str, str], attributes: Mapping[str, str]
) -> CorpusResponse:
    """Return a response with its answers by the item of the analysis; several that feed one are joined by lines."""
    texts = {answer.item: answer.text for answer in row.answers}
    chosen = texts.get(CHANNELS_ITEM, "").split(";")
    told: dict[str, list[str]] = defaultdict(list)
    for item, view in views.items():
        if texts.get(item):
            told[view].append(texts[item])
    return CorpusResponse(
        id=row.id,
        answers={view: "\n".join(parts) for view, parts in told.items()},
        channels=tuple(code for code in chosen if code),
        quote=row.quote,
        attributes=attributes,
    )


def _clean_and_encode(
    sessions: Sessions, lease: Lease, task: Task, encoder: CachedEncoder, stored: Stored
) -> Cleaned:
    """Return what may be used of the answers; it is stored beside its response, and so are the vectors."""
    responses = {one.id: one for one in task.corpus.responses}
    made_from = {one: _made_from(response) for one, response in responses.items()}
    with sessions() as session:
        cleaned = read_usable(session, task.wave_id, made_from)
    waiting = [
        one
        for one in responses
        if one not in cleaned
        or any((one, content_hash(text)) not in stored for text in cleaned[one].values())
    ]
    for start in range(0, len(waiting), RESPONSES_PER_CHUNK):
        chunk = waiting[start : start + RESPONSES_PER_CHUNK]
        new = {one: texts_of(responses[one]) for one in chunk if one not in cleaned}
        cleaned.update(new)
        encoder.encode([text for one in chunk for text in cleaned[one].values()])
        n_left = len(waiting) - start - len(chunk)
        with sessions() as session, transaction(session):
            jobs.advance(
                session,
                lease,
                n_done=READ - READ * n_left // len(responses),
                n_total=WHOLE,
                step="Reading the answers",
            )
            keep_usable(session, made_from, new)
            _keep(session, {one: [*cleaned[one].values()] for one in chunk}, encoder, stored)
    return cleaned


def _made_from(response: CorpusResponse) -> str:
    """Name what decides which texts may be used: the answers, and the code and word lists that read them."""
    content = repr((code_hash(), list(response.answers.items())))
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()


def _keep_parts(
    sessions: Sessions, lease: Lease, cleaned: Cleaned, encoder: CachedEncoder, stored: Stored
) -> None:
    """Store the vectors of the parts of answers that were encoded: of very many people those of some."""
    ids = list(cleaned)
    for start in range(0, len(ids), RESPONSES_PER_TRANSACTION):
        parts = {
            one: [part for item, text in cleaned[one].items() for part in parts_of(item, text)]
            for one in ids[start : start + RESPONSES_PER_TRANSACTION]
        }
        with sessions() as session, transaction(session):
            jobs.advance(session, lease)
            _keep(session, parts, encoder, stored)


def _keep(
    session: Session, texts: Mapping[str, Sequence[str]], encoder: CachedEncoder, stored: Stored
) -> None:
    """Store the vectors that texts of responses have, unless they are there."""
    keys = {(response_id, content_hash(text)) for response_id, said in texts.items() for text in said}
    new = sorted(key for key in keys - stored if key[1] in encoder.vectors)
    add_vectors(session, encoder.hash, [(*key, encoder.vectors[key[1]]) for key in new])


def _store(
    session: Session,
    analysis: Analysis,
    report: Report,
    content: dict[str, Any],
    cards: Sequence[dict[str, Any]],
    drawings: Sequence[Drawing],
    task: Task,
) -> None:
    analysis.report = content
    analysis.edits = list(task.edits)
    analysis.charts = [
        Chart(
            name=drawing.name,
            title=drawing.title,
            svg=drawing.svg,
            columns=list(drawing.columns),
            rows=[list(row) for row in drawing.rows],
        )
        for drawing in drawings
    ]
    session.add_all(
        Membership(
            analysis_id=analysis.id,
            response_id=assigned.id,
            cluster=assigned.persona or "",
            weight=assigned.membership,
            reason=assigned.reason or "",
        )
        for assigned in sorted(report.assignments, key=lambda assigned: assigned.id)
    )
    for card in cards:
        analysis.versions.append(
            PersonaVersion(
                persona=Persona(),
                cluster=card["key"],
                name=card["name"],
                summary=card["summary"],
                card=card,
                scoring=for_one(content["scoring"], card["key"]),
            )
        )
    if analysis.versions and analysis.revises_id is not None:
        session.execute(
            update(PersonaVersion)
            .where(
                PersonaVersion.analysis_id == analysis.revises_id, PersonaVersion.state == VersionState.DRAFT
            )
            .values(state=VersionState.RETIRED)
        )
    session.flush()


def _with_labels(
    entries: Sequence[Mapping[str, Any]], labels: Mapping[str, str], language: str
) -> list[dict[str, Any]]:
    """Return the personas' entries in the words of the questionnaire; no two have the same name."""
    names = {entry["key"]: str(entry["name"]) for entry in entries}
    for entry in entries:
        name = _name_with_labels(entry, labels, language)
        if name not in names.values():
            names[entry["key"]] = name
    cards = []
    for entry in entries:
        card = {**entry, "name": names[entry["key"]]}
        cards.append(_with_channels(card, labels, language))
    return cards


def _name_with_labels(entry: Mapping[str, Any], labels: Mapping[str, str], language: str) -> str:
    """Return the name of a persona, if it is called after a channel with that in the words of the questionnaire."""
    say = partial(catalogue(language).say, "by channel")
    found = {}
    for channel in entry["channels"]:
        label = _in_a_sentence(labels.get(_option(channel["text"]), channel["text"]), language)
        found[say(channel=channel["text"])] = say(channel=shorten(label, MAX_IN_NAME, placeholder="…"))
    name = str(entry["name"])
    return found.get(name, name)


def _with_channels(entry: dict[str, Any], labels: Mapping[str, str], language: str) -> dict[str, Any]:
    """Return a persona's entry with its channels in the words of the questionnaire, and the codes beside them."""
    channels = [
        {
            **channel,
            "text": labels.get(_option(channel["text"]), channel["text"]),
            "option": channel["text"],
        }
        for channel in entry["channels"]
    ]
    if not channels:
        return {**entry, "channels": channels}
    # A summary that a person wrote does not hold the sentence, and stays as it is.
    told = [(one["option"], _in_a_sentence(one["text"], language), one["share_here"]) for one in channels]
    by_code = reach_text([(option, share) for option, _, share in told], catalogue(language))
    by_label = reach_text([(text, share) for _, text, share in told], catalogue(language))
    return {**entry, "channels": channels, "summary": entry["summary"].replace(by_code, by_label)}


def _in_a_sentence(label: str, language: str) -> str:
    """Begin a label with a small letter, unless it is a name, an abbreviation or a noun that wears a capital."""
    first, blank, rest = label.partition(" ")
    return label if language == "de" or not first.istitle() else option_text(first.casefold()) + blank + rest


def _option(text: str) -> str:
    """A channel's code as the report writes it: with blanks, in small letters."""
    return text.replace("_", " ").casefold()
