"""A survey from elsewhere becomes a closed wave that can be analysed; what identifies never enters the database."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import jobs, wave_intake
from survey.domain import wave_imports as domain
from survey.domain.personas import start_analysis
from survey.domain.queries.waves import get_wave_row
from survey.domain.wave_intake import import_wave
from survey.enums import WaveState
from survey.exceptions import ConflictError, InvalidInputError, JobCancelledError, NotFoundError, StateError
from survey.models import Answer, AuditEntry, Job, Model, Questionnaire, Response, Wave, WaveImport
from survey.models.base import utc_now
from tests.analysis.planted import leaks, plants
from tests.survey.lead_factories import claim
from tests.survey.test_response_tables import as_csv

HEADER = ["Timestamp", "Email Address", "How would you describe yourself at work?", "What keeps you here?",
          "Where do you hear about jobs?", "May we quote you?", "Shoe size"]  # fmt: skip

once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def survey_file(n_people: int = 12, header: list[str] = HEADER) -> bytes:
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerow(header)
    for n in range(n_people):
        where = "LinkedIn, The canteen" if n % 2 else "LinkedIn" if n else "My aunt Vera"
        writer.writerow(
            [
                f"2026-03-01 09:{n:02}",
                f"p{n}@example.org",
                f"calm {n}",
                f"bees {n}",
                where,
                "Yes" if n % 3 else "",
                n,
            ]
        )
    writer.writerow(["2026-03-01 10:00", "silent@example.org", "", "", "", "", ""])
    return content.getvalue().encode()


def read(session: Session, content: bytes | None = None) -> WaveImport:
    with transaction(session):
        return domain.upload(session, name="pulse.csv", content=content or survey_file())


def start(session: Session, wave_import: WaveImport, name: str = "Pulse", **mapping: str) -> None:
    with transaction(session):
        domain.start_import(session, wave_import, name=name, mapping=mapping or wave_import.mapping)


def take(session: Session, wave_import: WaveImport, name: str = "Pulse", **mapping: str) -> Wave:
    """Confirm an upload and do the job."""
    start(session, wave_import, name, **mapping)
    sessions = sessionmaker(session.get_bind())
    import_wave(sessions, claim(sessions))
    session.rollback()
    return session.get_one(Wave, wave_import.wave_id)


def test_upload_becomes_a_closed_wave_that_can_be_analysed(session: Session) -> None:
    wave_import = read(session)
    assert (wave_import.system, wave_import.dropped) == ("Google Forms", ["Timestamp", "Email Address"])
    assert wave_import.mapping == {"0": "self", "1": "stay", "2": "channels", "3": "quote"}

    wave = take(session, wave_import)

    row = get_wave_row(session, wave.id)
    assert (row.state, row.n_answered, row.imported, row.readable) == (WaveState.CLOSED, 12, True, True)
    responses = session.scalars(select(Response).where(Response.wave_id == wave.id)).all()
    said = {answer.text: answer.item for response in responses for answer in response.answers}
    assert {item for text, item in said.items() if text.startswith("calm")} == {"self"}
    assert sum(response.quote for response in responses) == 8
    assert start_analysis(session, wave, account_id=None).subject_id
    assert [item.name for item in wave.questionnaire.items] == ["self", "stay", "channels"]
    assert wave.questionnaire.frozen_at is not None


def test_option_that_few_people_chose_is_not_named(session: Session) -> None:
    wave = take(session, read(session))

    channels = wave.questionnaire.items[-1]
    assert channels.texts["en"]["options"] == {
        "linkedin": "LinkedIn",
        "the_canteen": "The canteen",
        "other": "Other",
    }
    chosen = session.scalars(select(Answer.text).where(Answer.item == "channels")).all()
    assert sorted(set(chosen)) == ["linkedin", "linkedin;the_canteen", "other"]


def test_nothing_that_identifies_enters_the_database(session: Session) -> None:
    take(session, read(session))
    read(session)  # and one that waits

    held = [
        str(bytes(cell) if isinstance(cell, memoryview) else cell)
        for table in Model.metadata.sorted_tables
        for row in session.execute(select(table))
        for cell in row
    ]
    assert [cell for cell in held if "@example.org" in cell or "2026-03-01" in cell] == []
    assert any("calm 3" in cell for cell in held)


def test_file_tells_nothing_about_the_place_of_a_response(session: Session) -> None:
    wave = take(session, read(session))

    order = "ctid" if session.get_bind().dialect.name == "postgresql" else "id"
    query = text(f"SELECT id FROM response WHERE wave_id = :wave ORDER BY {order}")
    ids = session.scalars(query, {"wave": wave.id}).all()
    assert ids == sorted(ids)


@once
def test_mapping_is_remembered_for_the_same_questions_in_any_order(session: Session) -> None:
    take(session, read(session), **{"0": "content", "1": "stay"})

    turned = [*HEADER[:2], HEADER[3], HEADER[2], *HEADER[4:]]
    assert read(session, survey_file(header=turned)).mapping == {"0": "stay", "1": "content"}
    other = [*HEADER[:-1], "Hat size"]
    assert read(session, survey_file(header=other)).mapping["0"] == "self"


@once
def test_upload_knows_what_answers_look_like(session: Session) -> None:
    """Thirteen rows, one of them empty; two of five options of channels are chosen by one."""
    assert read(session).shapes == [
        {"answered": 9, "kind": "words", "n": 2},
        {"answered": 9, "kind": "words", "n": 2},
        {"answered": 9, "kind": "options", "n": 3},
        {"answered": 6, "kind": "yes or no"},
        {"answered": 9, "kind": "numbers"},
    ]


@once
def test_ticks_and_what_nobody_answered_are_told_apart(session: Session) -> None:
    header = ["What keeps you here?", "Channels: Radio", "Channels: Friends", "Anything else?"]
    rows = [f"tea {n},{'Yes' if n % 2 else ''},{'' if n % 2 else 'Yes'}," for n in range(12)]

    shapes = read(session, "\n".join([",".join(header), *rows]).encode()).shapes

    assert shapes[0]["kind"] == "words"
    assert {"answered": 10, "kind": "ticks", "n": 2} in shapes
    assert shapes[-1] == {"answered": 0, "kind": "nothing"}


@once
def test_no_answer_is_kept_beside_the_upload(session: Session) -> None:
    secrets = list(plants())
    lines = ["What keeps you here?", *('"' + plant.text.replace('"', "") + '"' for plant in secrets)]

    wave_import = read(session, "\n".join(lines).encode())

    told = " ".join(
        str(getattr(wave_import, column.name))
        for column in WaveImport.__table__.columns
        if column.name != "content"
    )
    assert leaks(told, secrets) == []
    assert leaks((wave_import.content or b"").decode(), secrets) != []


@once
def test_upload_is_gone_once_imported_thrown_away_or_a_day_old(session: Session) -> None:
    imported, thrown, old = read(session), read(session), read(session)
    old_id, thrown_id = old.id, thrown.id
    take(session, imported)
    with transaction(session):
        domain.forget_upload(session, thrown)
        domain.forget_uploads(session, now=utc_now() + dt.timedelta(days=2))

    assert (imported.content, imported.shapes) == (None, [])
    with pytest.raises(StateError, match="has been imported"):
        start(session, imported, "Again")
    for import_id in (thrown_id, old_id):
        with pytest.raises(NotFoundError, match="thrown away"):
            domain.get_import(session, import_id)


@once
@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, "No question holds people's own words"),
        ({"2": "channels"}, "No question holds people's own words"),
        ({"0": "salary"}, "from the list"),
        ({"99": "self"}, "do not belong to this file"),
    ],
)
def test_mapping_that_cannot_be_used_is_refused(
    session: Session, mapping: dict[str, str], message: str
) -> None:
    wave_import = read(session)
    with pytest.raises(InvalidInputError, match=message), transaction(session):
        domain.start_import(session, wave_import, name="Pulse", mapping=mapping)

    assert session.scalar(select(func.count()).select_from(Job)) == 0


@once
def test_file_without_a_header_is_refused_and_nothing_of_it_is_repeated(session: Session) -> None:
    _header, *rows = survey_file().splitlines(keepends=True)
    secret = b"2026-03-01 09:00,anna@example.org,calm Anna,bees,LinkedIn,Yes,44\n"

    whole = secret + b"".join(rows)
    as_limesurvey = b"".join(b"7,2026-03-01,3,en," + row for row in whole.splitlines(keepends=True))

    for content in (whole, whole + b"1,2\n", as_limesurvey):
        with pytest.raises(InvalidInputError) as refused:
            read(session, content)
        assert "row " in str(refused.value)
        assert not any(word in str(refused.value).casefold() for word in ("anna", "calm", "linkedin", "44"))
    assert session.scalars(select(WaveImport)).all() == []
    assert session.scalars(select(AuditEntry)).all() == []


@once
def test_few_answers_and_taken_names_are_refused(session: Session) -> None:
    with pytest.raises(InvalidInputError, match="There are 9 answers, and a wave under 10 is never opened"):
        read(session, survey_file(8))
    take(session, read(session))
    with pytest.raises(ConflictError):
        take(session, read(session))
    sparse = read(session, survey_file(9))  # ten rows, but one says nothing
    with pytest.raises(InvalidInputError, match="There are 9 answers"):
        take(session, sparse, "Other")


@pytest.mark.parametrize("moment", ["reading", "storing"])
def test_stopped_import_leaves_the_upload_and_nothing_else(
    session: Session, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    wave_import = read(session)
    start(session, wave_import)
    sessions = sessionmaker(session.get_bind())
    lease = claim(sessions)
    stop_at = {"reading": "check_count", "storing": "_add_responses"}[moment]

    def stop(*_given: object) -> None:
        with sessions() as other, transaction(other):
            jobs.cancel(other, jobs.get_job(other, lease.job_id))

    if moment == "reading":  # before the last transaction begins
        monkeypatch.setattr(wave_intake, stop_at, stop)
        with pytest.raises(JobCancelledError):
            import_wave(sessions, lease)
    else:  # in the middle of it
        monkeypatch.setattr(wave_intake, stop_at, lambda *_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            import_wave(sessions, lease)

    session.rollback()
    counts = [
        session.scalar(select(func.count()).select_from(kind)) for kind in (Wave, Response, Questionnaire)
    ]
    assert counts == [0, 0, 0]
    assert wave_import.content is not None


@once
def test_import_says_how_far_it_is_and_can_be_started_once(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wave_intake, "_CHUNK", 5)
    steps = []
    advance = jobs.advance
    monkeypatch.setattr(
        jobs,
        "advance",
        lambda *given, **how: (steps.append((how.get("n_done"), how["step"])), advance(*given, **how)),
    )
    wave_import = read(session)
    start(session, wave_import)
    start(session, wave_import, "Another name")  # a second click

    with pytest.raises(StateError, match="Stop that first"):
        domain.forget_upload(session, wave_import)
    sessions = sessionmaker(session.get_bind())
    import_wave(sessions, claim(sessions))

    reading, storing = "Reading the answers", "Storing the answers"
    assert steps == [(5, reading), (10, reading), (13, reading), (None, storing)]
    session.rollback()
    assert session.scalars(select(Wave.name)).all() == ["Pulse"]


@once
def test_name_that_is_taken_meanwhile_fails_the_job_and_keeps_the_upload(session: Session) -> None:
    first, second = read(session), read(session)
    start(session, first)
    sessions = sessionmaker(session.get_bind())
    lease = claim(sessions)
    start(session, second)
    import_wave(sessions, lease)

    late = claim(sessions)
    with pytest.raises(ConflictError) as raised:
        import_wave(sessions, late)
    with sessions() as other, transaction(other):
        jobs.fail(other, late, error=str(raised.value))

    assert take(session, second, "Pulse 2").n_answered == 12


@once
def test_rows_that_nobody_sent_are_left_out_unless_they_are_asked_for(session: Session) -> None:
    header = ["ResponseId", "Status", "Finished", "Q1"]
    rows = [
        header,
        ["Response ID", "Response Type", "Finished", "How would you describe yourself at work?"],
        [f'{{"ImportId":"{name}"}}' for name in header],
        *[[f"R_{n}", "IP Address", "True", f"calm {n}"] for n in range(11)],
        ["R_x", "Survey Preview", "True", "only a test"],
        ["R_y", "IP Address", "False", "not sent"],
    ]
    wave_import = read(session, as_csv(rows))
    assert (wave_import.n_rows, wave_import.unsent["looked"], wave_import.unsent["unfinished"]) == (12, 1, 1)

    assert take(session, wave_import).n_answered == 11
    assert {"only a test", "not sent"}.isdisjoint(session.scalars(select(Answer.text)))
    again = read(session, as_csv(rows))
    with transaction(session):
        domain.start_import(session, again, name="All", mapping=again.mapping, with_unfinished=True)
    sessions = sessionmaker(session.get_bind())
    import_wave(sessions, claim(sessions))
    session.rollback()
    said = session.scalars(select(Answer.text)).all()
    assert ("not sent" in said, "only a test" in said) == (True, False)


@once
def test_import_is_logged_with_what_was_left_out(sessions: sessionmaker[Session], session: Session) -> None:
    wave = take(session, read(session))

    entries = session.execute(select(AuditEntry.action, AuditEntry.subject, AuditEntry.detail)).all()
    assert ("imported", f"wave {wave.id}") in [(entry.action, entry.subject) for entry in entries]
    assert entries[-1].detail["left_out"] == ["Timestamp", "Email Address"]
