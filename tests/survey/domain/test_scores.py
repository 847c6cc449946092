"""The worker's part: rows become leads once, whatever happens, and their scores are the file command's."""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from analysis.corpus import Progress
from analysis.encoder import Vectors
from analysis.evidence import EvidenceDocument, evidence_document
from analysis.scoring import Scorer
from survey.database import transaction
from survey.domain import intake, jobs, scores
from survey.domain.imports import start_undo
from survey.domain.leads import erase, read_said, rewrite, start_scoring
from survey.domain.queries.imports import list_left_out
from survey.domain.queries.leads import lead_page
from survey.enums import ImportState, JobState, VersionState
from survey.exceptions import JobCancelledError, JobPutBackError, StateError
from survey.models import Analysis, Job, Lead, LeadEvidence, LeadIdentity, LeadImport, PersonaVersion, Score
from survey.models.base import utc_now
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


class DyingEncoder(WordEncoder):
    """An encoder in whose call number ``n`` the process ends."""

    def __init__(self, n: int) -> None:
        self.left = n

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.left -= 1
        if self.left < 0:
            raise Killed
        return super().encode(texts, progress)


@pytest.fixture
def versions(sessions: sessionmaker[Session]) -> list[int]:
    """Two published personas."""
    with sessions() as session, transaction(session):
        return publish(session)


def score_everybody(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, transaction(session):
        start_scoring(session)
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())


