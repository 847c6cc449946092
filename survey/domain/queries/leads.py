"""Reads of leads for screens: who to approach first and why, one lead in full, the imports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from survey.domain.aliases import hash_in_force
from survey.domain.jobs import ON_LEADS, UNFINISHED, unfinished
from survey.domain.leads import ALL_LEADS, get_lead
from survey.domain.opt_outs import find_request
from survey.domain.passages import Passage, Span, covered, passages, quote
from survey.domain.weighings import facets_of
from survey.enums import Band, DuplicateState, JobKind, VersionState
from survey.models import (
    Duplicate,
    Job,
    Lead,
    LeadEvidence,
    LeadIdentity,
    LeadImport,
    LeadMerge,
    LeadNote,
    PersonaVersion,
    Score,
)
from survey.models.leads import ORIGIN, Origin

PAGE_SIZE = 25
EVIDENCE_LEVELS = ("E3", "E2", "E1", "E0")
#: Stands for leads that no persona was compared with yet.
UNSCORED = "none"
FACETS = ("who", "skills", "why")
#: Orders of the ranking beside the first one, whom to approach first.
SORTS = ("fit", "skills", "why", "name", "place", "newest")
#: Stands for leads that nobody is in touch with.
NOBODY = "nobody"
#: What is like a persona's people under none of the traits that have a name; :data:`analysis.facets.REST`.
UNNAMED = ("describes work as they do", "does work like theirs", "looks for what they look for")
#: Leads who share a shown number are ranked by what it was before it was rounded.
_EXACT = func.coalesce(Score.exact, Score.fit)
_FIELDS = ("headline", "summary", "interest", "skills", "experience")
_REASONS = 3
_REASON_CHARS = 90
_MAX_WORDS = 8
#: The list of a card that tells of each facet.
_LISTS = {"who": "traits", "skills": "skills", "why": "reasons"}
#: Taken out of the scoring block by the database: all of it is half a megabyte.
_STANDING = (
    PersonaVersion.scoring["personas", 0, "n"].as_integer().label("n_colleagues"),
    PersonaVersion.scoring["personas", 0, "provisional"].as_boolean().label("provisional"),
    PersonaVersion.scoring["personas", 0, "ranks"].as_boolean().label("ranks"),
)


class Standing(NamedTuple):
    """How far the numbers of a persona version can be relied on.

    ``provisional`` ones rest on few colleagues; one that does not rank cannot tell people apart.
    """

    n_colleagues: int
    provisional: bool
    ranks: bool


class PersonaName(NamedTuple):
    """A published persona version, by name."""

    id: int
    name: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Wish:
    """Which leads to rank: for one persona version, or for each lead's best if it is empty."""

    version_id: int | None = None
    search: str = ""
    place: str = ""
    skill: str = ""
    band: str = ""
    source: str = ""
    evidence: str = ""
    owner: str = ""
    sort: str = ""

    @property
    def filtered(self) -> bool:
        """Whether anything is asked for beside persona and search."""
        return bool(
            self.place or self.skill or self.band or self.source or self.evidence or self.owner or self.sort
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything but persona and order is asked for."""
        return self.search != "" or replace(self, sort="").filtered


@dataclass(frozen=True, slots=True)
class Reason:
    """A stretch of the lead's own words and the points it gave, over all traits."""

    text: str
    points: int


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One lead in the ranking. ``evidence`` is empty if the lead has not been scored.

    ``outdated`` numbers were made by an earlier table of aliases; where there is none, nothing is.
    """

    id: int
    external_id: str
    called: str
    name: str
    email: str
    phone: str
    profile: str
    employer: str
    headline: str
    location: str
    source: str
    owner: str
    version_id: int | None
    fit: int | None
    band: Band | None
    evidence: str
    facets: Mapping[str, int | None]
    reasons: tuple[Reason, ...]
    best: str
    outdated: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """One page of the ranking, with what could be filtered by and how many leads that leaves."""

    rows: tuple[LeadRow, ...]
    n_rows: int
    n_leads: int
    page: int
    n_pages: int
    bands: tuple[tuple[str, int], ...]
    levels: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a lead fits one published persona.

    None is the ``best`` while the one that was has a new version by which the lead waits to be scored.
    """

    version_id: int
    persona: str
    fit: int | None
    band: Band | None
    evidence: str
    facets: Mapping[str, int | None]
    best: bool
    standing: Standing


@dataclass(frozen=True, slots=True)
class TraitPoints:
    """Points of one trait; ``number`` ties it to the marks in the text.

    ``said`` is what of the lead's own words earned most, if the name of the trait does not tell.
    """

    number: int
    facet: str
    trait: str
    points: int
    said: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """The one question that would narrow a fit most: about the heaviest facet of which nothing is known.

    ``about`` is what most people of the persona say there, empty if nothing sets them apart.
    """

    facet: str
    about: str


@dataclass(frozen=True, slots=True)
class Made:
    """By which version of a persona, with which weights of HR, and from what (hashes by name) a score was made.

    ``compared`` holds the weights of the parts by which colleagues were scored, if not the usual ones. An ``outdated``
    number was made by an earlier table of aliases.
    """

    number: int
    weights: Mapping[str, Any]
    hashes: Mapping[str, str]
    compared: Mapping[str, int] | None
    outdated: bool


@dataclass(frozen=True, slots=True)
class LeadPage:
    """What the page of one lead shows: fits by persona, and for one of them the points and where they came from.

    ``missing`` facets are those about which nothing is known, ``uncounted`` ones weigh nothing. A lead that ``waits``
    was compared with earlier versions of the personas and not yet with all that are published.
    """

    lead: Lead
    fits: tuple[Fit, ...]
    chosen: Fit | None
    traits: Mapping[str, tuple[TraitPoints, ...]]
    texts: Mapping[str, tuple[Passage, ...]]
    missing: tuple[str, ...] = field(default=())
    uncounted: tuple[str, ...] = field(default=())
    question: Question | None = None
    made: Made | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lead stands in a ranking (the first is 1), on which page, and who stands beside them."""

    position: int
    n_rows: int
    page: int
    previous: Lead | None
    next: Lead | None


@dataclass(frozen=True, slots=True)
class Care:
    """What recruiters know about a lead beside the scores.

    ``request`` is a sentence of the lead's own text in which they seem to ask to be left alone.
    """

    notes: tuple[LeadNote, ...]
    merges: tuple[LeadMerge, ...]
    duplicates: tuple[int, ...]
    request: str


def list_versions(session: Session) -> list[PersonaName]:
    """Return the published persona versions by name."""
    rows = session.execute(
        select(PersonaVersion.id, PersonaVersion.name, *_STANDING)
        .where(PersonaVersion.state == VersionState.PUBLISHED)
        .order_by(PersonaVersion.id)
    )
    return [PersonaName(row.id, row.name, _standing(row)) for row in rows]


def list_imports(session: Session, *, n: int = 10) -> list[LeadImport]:
    """Return the latest imports of files, newest first."""
    uploaded = select(LeadImport).where(LeadImport.filename != "")
    return list(session.scalars(uploaded.order_by(LeadImport.id.desc()).limit(n)))


def find_work(session: Session) -> Job | None:
    """Return a job that is changing leads or scores right now."""
    return session.scalar(
        select(Job).where(Job.kind.in_(ON_LEADS), Job.state.in_(UNFINISHED)).order_by(Job.created_at).limit(1)
    )


def find_scoring(session: Session) -> Job | None:
    """Return the job that scores every lead, as long as it waits or runs."""
    return session.scalar(unfinished(JobKind.SCORE_LEADS, ALL_LEADS))


def rank(session: Session, wish: Wish, *, page: int = 1, page_size: int = PAGE_SIZE) -> Ranking:
    """Return one page of leads, whom to approach first on top; those without a number come last."""
    counts = session.execute(
        _joined(wish, Score.band, Score.evidence, Lead.source, func.count())
        .where(*_found(wish))
        .group_by(Score.band, Score.evidence, Lead.source)
    ).all()
    n_rows = sum(n for band, evidence, source, n in counts if _fits_wish(wish, band, evidence, source))
    n_pages = max(1, -(-n_rows // page_size))
    page = min(max(1, page), n_pages)
    rows = session.execute(_rows(wish).limit(page_size).offset((page - 1) * page_size)).all()
    texts = _texts(session, LeadEvidence.lead_id.in_([row.Lead.id for row in rows]))
    aliases = hash_in_force(session)
    return Ranking(
        rows=tuple(_row(row, texts.get(row.Lead.id, {}), aliases) for row in rows),
        n_rows=n_rows,
        n_leads=sum(n for *_, n in counts),
        page=page,
        n_pages=n_pages,
        bands=_options(wish, "band", counts, [*Band]),
        levels=_options(wish, "evidence", counts, [*EVIDENCE_LEVELS, UNSCORED]),
        sources=_options(wish, "source", counts, sorted({source for *_, source, _ in counts if source})),
    )


def find_place(session: Session, wish: Wish, lead_id: int, *, page_size: int = PAGE_SIZE) -> Place:
    """Return where a lead stands in a ranking, also if they no longer match: somebody may just have taken them on.

    Raises NotFoundError.
    """
    chosen = or_(and_(true(), *_wanted(wish)), Lead.id == get_lead(session, lead_id).id)
    # Position and neighbours told by the database take twice the time.
    ids = session.scalars(_joined(wish, Lead.id).where(chosen).order_by(*_ordered(wish))).all()
    at = ids.index(lead_id)
    beside = select(Lead).where(Lead.id.in_(ids[max(0, at - 1) : at + 2])).options(joinedload(Lead.identity))
    leads = {lead.id: lead for lead in session.scalars(beside)}
    return Place(
        position=at + 1,
        n_rows=len(ids),
        page=at // page_size + 1,
        previous=leads.get(ids[at - 1]) if at else None,
        next=leads.get(ids[at + 1]) if at + 1 < len(ids) else None,
    )


def export_rows(session: Session, wish: Wish) -> Iterator[tuple[LeadRow, Mapping[str, str]]]:
    """Yield all leads of a ranking in its order, each with their own words by field."""
    texts, aliases = _texts(session, true()), hash_in_force(session)
    for row in session.execute(_rows(wish)):
        own = texts.get(row.Lead.id, {})
        yield _row(row, own, aliases), own


def lead_page(session: Session, lead_id: int, *, version_id: int | None = None) -> LeadPage:
    """Return one lead with the reasons for a persona (default: their best, else the nearest). Raises NotFoundError."""
    lead = get_lead(session, lead_id)
    scores = session.execute(
        select(
            PersonaVersion.name,
            PersonaVersion.number,
            PersonaVersion.weights,
            PersonaVersion.scoring["compared"].label("compared"),
            *_STANDING,
            Score,
        )
        .join(Score, Score.persona_version_id == PersonaVersion.id)
        .where(Score.lead_id == lead_id, PersonaVersion.state == VersionState.PUBLISHED)
        .order_by(case((Score.fit.is_(None), 1), else_=0), _EXACT.desc(), PersonaVersion.id)
    ).all()
    fits = tuple(_fit(row.name, row.Score, _standing(row)) for row in scores)
    asked_for = (fit for fit in fits if fit.version_id == version_id)
    chosen = next(chain(asked_for, (fit for fit in fits if fit.best), fits), None)
    shown = next(
        (row for row in scores if chosen and row.Score.persona_version_id == chosen.version_id), None
    )
    held = {evidence.field: evidence for evidence in lead.evidence}
    texts = {name: evidence.text for name, evidence in held.items()}
    traits, spans = _numbered(shown.Score.contributions if shown else [], texts)
    return LeadPage(
        lead=lead,
        fits=fits,
        chosen=chosen,
        traits={facet: tuple(t for t in traits if t.facet == facet) for facet in FACETS},
        texts={
            name: cut
            for name in _FIELDS
            if name in held
            and (
                cut := passages(
                    name,
                    held[name].text,
                    [*spans.get(name, ()), *covered(held[name].text, held[name].masked)],
                )
            )
        },
        missing=tuple(facet for facet in FACETS if chosen and chosen.facets[facet] is None),
        uncounted=tuple(facet for facet in FACETS if shown and not facets_of(shown.weights)[facet]),
        question=_question(session, chosen, shown.weights) if chosen and shown else None,
        made=_made(session, shown) if shown else None,
        waits=_waits(session, lead_id),
    )


def care(session: Session, lead: Lead) -> Care:
    """Return what recruiters know about a lead."""
    notes = session.scalars(
        select(LeadNote)
        .where(LeadNote.lead_id == lead.id)
        .options(joinedload(LeadNote.author))
        .order_by(LeadNote.id.desc())
    )
    merges = session.scalars(
        select(LeadMerge).where(LeadMerge.lead_id == lead.id).order_by(LeadMerge.merged_at.desc())
    )
    firsts = session.scalars(
        select(Duplicate.first_id)
        .where(
            Duplicate.state == DuplicateState.OPEN,
            or_(Duplicate.first_id == lead.id, Duplicate.second_id == lead.id),
        )
        .distinct()
        .order_by(Duplicate.first_id)
    )
    request = find_request(evidence.text for evidence in lead.evidence if evidence.field != "experience")
    return Care(tuple(notes), tuple(merges), tuple(firsts), request)


def _made(session: Session, shown: Any) -> Made:
    score = shown.Score
    outdated = _is_outdated(score, hash_in_force(session))
    return Made(shown.number, shown.weights, hashes_of(score), shown.compared, outdated)


def _is_outdated(score: Score, aliases: str) -> bool:
    return score.fit is not None and score.aliases_hash != aliases


def _waits(session: Session, lead_id: int) -> bool:
    """Whether a lead has numbers, but not by every published version."""
    scored = select(Score.persona_version_id).where(Score.lead_id == lead_id)
    missing = select(PersonaVersion.id).where(
        PersonaVersion.state == VersionState.PUBLISHED, PersonaVersion.id.not_in(scored)
    )
    return bool(session.scalar(select(and_(scored.exists(), missing.exists()))))


def hashes_of(origin: Origin) -> dict[str, str]:
    """Return the hashes of what a score was made from; nothing if they were not noted."""
    return {name: value for name in ORIGIN if origin.code_hash and (value := getattr(origin, name))}


def _question(session: Session, chosen: Fit, weights: Mapping[str, Any]) -> Question | None:
    counts = facets_of(weights)
    heaviest = sorted((facet for facet in FACETS if counts[facet]), key=lambda facet: -counts[facet])
    facet = next((facet for facet in heaviest if chosen.facets[facet] is None), None)
    if facet is None or chosen.fit is None:
        return None
    card = session.scalar(select(PersonaVersion.card).where(PersonaVersion.id == chosen.version_id)) or {}
    entries = card.get(_LISTS[facet]) or [{"text": ""}]
    return Question(facet, entries[0]["text"])


def _joined(wish: Wish, *columns: Any) -> Select[Any]:
    """Every lead with the score the wish is about, if there is one."""
    published = select(PersonaVersion.id).where(PersonaVersion.state == VersionState.PUBLISHED)
    if wish.version_id is None:
        # Leads without any number have no best persona; any of their scores says so.
        rival = aliased(Score)
        nothing = ~exists().where(rival.lead_id == Lead.id, rival.best)
        lowest = select(func.min(rival.id)).where(rival.lead_id == Lead.id).scalar_subquery()
        score = or_(Score.best, and_(nothing, Score.id == lowest))
    else:
        score = Score.persona_version_id == wish.version_id
    return (
        select(*columns)
        .select_from(Lead)
        .join(LeadIdentity, LeadIdentity.lead_id == Lead.id)
        .outerjoin(Score, and_(Score.lead_id == Lead.id, Score.persona_version_id.in_(published), score))
    )


def _rows(wish: Wish) -> Select[Any]:
    best = aliased(Score)
    return (
        _joined(wish, Lead, Score, PersonaVersion.name)
        .outerjoin(best, and_(best.lead_id == Lead.id, best.best))
        .outerjoin(PersonaVersion, PersonaVersion.id == best.persona_version_id)
        .where(*_wanted(wish))
        .options(joinedload(Lead.owner), contains_eager(Lead.identity))
        .order_by(*_ordered(wish))
    )


def _ordered(wish: Wish) -> list[Any]:
    return [*_order(wish.sort), LeadIdentity.name, Lead.id]


def _order(sort: str) -> Sequence[Any]:
    missing = case((Score.id.is_(None), 2), (Score.fit.is_(None), 1), else_=0)
    if sort in ("skills", "why"):
        facet = getattr(Score, sort)
        return (missing, case((facet.is_(None), 1), else_=0), facet.desc(), _EXACT.desc())
    orders: dict[str, Sequence[Any]] = {
        "fit": (missing, _EXACT.desc()),
        "name": (func.lower(LeadIdentity.name),),
        "place": (case((LeadIdentity.location == "", 1), else_=0), func.lower(LeadIdentity.location)),
        "newest": (Lead.id.desc(),),
    }
    return orders.get(sort, (missing, Score.band, Score.evidence.desc(), _EXACT.desc()))


def _wanted(wish: Wish) -> list[ColumnElement[bool]]:
    """Who is found, and how they fit."""
    wanted = list(_found(wish))
    if wish.band:
        wanted.append(Score.band == wish.band)
    if wish.evidence:
        wanted.append(Score.id.is_(None) if wish.evidence == UNSCORED else Score.evidence == wish.evidence)
    if wish.source:
        wanted.append(Lead.source == wish.source)
    return wanted


def _found(wish: Wish) -> Sequence[ColumnElement[bool]]:
    """Whose words and place these are, and who is in touch with them."""
    found = _said(wish.search)
    found += [LeadIdentity.location.regexp_match(pattern) for pattern in _patterns(wish.place)]
    found += [
        exists().where(
            LeadEvidence.lead_id == Lead.id,
            LeadEvidence.field == "skills",
            LeadEvidence.text.regexp_match(pattern),
        )
        for pattern in _patterns(wish.skill)
    ]
    if wish.owner:
        found.append(Lead.owner_id.is_(None) if wish.owner == NOBODY else Lead.owner_id == int(wish.owner))
    return found


def _said(search: str) -> list[ColumnElement[bool]]:
    """Every word of the search stands somewhere in who the lead is or what they wrote."""
    return [
        or_(
            LeadIdentity.name.regexp_match(pattern),
            LeadIdentity.location.regexp_match(pattern),
            LeadIdentity.employer.regexp_match(pattern),
            Lead.external_id.regexp_match(pattern),
            exists().where(LeadEvidence.lead_id == Lead.id, LeadEvidence.text.regexp_match(pattern)),
        )
        for pattern in _patterns(search)
    ]


def _patterns(words: str) -> list[str]:
    return [_any_case(word) for word in words.split()[:_MAX_WORDS]]


def _any_case(word: str) -> str:
    """Return a pattern for a word in any case: neither database folds letters such as Å everywhere by itself."""
    pattern = ""
    for character in word:
        cases = {form for form in (character, character.lower(), character.upper()) if len(form) == 1}
        pattern += f"[{''.join(sorted(cases))}]" if len(cases) > 1 else re.escape(character)
    return pattern


def _fits_wish(wish: Wish, band: Band | None, evidence: str | None, source: str) -> bool:
    return (
        wish.band in ("", band)
        and wish.evidence in ("", evidence or UNSCORED)
        and wish.source in ("", source)
    )


def _options(
    wish: Wish, name: str, counts: Sequence[Any], values: Sequence[str]
) -> tuple[tuple[str, int], ...]:
    """Return each value of a filter with the leads it would leave beside the other filters."""
    dropped: dict[str, Any] = {name: ""}
    others = replace(wish, **dropped)
    tally: Counter[str] = Counter()
    for band, evidence, source, n in counts:
        if _fits_wish(others, band, evidence, source):
            tally[{"band": band or "", "evidence": evidence or UNSCORED, "source": source}[name]] += n
    chosen = getattr(wish, name)
    return tuple((value, tally[value]) for value in values if tally[value] or value == chosen)


def _texts(session: Session, chosen: ColumnElement[bool]) -> dict[int, dict[str, str]]:
    texts: dict[int, dict[str, str]] = {}
    for lead_id, name, text in session.execute(
        select(LeadEvidence.lead_id, LeadEvidence.field, LeadEvidence.text).where(chosen)
    ):
        texts.setdefault(lead_id, {})[name] = text
    return texts


def _row(row: Any, texts: Mapping[str, str], aliases: str) -> LeadRow:
    lead, score, best = row
    identity = lead.identity
    return LeadRow(
        id=lead.id,
        external_id=lead.external_id,
        called=lead.called,
        name=identity.name,
        email=identity.email,
        phone=identity.phone,
        profile=identity.profile,
        employer=identity.employer,
        headline=texts.get("headline", ""),
        location=identity.location,
        source=lead.source,
        owner=(lead.owner.name or lead.owner.email) if lead.owner else "",
        version_id=score.persona_version_id if score else None,
        fit=score.fit if score else None,
        band=score.band if score else None,
        evidence=score.evidence if score else "",
        facets=_facets(score) if score else {},
        reasons=_reasons(score.contributions, texts) if score else (),
        best=best or "",
        outdated=score is not None and _is_outdated(score, aliases),
    )


def _facets(score: Score) -> dict[str, int | None]:
    values = {facet: getattr(score, facet) for facet in FACETS}
    return {facet: None if value is None else round(value) for facet, value in values.items()}


def _standing(row: Any) -> Standing:
    return Standing(row.n_colleagues or 0, bool(row.provisional), row.ranks is not False)


def _fit(name: str, score: Score, standing: Standing) -> Fit:
    return Fit(
        version_id=score.persona_version_id,
        persona=name,
        fit=score.fit,
        band=score.band,
        evidence=score.evidence,
        facets=_facets(score),
        best=score.best,
        standing=standing,
    )


def _points(contributions: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    points: dict[tuple[str, str], int] = {}
    for part in contributions:
        key = (part["facet"], part["trait"])
        points[key] = points.get(key, 0) + part["points"]
    return points


def _reasons(contributions: Sequence[Mapping[str, Any]], texts: Mapping[str, str]) -> tuple[Reason, ...]:
    points: Counter[tuple[str, int, int]] = Counter()
    widest = ("", 0, 0)
    for part in sorted(contributions, key=lambda part: (part["field"], part["start"], -part["end"])):
        # What stands in a stretch that is told is told with it.
        if part["field"] != widest[0] or part["end"] > widest[2]:
            widest = (part["field"], part["start"], part["end"])
        points[widest] += part["points"]
    return tuple(
        Reason(quote(name, texts.get(name, ""), start, end, max_chars=_REASON_CHARS), n)
        for (name, start, end), n in points.most_common(_REASONS)
        if n > 0
    )


def _numbered(
    contributions: Sequence[Mapping[str, Any]], texts: Mapping[str, str]
) -> tuple[list[TraitPoints], dict[str, list[Span]]]:
    """Number the traits by facet and points, and tie every stretch of text to its number."""
    points = _points(contributions)
    order = sorted(points, key=lambda key: (FACETS.index(key[0]), -points[key]))
    numbers = {key: number for number, key in enumerate(order, start=1)}
    spans: dict[str, list[Span]] = {}
    said: dict[str, str] = {}
    for part in sorted(contributions, key=lambda part: -part["points"]):
        span = Span(part["start"], part["end"], numbers[part["facet"], part["trait"]], part["points"])
        spans.setdefault(part["field"], []).append(span)
        if part["trait"] in UNNAMED:
            field, start, end = part["field"], part["start"], part["end"]
            own = quote(field, texts.get(field, ""), start, end, max_chars=_REASON_CHARS)
            said.setdefault(part["trait"], own)
    return [TraitPoints(numbers[key], *key, points[key], said.get(key[1], "")) for key in order], spans
