"""The analysis of a wave: what it stores, what it does not do twice, and what it leaves behind when it is stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from analysis.corpus import Corpus, Progress
from analysis.corpus import Response as CorpusResponse
from analysis.discovery import discover
from analysis.encoder import Vectors, bundled_encoder, content_hash
from analysis.facets import FACET_WEIGHTS, parts_of
from analysis.scoring import Scorer
from analysis.scoring_block import for_one, recalibrated, reweighed
from analysis.views import texts_of
from survey.database import open_engine, transaction
from survey.domain import analyses, jobs
from survey.domain.analyses import READ, _Watch, measure_anew, run_analysis
from survey.domain.keys import KeyStore
from survey.domain.questionnaires import options
from survey.domain.usable_answers import keep_usable, read_usable
from survey.enums import JobState, VersionState, WaveState
from survey.exceptions import JobCancelledError, StateError
from survey.models import (
    Analysis,
    Answer,
    AuditEntry,
    Chart,
    Embedding,
    Item,
    Job,
    Membership,
    Model,
    Persona,
    PersonaVersion,
    Response,
    UsableAnswers,
)
from survey.worker.charts import Drawing
from tests.survey.domain.conftest import draw
from tests.survey.domain.factories import SITE
from tests.survey.lead_factories import WordEncoder
from tests.survey.persona_factories import OPEN_ITEMS, answers_of, make_closed_wave, start

Sessions = sessionmaker[Session]

#: Enough for personas where it does not matter which.
FEW = 36

pytestmark = pytest.mark.usefixtures("shared_reports")


class RecordingEncoder(WordEncoder):
    """Remembers what it was asked to encode; fails at the given call."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.calls: list[list[str]] = []
        self.fails_at = fails_at

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        if len(self.calls) == self.fails_at:
            raise ConnectionAbortedError
        self.calls.append(list(texts))
        return super().encode(texts, progress)

    @property
    def texts(self) -> list[str]:
        return [text for call in self.calls for text in call]


def draw_nothing(_report: dict[str, Any]) -> list[Drawing]:
    return []


def count(sessions: Sessions, model: type[Model]) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def stored_hashes(sessions: Sessions) -> set[str]:
    with sessions() as session:
        return set(session.scalars(select(Embedding.content_hash)))


def job_state(sessions: Sessions, job_id: str) -> JobState:
    with sessions() as session:
        return session.get_one(Job, job_id).state


def test_analysis_stores_report_charts_drafts_and_memberships(sessions: Sessions) -> None:
    lease = start(sessions, make_closed_wave(sessions))

    run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw)

    with sessions() as session:
        analysis = session.get_one(Analysis, lease.subject_id)
        assert analysis.report is not None
        personas = analysis.report["personas"]
        assert len(personas) == 3
        assert [version.name for version in analysis.versions] == [persona["name"] for persona in personas]
        assert {version.state for version in analysis.versions} == {VersionState.DRAFT}
        assert [chart.name for chart in analysis.charts] == ["map", "shares", "reasons", "motives", "found"]
        clusters = session.scalars(select(Membership.cluster)).all()
        assert {key: clusters.count(key) for key in set(clusters) - {""}} == {
            persona["key"]: persona["size"] for persona in personas
        }
        assert len(clusters) == 60
        assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all() == [
            "started",
            "finished",
        ]
    assert job_state(sessions, lease.job_id) is JobState.DONE


def test_stored_report_is_what_the_file_command_writes(sessions: Sessions) -> None:
    people = [(f"row {person}", answers_of(person)) for person in reversed(range(60))]
    corpus = Corpus(
        tuple(
            CorpusResponse(
                id=name,
                answers={item: answers[item] for item in OPEN_ITEMS},
                channels=tuple(answers["channels"].split(";")),
                quote=True,
            )
            for name, answers in people
        ),
        ("self", "skills", "good_day", "stay", "content"),
    )
    lease = start(sessions, make_closed_wave(sessions), seed=7)

    run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw_nothing)

    with sessions() as session:
        report = session.get_one(Analysis, lease.subject_id).report
    assert report == json.loads(discover(corpus, encoder=WordEncoder(), seed=7).to_json())


