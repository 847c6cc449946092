"""Reads of analyses, draft and published personas for screens. Scoring blocks and reports are megabytes and stay
where they are, except for the few values of a report that a page shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from survey.domain.queries.edits import EditRow, edit_rows, n_undone_since, unfinished_analysis
from survey.enums import JobState, VersionState
from survey.exceptions import NotFoundError, StateError
from survey.models import Analysis, Chart, Job, Persona, PersonaVersion, Wave

#: A group of which less comes back when people are drawn anew is not to be trusted yet. It is the ``DOUBTFUL`` of
#: ``analysis.stability``, which no page may import.
LEAST_STABILITY = 0.6
#: Languages in which an analysis tells what it found; of answers in others it tells in English. The languages of
#: ``analysis.text``, which no page may import.
TOLD_IN = ("en", "sv", "de", "es", "pl")
#: Lists of a card, from which entries may be dropped.
LISTS = ("concerns", "traits", "reasons", "skills", "leanings", "channels", "content", "quotes")


@dataclass(frozen=True, slots=True)
class PersonaCard:
    """One version of a persona as a page shows it; ``card`` is its entry of the report, ``weights`` HR's if any.

    ``apart`` says what tells it from the persona it is most like, if that one is shown beside it;
    ``language`` is that of the answers.
    """

    id: int
    persona_id: int
    analysis_id: int
    state: VersionState
    name: str
    summary: str
    card: Mapping[str, Any]
    number: int
    weights: Mapping[str, Any]
    published_at: dt.datetime | None
    wave: str
    n_answered: int | None
    language: str
    apart: str = ""

    @property
    def told_in(self) -> str:
        """The language of all that the analysis tells of it; what people said is in their own."""
        return told_in(self.language)

    @property
    def is_doubtful(self) -> bool:
        """Whether the group falls apart when people are drawn anew."""
        return bool(self.card["stability"] < LEAST_STABILITY)


@dataclass(frozen=True, slots=True)
class AnalysisRow:
    """One analysis in a list, with the state of its job and of its personas."""

    id: int
    created_at: dt.datetime
    n_personas: int | None
    job_id: str | None
    job_state: JobState | None
    n_drafts: int
    n_published: int
    n_found: int


@dataclass(frozen=True, slots=True)
class AnalysisPage:
    """What the page of one analysis shows. ``report`` is empty until the job is done.

    ``edits`` are those in force here, ``n_undone`` others that the drafts have all the same; ``running`` is the job of
    any analysis of the wave that is not done, which drafts must wait for; ``replaced_by`` is the analysis whose drafts
    took the place of these.
    """

    analysis: Analysis
    wave: Wave
    job: Job | None
    report: Mapping[str, Any]
    charts: list[Chart]
    cards: list[PersonaCard]
    edits: list[EditRow]
    n_undone: int
    running: Job | None
    replaced_by: int | None

    @property
    def told_in(self) -> str:
        """The language of all that the analysis tells."""
        return told_in(self.report.get("language"))

    @property
    def drafts(self) -> list[PersonaCard]:
        """The cards that may still be edited and published."""
        return [card for card in self.cards if card.state == VersionState.DRAFT]


def told_in(language: str | None) -> str:
    """Return the language in which an analysis of answers in a language tells what it found."""
    return language if language in TOLD_IN else "en"


def get_analysis(session: Session, analysis_id: int) -> Analysis:
    """Return an analysis. Raises NotFoundError."""
    analysis = session.get(Analysis, analysis_id)
    if analysis is None:
        raise NotFoundError("There is no such analysis.")
    return analysis


def analysis_page(session: Session, analysis_id: int) -> AnalysisPage:
    """Return all that the page of an analysis shows. Raises NotFoundError."""
    analysis = get_analysis(session, analysis_id)
    wave = session.get_one(Wave, analysis.wave_id)
    job = session.get(Job, analysis.job_id) if analysis.job_id else None
    cards = _cards(session, _card_rows().where(PersonaVersion.analysis_id == analysis_id, _is_latest()))
    return AnalysisPage(
        analysis,
        wave,
        job,
        analysis.report or {},
        list(analysis.charts),
        cards,
        edit_rows(session, analysis),
        n_undone_since(session, analysis),
        unfinished_analysis(session, wave.id),
        _replacement(session, analysis_id),
    )


def list_analyses(session: Session, wave_id: int) -> list[AnalysisRow]:
    """Return the analyses of a wave, newest first."""
    rows = session.execute(
        select(Analysis.id, Analysis.created_at, Analysis.n_personas, Analysis.job_id, Job.state)
        .outerjoin(Job, Job.id == Analysis.job_id)
        .where(Analysis.wave_id == wave_id)
        .order_by(Analysis.id.desc())
    ).all()
    states: dict[int, list[VersionState]] = {row.id: [] for row in rows}
    for analysis_id, state in session.execute(
        select(PersonaVersion.analysis_id, PersonaVersion.state)
        .join(Analysis, Analysis.id == PersonaVersion.analysis_id)
        .where(Analysis.wave_id == wave_id, _is_latest())
    ):
        states[analysis_id].append(state)
    return [
        AnalysisRow(
            *row,
            n_drafts=states[row.id].count(VersionState.DRAFT),
            n_published=states[row.id].count(VersionState.PUBLISHED),
            n_found=len(states[row.id]),
        )
        for row in rows
    ]


def count_by_wave(session: Session) -> dict[int, dict[VersionState, int]]:
    """Return how many personas of each wave are in which state."""
    counts: dict[int, dict[VersionState, int]] = {}
    for wave_id, state, n in session.execute(
        select(Analysis.wave_id, PersonaVersion.state, func.count())
        .join(Analysis, Analysis.id == PersonaVersion.analysis_id)
        .where(_is_latest())
        .group_by(Analysis.wave_id, PersonaVersion.state)
    ):
        counts.setdefault(wave_id, {})[state] = n
    return counts


def list_published(session: Session) -> list[PersonaCard]:
    """Return the personas everyone in the organisation may see, the largest first."""
    return _cards(session, _card_rows().where(PersonaVersion.state == VersionState.PUBLISHED))


def newest_tried(session: Session) -> int | None:
    """Return the newest analysis of a published persona that was tried on its own people, which a chart shows."""
    return session.scalar(
        select(func.max(Chart.analysis_id))
        .join(PersonaVersion, PersonaVersion.analysis_id == Chart.analysis_id)
        .where(PersonaVersion.state == VersionState.PUBLISHED, Chart.name == "found")
    )


def list_drafts(session: Session) -> list[PersonaCard]:
    """Return the drafts of the newest analysis that has any, the largest first."""
    newest = (
        select(PersonaVersion.analysis_id)
        .where(PersonaVersion.state == VersionState.DRAFT)
        .order_by(PersonaVersion.analysis_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return _cards(
        session,
        _card_rows().where(PersonaVersion.state == VersionState.DRAFT, PersonaVersion.analysis_id == newest),
    )


def get_draft(session: Session, version_id: int) -> PersonaCard:
    """Return one draft. Raises NotFoundError, StateError if it is one no longer."""
    cards = _cards(session, _card_rows().where(PersonaVersion.id == version_id))
    if not cards:
        raise NotFoundError("There is no such persona.")
    reason = frozen_because(cards[0])
    if reason:
        raise StateError(reason)
    return cards[0]


def frozen_because(version: PersonaCard | PersonaVersion) -> str | None:
    """Return why a version can no longer be edited, None if it is a draft."""
    if version.state == VersionState.DRAFT:
        return None
    if version.published_at is None:
        return "This draft was replaced by those of a newer analysis of its wave. Edit them instead."
    tense = "is" if version.state == VersionState.PUBLISHED else "was"
    return f"This persona {tense} published and is frozen, because scores refer to it. Start a new analysis instead."


def _replacement(session: Session, analysis_id: int) -> int | None:
    """Return the last of the analyses whose drafts replaced those of this one, one after the other."""
    last = None
    while later := session.scalar(
        select(func.max(Analysis.id))
        .join(PersonaVersion, PersonaVersion.analysis_id == Analysis.id)
        .where(Analysis.revises_id == (last or analysis_id))
    ):
        last = later
    return last


def _is_latest() -> ColumnElement[bool]:
    """Whether a version is the last one of its persona; those before it are there for the record."""
    later = aliased(PersonaVersion)
    return ~exists().where(
        later.persona_id == PersonaVersion.persona_id, later.number > PersonaVersion.number
    )


def _card_rows() -> Select[Any]:
    return (
        select(
            PersonaVersion.id,
            PersonaVersion.persona_id,
            PersonaVersion.analysis_id,
            PersonaVersion.state,
            PersonaVersion.name,
            PersonaVersion.summary,
            PersonaVersion.card,
            PersonaVersion.number,
            PersonaVersion.weights,
            PersonaVersion.published_at,
            Wave.name.label("wave"),
            Wave.n_answered,
            func.coalesce(Analysis.report["language"].as_string(), "en").label("language"),
        )
        .join(Persona, Persona.id == PersonaVersion.persona_id)
        .join(Analysis, Analysis.id == PersonaVersion.analysis_id)
        .join(Wave, Wave.id == Analysis.wave_id)
    )


def _cards(session: Session, rows: Select[Any]) -> list[PersonaCard]:
    cards = [PersonaCard(*row) for row in session.execute(rows)]
    shown = {(card.analysis_id, card.card["key"]): card for card in cards}
    told = [
        replace(card, apart=_told_apart(card, shown.get((card.analysis_id, neighbour["key"]))))
        if (neighbour := card.card.get("neighbour"))
        else card
        for card in cards
    ]
    return sorted(told, key=lambda card: (-card.card["size"], card.id))


def _told_apart(card: PersonaCard, other: PersonaCard | None) -> str:
    """Tell two cards apart by their names as they are now, and by what still stands on either."""
    neighbour = card.card["neighbour"]
    sentences, phrases = neighbour.get("sentences"), neighbour.get("phrases")
    # Cards of earlier versions tell of a neighbour in one sentence, which nobody can mend.
    if other is None or not sentences:
        return ""
    told = [sentences["nearest"].format(name=other.name)]
    for side, listed in (("more", _texts(card)), ("less", _texts(other))):
        left = [phrases[one["text"]] for one in neighbour[side] if one["text"] in listed]
        if left:
            told.append(sentences[side].format(told="; ".join(left)))
    return " ".join(told)


def _texts(card: PersonaCard) -> set[str]:
    return {entry["text"] for name in LISTS for entry in card.card.get(name, ())}