def test_an_import_makes_leads_with_identity_and_evidence_apart(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    import_id = do_import(sessions)

    with sessions() as session:
        lead = session.scalars(select(Lead).where(Lead.external_id == "l1")).one()
        lead_import = session.get_one(LeadImport, import_id)
        assert (lead.identity.name, lead.identity.email, lead.identity.location, lead.source) == (
            "Åsa Öberg",
            "asa@example.org",
            "Göteborg",
            "linkedin",
        )
        assert [evidence.field for evidence in lead.evidence] == [
            "experience",
            "headline",
            "interest",
            "skills",
            "summary",
        ]
        assert (lead_import.state, lead_import.n_created, lead_import.n_updated, lead_import.n_rejected) == (
            ImportState.DONE,
            3,
            0,
            0,
        )
        assert lead_import.content is None


def test_scores_are_those_of_the_file_command(sessions: sessionmaker[Session], versions: list[int]) -> None:
    do_import(sessions)

    scorer = Scorer(block(), WordEncoder())
    for row in csv.DictReader(io.StringIO(SAMPLE)):
        expected = scorer.score(evidence_document(row, identity=(row["name"], row["email"])))
        with sessions() as session:
            stored = session.scalars(
                select(Score)
                .join(Lead, Lead.id == Score.lead_id)
                .where(Lead.external_id == row["id"])
                .order_by(Score.persona_version_id)
            ).all()
        assert [(s.fit, s.band, s.evidence, s.who, s.skills, s.why) for s in stored] == [
            (e.fit, e.band, e.evidence, e.facets["who"], e.facets["skills"], e.facets["why"])
            for e in expected
        ]
        assert [sum(part["points"] for part in s.contributions) for s in stored] == [
            e.fit or 0 for e in expected
        ]


def test_each_lead_with_a_number_has_exactly_one_best_persona(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)

    with sessions() as session:
        best = session.execute(
            select(Lead.external_id, Score.persona_version_id)
            .join(Score, Score.lead_id == Lead.id)
            .where(Score.best)
            .order_by(Lead.id)
        ).all()
    assert best == [("l1", versions[0]), ("l2", versions[1])]


def test_a_persona_that_cannot_tell_people_apart_is_nobodys_best(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    with sessions() as session, transaction(session):
        version = session.get_one(PersonaVersion, versions[0])
        (persona,) = version.scoring["personas"]
        version.scoring = {**version.scoring, "personas": [{**persona, "ranks": False}]}

    do_import(sessions)

    with sessions() as session:
        assert set(session.scalars(select(Score.persona_version_id).where(Score.best))) <= {versions[1]}
        page = lead_page(session, session.scalar(select(Lead.id).where(Lead.external_id == "l1")))
    assert [fit.version_id for fit in page.fits] == versions
    assert [fit.best for fit in page.fits] == [False, True]
    assert page.chosen == page.fits[1]


def test_what_is_left_while_a_lead_waits_for_a_new_version_is_not_its_best(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)

    with sessions() as session, transaction(session):
        lead_id = session.scalar(select(Lead.id).where(Lead.external_id == "l1"))
        before = lead_page(session, lead_id)
        session.get_one(PersonaVersion, versions[0]).state = VersionState.RETIRED
        left = lead_page(session, lead_id)

    assert [fit.best for fit in before.fits] == [True, False]
    assert [(fit.version_id, fit.best) for fit in left.fits] == [(versions[1], False)]
    assert left.chosen == left.fits[0]


def test_what_is_scored_holds_no_identity_and_keeps_every_position(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(
        sessions,
        "id,name,email,summary\n"
        "1,Zebulon Quist,zeb.quist@example.org,"
        "I am Zebulon and people call me Quist. Write to zeb.quist@example.org about careful work.\n",
    )

    with sessions() as session:
        evidence = session.scalars(select(LeadEvidence)).one()
        assert len(evidence.masked) == len(evidence.text)
        for planted in ("Zebulon", "Quist", "zeb.quist", "example.org"):
            assert planted in evidence.text
            assert planted.casefold() not in evidence.masked.casefold()
        assert "careful work" in evidence.masked


def test_a_name_changes_no_score(sessions: sessionmaker[Session], versions: list[int]) -> None:
    do_import(sessions, SAMPLE)
    do_import(sessions, SAMPLE.replace("l1,Åsa Öberg,asa@", "x1,Mohammed Nguyen,m@"))

    with sessions() as session:
        numbers = {
            external_id: session.execute(
                select(Score.fit, Score.band, Score.evidence_hash)
                .join(Lead, Lead.id == Score.lead_id)
                .where(Lead.external_id == external_id)
                .order_by(Score.persona_version_id)
            ).all()
            for external_id in ("l1", "x1")
        }
    assert numbers["l1"] == numbers["x1"]


def test_a_row_with_a_known_id_updates_and_columns_not_in_the_file_stay(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    import_id = do_import(sessions, "id,summary,location\nl1,I sell on the phone all day.,Kiruna\n")

    with sessions() as session:
        lead = session.scalars(select(Lead).where(Lead.external_id == "l1")).one()
        texts = {evidence.field: evidence.text for evidence in lead.evidence}
        lead_import = session.get_one(LeadImport, import_id)
        assert (lead.identity.name, lead.identity.location) == ("Åsa Öberg", "Kiruna")
        assert (texts["summary"], texts["headline"]) == (
            "I sell on the phone all day.",
            "Calm release engineer",
        )
        assert (lead_import.n_created, lead_import.n_updated) == (0, 1)
        assert session.scalar(select(func.count()).select_from(Lead)) == 3
        hashes = set(session.scalars(select(Score.evidence_hash).where(Score.lead_id == lead.id)))
        assert len(hashes) == 1
        assert len(lead.scores) == len(versions)


def test_an_emptied_cell_takes_its_text_away(sessions: sessionmaker[Session], versions: list[int]) -> None:
    do_import(sessions)
    do_import(sessions, "id,headline,skills\nl1,,Selling\n")

    with sessions() as session:
        lead = session.scalars(select(Lead).where(Lead.external_id == "l1")).one()
        assert {e.field for e in lead.evidence} == {"summary", "skills", "experience", "interest"}


def test_rows_that_cannot_become_leads_are_listed_without_their_words(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    content = f"id,name,skills\n1,{'N' * 201},Python\n2,,\n3,Cy,Python\n{'i' * 121},Di,Python\n"
    import_id = do_import(sessions, content)

    with sessions() as session:
        assert [(row.number, row.reason) for row in list_left_out(session, import_id)] == [
            (2, "Name has 201 characters; 200 are allowed. Shorten it."),
            (3, "There is nothing in this row but the id. Fill it in or delete it."),
            (5, "Id has 121 characters; 120 are allowed. Shorten it."),
        ]
        assert session.scalars(select(Lead.external_id)).all() == ["3"]


def test_formula_cells_are_text_and_our_own_defusing_is_undone(sessions: sessionmaker[Session]) -> None:
    do_import(sessions, "id,name,skills\n1,=HYPERLINK(1),'+Python\n")

    with sessions() as session:
        lead = session.scalars(select(Lead)).one()
        assert (lead.identity.name, lead.evidence[0].text) == ("=HYPERLINK(1)", "+Python")


@pytest.mark.parametrize("n_calls", [0, 1, 2])
def test_a_killed_import_goes_on_without_doubles(
    sessions: sessionmaker[Session], versions: list[int], n_calls: int
) -> None:
    import_id = start(sessions, many(120))

    with pytest.raises(Killed):
        scores.import_leads(sessions, claim(sessions, "first"), encoder=DyingEncoder(n_calls))
    fall_silent(sessions)
    scores.import_leads(sessions, claim(sessions, "second"), encoder=WordEncoder())

    with sessions() as session:
        lead_import = session.get_one(LeadImport, import_id)
        counts = Counter(session.scalars(select(Score.lead_id)))
        assert (lead_import.n_created, lead_import.n_updated, lead_import.state) == (120, 0, ImportState.DONE)
        assert session.scalar(select(func.count()).select_from(Lead)) == 120
        assert set(counts.values()) == {2}
        assert len(counts) == 120


def test_an_import_killed_between_chunks_of_rows_counts_each_row_once(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = start(sessions, many(120))
    with monkeypatch.context() as patched:
        patched.setattr(intake, "ROWS_PER_CHUNK", 50)
        patched.setattr(intake, "store_chunk", killed_after(2, intake.store_chunk))
        with pytest.raises(Killed):
            scores.import_leads(sessions, claim(sessions, "first"), encoder=WordEncoder())
    fall_silent(sessions)
    lease = claim(sessions, "second")
    scores.import_leads(sessions, lease, encoder=WordEncoder())

    assert lease.cursor == {"rows": 50}
    with sessions() as session:
        lead_import = session.get_one(LeadImport, import_id)
        assert (lead_import.n_created, lead_import.n_updated) == (120, 0)


def test_a_lead_added_during_a_long_import_is_scored_at_once(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    long = start(sessions, many(60))
    turn_is_over = replace(claim(sessions), taken_at=utc_now() - jobs.SHORT_TURN)
    added = start(sessions)

    with pytest.raises(JobPutBackError):
        scores.import_leads(sessions, turn_is_over, encoder=WordEncoder())
    for import_id in (added, long):
        lease = claim(sessions)
        assert lease.subject_id == import_id
        scores.import_leads(sessions, lease, encoder=WordEncoder())

    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Score)) == 2 * 63


def test_a_worker_that_lost_its_lease_leaves_nothing_behind(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    start(sessions)
    stale = claim(sessions, "first")
    fall_silent(sessions)
    claim(sessions, "second")

    with pytest.raises(JobCancelledError):
        scores.import_leads(sessions, stale, encoder=WordEncoder())

    with sessions() as session:
        assert session.scalars(select(Lead)).all() == []


def test_a_lead_erased_while_it_is_scored_stays_erased(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    do_import(sessions)

    class ErasingEncoder(WordEncoder):
        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
            with sessions() as session, transaction(session):
                lead = session.scalar(select(Lead).where(Lead.external_id == "l1"))
                if lead is not None:
                    erase(session, lead)
            return super().encode(texts, progress)

    with sessions() as session, transaction(session):
        start_scoring(session)
    scores.score_leads(sessions, claim(sessions), encoder=ErasingEncoder())

    with sessions() as session:
        assert session.scalars(select(Lead.external_id).order_by(Lead.id)).all() == ["l2", "l3"]
        assert len(session.scalars(select(Score)).all()) == 4


@pytest.mark.parametrize(
    "moment", ["it is read", "it is stored", "the last look", "the end begins", "the end"]
)
def test_a_lead_that_is_changed_before_a_moment_of_its_scoring_is_scored_by_what_it_says_then(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    do_import(sessions)
    with sessions() as session, transaction(session):
        lead_id = session.scalars(select(Lead.id).where(Lead.external_id == "l1")).one()
        start_scoring(session, lead_id=lead_id)

    def change() -> None:
        with sessions() as session, transaction(session):
            before = read_said(session, [lead_id])
            rewrite(session, before, {lead_id: replace(before[lead_id], texts={"skills": "Juggling"})})
            start_scoring(session, lead_id=lead_id)
            if moment == "the end begins":
                time.sleep(0.6)

    changing = Thread(target=change)

    def change_before(function: Callable[..., Any], *, n: int) -> Callable[..., Any]:
        """Let the change begin when a function is called for the n-th time, and end if it can."""
        calls = iter(range(1, n + 1))

        def changed(*arguments: Any, **options: Any) -> Any:
            if next(calls, None) == n:
                changing.start()
                changing.join(0.3)
            return function(*arguments, **options)

        return changed

    name, n = {
        # Between the look for texts that are to be masked and the reading.
        "it is read": ("selectinload", 1),
        "it is stored": ("_results", 1),
        "the last look": ("_results", 2),
        "the end begins": ("_results", 2),
        "the end": ("_finish", 1),
    }[moment]
    monkeypatch.setattr(scores, name, change_before(getattr(scores, name), n=n))
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())
    changing.join()
    if moment == "the end":  # too late for this scoring, so another one waits
        scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())

    with sessions() as session:
        said = EvidenceDocument((("skills", "Juggling"),))
        scored = session.scalars(select(Score.evidence_hash).where(Score.lead_id == lead_id)).all()
        assert scored == [scores.evidence_hash(said)] * len(versions)
        assert session.scalars(select(Job).where(Job.state.in_(jobs.UNFINISHED))).all() == []


@pytest.mark.parametrize("publishes", [False, True])
def test_only_leads_that_changed_while_everybody_was_scored_are_scored_twice(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch, publishes: bool
) -> None:
    """Unless a persona is published meanwhile: then it is everybody's turn again."""
    do_import(sessions, many(60))
    with sessions() as session, transaction(session):
        first, later = session.scalars(select(Lead.id).order_by(Lead.id)).all()[:40:39]
        start_scoring(session)
    scored: list[int] = []
    results = scores._results

    def change_at_the_end(panel: scores.Panel, documents: dict[int, EvidenceDocument]) -> scores.Results:
        if len(scored) == 60 and not documents:
            with sessions() as session, transaction(session):
                before = read_said(session, [first, later])
                juggling = {key: replace(one, texts={"skills": "Juggling"}) for key, one in before.items()}
                rewrite(session, before, juggling)
        if publishes and len(scored) == 60 and documents:
            with sessions() as session, transaction(session):
                publish_one(session, session.scalars(select(Analysis)).one(), "keen", "Late")
        scored.extend(documents)
        return results(panel, documents)

    monkeypatch.setattr(scores, "_results", change_at_the_end)
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())

    assert scored[60:62] == [first, later]
    assert len(scored[62:]) == (60 if publishes else 0)
    with sessions() as session:
        assert set(Counter(session.scalars(select(Score.lead_id))).values()) == {2 + publishes}
        assert session.execute(
            select(Job.n_done, Job.n_total).order_by(Job.created_at.desc()).limit(1)
        ).one() == (60, 60)


def test_scoring_covers_a_persona_that_is_published_while_it_runs(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)

    class PublishingEncoder(WordEncoder):
        published = 0

        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
            if not self.published:
                with sessions() as session, transaction(session):
                    self.published = publish_one(
                        session, session.scalars(select(Analysis)).one(), "keen", "Late"
                    )
            return super().encode(texts, progress)

    encoder = PublishingEncoder()
    with sessions() as session, transaction(session):
        start_scoring(session)
    scores.score_leads(sessions, claim(sessions), encoder=encoder)

    with sessions() as session:
        scored = Counter(session.scalars(select(Score.persona_version_id)))
        assert scored == {**dict.fromkeys(versions, 3), encoder.published: 3}
        job = session.scalars(select(Job).order_by(Job.created_at.desc())).first()
        assert job is not None
        assert (job.state, job.n_done, job.n_total) == (JobState.DONE, 3, 3)


def test_progress_counts_each_row_and_each_lead_once(
    sessions: sessionmaker[Session], versions: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int, int]] = []
    advance = jobs.advance

    def noting(session: Session, lease: jobs.Lease, **values: Any) -> None:
        if "step" in values:
            told.append((values["step"], values["n_done"], values["n_total"]))
        advance(session, lease, **values)

    monkeypatch.setattr(jobs, "advance", noting)
    monkeypatch.setattr(intake, "ROWS_PER_CHUNK", 2)
    import_id = do_import(sessions)
    with sessions() as session, transaction(session):
        start_undo(session, session.get_one(LeadImport, import_id))
    scores.undo_import(sessions, claim(sessions), encoder=WordEncoder())

    read, scored, undone = "Reading the file", "Scoring the leads", "Taking the import back"
    assert told == [
        *((read, n, 3) for n in (2, 3)),
        *((scored, n, 3) for n in (3, 3)),
        *((undone, n, 3) for n in (1, 2, 3, 3)),
        (scored, 0, 0),
    ]


def test_a_persona_that_is_withdrawn_while_leads_are_scored_scores_nobody(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)

    class WithdrawingEncoder(WordEncoder):
        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
            with sessions() as session, transaction(session):
                session.get_one(PersonaVersion, versions[0]).state = VersionState.RETIRED
            return super().encode(texts, progress)

    with sessions() as session, transaction(session):
        start_scoring(session)
    scores.score_leads(sessions, claim(sessions), encoder=WithdrawingEncoder())

    with sessions() as session:
        assert Counter(session.scalars(select(Score.persona_version_id))) == {versions[1]: 3}
        assert session.scalars(select(Score.best).where(Score.best)).all() == [True, True]
        job = session.scalars(select(Job).order_by(Job.created_at.desc())).first()
        assert job is not None
        assert (job.state, job.n_done, job.n_total) == (JobState.DONE, 3, 3)


def test_scores_of_a_withdrawn_persona_go_with_the_next_scoring(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    with sessions() as session, transaction(session):
        session.get_one(PersonaVersion, versions[0]).state = VersionState.RETIRED

    score_everybody(sessions)

    with sessions() as session:
        assert set(session.scalars(select(Score.persona_version_id))) == {versions[1]}
        best = session.execute(
            select(Lead.external_id).join(Score, Score.lead_id == Lead.id).where(Score.best)
        )
        assert set(best.scalars()) == {"l1", "l2"}


def test_leads_without_published_personas_are_kept_unscored(sessions: sessionmaker[Session]) -> None:
    import_id = do_import(sessions)

    with sessions() as session:
        assert session.get_one(LeadImport, import_id).state == ImportState.DONE
        assert len(session.scalars(select(Lead)).all()) == 3
        assert session.scalars(select(Score)).all() == []


def test_scoring_anew_gives_the_same_scores(sessions: sessionmaker[Session], versions: list[int]) -> None:
    do_import(sessions)

    def stored() -> list[tuple[object, ...]]:
        with sessions() as session:
            rows = session.execute(
                select(
                    Score.lead_id,
                    Score.persona_version_id,
                    Score.fit,
                    Score.best,
                    Score.evidence_hash,
                    Score.encoder_hash,
                ).order_by(Score.lead_id, Score.persona_version_id)
            )
            return [tuple(row) for row in rows]

    before = stored()
    score_everybody(sessions)

    assert stored() == before


def test_a_persona_made_with_another_encoder_stops_the_job_with_a_sentence(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    class OtherEncoder(WordEncoder):
        hash = "words-2"

    start(sessions)

    with pytest.raises(StateError, match=r"“Calm Hands”.*analyse the wave again"):
        scores.import_leads(sessions, claim(sessions), encoder=OtherEncoder())


def test_a_cancelled_import_stops_at_the_next_chunk(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    start(sessions)
    lease = claim(sessions)
    with sessions() as session, transaction(session):
        jobs.cancel(session, session.get_one(Job, lease.job_id))

    with pytest.raises(JobCancelledError):
        scores.import_leads(sessions, lease, encoder=WordEncoder())

    with sessions() as session:
        assert session.scalars(select(LeadIdentity)).all() == []