def test_each_draft_scores_on_its_own(sessions: Sessions) -> None:
    lease = start(sessions, make_closed_wave(sessions))

    run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw_nothing)

    with sessions() as session:
        versions = session.scalars(select(PersonaVersion)).all()
        assert [Scorer(version.scoring, WordEncoder()).personas for version in versions] == [
            (version.cluster,) for version in versions
        ]


def test_colleagues_are_measured_anew_to_what_the_analysis_measured(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave_id = make_closed_wave(sessions)
    copied = " ".join(f"Our {place} holds what we need." for place in ("house", "yard", "shop", "road"))
    with sessions() as session, transaction(session):
        of_three = session.scalars(select(Response.id).order_by(Response.id).limit(3)).all()
        session.execute(
            update(Answer).where(Answer.response_id.in_(of_three), Answer.item == "stay").values(text=copied)
        )
    monkeypatch.setattr("analysis.meaning.MAX_READ", 50)
    first = start(sessions, wave_id)
    run_analysis(sessions, first, encoder=WordEncoder(), draw=draw_nothing)
    lease = start(sessions, wave_id)
    monkeypatch.setattr("survey.domain.analyses.texts_of", pytest.fail)
    only_why = {"who": 0, "skills": 0, "why": 100}

    looks: list[int] = []
    usual, other = (
        measure_anew(
            sessions,
            lease,
            first.subject_id,
            encoder=WordEncoder(),
            weights=weights,
            between=partial(looks.append, 1),
        )
        for weights in (FACET_WEIGHTS, only_why)
    )

    assert usual is not None
    assert other is not None
    # After what was said is read, and named, and twice for each persona, both times.
    assert len(looks) >= 2 * (2 + 2 * len(usual["personas"]))
    with sessions() as session:
        blocks = [version.scoring for version in session.get_one(Analysis, first.subject_id).versions]
    for block in blocks:
        assert recalibrated(block, usual) == {**block, "compared": FACET_WEIGHTS}
        anew = recalibrated(reweighed(block, facets=only_why), other)
        assert anew is not None
        assert anew["compared"] == only_why
        (before,), (after,) = block["personas"], anew["personas"]
        assert after["reference"]["who+skills+why"] != before["reference"]["who+skills+why"]
        assert after["reference"]["why"] != {}
    assert (
        recalibrated({**blocks[0], "personas": [{**blocks[0]["personas"][0], "spread": {}}]}, usual) is None
    )
    # By the usual weights leads are not ranked by a neighbour, so the block does not hold it; by others they are.
    silent, loud = blocks[1]["personas"][0]["key"], blocks[0]["personas"][0]["key"]
    usual["personas"] = [{**one, "ranks": one["key"] != silent} for one in usual["personas"]]
    anew = recalibrated(for_one(usual, loud), other)
    assert anew is not None
    assert anew["others"] == for_one(other, loud)["others"]
    assert measure_anew(sessions, lease, lease.subject_id, encoder=WordEncoder(), weights=only_why) is None


def test_what_is_computed_to_its_end_gives_way_no_more(sessions: Sessions) -> None:
    looks: list[int] = []

    with _Watch(sessions, start(sessions, make_closed_wave(sessions)), partial(looks.append, 1)) as watch:
        watch(1, 2, "one step")
        watch(2, 2, "the other")

    assert looks == [1, 1]


def test_channels_stand_on_the_card_in_the_words_of_the_questionnaire(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_in_a_file(item: Item) -> dict[str, str]:
        return {
            code: label.replace("Local meetups", "local_meetups") for code, label in options(item).items()
        }

    monkeypatch.setattr(analyses, "options", as_in_a_file)
    lease = start(sessions, make_closed_wave(sessions))

    run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw_nothing)

    with sessions() as session:
        versions = session.scalars(select(PersonaVersion)).all()
    assert any("through local meetups and university or training college." in one.summary for one in versions)
    assert {channel["text"] for one in versions for channel in one.card["channels"]} == {
        "Newsletters and blogs",
        "GitHub and developer forums",
        "LinkedIn",
        "Conferences and trade fairs",
        "local meetups",
        "University or training college",
    }


def called_after(channel: str, key: str) -> dict[str, Any]:
    """The entry of a persona that is called after a channel."""
    return {
        "key": key,
        "name": f"People reached through {channel}",
        "channels": [{"text": channel, "share_here": 0.5}],
        "summary": f"They are reached through {channel}.",
    }


def test_a_persona_called_after_a_channel_is_called_by_the_words_of_the_questionnaire() -> None:
    """An option keeps its code when it is reworded, so the code may say what nobody chose."""
    entries = [called_after("web", "p0"), called_after("web pages", "p1")]
    labels = {"web": "Town news", "web pages": "Online pages"}

    first, second = analyses._with_labels(entries, labels, "en")

    assert (first["name"], second["name"]) == (
        "People reached through town news",
        "People reached through online pages",
    )
    assert first["summary"] == "They are reached through town news."
    climbers = {**entries[0], "name": "Climbers"}
    assert [one["name"] for one in analyses._with_labels([climbers, entries[1]], labels, "en")] == [
        "Climbers",
        "People reached through online pages",
    ]


def test_a_long_name_after_a_channel_is_cut_but_no_two_are_alike() -> None:
    entries = [called_after("web", "p0"), called_after("press", "p1")]
    labels = {"web": "Town " + "news " * 23 + "on the web", "press": "Town " + "news " * 23 + "in print"}

    first, second = analyses._with_labels(entries, labels, "en")

    assert len(first["name"]) < 70
    assert first["name"].endswith("…")
    assert second["name"] == "People reached through press"


def test_charts_call_personas_as_their_drafts_do_and_the_report_as_the_file_command(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyses, "_name_with_labels", lambda entry, *_: f"Reworded {entry['name']}")
    drawn: list[str] = []

    def draw_names(report: dict[str, Any]) -> list[Drawing]:
        drawn.extend(persona["name"] for persona in report["personas"])
        return []

    run_analysis(
        sessions, start(sessions, make_closed_wave(sessions)), encoder=WordEncoder(), draw=draw_names
    )

    with sessions() as session:
        [analysis] = session.scalars(select(Analysis))
        assert analysis.report is not None
        reported = [persona["name"] for persona in analysis.report["personas"]]
        assert drawn == [version.name for version in analysis.versions]
    assert drawn == [f"Reworded {name}" for name in reported]
    assert drawn


def test_second_analysis_encodes_no_answer(sessions: Sessions) -> None:
    wave_id = make_closed_wave(sessions, n_people=FEW)
    run_analysis(sessions, start(sessions, wave_id), encoder=WordEncoder(), draw=draw_nothing)
    n_stored = count(sessions, Embedding)
    encoder = RecordingEncoder()

    run_analysis(sessions, start(sessions, wave_id, n_personas=2), encoder=encoder, draw=draw_nothing)

    with sessions() as session:
        answers = session.execute(select(Answer.item, Answer.text).where(Answer.item.in_(["self", "stay"])))
        parts = {content_hash(part) for item, text in answers for part in parts_of(item, text)}
    assert parts
    assert parts <= stored_hashes(sessions)
    # Words and the codebook belong to nobody; what was stored is what somebody wrote.
    assert {content_hash(text) for text in encoder.texts} & stored_hashes(sessions) == set()
    assert count(sessions, Embedding) == n_stored


def test_another_encoder_shares_no_vectors(sessions: Sessions) -> None:
    wave_id = make_closed_wave(sessions, n_people=FEW)
    run_analysis(sessions, start(sessions, wave_id), encoder=WordEncoder(), draw=draw_nothing)
    n_stored = count(sessions, Embedding)
    encoder = RecordingEncoder()
    encoder.hash = "words-2"

    run_analysis(sessions, start(sessions, wave_id), encoder=encoder, draw=draw_nothing)

    assert encoder.texts
    assert count(sessions, Embedding) == 2 * n_stored


def test_second_analysis_cleans_no_answer(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    wave_id = make_closed_wave(sessions, n_people=FEW)
    cleaned: list[str] = []

    def recorded(response: CorpusResponse) -> dict[str, str]:
        cleaned.append(response.id)
        return texts_of(response)

    def analyse() -> Any:
        lease = start(sessions, wave_id)
        run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw_nothing)
        with sessions() as session:
            return session.get_one(Analysis, lease.subject_id).report

    monkeypatch.setattr("survey.domain.analyses.texts_of", recorded)
    report = analyse()
    assert len(cleaned) == FEW
    assert analyse() == report
    assert len(cleaned) == FEW

    with sessions() as session, transaction(session):
        session.execute(update(Answer).where(Answer.response_id == cleaned[0]).values(text="Something else."))
    analyse()
    assert cleaned[FEW:] == cleaned[:1]

    monkeypatch.setattr("survey.domain.analyses.code_hash", lambda: "other rules")
    analyse()
    assert len(cleaned) == 2 * FEW + 1


def test_two_analyses_keep_what_may_be_used_of_the_same_answers(sessions: Sessions) -> None:
    wave_id = make_closed_wave(sessions, n_people=1)
    with sessions() as session:
        one = session.scalars(select(Response.id)).one()

    def keep(rules: str) -> None:
        with sessions() as session, transaction(session):
            keep_usable(session, {one: rules}, {one: {"self": rules}})

    with ThreadPoolExecutor(1) as pool:
        with sessions() as session, transaction(session):
            keep_usable(session, {one: "old"}, {one: {"self": "old"}})
            other = pool.submit(keep, "new")
            wait([other], timeout=0.1)
        other.result()

    with sessions() as session:
        assert read_usable(session, wave_id, {one: "new"}) == {one: {"self": "new"}}


def test_analysis_that_died_goes_on_where_it_stopped(sessions: Sessions) -> None:
    lease = start(sessions, make_closed_wave(sessions))
    dying = RecordingEncoder(fails_at=1)
    with pytest.raises(ConnectionAbortedError):
        run_analysis(sessions, lease, encoder=dying, draw=draw_nothing)
    encoder = RecordingEncoder()

    run_analysis(sessions, lease, encoder=encoder, draw=draw_nothing)

    assert not set(dying.texts) & set(encoder.texts)
    assert (count(sessions, Persona), count(sessions, Membership)) == (3, 60)


def cancel(session: Session, job_id: str) -> None:
    jobs.cancel(session, jobs.get_job(session, job_id))


def take_over(session: Session, job_id: str) -> None:
    jobs.get_job(session, job_id).owner = "somebody else"


@pytest.mark.parametrize("stop", [cancel, take_over])
def test_analysis_that_lost_its_job_leaves_nothing_behind(
    sessions: Sessions, stop: Callable[[Session, str], None]
) -> None:
    lease = start(sessions, make_closed_wave(sessions, n_people=FEW))

    def draw_and_stop(report: dict[str, Any]) -> list[Drawing]:
        with sessions() as session, transaction(session):
            stop(session, lease.job_id)
        return draw(report)

    with pytest.raises(JobCancelledError):
        run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw_and_stop)

    with sessions() as session:
        assert session.get_one(Analysis, lease.subject_id).report is None
    assert [count(sessions, model) for model in (Chart, Membership, Persona, PersonaVersion)] == [0, 0, 0, 0]
    assert job_state(sessions, lease.job_id) is JobState.RUNNING


