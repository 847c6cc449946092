"""HR's pages: waves, analyses, drafts, publishing, the organisation link."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from survey.database import transaction
from survey.domain import jobs
from survey.domain.keys import KeyStore
from survey.domain.organisation import link_key
from survey.enums import JobState, RoleName, VersionState, WaveState
from survey.models import Analysis, AuditEntry, Chart, Edit, Job, PersonaVersion, Wave
from survey.texts import one_line
from tests.survey.conftest import SignIn
from tests.survey.domain.factories import make_draft, make_wave, renew_progress, send_all
from tests.survey.persona_factories import add_analysis, add_responses, make_closed_wave, persona_entry, start

DRAFT, PUBLISHED, RETIRED = VersionState


@pytest.fixture
def hr(sign_in: SignIn) -> FlaskClient:
    return sign_in(RoleName.HR)


@pytest.fixture
def wave_id(sessions: sessionmaker[Session]) -> int:
    """A closed wave of 60, whose responses no page needs."""
    wave_id = make_closed_wave(sessions, n_people=0)
    with sessions() as session, transaction(session):
        wave = session.get_one(Wave, wave_id)
        wave.n_invited, wave.n_answered = 80, 60
    return wave_id


def add(
    sessions: sessionmaker[Session], wave_id: int, *names: str, state: VersionState = DRAFT, **changes: object
) -> tuple[int, list[int]]:
    """Add an analysis; return its id and those of its versions."""
    with sessions() as session, transaction(session):
        analysis = add_analysis(session, wave_id, *names, state=state, **changes)
        return analysis.id, [version.id for version in analysis.versions]


def states(sessions: sessionmaker[Session]) -> dict[str, VersionState]:
    with sessions() as session:
        return {version.name: version.state for version in session.scalars(select(PersonaVersion))}


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# waves


def test_without_a_wave_the_list_says_what_to_do(hr: FlaskClient) -> None:
    assert "There is no wave yet" in hr.get("/waves").text


def test_waves_are_listed_with_their_response_rate(
    hr: FlaskClient,
    sessions: sessionmaker[Session],
    key_dir: object,
    wave_id: int,
    settings: dict[str, object],
) -> None:
    keys = KeyStore.from_settings(settings)
    open_id, tokens = make_wave(sessions, keys, n_people=40)
    send_all(sessions, keys, tokens[:13])
    renew_progress(sessions, keys, open_id)
    make_draft(sessions, n_people=12, name="Next")

    page = text_of(hr.get("/waves").text)

    assert "60 of 80 answered" in page
    assert "75 %" in page
    assert "at least 10 of 40 answered" in page
    assert "12 people on the list" in page
    assert hr.get(f"/waves/{open_id}").status_code == 200


def test_list_says_what_became_of_a_closed_wave(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    untouched = text_of(hr.get("/waves").text)
    analysis_id, _ = add(sessions, wave_id, "Planners", "Sellers")
    drafted = text_of(hr.get("/waves").text)
    hr.post(f"/analyses/{analysis_id}/publish", data={"version": [1, 2]})
    published = text_of(hr.get("/waves").text)

    assert "Ready: look for personas in it." in untouched
    assert "2 drafts wait to be reviewed." in drafted
    assert "2 personas are published." in published


def test_wave_with_too_few_answers_is_not_called_ready(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    with sessions() as session, transaction(session):
        session.get_one(Wave, wave_id).n_answered = 29

    for page in (hr.get("/waves").text, hr.get(f"/waves/{wave_id}").text):
        assert "It has under 30 answers, too few for personas." in page
        assert "Ready: look for personas" not in page


def test_unknown_wave_is_not_found(hr: FlaskClient) -> None:
    assert hr.get("/waves/17").status_code == 404


def test_open_wave_can_be_closed_and_says_what_that_means(
    hr: FlaskClient, sessions: sessionmaker[Session], settings: dict[str, object]
) -> None:
    wave_id, _ = make_wave(sessions, KeyStore.from_settings(settings))

    page = hr.get(f"/waves/{wave_id}").text
    answer = hr.post(f"/waves/{wave_id}/close")

    assert "This cannot be undone." in page
    with sessions() as session:
        job = session.scalars(select(Job)).one()
        assert session.get_one(Wave, wave_id).state is WaveState.CLOSING
    assert (answer.status_code, answer.location) == (303, f"/jobs/{job.id}")


def test_closing_twice_leads_to_the_same_job(
    hr: FlaskClient, sessions: sessionmaker[Session], settings: dict[str, object]
) -> None:
    wave_id, _ = make_wave(sessions, KeyStore.from_settings(settings))

    first = hr.post(f"/waves/{wave_id}/close").location
    second = hr.post(f"/waves/{wave_id}/close").location

    assert second == first
    assert "Show how far it is" in hr.get(f"/waves/{wave_id}").text


def test_draft_wave_cannot_be_closed(hr: FlaskClient, sessions: sessionmaker[Session]) -> None:
    wave_id = make_draft(sessions)

    answer = hr.post(f"/waves/{wave_id}/close")

    assert answer.status_code == 409
    assert "Only an open wave can be closed." in answer.text
    assert f"/waves/{wave_id}/close" not in hr.get(f"/waves/{wave_id}").text


# analyses


def test_closed_wave_leads_to_an_analysis(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    answer = hr.post(f"/waves/{wave_id}/analyses", data={"n_personas": "4"})

    with sessions() as session:
        analysis = session.scalars(select(Analysis)).one()
    assert (analysis.n_personas, analysis.created_by) == (4, 1)
    assert (answer.status_code, answer.location) == (303, f"/jobs/{analysis.job_id}")


def test_number_of_personas_may_be_left_open(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    hr.post(f"/waves/{wave_id}/analyses", data={"n_personas": ""})

    with sessions() as session:
        assert session.scalars(select(Analysis.n_personas)).all() == [None]


@pytest.mark.parametrize("n_personas", ["1", "13", "many"])
def test_number_of_personas_that_makes_no_sense_is_refused(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int, n_personas: str
) -> None:
    page = hr.post(f"/waves/{wave_id}/analyses", data={"n_personas": n_personas}).text

    assert 'class="invalid-feedback' in page
    with sessions() as session:
        assert session.scalars(select(Analysis)).all() == []


def test_closed_wave_tells_what_its_follow_ups_brought_and_what_weighs_most(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    assert "follow-up" not in hr.get(f"/waves/{wave_id}").text
    add_responses(
        sessions, wave_id, 40, {"stay": "my team", "stay_more": "they stayed late", "importance": "+pay"}
    )
    add_responses(sessions, wave_id, 10, {"stay": "my team"}, held_out=True)

    page = text_of(hr.get(f"/waves/{wave_id}").text)

    assert "10 of 50 who answered what they are about" in page
    assert re.search(r"about it 5\.5 2\.5 \+3\.0 \(\+2\.\d to \+3\.\d\)", page)
    assert "difference (95 % interval)" in page
    assert "Fair pay and benefits +100 %" in page


def test_open_wave_offers_no_analysis(
    hr: FlaskClient, sessions: sessionmaker[Session], settings: dict[str, object]
) -> None:
    wave_id, _ = make_wave(sessions, KeyStore.from_settings(settings))

    page = hr.get(f"/waves/{wave_id}").text
    answer = hr.post(f"/waves/{wave_id}/analyses")

    assert "/analyses" not in page
    assert answer.status_code == 409


def test_analysis_shows_its_charts_with_tables_and_a_card_for_each_persona(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, version_ids = add(sessions, wave_id, "Planners", "Sellers")

    page = hr.get(f"/analyses/{analysis_id}").text

    assert '<svg xmlns="http://www.w3.org/2000/svg"><title>Dots</title></svg>' in page
    assert re.findall(r'<article class="persona" id="persona-(\d+)"', page) == [
        str(one) for one in version_ids
    ]
    said = text_of(page)
    assert [
        words
        for words in (
            "Responses used 98",
            "other language (fewer than 5)",
            "Personas Support Stability Choice 2 1.00 0.70 shown here 3 1.00 0.70 Look for 3 personas",
            "Persona Dots Planners 10 Sellers 10",
            "Planners 40 % 40 colleagues Planners are 40 of 100 people.",
            "I like it here, says one of Planners.",
            "evenings off, say Planners 40 % rare elsewhere",
            "good &lt;tools&gt;, say Planners 40 % elsewhere 10 %",
            "fewer alarms, near to Planners 12 come near",
            "What they say People Here Interval Elsewhere",
            "evenings off, say Planners 12 40 % 20–60 % rare",
            "fewer alarms, near to Planners 12 40 % 20–60 % 10 % by definition",
            "Survey: Autumn. How firm is this group? Stable.",
        )
        if words not in said
    ] == []


CONSIDERED = [{"k": k, "support": support, "stability": 0.7} for k, support in ((2, 0.9), (3, 1.0), (4, 1.1))]


def test_number_that_was_looked_for_is_told_apart_from_that_of_the_cards(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, (version_id, _) = add(
        sessions, wave_id, "Planners", "Sellers", n_personas_considered=CONSIDERED
    )

    before = text_of(hr.get(f"/analyses/{analysis_id}").text)
    edit(hr, version_id, "lock")
    after = text_of(hr.get(f"/analyses/{analysis_id}").text)

    rows = "2 0.90 0.70 Look for 2 personas 3 1.00 0.70 looked for; 2 shown 4 1.10 0.70 Look for 4 personas"
    assert rows in before
    assert rows in after
    told = "What you merged, split or locked makes 2 of the 3 that were looked for."
    assert (told in before, told in after) == (False, True)


def spoken_in(page: str, text: str) -> str:
    """The language of the innermost element that begins with a text; that of the page if it names none."""
    found = re.search(rf"<\w+([^<>]*)>\s*{re.escape(text)}", page)
    assert found is not None, text
    named = re.search(r'lang="(\w+)"', found[1])
    return named[1] if named else "page"


@pytest.mark.parametrize(("language", "told"), [("de", "de"), ("el", "en")])
def test_what_is_in_another_language_than_the_page_names_it(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int, language: str, told: str
) -> None:
    analysis_id, (version_id,) = add(sessions, wave_id, "Planners", language=language, notes=["A note."])

    pages = {
        path: hr.get(path).text
        for path in (f"/analyses/{analysis_id}", f"/persona-versions/{version_id}/edit")
    }
    refused_id, _ = add(
        sessions,
        wave_id,
        refusal="Too few.",
        themes=[persona_entry("p", "P")["traits"][0]],
        language=language,
    )
    refused = hr.get(f"/analyses/{refused_id}").text

    for page in pages.values():
        assert spoken_in(page, "I like it here, says one of Planners.") == language
        assert spoken_in(page, "calm, say Planners") == language
        assert spoken_in(page, "quiet evenings in whatever form, say Planners") == told
    page = pages[f"/analyses/{analysis_id}"]
    for words in (
        "Planners are 40 of 100 people.",
        "Stable",
        "A map of the people",
        "<svg",
        "other language",
        "A note.",
    ):
        assert spoken_in(page, words) == told, words
    assert spoken_in(page, "What they are like") == "page"
    assert spoken_in(refused, "Too few.") == spoken_in(refused, "calm, say P") == told


def test_refused_analysis_says_why_and_what_people_speak_of(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    theme = {"text": "good colleagues", "n": 30, "share_here": 0.5, "share_elsewhere": 0.0}
    guessed = {**theme, "text": "kind people", "estimated": True}
    analysis_id, _ = add(sessions, wave_id, refusal="Only 12 responses can be used.", themes=[theme, guessed])

    page = hr.get(f"/analyses/{analysis_id}").text

    assert "Only 12 responses can be used." in page
    assert "good colleagues 50 % kind people about 50 %" in text_of(page)
    assert "publish" not in page
    none_id, _ = add(sessions, wave_id, refusal="Only 12 responses can be used.")
    none = "No theme is shown: none was found of which at least five people speak."
    assert (none in page, none in hr.get(f"/analyses/{none_id}").text) == (False, True)


def test_exploratory_analysis_says_so(hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int) -> None:
    analysis_id, _ = add(
        sessions, wave_id, "Planners", exploratory=True, notes=["These rest on 40 responses."]
    )

    page = hr.get(f"/analyses/{analysis_id}").text

    assert "Exploratory" in page
    assert "These rest on 40 responses." in page


def test_running_analysis_leads_to_its_progress(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    lease = start(sessions, wave_id)

    assert f"/jobs/{lease.job_id}" in hr.get(f"/analyses/{lease.subject_id}").text
    assert "running" in text_of(hr.get(f"/waves/{wave_id}").text)


def test_failed_analysis_says_why(hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int) -> None:
    lease = start(sessions, wave_id)
    with sessions() as session, transaction(session):
        jobs.fail(session, lease, error="The encoder's file is damaged; install the package again.")

    assert "install the package again" in hr.get(f"/analyses/{lease.subject_id}").text
    assert JobState.FAILED.value in text_of(hr.get(f"/waves/{wave_id}").text)


def test_unknown_analysis_is_not_found(hr: FlaskClient) -> None:
    assert hr.get("/analyses/17").status_code == 404


# drafts


def test_draft_is_edited_and_the_page_goes_back_to_its_card(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, (version_id,) = add(sessions, wave_id, "Planners")

    form = hr.get(f"/persona-versions/{version_id}/edit").text
    answer = hr.post(
        f"/persona-versions/{version_id}/edit", data={"name": "Calm planners", "summary": "They <plan>."}
    )

    assert "Planners are 40 of 100 people." in form
    assert (answer.status_code, answer.location) == (
        303,
        f"/analyses/{analysis_id}?at=persona-{version_id}#message",
    )
    page = hr.get(answer.location).text
    assert re.search(r'id="message" role="status".*?The draft is saved\..*?<article', page, re.DOTALL)
    assert page.count("The draft is saved.") == 1
    assert "Calm planners" in page
    assert "They &lt;plan&gt;." in page


@pytest.mark.parametrize(
    ("name", "summary", "message"),
    [
        ("", "Text.", "This field is required."),
        ("  \t ", "Text.", "This field is required."),
        ("\u200b", "Text.", "This field is required."),
        ("Planners", "\u200b", "This field is required."),
        ("Planners", " \r\n ", "This field is required."),
        ("n" * 81, "Text.", "Field cannot be longer than 80 characters."),
        ("Planners", "s" * 1501, "Field cannot be longer than 1500 characters."),
        ("sellers", "Text.", "Another persona of this analysis is called “sellers”."),
    ],
)
def test_edit_that_cannot_be_saved_keeps_what_was_typed(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int, name: str, summary: str, message: str
) -> None:
    _, (version_id, _) = add(sessions, wave_id, "Planners", "Sellers")

    page = hr.post(f"/persona-versions/{version_id}/edit", data={"name": name, "summary": summary}).text

    assert message in page
    assert f'value="{one_line(name)}"' in page
    assert states(sessions) == {"Planners": DRAFT, "Sellers": DRAFT}


def opened_form(hr: FlaskClient, version_id: int) -> dict[str, str]:
    """The fields that a browser would send of the form to edit a draft."""
    page = hr.get(f"/persona-versions/{version_id}/edit").text
    return {**sent_along(page), "name": field_of(page, "name"), "summary": field_of(page, "summary")}


def sent_along(page: str) -> dict[str, str]:
    hidden = re.findall(r'<input id="(opened_\w+)" name="\1" type="hidden" value="(.*?)">', page, re.DOTALL)
    return {name: html.unescape(value) for name, value in hidden}


def field_of(page: str, name: str) -> str:
    found = re.search(
        rf'name="{name}"[^>]* value="([^"]*)"|<textarea[^>]* name="{name}"[^>]*>\s*(.*?)</textarea>',
        page,
        re.DOTALL,
    )
    assert found is not None
    return html.unescape(found[1] if found[1] is not None else found[2])


def test_form_that_was_opened_before_others_saved_changes_only_what_was_changed_in_it(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, (version_id,) = add(sessions, wave_id, "Planners")
    mine = opened_form(hr, version_id)
    path = f"/persona-versions/{version_id}/edit"
    hr.post(path, data={**mine, "name": "Calm planners"})

    answer = hr.post(path, data={**mine, "summary": "They <plan>.\r\nAll day."})

    assert answer.status_code == 303
    assert edits_told(hr.get(f"/analyses/{analysis_id}").text) == [
        "Renamed to “Calm planners”",
        "Wrote the summary of “Calm planners”",
    ]
    assert opened_form(hr, version_id)["summary"] == "They <plan>.\nAll day."


def test_what_others_changed_meanwhile_is_shown_beside_what_was_typed_and_written_over_only_when_saved_again(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    _, (version_id,) = add(sessions, wave_id, "Planners")
    mine = {**opened_form(hr, version_id), "summary": "Mine."}
    path = f"/persona-versions/{version_id}/edit"
    hr.post(path, data={"name": "Calm planners", "summary": "Theirs."})

    page = hr.post(path, data=mine).text
    unchanged = opened_form(hr, version_id)
    again = {**sent_along(page), "name": field_of(page, "name"), "summary": field_of(page, "summary")}
    saved = hr.post(path, data=again)

    assert page.index("Compare both, then save again.") < page.index('name="name"')
    assert "Somebody else has changed this in the meantime to “Theirs.”" in html.unescape(text_of(page))
    assert (unchanged["name"], unchanged["summary"]) == ("Calm planners", "Theirs.")
    assert saved.status_code == 303
    final = opened_form(hr, version_id)
    assert (final["name"], final["summary"]) == ("Calm planners", "Mine.")


def test_what_was_typed_is_kept_while_an_analysis_runs(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    _, (version_id,) = add(sessions, wave_id, "Planners")
    start(sessions, wave_id)

    page = hr.post(f"/persona-versions/{version_id}/edit", data={"name": "Calm", "summary": "Text."}).text

    assert "An analysis of this wave is running. Wait until it is done" in page
    assert field_of(page, "name") == "Calm"
    assert states(sessions) == {"Planners": DRAFT}


def edit(hr: FlaskClient, version_id: int, kind: str, **said: object) -> TestResponse:
    return hr.post(f"/persona-versions/{version_id}/edits", data={"kind": kind, **said})


def edits_told(page: str) -> list[str]:
    """The sentences of the list of edits."""
    (listed,) = re.findall(r'<ol class="edit-list">(.*?)</ol>', page, re.DOTALL) or [""]
    return [html.unescape(text_of(one)).strip() for one in re.findall(r"<li>(.*?)</li>", listed, re.DOTALL)]


def test_edits_are_made_on_the_page_told_and_undone(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, (version_id, _) = add(sessions, wave_id, "Planners", "Sellers")
    before = hr.get(f"/analyses/{analysis_id}").text

    answer = edit(hr, version_id, "drop", where="reasons", text="good <tools>, say Planners")
    edit(hr, version_id, "pin", text="I like it here, says one of Planners.")
    edit(hr, version_id, "lock")
    page = hr.get(f"/analyses/{analysis_id}").text

    assert "Edits so far" not in before
    assert answer.location == f"/analyses/{analysis_id}?at=edit-{version_id}#message"
    assert edits_told(page) == [
        "Took “good <tools>, say Planners” off “Planners”",
        "Pinned a quote of “Planners”: “I like it here, says one of Planners.”",
        "Locked “Planners”",
    ]
    assert "good &lt;tools&gt;, say Planners 40 %" not in text_of(page)
    assert (before.count('value="lock"'), page.count('value="lock"')) == (2, 1)
    (undo,) = re.findall(r'action="(/analyses/\d+/edits/\d+/undo)"', page)
    undone = hr.post(undo).location
    assert undone == f"/analyses/{analysis_id}?at=edits#message"
    after = hr.get(undone).text
    assert after.index('id="edits"') < after.index("The edit is undone.")
    assert len(edits_told(after)) == 2
    assert hr.post(undo).status_code == 409


def test_whoever_changes_something_is_named_in_the_audit_log(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, (first, second, third) = add(sessions, wave_id, "Planners", "Sellers", "Teachers")
    hr.post(f"/persona-versions/{first}/edit", data={"name": "Calm planners", "summary": "They plan."})
    edit(hr, first, "drop", where="traits", text="calm, say Planners")
    edit(hr, first, "pin", text="I like it here, says one of Planners.")
    edit(hr, first, "lock")
    hr.post(f"/analyses/{analysis_id}/edits/5/undo")
    hr.post(f"/analyses/{analysis_id}/publish", data={"version": [third]})
    hr.post(f"/persona-versions/{third}/withdraw")
    hr.post("/organisation-link/rotate")
    hr.post(f"{edit(hr, first, 'merge', other=second).location}/cancel")
    edit(hr, first, "split")

    with sessions() as session:
        entries = session.execute(
            select(AuditEntry.action, AuditEntry.account_id)
            .where(AuditEntry.action != "invited")
            .order_by(AuditEntry.id)
        ).all()
        assert set(session.scalars(select(Edit.created_by))) == {1}
    assert [action for action, _ in entries] == [
        *5 * ["edited"], "undid", "published", "withdrew", "rotated", *2 * ["edited", "started"],
    ]  # fmt: skip
    assert {account_id for _, account_id in entries} == {1}


def test_dropped_entry_that_the_summary_speaks_of_is_pointed_out(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    _, (version_id,) = add(sessions, wave_id, "Planners")
    hr.post(
        f"/persona-versions/{version_id}/edit",
        data={"name": "Planners", "summary": "They make release plans."},
    )

    answer = edit(hr, version_id, "drop", where="skills", text="release plans")

    page = hr.get(answer.location).text
    # Told where the next entry can be taken off, with the controls open as they were.
    (controls,) = re.findall(r'<details class="edit-card" open>.*?</details>', page, re.DOTALL)
    assert "The summary still speaks of “release plans”" in controls
    assert page.count("The summary still speaks of") == 1


@pytest.mark.parametrize("at", ["edit-99", "persona-99", "edits", "elsewhere"])
def test_message_of_a_place_that_is_not_on_the_page_stands_above_it(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int, at: str
) -> None:
    analysis_id, (version_id,) = add(sessions, wave_id, "Planners")
    hr.post(
        f"/persona-versions/{version_id}/edit",
        data={"name": "Planners", "summary": "Planners are 40 of 100 people."},
    )

    page = hr.get(f"/analyses/{analysis_id}?at={at}").text

    assert page.index("The draft is saved.") < page.index("<h1>")


@pytest.mark.parametrize("kind", ["split", "merge"])
def test_new_groups_lead_to_the_progress_of_an_analysis_and_editing_waits(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int, kind: str
) -> None:
    analysis_id, versions = add(sessions, wave_id, "Planners", "Sellers", "Teachers")

    answer = edit(hr, versions[0], kind, other=versions[1])

    with sessions() as session:
        job = session.scalars(select(Job)).one()
    assert (answer.status_code, answer.location) == (303, f"/jobs/{job.id}")
    page = hr.get(f"/analyses/{analysis_id}").text
    assert "An analysis of this wave is running." in page
    assert "/edit" not in page
    assert "waits for a new analysis" in page
    assert edit(hr, versions[2], "lock").status_code == 409


def test_groups_are_offered_only_where_they_can_be_made(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, _ = add(sessions, wave_id, "Planners", "Sellers", "Teachers", "Small ones")
    two_id, _ = add(sessions, wave_id, "Planners", "Sellers")

    kinds = re.findall(r'name="kind" value="(split|merge)"', hr.get(f"/analyses/{analysis_id}").text)
    of_two = re.findall(r'name="kind" value="(split|merge)"', hr.get(f"/analyses/{two_id}").text)

    assert (kinds.count("merge"), kinds.count("split")) == (4, 3)
    assert (of_two.count("merge"), of_two.count("split")) == (0, 2)


def test_edits_that_could_not_be_made_again_are_told_with_the_reason(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, (version_id,) = add(sessions, wave_id, "Planners")
    edit(hr, version_id, "lock")
    unreplayed = [{"event": 1, "kind": "lock", "reason": "Its people <are> gone."}]
    second_id, _ = add(sessions, wave_id, "Others", unreplayed=unreplayed)
    with sessions() as session, transaction(session):
        session.get_one(Analysis, second_id).edits = [1]

    page = text_of(hr.get(f"/analyses/{second_id}").text)

    assert "These could not be made again on what this analysis found:" in page
    assert "Locked “Planners”. Its people &lt;are&gt; gone." in page
    assert "could not be made again" not in hr.get(f"/analyses/{analysis_id}").text


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"kind": "paint"}, 422),
        ({"kind": "rename", "text": "Other"}, 422),
        ({"kind": "drop", "where": "traits", "text": "not there"}, 404),
        ({"kind": "pin", "text": "Never said."}, 404),
        ({"kind": "merge"}, 404),
        ({"kind": "merge", "other": "1"}, 422),
        ({"kind": "merge", "other": "9" * 20}, 422),
    ],
)
def test_edit_that_makes_no_sense_is_refused(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int, said: dict[str, str], status: int
) -> None:
    add(sessions, wave_id, "Planners", "Sellers", "Teachers")

    assert hr.post("/persona-versions/1/edits", data=said).status_code == status
    with sessions() as session:
        assert session.scalars(select(Edit)).all() == []


def test_published_persona_cannot_be_edited(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    _, (version_id,) = add(sessions, wave_id, "Planners", state=PUBLISHED)

    opened = hr.get(f"/persona-versions/{version_id}/edit")
    locked = edit(hr, version_id, "lock")
    sent = hr.post(f"/persona-versions/{version_id}/edit", data={"name": "Other", "summary": "Text."})

    assert (opened.status_code, sent.status_code, locked.status_code) == (409, 409, 409)
    assert states(sessions) == {"Planners": PUBLISHED}


def test_drafts_tell_what_was_undone_beside_them(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    first, versions = add(sessions, wave_id, "Planners", "Sellers")
    edit(hr, versions[0], "lock")
    beside, _ = add(sessions, wave_id, "Planners", "Sellers")
    with sessions() as session, transaction(session):
        made = list(session.scalars(select(Edit.id)))
        session.get_one(Analysis, beside).edits = made
    told = "These drafts still have 1 edit that was undone on another analysis of this wave."

    before = hr.get(f"/analyses/{beside}").text
    hr.post(f"/analyses/{first}/edits/{made[0]}/undo")
    after = [hr.get(f"/analyses/{one}").text for one in (beside, first)]

    assert [told in page for page in (before, *after)] == [False, True, False]
    assert f'<a href="/waves/{wave_id}">A new analysis makes them without</a>' in after[0]


def test_last_edit_is_not_offered_for_undoing_where_it_would_change_what_is_published(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, (first, second) = add(sessions, wave_id, "Planners", "Sellers")
    edit(hr, second, "lock")
    edit(hr, first, "lock")

    hr.post(f"/analyses/{analysis_id}/publish", data={"version": [first]})
    page = hr.get(f"/analyses/{analysis_id}").text

    assert "/undo" not in page
    assert "The last one can no longer be undone here" in page
    assert f'<a href="/waves/{wave_id}">Start a new analysis</a>' in page


def test_replaced_drafts_lead_to_those_that_took_their_place(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    first, (version_id,) = add(sessions, wave_id, "Planners", state=RETIRED)
    ids = [first]
    for name in ("Sellers", "Teachers"):
        later, _ = add(sessions, wave_id, name)
        with sessions() as session, transaction(session):
            session.get_one(Analysis, later).revises_id = ids[-1]
        ids.append(later)
    failed, _ = add(sessions, wave_id)
    with sessions() as session, transaction(session):
        session.get_one(Analysis, failed).revises_id = ids[-1]

    told = "The drafts of a newer analysis have replaced these"
    pages = [hr.get(f"/analyses/{one}").text for one in ids]
    answer = hr.get(f"/persona-versions/{version_id}/edit")

    assert [told in page for page in pages] == [True, True, False]
    assert f'<a href="/analyses/{ids[2]}">' in pages[0]
    assert "This draft was replaced by those of a newer analysis" in answer.text
    assert f'href="/analyses/{first}?at=persona-{version_id}#message"' in answer.text


@pytest.mark.parametrize(
    ("path", "data", "place"),
    [
        ("/persona-versions/1/edits", {"kind": "drop", "where": "traits", "text": "gone"}, "?at=edit-1"),
        ("/persona-versions/1/edits", {"kind": "pin", "text": "gone"}, "?at=edit-1"),
        ("/persona-versions/1/edits", {"kind": "paint"}, "?at=edit-1"),
        ("/analyses/1/edits/7/undo", {}, "?at=edits"),
        ("/analyses/1/publish", {"version": "99"}, ""),
    ],
)
def test_what_comes_too_late_leads_back_to_the_analysis(
    hr: FlaskClient,
    sessions: sessionmaker[Session],
    wave_id: int,
    path: str,
    data: dict[str, str],
    place: str,
) -> None:
    add(sessions, wave_id, "Planners")

    answer = hr.post(path, data=data)

    assert answer.status_code in (404, 409, 422)
    assert f'href="/analyses/1{place}#message">Back to the analysis</a>' in answer.text
    assert "Reload the page" not in answer.text


def test_chosen_drafts_are_published(hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int) -> None:
    analysis_id, (first, _) = add(sessions, wave_id, "Planners", "Sellers")

    answer = hr.post(f"/analyses/{analysis_id}/publish", data={"version": [first]})

    assert (answer.status_code, answer.location) == (303, "/review/personas")
    assert states(sessions) == {"Planners": PUBLISHED, "Sellers": DRAFT}
    with sessions() as session:
        assert session.scalars(
            select(AuditEntry.account_id).where(AuditEntry.action == "published")
        ).all() == [1]
    page = hr.get("/review/personas").text
    assert "1 persona is published." in page
    assert "own people have been found" not in page


def test_wherever_cards_are_read_it_stands_who_is_counted(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, _ = add(sessions, wave_id, "Planners", state=PUBLISHED)
    said = "All other shares count who says it plainly; more may think so."

    for path in ("/review/personas", f"/analyses/{analysis_id}", "/personas"):
        page = hr.get(path).text
        assert page.count(said) == 1, path
        assert page.index(said) < page.index('<article class="persona"'), path


def test_published_personas_lead_to_the_chart_of_their_own_people_if_there_is_one(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, _ = add(sessions, wave_id, "Planners", state=PUBLISHED)
    add(sessions, wave_id, "Sellers", state=PUBLISHED)  # never tried
    with sessions() as session, transaction(session):
        session.add(
            Chart(analysis_id=analysis_id, name="found", title="Found", svg="<svg/>", columns=[], rows=[])
        )

    page = hr.get("/review/personas").text

    found = re.search(r'<a href="([^"#]*)#chart-found">Would our own people have been found\?</a>', page)
    assert found is not None
    assert found[1] == f"/analyses/{analysis_id}"
    assert 'id="chart-found"' in hr.get(found[1]).text


def test_a_group_that_falls_apart_is_pointed_out_where_it_would_be_published(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    doubtful = {
        **persona_entry("p1", "Sellers"),
        "stability": 0.59,
        "stability_band": "not to be trusted yet",
    }
    firm, _ = add(sessions, wave_id, "Planners")
    mixed, _ = add(sessions, wave_id, "Sellers", personas=[doubtful])

    pages = [text_of(hr.get(f"/analyses/{one}").text) for one in (firm, mixed)]

    assert ["not to be trusted yet" in page for page in pages] == [False, True]
    assert "1 · Sellers 30 % · not to be trusted yet Responses used" in pages[1]


def test_what_is_only_to_be_pressed_is_not_printed(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    unreplayed = [{"event": 1, "kind": "lock", "reason": "Its people are gone."}]
    _, (version_id,) = add(sessions, wave_id, "Planners")
    edit(hr, version_id, "lock")
    second, _ = add(sessions, wave_id, "Planners", unreplayed=unreplayed)
    with sessions() as session, transaction(session):
        session.get_one(Analysis, second).edits = [1]

    page = hr.get(f"/analyses/{second}").text

    for words in ("Why this many personas?", "Go to publishing", "See why"):
        before = page[: page.index(words)]
        assert "no-print" in before[before.rindex("<details" if "many" in words else "<a ") :], words


def test_persona_of_whom_nothing_is_told_says_that_nobody_is_quoted_and_shows_no_table(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    silent = {
        key: [] if isinstance(told, list) else told for key, told in persona_entry("p0", "Unnamed").items()
    }
    firm, _ = add(sessions, wave_id, "Planners")
    unnamed, _ = add(sessions, wave_id, personas=[silent])

    pages = [hr.get(f"/analyses/{one}").text for one in (firm, unnamed)]

    assert ["None of them is quoted here" in page for page in pages] == [False, True]
    assert ["Every number" in page for page in pages] == [True, False]


@pytest.mark.parametrize(("chosen", "status"), [([], 409), ([99], 404)])
def test_publishing_nothing_or_something_else_is_refused(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int, chosen: list[int], status: int
) -> None:
    analysis_id, _ = add(sessions, wave_id, "Planners")

    answer = hr.post(f"/analyses/{analysis_id}/publish", data={"version": chosen})

    assert answer.status_code == status
    assert states(sessions) == {"Planners": DRAFT}


def test_published_analysis_offers_nothing_to_publish(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    analysis_id, _ = add(sessions, wave_id, "Planners", state=PUBLISHED)

    page = hr.get(f"/analyses/{analysis_id}").text

    assert "/publish" not in page
    assert "/edit" not in page


def test_published_persona_can_be_withdrawn(
    hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    _, (first, _) = add(sessions, wave_id, "Planners", "Sellers", state=PUBLISHED)

    answer = hr.post(f"/persona-versions/{first}/withdraw")

    assert (answer.status_code, answer.location) == (303, "/review/personas")
    assert states(sessions) == {"Planners": RETIRED, "Sellers": PUBLISHED}


def test_review_without_anything_says_where_to_begin(hr: FlaskClient) -> None:
    page = hr.get("/review/personas").text

    assert "Nothing is published yet." in page
    assert "Close a wave and start an analysis." in page


# the organisation link


def test_organisation_link_is_made_shown_and_replaced(
    hr: FlaskClient, app: Flask, client: FlaskClient
) -> None:
    before = hr.get("/review/personas").text
    answer = hr.post("/organisation-link/rotate")
    first = re.findall(r'value="http://localhost(/personas\?key=\w+)"', hr.get("/review/personas").text)
    hr.post("/organisation-link/rotate")
    second = re.findall(r'value="http://localhost(/personas\?key=\w+)"', hr.get("/review/personas").text)

    assert "There is no link yet." in before
    assert (answer.status_code, answer.location) == (303, "/review/personas#organisation-link")
    assert [client.get(link).status_code for link in first + second] == [303, 200]


def test_rotation_is_audited_without_the_link(
    hr: FlaskClient, sessions: sessionmaker[Session], settings: dict[str, str]
) -> None:
    hr.post("/organisation-link/rotate")

    with sessions() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "rotated")).one()
        key = link_key(session, settings["SECRET_KEY"])
    assert key is not None
    assert key not in repr((entry.subject, entry.detail))


# forms


def test_forms_of_hr_carry_a_token(
    app: Flask, hr: FlaskClient, sessions: sessionmaker[Session], wave_id: int, settings: dict[str, object]
) -> None:
    open_id, _ = make_wave(sessions, KeyStore.from_settings(settings))
    analysis_id, (version_id,) = add(sessions, wave_id, "Planners")
    add(sessions, wave_id, "Sellers", state=PUBLISHED)
    edit(hr, version_id, "lock")
    app.config["WTF_CSRF_ENABLED"] = True
    pages = [
        f"/waves/{wave_id}",
        f"/waves/{open_id}",
        f"/analyses/{analysis_id}",
        f"/persona-versions/{version_id}/edit",
        "/review/personas",
    ]

    forms = [form for page in pages for form in re.findall(r"<form.*?</form>", hr.get(page).text, re.DOTALL)]

    # Each page has the form to sign out, too; a draft has one for each list, two for quotes, a split, and an undo; its
    # analysis one to look for another number; a closed wave one to have its answers prepared.
    assert len(forms) == 5 + 1 + 1 + 1 + 1 + 2 + 7 + 2 + 1 + 1 + 1 + 1
    assert [form for form in forms if 'name="csrf_token"' not in form] == []
