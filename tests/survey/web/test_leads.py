"""The recruiter's pages: import with every kind of bad file, ranking, reasons, export, erasure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from analysis.facets import REST
from survey.database import transaction
from survey.domain import jobs, scores
from survey.domain.accounts import invite
from survey.domain.aliases import name_skill
from survey.domain.leads import list_owners
from survey.domain.queries import leads
from survey.domain.queries.leads import Wish, rank
from survey.encodings import as_utf8
from survey.enums import Band, ImportState, RoleName, VersionState
from survey.extensions import db
from survey.models import AuditEntry, Job, Lead, LeadImport, PersonaVersion, SavedSearch, Score
from survey.spreadsheets import read_sheet
from survey.tables import read_table
from tests.survey.conftest import SignIn
from tests.survey.domain.test_imports import BAD_FILES
from tests.survey.lead_factories import SAMPLE, WordEncoder, claim, do_import, many, publish, start
from tests.survey.test_spreadsheets import workbook


@pytest.fixture
def recruiter(sign_in: SignIn) -> FlaskClient:
    """A recruiter's browser."""
    return sign_in(RoleName.RECRUITER)


@pytest.fixture
def versions(sessions: sessionmaker[Session]) -> list[int]:
    """Two published personas."""
    with sessions() as session, transaction(session):
        return publish(session)


@contextmanager
def counted_queries(app: Flask) -> Iterator[list[str]]:
    with app.app_context():
        engine = db.engine
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    yield statements
    event.remove(engine, "before_cursor_execute", count)


def send_file(client: FlaskClient, content: bytes) -> Any:
    # Written out, because the client leaves the temporary file open that it makes for a large form.
    head = b'--part\r\nContent-Disposition: form-data; name="file"; filename="leads.csv"\r\n\r\n'
    return client.post(
        "/leads/import",
        data=head + content + b"\r\n--part--\r\n",
        content_type="multipart/form-data; boundary=part",
    )


def lead_ids(sessions: sessionmaker[Session]) -> dict[str, int]:
    with sessions() as session:
        return {row.external_id: row.id for row in session.execute(select(Lead.external_id, Lead.id))}


def order_of(sessions: sessionmaker[Session], **wish: Any) -> list[str]:
    with sessions() as session:
        return [row.external_id for row in rank(session, Wish(**wish)).rows]