def test_cancel_is_heard_while_the_answers_are_read(sessions: Sessions) -> None:
    lease = start(sessions, make_closed_wave(sessions))
    encoder = RecordingEncoder()
    with sessions() as session, transaction(session):
        cancel(session, lease.job_id)

    with pytest.raises(JobCancelledError):
        run_analysis(sessions, lease, encoder=encoder, draw=draw_nothing)

    assert len(encoder.calls) == 1
    assert count(sessions, Embedding) == 0


def test_cancel_is_heard_while_the_analysis_computes(sessions: Sessions) -> None:
    wave_id = make_closed_wave(sessions, n_people=FEW)
    run_analysis(sessions, start(sessions, wave_id), encoder=WordEncoder(), draw=draw_nothing)
    lease = start(sessions, wave_id)

    class CancellingEncoder(WordEncoder):
        """All answers are read; the first word that is encoded is part of the computation."""

        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
            with sessions() as session, transaction(session):
                cancel(session, lease.job_id)
            return super().encode(texts, progress)

    def refuse_to_draw(_report: dict[str, Any]) -> list[Drawing]:
        raise AssertionError("a cancelled analysis is not drawn")

    with pytest.raises(JobCancelledError):
        run_analysis(sessions, lease, encoder=CancellingEncoder(), draw=refuse_to_draw)


