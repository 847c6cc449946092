"""The worker's part of imports: rows become leads, are recognised, left out with a reason, and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import intake, jobs, scores
from survey.domain.imports import add_lead, choose_sheet, start_import, start_undo, upload
from survey.domain.lead_columns import is_header
from survey.domain.leads import ROWS_KEPT, add_note, read_said
from survey.domain.queries.imports import list_kept, list_left_out
from survey.enums import ImportState, JobState
from survey.exceptions import InvalidInputError, StateError
from survey.lead_tables import read_upload
from survey.models import Duplicate, ImportRow, Job, Lead, LeadEvidence, LeadImport, LeadKey, Score
from survey.models.base import utc_now
from tests.survey.lead_factories import (
    SAMPLE,
    Killed,
    WordEncoder,
    claim,
    do_import,
    fall_silent,
    killed_after,
    many,
    publish,
    start,
)
from tests.survey.test_lead_tables import CONNECTIONS
from tests.survey.test_spreadsheets import workbook


def run(sessions: sessionmaker[Session]) -> None:
    """Do the waiting import or undo."""
    lease = claim(sessions)
    work = scores.import_leads if lease.kind.value == "import_leads" else scores.undo_import
    work(sessions, lease, encoder=WordEncoder())


def undo(sessions: sessionmaker[Session], import_id: int) -> None:
    with sessions() as session, transaction(session):
        start_undo(session, session.get_one(LeadImport, import_id))
    run(sessions)


def everything(sessions: sessionmaker[Session]) -> Any:
    """What is held about leads, without the numbers of rows."""
    with sessions() as session:
        ids = {lead.external_id: lead.id for lead in session.scalars(select(Lead))}
        said = read_said(session, ids.values())
        keys = session.execute(
            select(LeadKey.lead_id, LeadKey.kind, LeadKey.value).order_by(LeadKey.value)
        ).all()
        fits = session.execute(select(Score.lead_id, Score.fit).order_by(Score.persona_version_id)).all()
        imports = dict(session.execute(select(Lead.external_id, Lead.import_id)).all())
        return (
            {key: said[lead_id] for key, lead_id in ids.items()},
            {key: [(k, v) for held, k, v in keys if held == lead_id] for key, lead_id in ids.items()},
            {key: [fit for held, fit in fits if held == lead_id] for key, lead_id in ids.items()},
            imports,
        )


def test_connections_have_no_ids_and_are_updated_by_profile_all_the_same(
    sessions: sessionmaker[Session],
) -> None:
    for content in (CONNECTIONS, CONNECTIONS.replace("Professor", "Countess")):
        do_import(sessions, content)

    with sessions() as session:
        (lead,) = session.scalars(select(Lead))
        assert (lead.identity.name, lead.identity.employer) == ("Ada Lovelace", "Cambridge")
        assert [evidence.text for evidence in lead.evidence] == ["Countess"]
        assert lead.external_id.startswith("k-")


def test_a_person_who_stands_twice_in_a_file_without_ids_is_a_possible_duplicate(
    sessions: sessionmaker[Session],
) -> None:
    content = "name,email,skills\nAda,ada@x.org,Maths\nAda B,ada@x.org,Poems\nAda,ada@x.org,Maths\n"
    for n_created in (2, 0):
        import_id = do_import(sessions, content)
        with sessions() as session:
            lead_import = session.get_one(LeadImport, import_id)
            assert (lead_import.n_created, lead_import.n_updated) == (n_created, 2 - n_created)
            assert [row.number for row in list_left_out(session, import_id)] == [4]
            assert session.scalars(select(Duplicate.reason)).all() == ["email"]


def test_rows_that_cannot_be_taken_come_back_whole_with_the_reason(sessions: sessionmaker[Session]) -> None:
    assert intake._misfit(["2", "Bo"], 3).startswith("The row has 2 cells and the header has 3.")
    import_id = do_import(sessions, "id,name,skills\n1,Al,x\n2,Bo\n,Cy,y\n1,Di,z\n9,=Ed,'+x\n")

    with sessions() as session:
        assert [tuple(row) for row in list_left_out(session, import_id)] == [
            (
                3,
                intake._misfit(["2", "Bo"], 3),
                ["2", "Bo"],
            ),
            (
                4,
                "Nothing tells who this is: the row has no id. Give it one, or a name, an address or a profile.",
                ["", "Cy", "y"],
            ),
            (5, intake.REPEATED, ["1", "Di", "z"]),
        ]
        assert session.scalars(select(Lead.external_id).order_by(Lead.id)).all() == ["1", "9"]


def test_odd_leads_are_taken_as_they_are(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, transaction(session):
        publish(session)
    markup = "<script>alert(1)</script>"
    rows = [
        ["no text", "Al", "", "", ""],
        ["emoji", "😀", "🎉🎉", "🚀", "not json ["],
        ["markup", markup, markup, markup, markup],
        ["long", "Bo", "word " * 2_000, "x", '[{"organisation": 1}, null]'],
    ]
    do_import(sessions, "\n".join(["id\tname\tsummary\tskills\texperience", *map("\t".join, rows)]))

    with sessions() as session:
        fits = dict(
            session.execute(select(Lead.external_id, func.max(Score.fit)).join(Score).group_by(Lead.id)).all()
        )
        assert fits["no text"] is None
        assert fits["emoji"] is None
        assert set(fits) == {"no text", "emoji", "markup", "long"}


def test_names_and_places_of_other_tools_are_put_right(sessions: sessionmaker[Session]) -> None:
    text = (
        "Name;Vorname;E-Mail;Ort;Über mich\nMÃ¼ller;JÃ¶rg;a@x.example, b@x.example;GÃ¶teborg;Baut GÃ¶teborg\n"
    )
    do_import(sessions, text)

    with sessions() as session:
        lead = session.scalars(select(Lead)).one()
        assert (lead.identity.name, lead.identity.location) == ("Jörg Müller", "Göteborg")
        assert lead.identity.email == "a@x.example"
        # What they wrote stays as it came: files are scored to the same number.
        assert [evidence.text for evidence in lead.evidence] == ["Baut GÃ¶teborg"]


def test_a_chosen_sheet_is_imported_with_the_numbers_of_its_rows(sessions: sessionmaker[Session]) -> None:
    content = workbook({"Notes": [["x"]], "People": [["id", "skills"], ["1", "Python"], [], ["2", ""]]})
    with sessions() as session, transaction(session):
        lead_import = upload(session, read_upload([("a.xlsx", content)], is_header))
        with pytest.raises(InvalidInputError, match="Choose one"):
            choose_sheet(session, lead_import, "Nobody")
        choose_sheet(session, lead_import, "People")
        start_import(session, lead_import, mapping=lead_import.mapping)
        import_id = lead_import.id
    run(sessions)

    with sessions() as session:
        assert session.scalars(select(Lead.external_id)).all() == ["1"]
        assert [row.number for row in list_left_out(session, import_id)] == [4]


def test_a_typed_lead_is_an_import_of_one_row_and_never_an_update(sessions: sessionmaker[Session]) -> None:
    for _ in range(2):
        with sessions() as session, transaction(session):
            add_lead(session, {"name": "Al", "email": "al@x.org", "summary": "Plans.\0"})
        run(sessions)

    with sessions() as session, transaction(session):
        assert session.scalars(select(LeadEvidence.text)).all() == ["Plans.", "Plans."]
        with pytest.raises(InvalidInputError, match="Say who this is"):
            add_lead(session, {"summary": "Plans."})


def test_undoing_an_import_brings_back_what_was_there(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, transaction(session):
        publish(session)
    do_import(sessions)
    before = everything(sessions)
    changed = SAMPLE.replace("Release engineer", "Sailor").replace("asa@", "other@").replace("l3,", "l4,")
    import_id = do_import(sessions, changed)
    assert everything(sessions) != before

    undo(sessions, import_id)

    assert everything(sessions) == before
    with sessions() as session, transaction(session):
        lead_import = session.get_one(LeadImport, import_id)
        assert lead_import.state == ImportState.UNDONE
        assert session.scalars(select(ImportRow.before).where(ImportRow.import_id == import_id)).all() == [
            None,
            None,
        ]
        with pytest.raises(StateError, match="Nothing of this import"):
            start_undo(session, lead_import)


def test_undoing_asks_the_database_once_for_many_rows(sessions: sessionmaker[Session]) -> None:
    do_import(sessions, many(40))
    import_id = do_import(sessions, many(40).replace("release", "launch"))
    with sessions() as session, transaction(session):
        start_undo(session, session.get_one(LeadImport, import_id))
    lease = claim(sessions)
    asked: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", listen)
    try:
        intake.undo_rows(sessions, lease)
    finally:
        event.remove(engine, "before_cursor_execute", listen)

    assert sum("import_row" in statement for statement in asked) < 40


def test_leads_that_were_changed_since_stay_and_are_named(sessions: sessionmaker[Session]) -> None:
    import_id = do_import(sessions)
    with sessions() as session, transaction(session):
        leads = {lead.external_id: lead for lead in session.scalars(select(Lead))}
        add_note(session, leads["l1"], "Met at the fair.")
    do_import(sessions, "id,skills\nl2,Sailing\n")

    undo(sessions, import_id)

    with sessions() as session:
        assert [lead.called for lead in list_kept(session, import_id)] == ["Åsa Öberg", "Bo Ek"]
        assert session.scalars(select(Lead.external_id).order_by(Lead.id)).all() == ["l1", "l2"]


def test_a_killed_undo_and_a_stopped_import_are_finished(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "ROWS_PER_CHUNK", 4)
    import_id = start(sessions, many(9))
    lease = claim(sessions)
    advance = jobs.advance

    def stop_after_four(session: Session, held: jobs.Lease, **values: Any) -> None:
        if values.get("n_done", 0) > 4:
            raise jobs.JobCancelledError
        advance(session, held, **values)

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "advance", stop_after_four)
        with pytest.raises(jobs.JobCancelledError):
            intake.store_rows(sessions, lease, keys=None)
    with sessions() as session, transaction(session):
        assert session.scalar(select(func.count()).select_from(Lead)) == 4
        lead_import = session.get_one(LeadImport, import_id)
        with pytest.raises(StateError, match="Stop it first"):
            start_undo(session, lead_import)
        session.execute(update(Job).values(state=JobState.CANCELLED))
    with sessions() as session, transaction(session):
        start_undo(session, session.get_one(LeadImport, import_id))
    lease = claim(sessions)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "advance", stop_after_four)
        monkeypatch.setattr(intake, "ROWS_PER_CHUNK", 6)
        intake.undo_rows(sessions, lease)

    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 0


def test_an_undo_that_goes_on_keeps_its_place_among_the_leads_to_score(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    do_import(sessions)
    import_id = do_import(sessions, SAMPLE.replace("release", "launch"))
    with sessions() as session, transaction(session):
        start_undo(session, session.get_one(LeadImport, import_id))
    monkeypatch.setattr(scores, "LEADS_PER_CHUNK", 1)
    monkeypatch.setattr(scores, "give_way", killed_after(1, scores.give_way))
    with pytest.raises(Killed):
        scores.undo_import(sessions, claim(sessions), encoder=WordEncoder())
    fall_silent(sessions)
    lease = claim(sessions)

    intake.undo_rows(sessions, lease)

    with sessions() as session:
        assert jobs.get_job(session, lease.job_id).cursor == lease.cursor
        assert lease.cursor["after"] > 0


def test_an_import_can_be_undone_for_some_time_only(sessions: sessionmaker[Session]) -> None:
    import_id = do_import(sessions)
    with sessions() as session, transaction(session):
        lead_import = session.get_one(LeadImport, import_id)
        lead_import.created_at = utc_now() - 2 * ROWS_KEPT

        with pytest.raises(StateError, match="for 30 days"):
            start_undo(session, lead_import)