def test_a_file_becomes_a_ranking_with_reasons(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    uploaded = send_file(recruiter, SAMPLE.encode())
    mapping_page = recruiter.get(uploaded.location)
    columns = {f"column_{i}": field for i, field in enumerate(SAMPLE.split("\n")[0].split(","))}
    started = recruiter.post(uploaded.location, data=columns)
    scores.import_leads(sessions, claim(sessions), encoder=WordEncoder())
    result = recruiter.get(started.location, follow_redirects=True)
    ranking = recruiter.get("/leads")

    assert (uploaded.status_code, started.status_code) == (303, 303)
    assert "leads.csv has 3 rows" in mapping_page.text
    assert "Åsa Öberg" in mapping_page.text
    assert "The import is done." in result.text
    assert ranking.text.index("Åsa Öberg") < ranking.text.index("Bo Ek") < ranking.text.index("Cy Dahl")
    assert "Calm Hands" in ranking.text
    assert "Nobody is rejected by it: a person decides." in ranking.text


def test_older_encoding_is_told_and_worked_out_once(
    recruiter: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(content: bytes, *, otherwise: str) -> tuple[bytes, str]:
        read.append(otherwise)
        return as_utf8(content, otherwise=otherwise)

    monkeypatch.setattr("survey.lead_tables.as_utf8", counted)
    uploaded = send_file(recruiter, "id,name\n1,Åsa Öberg\n".encode("cp1252"))

    page = recruiter.get(uploaded.location).text
    assert "The file was read as Windows-1252." in page
    assert "Åsa Öberg" in page
    assert len(read) == 1


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_gets_a_clear_answer_and_leaves_the_leads_intact(
    recruiter: FlaskClient,
    sessions: sessionmaker[Session],
    versions: list[int],
    content: bytes,
    message: str,
) -> None:
    do_import(sessions)
    before = recruiter.get("/leads/export.csv").data

    answer = send_file(recruiter, content)

    assert answer.status_code == 422
    assert message in answer.text
    assert "your leads are as they were" in answer.text
    assert recruiter.get("/leads/export.csv").data == before


def test_no_file_at_all_is_asked_for(recruiter: FlaskClient) -> None:
    answer = recruiter.post("/leads/import", data={})

    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


def test_a_file_over_the_limit_is_refused_with_what_to_do(app: Flask, recruiter: FlaskClient) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000

    answer = send_file(recruiter, b"x" * 2000)

    assert answer.status_code == 413
    assert "Split it" in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ten_megabytes_of_pasted_text_are_refused_with_what_to_do(
    recruiter: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    answer = recruiter.post("/leads/new", data={"name": "Al", "text": "word " * 2_000_000})

    # A browser that knew the limit would cut the text off and say nothing.
    assert "maxlength" not in re.search(r"<textarea[^>]*>", recruiter.get("/leads/new").text)[0]
    assert answer.status_code == 422
    assert re.search(r"This has \d+ characters; 100000 are allowed. Shorten it.", answer.text)
    assert lead_ids(sessions) == {}


@pytest.mark.parametrize(
    "content",
    ["\ufeff" + SAMPLE, SAMPLE.replace(";", "/").replace(",", ";"), many(1)],
    ids=["byte order mark", "semicolons", "one row"],
)
def test_files_as_spreadsheets_write_them_are_taken(recruiter: FlaskClient, content: str) -> None:
    answer = send_file(recruiter, content.encode())

    assert answer.status_code == 303


def test_a_wrong_mapping_is_answered_on_the_page_and_keeps_the_choices(
    recruiter: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    uploaded = send_file(recruiter, b"id,skills,town\n1,x,Lund\n")

    answer = recruiter.post(uploaded.location, data={"column_1": "skills", "column_2": "skills"})

    assert answer.status_code == 422
    assert "Two columns are assigned to “skills”" in answer.text
    assert answer.text.count('<option selected value="skills">') == 2
    with sessions() as session:
        assert session.scalars(select(LeadImport.state)).one() == ImportState.UPLOADED
        assert session.scalars(select(Job)).all() == []


def test_rejected_rows_are_listed_and_can_be_downloaded(
    recruiter: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    import_id = do_import(sessions, f"id,name,skills\n1,Al,Python\n2,{'N' * 201},Python\n")

    page = recruiter.get(f"/leads/imports/{import_id}")
    download = recruiter.get(f"/leads/imports/{import_id}/rejected.csv")

    assert "Name has 201 characters; 200 are allowed. Shorten it." in page.text
    assert read_table(download.data, name="rejected").rows == (
        ("3", "Name has 201 characters; 200 are allowed. Shorten it.", "2", "N" * 201, "Python"),
    )


def test_a_stopped_import_can_be_gone_on_with(
    recruiter: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    import_id = start(sessions)
    with sessions() as session, transaction(session):
        jobs.cancel(session, session.scalars(select(Job)).one())

    page = recruiter.get(f"/leads/imports/{import_id}")
    again = recruiter.post(f"/leads/imports/{import_id}")

    assert "Go on where it stopped" in page.text
    assert again.status_code == 303
    scores.import_leads(sessions, claim(sessions), encoder=WordEncoder())
    assert set(lead_ids(sessions)) == {"l1", "l2", "l3"}


def test_rejected_rows_run_no_formula_in_a_spreadsheet(
    recruiter: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    import_id = do_import(sessions, f"id,name,skills\n=1+1,{'N' * 201},@SUM(A1)\n")

    lines = recruiter.get(f"/leads/imports/{import_id}/rejected.csv").text.splitlines()

    assert lines[1].split(",")[2::2] == ["'=1+1", "'@SUM(A1)"]


def test_an_import_is_undone_and_tells_who_stayed(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    import_id = do_import(sessions)
    ids = lead_ids(sessions)
    recruiter.post(f"/leads/{ids['l1']}/notes", data={"text": "<b>Met</b> at the fair."})
    recruiter.post(f"/leads/{ids['l1']}/owner", data={"owner": "1"})
    lead = recruiter.get(f"/leads/{ids['l1']}").text

    started = recruiter.post(f"/leads/imports/{import_id}/undo")
    scores.undo_import(sessions, claim(sessions), encoder=WordEncoder())
    page = recruiter.get(started.location, follow_redirects=True).text
    again = recruiter.post(f"/leads/imports/{import_id}/undo", follow_redirects=True).text

    assert "&lt;b&gt;Met&lt;/b&gt; at the fair." in lead
    assert '<option value="1" selected>me</option>' in lead
    assert "The import is undone." in page
    assert "Left as they are" in page
    assert "Åsa Öberg" in page
    assert set(lead_ids(sessions)) == {"l1"}
    assert "Nothing of this import is there to be undone." in again


def test_one_person_is_pasted_checked_added_and_scored(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    text = (
        f"About\n{SAMPLE.splitlines()[1].split(',')[4]}\nSkills\nPython, Linux, Rollback procedures\nal@x.org"
    )
    read = recruiter.post("/leads/new", data={"text": text, "action": "read"})
    nobody = recruiter.post("/leads/new", data={"text": "Plans.", "action": "add"})
    added = recruiter.post("/leads/new", data={"text": text, "name": "<i>Al</i>", "action": "add"})
    scores.import_leads(sessions, claim(sessions), encoder=WordEncoder())
    page = recruiter.get(added.location, follow_redirects=True)

    assert 'value="Python;Linux;Rollback procedures' in read.text
    assert "No name was found" in read.text
    assert (nobody.status_code, "Say who this is" in nobody.text) == (422, True)
    assert '<h1 class="mb-1">&lt;i&gt;Al&lt;/i&gt;</h1>' in page.text
    assert '<h2 id="fit-title">Calm Hands</h2>' in page.text


def test_columns_of_which_no_name_is_known_are_assigned_by_hand_and_remembered(
    recruiter: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    foreign = b"Viite;Sanat\nv1;Python\n;Linux\n"
    uploaded = send_file(recruiter, foreign)

    asked = recruiter.get(uploaded.location).text
    nothing = recruiter.post(uploaded.location, data={"column_0": "", "column_1": ""})
    recruiter.post(uploaded.location, data={"column_0": "id", "column_1": "skills"})
    again = recruiter.get(send_file(recruiter, foreign).location).text
    scores.import_leads(sessions, claim(sessions), encoder=WordEncoder())
    left_out = recruiter.get(f"{uploaded.location}/rejected.csv")
    corrected = recruiter.get(
        send_file(recruiter, left_out.data.replace(b",,Linux", b",v2,Linux")).location
    ).text

    assert "No column has a name we know." in asked
    assert (nothing.status_code, "No column tells your leads apart." in nothing.text) == (422, True)
    for page in (again, corrected):
        assert "No column has a name we know." not in page
        chosen = re.findall(r'<option selected value="(\w+)"', page)
        assert chosen == ["id", "skills"]
    assert "Nothing tells who this is" in left_out.text


def test_a_workbook_with_several_sheets_asks_for_one(
    recruiter: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    uploaded = send_file(recruiter, workbook({"Notes": [["x"]], "People": [["id", "skills"], ["1", "C"]]}))

    asked = recruiter.get(uploaded.location).text
    wrong = recruiter.post(f"{uploaded.location}/sheet", data={"sheet": "Notes"})
    chosen = recruiter.post(f"{uploaded.location}/sheet", data={"sheet": "People"}, follow_redirects=True)

    assert "Which sheet?" in asked
    assert (wrong.status_code, "no column has a name we know" in wrong.text) == (422, True)
    assert "What do the columns hold?" in chosen.text


def test_duplicates_are_decided_side_by_side(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    markup = "<script>alert(1)</script>"
    rows = "".join(f"{n},{markup},a@x.org,{markup}{n}\n" for n in (1, 2, 3))
    do_import(sessions, f"id,name,email,skills\n{rows}")
    first, second, third = (lead_ids(sessions)[key] for key in "123")

    pages = [recruiter.get(at).text for at in ("/leads", "/leads/duplicates", f"/leads/duplicates/{first}")]
    merged = recruiter.post(
        f"/leads/duplicates/{first}",
        data={"action": "merge", "apart": str(third), "take_skills": str(second)},
        follow_redirects=True,
    )
    over = recruiter.get(f"/leads/duplicates/{first}", follow_redirects=True)

    assert "1 lead may have more than one entry." in pages[0]
    assert all("<script>alert" not in page for page in [*pages, merged.text])
    assert "3 entries may be one person." in pages[2]
    assert "1 entry went into this one." in merged.text
    assert "alert(1)&lt;/script&gt;2" in merged.text
    assert "Everything about this lead has been decided." in over.text


def test_who_works_through_the_queue_of_duplicates_is_led_on(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    rows = "".join(f"{n},Al,{'abc'[n % 3]}@x.org,s{n}\n" for n in range(6))
    do_import(sessions, f"id,name,email,skills\n{rows}")
    queue = re.findall(r"/leads/duplicates/\d+\?queue=1", recruiter.get("/leads/duplicates").text)

    def decide(address: str, action: str) -> str:
        return recruiter.post(address, data={"action": action}).location

    assert len(queue) == 3
    assert decide(queue[1], "merge") == queue[2]
    assert decide(queue[2], "apart") == queue[0]
    assert decide(queue[0], "apart") == "/leads/duplicates"


def test_words_that_stand_in_a_stretch_that_is_told_are_told_with_it(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(
        sessions, "id,name,summary\n1,Al,Names terminals in three countries. Writes plans and keeps them.\n"
    )
    spans = ((6, 24, 8), (0, 34, 20), (36, 48, 5))
    parts = [
        {"facet": "who", "trait": "calm", "points": n, "field": "summary", "start": start, "end": end}
        for start, end, n in spans
    ]
    with sessions() as session, transaction(session):
        for score in session.scalars(select(Score)):
            score.contributions = parts

    told = re.findall(r"<li><q>([^<]*)</q> <b>([^<]*)</b>", recruiter.get("/leads").text)

    assert told == [("Names terminals in three countries", "+28"), ("Writes plans", "+5")]


def test_who_asks_to_be_left_alone_is_pointed_out_and_goes_on_a_click(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions, "id,name,summary\n1,Al,Works. Please do not contact me.\n2,Bo,Works.\n")
    ids = lead_ids(sessions)

    asking, quiet = (recruiter.get(f"/leads/{ids[key]}").text for key in "12")
    answer = recruiter.post(f"/leads/{ids['1']}/opt-out", follow_redirects=True)

    assert "<q>Please do not contact me</q>" in asking
    assert "seems to ask to be left alone" not in quiet
    assert "imports will leave them out" in answer.text
    assert set(lead_ids(sessions)) == {"2"}


def test_a_search_is_saved_for_its_recruiter_and_its_words_stay_out_of_addresses(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    searched = recruiter.post(
        "/leads/search",
        data={"search": "", "place": "Göteborg", "skill": "python", "source": "linkedin", "sort": "name"},
    )
    found = recruiter.get(searched.location).text
    recruiter.post(f"{searched.location.replace('/leads?', '/leads/searches?')}", data={"name": "Nearby"})
    recruiter.post("/leads/search", data={"search": "Nobody"})
    with sessions() as session:
        search_id = session.scalars(select(SavedSearch.id)).one()
    used = recruiter.post(f"/leads/searches/{search_id}", data={"action": "use"})
    again = recruiter.get(used.location).text
    with sessions() as session, transaction(session):
        other = invite(session, email="other@example.org", role=RoleName.RECRUITER)
        session.get_one(SavedSearch, search_id).account_id = other.id
    foreign = recruiter.post(f"/leads/searches/{search_id}", data={"action": "use"})

    assert searched.location == used.location == "/leads?source=linkedin&sort=name"
    for page in (found, again):
        assert "Åsa Öberg" in page
        assert "Cy Dahl" not in page
        assert "1 lead of" in page or "1 lead." in page
    assert foreign.status_code == 404


def test_the_ranking_is_sorted_and_filtered_by_owner(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    with sessions() as session, transaction(session):
        owner = invite(session, email="owner@example.org", role=RoleName.RECRUITER).id
        session.get_one(Lead, lead_ids(sessions)["l2"]).owner_id = owner

    assert order_of(sessions, sort="name") == ["l2", "l3", "l1"]
    assert order_of(sessions, sort="newest") == ["l3", "l2", "l1"]
    assert order_of(sessions, sort="place") == ["l1", "l3", "l2"]
    assert order_of(sessions, sort="skills", version_id=versions[1])[0] == "l2"
    assert order_of(sessions, owner=str(owner)) == ["l2"]
    assert order_of(sessions, owner="nobody") == ["l1", "l3"]
    assert order_of(sessions, place="LUND malmö") == []
    assert order_of(sessions, skill="calling CUSTOMERS") == ["l2"]


def test_a_workbook_export_holds_what_the_csv_holds(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions, SAMPLE.replace("Busy", "=Busy"))

    table = read_table(recruiter.get("/leads/export.csv?source=linkedin").data, name="csv")
    answer = recruiter.get("/leads/export.xlsx?source=linkedin")

    rows = list(read_sheet(answer.data, "Leads", name="xlsx"))
    assert [row + [""] * (len(table.columns) - len(row)) for row in rows] == [
        list(table.columns),
        *map(list, table.rows),
    ]
    assert answer.headers["Content-Disposition"] == "attachment; filename=leads.xlsx"


def test_the_list_costs_the_same_queries_for_one_and_for_thirty_leads(
    app: Flask, recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    counts = []
    for content in (many(1), many(29, first=2)):
        do_import(sessions, content)
        with counted_queries(app) as statements:
            assert recruiter.get("/leads").status_code == 200
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_the_detail_costs_the_same_queries_for_one_and_two_personas(
    app: Flask, recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    lead_id = lead_ids(sessions)["l1"]
    counts = []
    for _ in range(2):
        with counted_queries(app) as statements:
            assert recruiter.get(f"/leads/{lead_id}").status_code == 200
        counts.append(len(statements))
        with sessions() as session, transaction(session):
            session.get_one(PersonaVersion, versions[1]).state = VersionState.RETIRED

    assert counts[0] == counts[1]


def test_leads_are_ranked_by_band_evidence_and_fit_with_numberless_ones_last(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)

    assert order_of(sessions) == ["l1", "l2", "l3"]
    assert order_of(sessions, version_id=versions[0]) == ["l1", "l2", "l3"]
    assert order_of(sessions, version_id=versions[1]) == ["l2", "l1", "l3"]


def test_leads_who_share_a_number_are_ranked_by_what_it_was_before_it_was_rounded(
    sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    ids = lead_ids(sessions)

    def ranked(exact: Mapping[str, float | None]) -> list[list[str]]:
        with sessions() as session, transaction(session):
            for lead, number in exact.items():
                session.execute(
                    update(Score)
                    .where(Score.lead_id == ids[lead])
                    .values(fit=70, exact=number, band=Band.A, evidence="E1", skills=80)
                )
        wishes: list[dict[str, Any]] = [{}, {"version_id": versions[0]}, {"sort": "fit"}, {"sort": "skills"}]
        return [order_of(sessions, **wish)[:2] for wish in wishes]

    assert ranked({"l1": 69.6, "l2": 70.4}) == [["l2", "l1"]] * 4
    assert ranked({"l1": 70.4, "l2": 69.6}) == [["l1", "l2"]] * 4
    # Of what was scored before it was kept, the shown number is all there is.
    assert ranked({"l1": None, "l2": 70.4}) == [["l2", "l1"]] * 4


def test_the_ranking_is_paged(sessions: sessionmaker[Session], versions: list[int]) -> None:
    do_import(sessions, many(30))

    with sessions() as session:
        pages = [rank(session, Wish(), page=page) for page in (1, 2, 9)]

    assert [(len(page.rows), page.page, page.n_pages) for page in pages] == [(25, 1, 2), (5, 2, 2), (5, 2, 2)]
    assert len({row.id for page in pages[:2] for row in page.rows}) == 30


def test_filters_say_how_many_leads_each_value_leaves(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)

    with sessions() as session:
        ranking = rank(session, Wish(source="linkedin"))
    page = recruiter.get("/leads?source=linkedin&evidence=E0")

    assert [row.external_id for row in ranking.rows] == ["l1", "l3"]
    assert ranking.sources == (("conferences", 1), ("linkedin", 2))
    assert dict(ranking.levels) == {"E1": 1, "E0": 1}
    assert "Cy Dahl" in page.text
    assert "Åsa Öberg" not in page.text
    assert "1 lead of 3" in page.text


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("åsa", ["l1"]),
        ("ÅSA ÖBERG", ["l1"]),
        ("göteborg", ["l1"]),
        ("RELEASE", ["l1"]),
        ("phone malmö", ["l2"]),
        ("careful phone", []),
        ("l3", ["l3"]),
        ("%", []),
        ("_", []),
        (".*", []),
        ("[a", []),
        ("(", []),
        ("\\", []),
        ("'; DROP TABLE lead; --", []),
    ],
)
def test_search_finds_names_places_and_words_in_any_case(
    sessions: sessionmaker[Session], versions: list[int], search: str, found: list[str]
) -> None:
    do_import(sessions)

    assert sorted(order_of(sessions, search=search)) == found


def test_signs_that_mean_something_to_a_database_are_searched_for_as_they_are(
    sessions: sessionmaker[Session],
) -> None:
    do_import(sessions, "id,skills\n1,100% C++ (x_y)\n2,Python\n")

    for sign in ("100%", "c++", "(x_y)", "_"):
        assert order_of(sessions, search=sign) == ["1"], sign


def test_a_search_stays_out_of_addresses_and_ends_with_an_empty_one(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)

    answer = recruiter.post("/leads/search?source=linkedin", data={"search": "Öberg"})
    found = recruiter.get(answer.location)
    recruiter.post("/leads/search", data={"search": ""})
    everybody = recruiter.get("/leads")

    assert answer.location == "/leads?source=linkedin"
    assert "Cy Dahl" not in found.text
    assert "Found for “Öberg”" in found.text
    assert "Cy Dahl" in everybody.text


def test_a_search_is_not_seen_by_the_next_person_at_the_browser(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    recruiter.post("/leads/search", data={"search": "Öberg"})
    with recruiter.session_transaction() as session:
        session["lead_search"] = [session["lead_search"][0] + 1, session["lead_search"][1]]

    page = recruiter.get("/leads")

    assert "Öberg”" not in page.text
    assert "Cy Dahl" in page.text


def test_the_page_of_a_lead_shows_the_points_and_the_words_they_come_from(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    lead_id = lead_ids(sessions)["l1"]
    with sessions() as session:
        lead = session.get_one(Lead, lead_id)
        score = next(score for score in lead.scores if score.best)
        texts = {evidence.field: evidence.text for evidence in lead.evidence}
        parts = list(score.contributions)
        fit = score.fit

    page = recruiter.get(f"/leads/{lead_id}").text

    assert parts
    assert sum(part["points"] for part in parts) == fit
    assert (
        page.count('id="trait-') == page.count('id="mark-') == len({(p["facet"], p["trait"]) for p in parts})
    )
    for part in parts:
        assert part["trait"] in page
    skills = [part for part in parts if part["field"] == "skills"]
    assert skills
    for part in skills:
        assert f"{texts['skills'][part['end'] - 4 : part['end']]}</mark>" in page
    assert "Release engineer" in page
    assert "&#34;title&#34;" not in page
    assert "a person decides" in page


def test_points_whose_name_does_not_tell_stand_beside_what_earned_them() -> None:
    parts = [
        {
            "facet": "skills",
            "trait": REST["skills"],
            "points": n,
            "field": "summary",
            "start": start,
            "end": end,
        }
        for n, start, end in ((3, 0, 6), (7, 8, 13))
    ]

    (trait,), _ = leads._numbered(parts, {"summary": "Counts, plans."})

    assert (trait.points, trait.said) == (10, "plans")
    assert set(leads.UNNAMED) == set(REST.values())


def test_the_persona_to_compare_with_can_be_chosen(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    lead_id = lead_ids(sessions)["l1"]

    best = recruiter.get(f"/leads/{lead_id}")
    other = recruiter.get(f"/leads/{lead_id}?persona={versions[1]}")

    assert '<h2 id="fit-title">Calm Hands</h2>' in best.text
    assert '<h2 id="fit-title">Keen Voices</h2>' in other.text


def test_the_list_is_walked_lead_by_lead_as_it_was_asked_for(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions, SAMPLE + many(26).split("\n", 1)[1].replace("linkedin", "web"))
    ids = lead_ids(sessions)
    recruiter.post("/leads/search", data={"search": "göteborg"})
    asked = "source=web&owner=nobody&sort=newest"
    here = urlsplit(f"/leads/{ids['n1']}?{asked}&shown={versions[1]}")

    kept = [
        urlsplit(recruiter.post(f"{here.path}/{part}?{here.query}", data=data).location)
        for part, data in {"owner": {"owner": ""}, "notes": {"text": "called"}, "decisions": {}}.items()
    ]
    page = recruiter.get(here.geturl()).text
    with sessions() as session, transaction(session):
        session.get_one(Lead, ids["n1"]).owner_id = list_owners(session)[0].id
    taken_on = recruiter.get(here.geturl()).text
    first = recruiter.get(f"/leads/{ids['n26']}?{asked}").text

    assert {address.path for address in kept} == {here.path}
    assert all(parse_qs(address.query) == parse_qs(here.query) for address in kept)
    assert '<h2 id="fit-title">Keen Voices</h2>' in page
    asked = asked.replace("&", "&amp;")
    for text in (page, taken_on):
        assert "26 of 26" in text
        assert f'rel="prev" href="/leads/{ids["n2"]}?{asked}#previous"' in text
        assert 'rel="next"' not in text
        assert f'href="/leads?page=2&amp;{asked}">All leads' in text
    assert "1 of 25" in first
    assert 'rel="prev"' not in first
    assert "Next in the list: Lead 025" in first


@pytest.mark.parametrize("path", ["/leads", "/leads/1", "/leads/export.csv"])
def test_a_page_of_leads_reads_the_blocks_of_all_personas_once_and_numbers_no_list(
    app: Flask, recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int], path: str
) -> None:
    do_import(sessions)

    with counted_queries(app) as statements:
        assert recruiter.get(path).status_code == 200

    of_all = [one for one in statements if "FROM persona_version \nWHERE" in one and "provisional" in one]
    assert len(of_all) == 1
    assert not any("row_number" in one for one in statements)


def test_a_lead_without_a_name_is_called_by_an_address_not_by_an_id_that_nobody_gave(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions, "email,skills\nbo@example.org,Python\nBO@example.org,Linux\n")

    pages = [recruiter.get(address).text for address in ("/leads", "/leads/1", "/leads/duplicates/1")]

    assert all("bo@example.org</" in page and ">k-" not in page for page in pages)


def test_a_part_without_points_says_why_it_has_none(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    lead_id = lead_ids(sessions)["l1"]
    with sessions() as session, transaction(session):
        score = session.scalars(select(Score).where(Score.lead_id == lead_id, Score.best)).one()
        score.fit, score.contributions, score.who, score.skills, score.why = 0, [], 32.0, 0.0, 7.0
        weights = {"facets": {"who": 50, "skills": 50, "why": 0}, "traits": []}
        session.get_one(PersonaVersion, score.persona_version_id).weights = weights

    page = recruiter.get(f"/leads/{lead_id}").text

    who, rest = page.partition("Who they are")[2].partition("What they can do")[::2]
    skills, why = rest.partition("Why they would come")[::2]
    assert "What they write here comes to less than one point." in who
    assert "unlike what colleagues of this persona write" in skills
    assert "HR has set that this does not count for this persona." in why


def test_numbers_that_rest_on_few_colleagues_or_tell_nobody_apart_say_so(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    with sessions() as session, transaction(session):
        keen = session.get_one(PersonaVersion, versions[1])
        keen.scoring = {**keen.scoring, "personas": [{**keen.scoring["personas"][0], "ranks": False}]}
    calm, unable = "only 12 colleagues make up this persona", "This persona cannot tell people apart yet."
    lead_id = lead_ids(sessions)["l1"]

    ranking = recruiter.get(f"/leads?persona={versions[1]}").text
    pages = [recruiter.get(f"/leads/{lead_id}?persona={version_id}").text for version_id in versions]

    assert "Calm Hands</a>" in ranking
    assert f"Keen Voices – {unable}" in ranking
    assert 'href="/leads?persona=' + str(versions[1]) not in ranking
    assert 'aria-current="true">Best persona of each' in ranking
    assert "(provisional)" in ranking
    assert [(calm in page, unable in page) for page in pages] == [(True, False), (False, True)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_points_that_cancel_out_bear_no_sign(app: Flask) -> None:
    signed: Any = app.jinja_env.get_template("leads/_points.html").module
    assert [signed.signed(points) for points in (3, -2, 0)] == ["+3", "−2", "0"]


def test_a_lead_without_a_number_is_not_judged(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)

    with sessions() as session, transaction(session):
        name_skill(session, "python", "snake tongue", account_id=None)

    page = recruiter.get(f"/leads/{lead_ids(sessions)['l3']}")

    assert "Too little to read for a number" in page.text
    assert "earlier table" not in page.text
    assert recruiter.get("/leads").text.count("number by an earlier table") == 2
    assert "From what this number was made" not in page.text
    assert "That says nothing about them" in page.text
    assert "of 100 colleagues" not in page.text


def test_markup_in_a_leads_text_is_shown_as_text(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    attack = (
        "<script>alert(1)</script> careful & quiet <b>work</b> where the plan is written before the release"
    )
    do_import(sessions, f'id,name,headline,skills,summary\n1,<i>Al</i>,<u>Hi</u>,Python;<hr>,"{attack}"\n')

    pages = [recruiter.get(address).text for address in (f"/leads/{lead_ids(sessions)['1']}", "/leads")]

    for page in pages:
        for tag in ("<script>alert", "<b>work", "<i>Al", "<u>Hi", "<hr>"):
            assert tag not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0]


def test_an_export_read_again_changes_nothing(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions, SAMPLE.replace("Busy", "=Busy").replace("Bo Ek", "@Bo Ek"))
    first = recruiter.get("/leads/export.csv")

    import_id = do_import(sessions, first.text)
    second = recruiter.get("/leads/export.csv")

    assert second.data == first.data
    with sessions() as session:
        lead_import = session.get_one(LeadImport, import_id)
        assert (lead_import.n_created, lead_import.n_updated) == (0, 3)
    table = read_table(first.data, name="export")
    assert table.column("id") == ("l1", "l2", "l3")
    assert table.column("persona") == ("Calm Hands", "Keen Voices", "")
    assert table.column("fit")[2] == ""


def test_an_export_runs_no_formula(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions, 'id,name,skills\n=1+1,"=HYPERLINK(""x"")",+Python\n')

    table = read_table(recruiter.get("/leads/export.csv").data, name="export")

    assert (table.column("id"), table.column("name"), table.column("skills")) == (
        ("'=1+1",),
        ('\'=HYPERLINK("x")',),
        ("'+Python",),
    )


def test_an_export_is_what_is_filtered_now_and_is_audited(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    recruiter.post("/leads/search", data={"search": "malmö"})

    answer = recruiter.get(f"/leads/export.csv?persona={versions[1]}")

    assert read_table(answer.data, name="export").column("name") == ("Bo Ek",)
    with sessions() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "exported")).one()
        assert (entry.subject, entry.detail) == ("leads", {"rows": 1})


def test_erasing_a_lead_leaves_the_others(
    recruiter: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    do_import(sessions)
    lead_id = lead_ids(sessions)["l1"]

    answer = recruiter.post(f"/leads/{lead_id}/erase", follow_redirects=True)

    assert "The lead is erased." in answer.text
    assert set(lead_ids(sessions)) == {"l2", "l3"}
    assert recruiter.get(f"/leads/{lead_id}").status_code == 404


def test_without_leads_the_list_says_what_to_do(recruiter: FlaskClient) -> None:
    page = recruiter.get("/leads")

    assert "There are no leads yet" in page.text
    assert 'href="/leads/import"' in page.text


def test_leads_that_wait_for_personas_are_listed_as_not_scored(
    recruiter: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    do_import(sessions)

    page = recruiter.get("/leads")

    assert "No persona is published yet" in page.text
    assert "Not scored yet" in page.text
    assert "Åsa Öberg" in page.text


def test_scoring_can_be_asked_for(recruiter: FlaskClient, sessions: sessionmaker[Session]) -> None:
    do_import(sessions)
    with sessions() as session, transaction(session):
        publish(session)

    page = recruiter.get("/leads")
    answer = recruiter.post("/leads/score")

    assert "Score them now" in page.text
    assert answer.status_code == 303
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())
    assert order_of(sessions)[0] == "l1"


def test_every_form_is_protected(app: Flask, recruiter: FlaskClient, sessions: sessionmaker[Session]) -> None:
    import_id = start(sessions)
    app.config["WTF_CSRF_ENABLED"] = True

    for address in ("search", "score", "import", f"imports/{import_id}", "1/erase"):
        assert recruiter.post(f"/leads/{address}").status_code == 400, address
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