def test_progress_goes_on_while_the_analysis_computes(sessions: Sessions) -> None:
    lease = start(sessions, make_closed_wave(sessions, n_people=FEW))
    seen: list[tuple[int, int, str]] = []

    def look(_report: dict[str, Any]) -> list[Drawing]:
        with sessions() as session:
            job = jobs.get_job(session, lease.job_id)
            seen.append((job.n_done, job.n_total, job.step))
        return []

    run_analysis(sessions, lease, encoder=WordEncoder(), draw=look)

    ((n_done, n_total, step),) = seen
    assert READ <= n_done <= n_total
    assert step


def test_refused_analysis_says_why_and_makes_no_persona(sessions: Sessions) -> None:
    lease = start(sessions, make_closed_wave(sessions, n_people=12))

    run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw)

    with sessions() as session:
        report = session.get_one(Analysis, lease.subject_id).report
    assert report is not None
    assert report["refusal"].startswith("Only 12 responses can be used")
    assert [count(sessions, model) for model in (Chart, Persona, Membership)] == [0, 0, 12]
    assert job_state(sessions, lease.job_id) is JobState.DONE


def test_wave_without_responses_is_refused_too(sessions: Sessions) -> None:
    lease = start(sessions, make_closed_wave(sessions, n_people=0))

    run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw)

    with sessions() as session:
        report = session.get_one(Analysis, lease.subject_id).report
    assert report is not None
    assert report["refusal"]


