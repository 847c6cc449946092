"""HR changes what counts: who would move is shown first, a new version is published, and nobody overwrites anybody."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from analysis.corpus import Progress
from analysis.encoder import Vectors
from analysis.facets import FACET_WEIGHTS, KINDS
from analysis.scoring_block import MOST, for_one, reweighed
from survey.database import transaction
from survey.domain import jobs, previews, scores, weighings
from survey.domain.personas import get_version, withdraw_version
from survey.domain.previews import run_preview
from survey.domain.queries import personas as read
from survey.domain.queries.weighings import get_preview
from survey.domain.replays import replay_scores
from survey.domain.weighings import get_weighing, propose, publish_weighing, traits_of
from survey.enums import JobState, VersionState
from survey.exceptions import ConflictError, InvalidInputError, JobPutBackError, StateError
from survey.lead_files import read_leads
from survey.lead_scoring import read_scorer, score_leads
from survey.models import Analysis, AuditEntry, Job, Lead, PersonaVersion, Score, Weighing
from tests.survey.lead_factories import (
    SAMPLE,
    Killed,
    WordEncoder,
    block,
    claim,
    do_import,
    fall_silent,
    killed_after,
    many,
    publish,
    publish_one,
    start,
)
from tests.survey.persona_factories import persona_entry

ONLY_WHY = {"who": 0, "skills": 0, "why": 100}


@pytest.fixture
def versions(sessions: sessionmaker[Session]) -> list[int]:
    """Two published personas and three leads that were scored with them."""
    with sessions() as session, transaction(session):
        versions = publish(session)
    do_import(sessions)
    return versions


def ask(
    sessions: sessionmaker[Session],
    version_id: int,
    facets: dict[str, int] = ONLY_WHY,
    traits: dict[str, dict[str, float]] | None = None,
) -> int:
    """Propose weights; return the weighing."""
    with sessions() as session, transaction(session):
        version = get_version(session, version_id)
        return propose(session, version, facets=facets, traits=traits or {}, account_id=None).subject_id


def preview(sessions: sessionmaker[Session], version_id: int, **wanted: Any) -> int:
    """Propose weights and see who would move; return the weighing."""
    weighing_id = ask(sessions, version_id, **wanted)
    run_preview(sessions, claim(sessions), encoder=WordEncoder())
    return weighing_id


def publish_new(sessions: sessionmaker[Session], weighing_id: int) -> int:
    with sessions() as session, transaction(session):
        return publish_weighing(session, get_weighing(session, weighing_id), account_id=None).id


def fits(sessions: sessionmaker[Session]) -> dict[tuple[str, int], tuple[int | None, str | None]]:
    with sessions() as session:
        rows = session.execute(
            select(Lead.external_id, Score.persona_version_id, Score.fit, Score.band).join(Score)
        )
        return {(key, version_id): (fit, band and band.value) for key, version_id, fit, band in rows}


def best(sessions: sessionmaker[Session]) -> list[int | None]:
    """The version that each lead fits best."""
    with sessions() as session:
        rows = select(Score.persona_version_id).where(Score.lead_id == Lead.id, Score.best).scalar_subquery()
        return list(session.scalars(select(rows).select_from(Lead).order_by(Lead.id)))


def test_what_is_written_twice_is_what_the_analysis_says() -> None:
    assert weighings.USUAL == FACET_WEIGHTS
    assert weighings._KINDS == KINDS
    assert (min(weighings.STEPS), max(weighings.STEPS)) == (0, MOST)


def test_a_preview_shows_who_would_move_and_publishing_makes_that_true(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    before, best_before = fits(sessions), best(sessions)
    weighing_id = preview(sessions, versions[0])
    assert fits(sessions) == before

    with sessions() as session:
        found = get_weighing(session, weighing_id).preview
        ids = dict(session.execute(select(Lead.id, Lead.external_id)).all())
    assert found is not None
    new_id = publish_new(sessions, weighing_id)
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())

    after = fits(sessions)
    assert {version_id for _, version_id in after} == {versions[1], new_id}
    moved = {
        ids[lead_id]: ((fit, band), (new, new_band)) for lead_id, fit, band, new, new_band in found["leads"]
    }
    assert moved
    assert moved == {
        key: (before[key, versions[0]], after[key, new_id])
        for key in ids.values()
        if before[key, versions[0]] != after[key, new_id]
    }
    assert (found["n_leads"], found["n_moved"], sum(found["bands"].values())) == (3, len(moved), 3)
    changes = Counter(
        f"{old or '-'} {versions[0] if new == new_id else new or '-'}"
        for old, new in zip(best_before, best(sessions), strict=True)
    )
    assert found["best"] == changes


def test_a_new_version_is_told_in_the_audit_log_and_the_old_one_stays(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    trait = next(iter(traits_with(sessions, versions[0], "why")))
    new_id = publish_new(sessions, preview(sessions, versions[0], traits={"why": {trait: 0.5}}))

    with sessions() as session:
        old, new = get_version(session, versions[0]), get_version(session, new_id)
        assert (old.state, old.number, old.weights) == (VersionState.RETIRED, 1, {})
        assert (new.state, new.number, new.persona_id, new.name) == (
            VersionState.PUBLISHED,
            2,
            old.persona_id,
            old.name,
        )
        assert new.weights == {
            "facets": ONLY_WHY,
            "traits": [{"facet": "why", "text": trait, "weight": 0.5}],
        }
        assert traits_of(new.scoring)["why"][trait] == 0.5
        assert session.scalars(select(Weighing.scoring)).all() == [None]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "weighed anew")).one()
        assert (entry.subject, entry.detail) == (
            f"persona {old.persona_id}",
            {"version": 2, "instead_of": 1, **ONLY_WHY, "traits": 1},
        )


def traits_with(sessions: sessionmaker[Session], version_id: int, facet: str) -> dict[str, float]:
    with sessions() as session:
        return traits_of(get_version(session, version_id).scoring)[facet]


def test_asking_twice_is_one_preview(sessions: sessionmaker[Session], versions: list[int]) -> None:
    assert ask(sessions, versions[0]) == ask(sessions, versions[0])
    assert ask(sessions, versions[0]) != ask(sessions, versions[0], {"who": 100, "skills": 0, "why": 0})


def test_a_persona_is_listed_once_however_many_versions_it_has(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    new_id = publish_new(sessions, preview(sessions, versions[0]))

    with sessions() as session, transaction(session):
        analysis = session.scalars(select(Analysis)).one()
        for version in analysis.versions:
            version.card = persona_entry(version.cluster, version.name)
    with sessions() as session:
        analysis = session.scalars(select(Analysis)).one()
        page = read.analysis_page(session, analysis.id)
        (row,) = read.list_analyses(session, analysis.wave_id)
        assert [card.id for card in page.cards] == [versions[1], new_id]
        assert (row.n_found, row.n_published, row.n_drafts) == (2, 2, 0)
        assert read.count_by_wave(session) == {analysis.wave_id: {VersionState.PUBLISHED: 2}}


def test_the_usual_weights_come_back_as_no_weights(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    second = publish_new(sessions, preview(sessions, versions[0]))
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())

    third = publish_new(sessions, preview(sessions, second, facets=weighings.USUAL))

    with sessions() as session:
        first, last = get_version(session, versions[0]), get_version(session, third)
        assert (last.number, last.weights, last.scoring) == (3, {}, first.scoring)


def test_who_speaks_only_of_what_counts_nothing_has_no_number(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions, "id,name,skills\nq,Q,Python;Linux;Release plans;Rollback procedures\n")

    with sessions() as session:
        lead = session.scalars(select(Lead).where(Lead.external_id == "q")).one()
    with sessions() as session:
        weighing = session.get_one(Weighing, preview(sessions, versions[0]))

    assert [entry[3:] for entry in (weighing.preview or {})["leads"] if entry[0] == lead.id] == [[None, None]]


@pytest.mark.parametrize(
    ("facets", "message"),
    [
        ({"who": 0, "skills": 0, "why": 0}, "nothing counts and no lead gets a number"),
        ({"who": -10, "skills": 80, "why": 30}, "0 or more"),
        ({"who": 20, "skills": 50}, "Each of the three parts"),
        ({"who": 20, "skills": 50, "why": 40}, "come to 110.*Take 10 away"),
        ({"who": 20, "skills": 50, "why": 0}, "come to 70.*Add 30"),
        (weighings.USUAL, "the weights in force"),
    ],
)
def test_facet_weights_that_cannot_be_used_are_refused(
    sessions: sessionmaker[Session], versions: list[int], facets: dict[str, int], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        ask(sessions, versions[0], facets)

    with sessions() as session:
        assert session.scalars(select(Weighing)).all() == []


def test_trait_weights_that_cannot_be_used_are_refused(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    why = traits_with(sessions, versions[0], "why")
    trait = next(iter(why))

    for traits, message in (
        ({"why": {"tall": 1.0}}, "could not read"),
        ({"luck": {trait: 1.0}}, "could not read"),
        ({"why": {trait: 3.0}}, "could not read"),
        ({"why": dict.fromkeys(why, 0.0)}, "under “Why they would come” are at 0"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            ask(sessions, versions[0], ONLY_WHY, traits)

    with sessions() as session, transaction(session):
        version = get_version(session, versions[0])
        version.scoring = json.loads(json.dumps(version.scoring))
        version.scoring["personas"][0]["facets"]["why"]["themes"] = []
    with pytest.raises(InvalidInputError, match="Too few colleagues"):
        ask(sessions, versions[0], ONLY_WHY)


def test_the_second_of_two_people_gets_a_message_and_overwrites_nothing(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    mine = preview(sessions, versions[0])
    theirs = preview(sessions, versions[0], facets={"who": 100, "skills": 0, "why": 0})
    new_id = publish_new(sessions, theirs)

    with pytest.raises(ConflictError, match="version 2 is in force"):
        publish_new(sessions, mine)
    with pytest.raises(ConflictError, match="version 2 is in force"):
        publish_new(sessions, theirs)
    with pytest.raises(ConflictError, match="Start from its weights"):
        ask(sessions, versions[0])

    with sessions() as session:
        published = select(PersonaVersion.id).where(PersonaVersion.state == VersionState.PUBLISHED)
        assert session.scalars(published.order_by(PersonaVersion.id)).all() == [versions[1], new_id]


def test_a_persona_withdrawn_after_the_preview_is_not_published_again(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    weighing_id = preview(sessions, versions[0])
    with sessions() as session, transaction(session):
        withdraw_version(session, get_version(session, versions[0]), account_id=None)

    with pytest.raises(StateError, match="is not published"):
        publish_new(sessions, weighing_id)
    with pytest.raises(StateError, match="is not published"):
        ask(sessions, versions[0])


def test_a_preview_that_has_not_ended_publishes_nothing(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    with pytest.raises(StateError, match="has not ended"):
        publish_new(sessions, ask(sessions, versions[0]))


class Meddling(WordEncoder):
    """An encoder in whose first call somebody else does something."""

    def __init__(self, deed: Any) -> None:
        self.deed = deed

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        deed, self.deed = self.deed, None
        if deed:
            deed()
        return super().encode(texts, progress)


def test_a_preview_stops_with_a_sentence_when_its_persona_is_withdrawn(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    def withdraw() -> None:
        with sessions() as session, transaction(session):
            withdraw_version(session, get_version(session, versions[0]), account_id=None)

    weighing_id = ask(sessions, versions[0])

    with pytest.raises(StateError, match="“Calm Hands” is not published"):
        run_preview(sessions, claim(sessions), encoder=Meddling(withdraw))

    with sessions() as session:
        weighing = get_weighing(session, weighing_id)
        assert weighing.preview is None


def test_a_preview_begins_anew_when_another_persona_is_published(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    def publish_late() -> None:
        with sessions() as session, transaction(session):
            publish_one(session, session.scalars(select(Analysis)).one(), "keen", "Late")

    weighing_id = ask(sessions, versions[0])
    run_preview(sessions, claim(sessions), encoder=Meddling(publish_late))

    with sessions() as session:
        found = get_weighing(session, weighing_id).preview or {}
        assert (len(found["versions"]), found["n_leads"]) == (3, 3)


def test_a_killed_preview_goes_on_and_counts_nobody_twice(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    do_import(sessions, many(5))
    whole = preview(sessions, versions[0])
    halted = ask(sessions, versions[0])
    monkeypatch.setattr(scores, "LEADS_PER_CHUNK", 2)
    with monkeypatch.context() as patched:
        # The first tells that colleagues were scored.
        patched.setattr(jobs, "advance", killed_after(4, jobs.advance))
        with pytest.raises(Killed):
            run_preview(sessions, claim(sessions, "first"), encoder=WordEncoder())
    fall_silent(sessions)
    lease = claim(sessions, "second")
    assert lease.cursor["n_leads"] == 4
    run_preview(sessions, lease, encoder=WordEncoder())

    with sessions() as session:
        assert get_weighing(session, halted).preview == get_weighing(session, whole).preview


def test_a_preview_gives_way_to_a_new_lead_and_keeps_what_it_has_done(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    weighing_id = ask(sessions, versions[0])
    monkeypatch.setattr(scores, "LEADS_PER_CHUNK", 2)
    measured: list[int] = []
    measure = previews.measure_anew

    def measure_once(*arguments: Any, **options: Any) -> Any:
        measured.append(1)
        return measure(*arguments, **options)

    monkeypatch.setattr(previews, "measure_anew", measure_once)
    monkeypatch.setattr(jobs, "SHORT_TURN", dt.timedelta(0))
    # Each turn does a chunk, or the job would be given up.
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 1)
    begun = claim(sessions)
    for number in (1, 2):
        # The first comes while colleagues are scored, the second while leads are.
        start(sessions, many(1, first=number))
        with pytest.raises(JobPutBackError):
            run_preview(sessions, begun, encoder=WordEncoder())
        scores.import_leads(sessions, claim(sessions), encoder=WordEncoder())
        with pytest.raises(StateError, match="has not ended"):
            publish_new(sessions, weighing_id)
        begun = claim(sessions)
        assert begun.subject_id == weighing_id
    run_preview(sessions, begun, encoder=WordEncoder())

    with sessions() as session:
        assert (get_weighing(session, weighing_id).preview or {})["n_leads"] == 5
    assert measured == [1]


def test_a_preview_gives_way_while_colleagues_are_scored_but_not_for_ever(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def measure(*_given: Any, between: Callable[[], None] | None, **_how: Any) -> None:
        if between:
            between()
        begun.append(start(sessions, many(1, first=len(begun))))
        if not between:
            return
        with ThreadPoolExecutor(2) as threads:
            waiting = [threads.submit(between) for _ in range(2)]
        assert [type(one.exception()) for one in waiting] in ([JobPutBackError] * 2, [type(None)] * 2)
        waiting[0].result()

    weighing_id = ask(sessions, versions[0])
    monkeypatch.setattr(previews, "measure_anew", measure)
    for _ in range(previews.MAX_GIVEN_WAY):
        with pytest.raises(JobPutBackError):
            run_preview(sessions, claim(sessions), encoder=WordEncoder())
        lease = claim(sessions)
        assert lease.subject_id == begun[-1]
        scores.import_leads(sessions, lease, encoder=WordEncoder())
    run_preview(sessions, claim(sessions), encoder=WordEncoder())

    with sessions() as session:
        assert (get_weighing(session, weighing_id).preview or {})["n_leads"] == 3 + previews.MAX_GIVEN_WAY


def test_colleagues_are_scored_anew_for_other_weights_of_the_parts_alone(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    trait = next(iter(traits_with(sessions, versions[0], "why")))
    halved = {"why": {trait: 0.5}}
    monkeypatch.setattr(previews, "measure_anew", pytest.fail)

    weighing_id = preview(sessions, versions[0], facets=weighings.USUAL, traits=halved)

    with sessions() as session:
        assert get_preview(session, weighing_id).compared
        before = get_version(session, versions[0]).scoring
        assert get_weighing(session, weighing_id).scoring == reweighed(
            before, traits_of={("why", trait): 0.5}
        )
    monkeypatch.setattr(previews, "measure_anew", lambda *_given, **_how: None)
    weighing_id = preview(sessions, versions[0], traits=halved)
    with sessions() as session:
        assert not get_preview(session, weighing_id).compared


def test_only_those_who_move_farthest_are_listed(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MAX_LISTED", 1)
    do_import(sessions, many(2, first=10))

    with sessions() as session:
        found = get_weighing(session, preview(sessions, versions[0])).preview or {}

    assert (found["n_moved"], len(found["leads"])) == (3, 1)


def test_scoring_that_runs_while_weights_change_ends_with_the_new_version_and_replays(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    weighing_id = preview(sessions, versions[0])
    new_ids: list[int] = []
    with sessions() as session, transaction(session):
        scores_job = jobs.enqueue(session, kind=jobs.JobKind.SCORE_LEADS, subject_id=0)
        job_id = scores_job.id

    encoder = Meddling(lambda: new_ids.append(publish_new(sessions, weighing_id)))
    scores.score_leads(sessions, claim(sessions), encoder=encoder)

    assert {version_id for _, version_id in fits(sessions)} == {versions[1], *new_ids}
    found = replay_scores(sessions, encoder=WordEncoder())
    assert (found.n_same, found.differing, found.impossible) == (6, (), {})
    with sessions() as session:
        assert session.get_one(Job, job_id).state is JobState.DONE


def test_a_persona_withdrawn_while_scoring_runs_leaves_no_score(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    def withdraw() -> None:
        with sessions() as session, transaction(session):
            withdraw_version(session, get_version(session, versions[0]), account_id=None)

    with sessions() as session, transaction(session):
        jobs.enqueue(session, kind=jobs.JobKind.SCORE_LEADS, subject_id=0)
    scores.score_leads(sessions, claim(sessions), encoder=Meddling(withdraw))

    assert {version_id for _, version_id in fits(sessions)} == {versions[1]}


def test_a_report_with_the_weights_of_a_version_gives_its_scores(
    sessions: sessionmaker[Session], versions: list[int], tmp_path: Path
) -> None:
    facets = {"who": 10, "skills": 20, "why": 70}
    trait = next(iter(traits_with(sessions, versions[0], "skills")))
    wanted = {"skills": {trait: 2.0}}
    new_id = publish_new(sessions, preview(sessions, versions[0], facets=facets, traits=wanted))
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())
    with sessions() as session:
        scoring = get_version(session, new_id).scoring
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"schema_version": 1, "personas": [{"key": "calm"}], "scoring": scoring}))
    leads = tmp_path / "leads.csv"
    leads.write_text(SAMPLE)

    scorer = read_scorer(report, WordEncoder())
    with score_leads(scorer, read_leads(leads), explained=False) as chunks:
        (_, written, _), *_ = chunks

    rows = csv.reader(io.StringIO(written.decode()))
    assert {(row[0], new_id): (int(row[2]) if row[2] else None, row[3] or None) for row in rows} == {
        key: value for key, value in fits(sessions).items() if key[1] == new_id
    }
    assert scoring == reweighed(for_one(block(), "calm"), facets=facets, traits_of={("skills", trait): 2.0})


def test_of_two_who_publish_at_the_same_moment_one_wins(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    wanted = [
        preview(sessions, versions[0]),
        preview(sessions, versions[0], facets={"who": 100, "skills": 0, "why": 0}),
    ]
    ready = threading.Barrier(2)

    def publish_one_of_them(weighing_id: int) -> str:
        ready.wait()
        try:
            publish_new(sessions, weighing_id)
        except ConflictError as error:
            return str(error)
        return "published"

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(publish_one_of_them, wanted))

    assert sorted(ends)[1] == "published"
    assert "version 2 is in force" in sorted(ends)[0]