def test_report_says_when_attributes_could_not_be_read(sessions: Sessions, keys: KeyStore) -> None:
    wave_id = make_closed_wave(sessions, n_people=1, attributes=[SITE])
    told = []
    for store in (keys, None):
        lease = start(sessions, wave_id)
        run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw, keys=store)
        with sessions() as session:
            report = session.get_one(Analysis, lease.subject_id).report or {}
        told.append(any("attributes.key" in note for note in report["notes"]))

    assert told == [False, True]


def test_wave_that_is_not_closed_is_not_read(sessions: Sessions) -> None:
    lease = start(sessions, make_closed_wave(sessions, n_people=0))
    still_open = make_closed_wave(sessions, name="Spring", state=WaveState.OPEN)
    with sessions() as session, transaction(session):
        session.get_one(Analysis, lease.subject_id).wave_id = still_open
    encoder = RecordingEncoder()

    with pytest.raises(StateError, match="Only a closed wave"):
        run_analysis(sessions, lease, encoder=encoder, draw=draw_nothing)

    assert encoder.calls == []


def test_what_identifies_somebody_reaches_neither_encoder_nor_report(sessions: Sessions) -> None:
    wave_id = make_closed_wave(sessions)
    with sessions() as session, transaction(session):
        for answer in session.scalars(select(Answer).where(Answer.item == "stay")):
            answer.text += " Write to karin.holm@fjordline.example or call +46 31 123 45 67."
    encoder = RecordingEncoder()
    lease = start(sessions, wave_id)

    run_analysis(sessions, lease, encoder=encoder, draw=draw)

    with sessions() as session:
        analysis = session.get_one(Analysis, lease.subject_id)
        stored = [json.dumps(analysis.report), *(json.dumps([v.card, v.scoring]) for v in analysis.versions)]
        stored += [chart.svg for chart in analysis.charts]
    said = "\n".join([*encoder.texts, *stored]).casefold()
    assert [word for word in ("holm@", "fjordline.example", "123 45 67", "12345") if word in said] == []


def test_colleagues_measured_after_an_update_are_cleaned_again(sessions: Sessions) -> None:
    """What another version may have used of the answers is not used."""
    wave_id = make_closed_wave(sessions)
    with sessions() as session, transaction(session):
        for answer in session.scalars(select(Answer).where(Answer.item == "stay")):
            answer.text += " Write to karin.holm@fjordline.example or call +46 31 123 45 67."
    first = start(sessions, wave_id)
    run_analysis(sessions, first, encoder=WordEncoder(), draw=draw_nothing)
    with sessions() as session, transaction(session):
        session.execute(delete(UsableAnswers))
    encoder = RecordingEncoder()

    anew = measure_anew(
        sessions,
        start(sessions, wave_id),
        first.subject_id,
        encoder=encoder,
        weights={"who": 0, "skills": 0, "why": 100},
    )

    assert anew is not None
    said = "\n".join([*encoder.texts, json.dumps(anew)]).casefold()
    assert [word for word in ("holm", "fjordline", "123 45 67", "12345") if word in said] == []


@pytest.mark.parametrize("agree", [True, False])
def test_only_who_agreed_is_quoted(sessions: Sessions, agree: bool) -> None:
    lease = start(sessions, make_closed_wave(sessions))
    with sessions() as session, transaction(session):
        session.execute(update(Response).values(quote=agree))

    run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw_nothing)

    with sessions() as session:
        cards = [version.card for version in session.get_one(Analysis, lease.subject_id).versions]
    assert len(cards) == 3
    assert any(card["quotes"] for card in cards) == agree


def test_vectors_and_membership_go_when_the_response_goes(sessions: Sessions) -> None:
    lease = start(sessions, make_closed_wave(sessions, n_people=FEW))
    run_analysis(sessions, lease, encoder=WordEncoder(), draw=draw_nothing)
    with sessions() as session, transaction(session):
        gone = session.scalars(select(Response.id).order_by(Response.id).limit(10)).all()
        n_vectors = session.scalar(select(func.count()).where(Embedding.response_id.in_(gone))) or 0
        n_before = count(sessions, Embedding)

        session.execute(delete(Response).where(Response.id.in_(gone)))

    assert n_vectors > 0
    assert count(sessions, Embedding) == n_before - n_vectors
    assert count(sessions, UsableAnswers) == FEW - 10
    assert count(sessions, Membership) == FEW - 10


def test_bundled_encoder_finds_the_three_kinds(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "kindred.sqlite")
    engine = open_engine(f"sqlite:///{tmp_path / 'kindred.sqlite'}")
    sessions = sessionmaker(engine)
    lease = start(sessions, make_closed_wave(sessions, n_people=FEW), n_personas=3)

    run_analysis(sessions, lease, encoder=bundled_encoder(), draw=draw)

    with sessions() as session:
        groups: dict[str, set[int]] = {}
        for cluster, text in session.execute(
            select(Membership.cluster, Answer.text)
            .join(Answer, Answer.response_id == Membership.response_id)
            .where(Answer.item == "self")
        ):
            person = int(text.removesuffix(".").rsplit(" ", 1)[1])
            groups.setdefault(cluster, set()).add(person % 3)
    engine.dispose()
    assert sorted(groups.values(), key=min) == [{0}, {1}, {2}]
