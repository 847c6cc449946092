"""Edits of drafts: what they change at once, what they leave to an analysis, how they are undone and made again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from analysis import edits as replay
from analysis.groups import MIN_PERSONA
from survey.database import transaction
from survey.domain import jobs
from survey.domain.analyses import run_analysis
from survey.domain.edits import (
    LISTS,
    MAX_NAME_CHARS,
    MAX_SUMMARY_CHARS,
    MIN_PART,
    StaleTextError,
    drop_entry,
    edit_version,
    lock,
    merge,
    pin_quote,
    split,
    undo,
)
from survey.domain.personas import publish_analysis, start_analysis
from survey.domain.queries.edits import active_edits, edit_rows, edits_of_wave, n_undone_since
from survey.enums import EditKind, JobKind, VersionState
from survey.exceptions import ConflictError, InvalidInputError, NotFoundError, StateError
from survey.models import Analysis, AuditEntry, Edit, Job, Membership, PersonaVersion, Response, Wave
from tests.survey.lead_factories import WordEncoder
from tests.survey.persona_factories import add_analysis, drafts, make_closed_wave, start

DRAFT, PUBLISHED, RETIRED = VersionState


def audited(session: Session) -> Sequence[tuple[str, str]]:
    return session.execute(select(AuditEntry.action, AuditEntry.subject).order_by(AuditEntry.id)).all()


def in_force(session: Session, version: PersonaVersion) -> list[Edit]:
    return active_edits(session, version.analysis)


def test_kinds_lists_and_sizes_are_those_of_the_analysis() -> None:
    assert {kind.value for kind in EditKind} == set(replay.SAYS)
    assert set(LISTS) == set(replay.LISTS_OF_A_CARD)
    assert MIN_PART == MIN_PERSONA


# words


def test_draft_is_renamed_and_rewritten(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")

    with transaction(session):
        edit_version(session, version, name="  Calm\tplanners ", summary=" They plan. ", account_id=None)

    assert (version.name, version.summary) == ("Calm planners", "They plan.")
    assert [(edit.kind, edit.text) for edit in in_force(session, version)] == [
        (EditKind.RENAME, "Calm planners"),
        (EditKind.REWRITE, "They plan."),
    ]
    assert audited(session) == 2 * [("edited", f"persona {version.persona_id}")]


def test_what_stays_the_same_is_no_edit(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")

    with transaction(session):
        edit_version(session, version, name="Planners", summary="Other words.", account_id=None)

    assert [edit.kind for edit in in_force(session, version)] == [EditKind.REWRITE]


def test_text_that_was_left_as_it_was_stays_as_others_wrote_it(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    seen = {"name": version.name, "summary": version.summary}
    with transaction(session):
        edit_version(session, version, name="Theirs", summary=version.summary, account_id=None)

    with transaction(session):
        edit_version(session, version, name="Planners", summary="Mine.", opened=seen, account_id=None)
    with pytest.raises(StaleTextError) as caught, transaction(session):
        edit_version(session, version, name="Mine", summary="Mine.", opened=seen, account_id=None)
    with transaction(session):  # both changed it to the same
        edit_version(session, version, name="Theirs", summary="Mine.", opened=seen, account_id=None)

    assert caught.value.fields == ("name",)
    assert (version.name, version.summary) == ("Theirs", "Mine.")
    assert [edit.kind for edit in in_force(session, version)] == [EditKind.RENAME, EditKind.REWRITE]


#: SQLite has one writer at a time, who has read nothing before.
TWO_WRITE = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@TWO_WRITE
def test_edit_starts_from_the_card_as_others_left_it_after_it_was_read(
    sessions: sessionmaker[Session], session: Session, wave: Wave
) -> None:
    (version,) = drafts(session, wave, "Planners")

    with transaction(session):
        first, second = (entry["text"] for entry in version.card["reasons"])
        with sessions() as other, transaction(other):
            theirs = other.get_one(PersonaVersion, version.id)
            drop_entry(other, theirs, where="reasons", text=first, account_id=None)
        drop_entry(session, version, where="reasons", text=second, account_id=None)

    assert version.card["reasons"] == []


@TWO_WRITE
def test_what_others_wrote_or_published_after_a_draft_was_read_is_not_written_over(
    sessions: sessionmaker[Session], session: Session, wave: Wave
) -> None:
    (version,) = drafts(session, wave, "Planners")

    with transaction(session):
        seen = {"name": version.name, "summary": version.summary}
        with sessions() as other, transaction(other):
            theirs = other.get_one(PersonaVersion, version.id)
            edit_version(other, theirs, name="Theirs", summary="Theirs.", account_id=None)
        with pytest.raises(StaleTextError) as caught:
            edit_version(session, version, name="Mine", summary="Mine.", opened=seen, account_id=None)
    with transaction(session):
        assert version.state is DRAFT
        with sessions() as other, transaction(other):
            publish_analysis(other, other.get_one(Analysis, version.analysis_id), account_id=None)
        with pytest.raises(StateError, match="is published and is frozen"):
            lock(session, version, account_id=None)

    assert caught.value.fields == ("name", "summary")
    assert (version.name, version.summary) == ("Theirs", "Theirs.")


@TWO_WRITE
def test_no_analysis_starts_amid_an_edit_that_it_would_not_make_again(
    sessions: sessionmaker[Session], session: Session, wave: Wave
) -> None:
    (version,) = drafts(session, wave, "Planners")

    with transaction(session), sessions() as other:
        lock(session, version, account_id=None)
        other.execute(sql("SET lock_timeout = '10ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            start_analysis(other, other.get_one(Wave, wave.id), account_id=None)

    assert [edit.kind for edit in in_force(session, version)] == [EditKind.LOCK]


def test_dropped_channel_is_told_in_the_words_of_the_card(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    channel = {**version.card["channels"][0], "text": "Local newspaper or radio", "option": "local press"}
    with transaction(session):
        version.card = {**version.card, "channels": [channel]}
        drop_entry(session, version, where="channels", text=channel["text"], account_id=None)
        drop_entry(session, version, where="skills", text="release plans", account_id=None)

    assert [edit.text for edit in in_force(session, version)] == ["local press", "release plans"]
    told = [row.text for row in edit_rows(session, version.analysis)]
    assert told == ["Local newspaper or radio", "release plans"]


def test_evidence_stays_as_the_machine_found_it(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    card = dict(version.card)

    with transaction(session):
        edit_version(session, version, name="Others", summary="Other words.", account_id=None)

    assert version.card == card
    assert card["name"] == "Planners"


@pytest.mark.parametrize(
    ("name", "summary", "sentence"),
    [
        ("", "Text.", "A persona needs a name. Write one."),
        (" \n ", "Text.", "A persona needs a name. Write one."),
        ("Name", "  ", "A persona needs a summary. Write one."),
        ("Name", "\u200b", "A persona needs a summary. Write one."),
        ("n" * (MAX_NAME_CHARS + 1), "Text.", "The name has 81 characters; 80 are allowed. Shorten it."),
        (
            "Name",
            "s" * (MAX_SUMMARY_CHARS + 1),
            "The summary has 1501 characters; 1500 are allowed. Shorten it.",
        ),
    ],
)
def test_name_and_summary_must_be_there_and_fit(
    session: Session, wave: Wave, name: str, summary: str, sentence: str
) -> None:
    (version,) = drafts(session, wave, "Planners")

    with pytest.raises(InvalidInputError) as caught, transaction(session):
        edit_version(session, version, name=name, summary=summary, account_id=None)

    assert str(caught.value) == sentence
    assert version.name == "Planners"


def test_two_personas_of_an_analysis_cannot_share_a_name(session: Session, wave: Wave) -> None:
    first, _ = drafts(session, wave, "Planners", "Sellers")

    with pytest.raises(ConflictError, match="is called “sellers”"), transaction(session):
        edit_version(session, first, name="sellers", summary="Text.", account_id=None)

    assert first.name == "Planners"


def test_persona_of_another_analysis_may_have_the_name(session: Session, wave: Wave) -> None:
    drafts(session, wave, "Sellers")
    (version,) = drafts(session, wave, "Planners")

    with transaction(session):
        edit_version(session, version, name="Sellers", summary="Text.", account_id=None)

    assert version.name == "Sellers"


def test_published_persona_is_frozen(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    with transaction(session):
        publish_analysis(session, version.analysis, account_id=None)

    with pytest.raises(StateError, match="frozen"), transaction(session):
        edit_version(session, version, name="Others", summary="Text.", account_id=None)

    assert version.name == "Planners"


# the card


def test_dropped_entry_is_off_the_card(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")

    with transaction(session):
        drop_entry(session, version, where="reasons", text="good <tools>, say Planners", account_id=None)

    assert [entry["text"] for entry in version.card["reasons"]] == ["evenings off, say Planners"]
    assert [entry["text"] for entry in version.card["traits"]] == ["calm, say Planners"]
    (edit,) = in_force(session, version)
    assert (edit.kind, edit.where, edit.text) == (EditKind.DROP, "reasons", "good <tools>, say Planners")


@pytest.mark.parametrize(("entry", "is_told"), [("calm, say Planners", False), ("post-mortems", True)])
def test_how_many_match_the_card_goes_with_an_entry_that_was_counted(
    session: Session, wave: Wave, entry: str, is_told: bool
) -> None:
    (version,) = drafts(session, wave, "Planners")
    counted = {"entries": ["calm, say Planners", "release plans"], "n_matching": [9, 7], "text": "7 of 40."}
    with transaction(session):
        version.card = {**version.card, "card": counted}

    with transaction(session):
        where = "content" if is_told else "traits"
        drop_entry(session, version, where=where, text=entry, account_id=None)

    assert version.card["card"] == (counted if is_told else None)


def test_quote_by_which_colleagues_know_somebody_is_taken_off(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    (quote,) = version.card["quotes"]

    with transaction(session):
        drop_entry(session, version, where="quotes", text=quote["text"], account_id=None)

    assert version.card["quotes"] == []
    assert [(edit.where, edit.text) for edit in in_force(session, version)] == [("quotes", quote["text"])]


@pytest.mark.parametrize("mark", ["”", "“.", "»"])
def test_the_summary_tells_no_quote_that_was_taken_off_until_that_is_undone(
    session: Session, wave: Wave, mark: str
) -> None:
    (version,) = drafts(session, wave, "Planners")
    (quote,) = version.card["quotes"]
    told = f"The largest group, 30 %. 9 of 12 write something near to this: “{quote['text']}{mark} They read. A lot."
    with transaction(session):
        version.summary = told

    with transaction(session):
        drop_entry(session, version, where="quotes", text=quote["text"], account_id=None)
    assert version.summary == "The largest group, 30 %. They read. A lot."

    with transaction(session):
        undo(session, version.analysis, in_force(session, version)[-1].id, account_id=None)
    assert version.summary == told


def test_dropped_channel_is_remembered_by_its_code(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    with transaction(session):
        channel = {**version.card["channels"][0], "option": "blogs"}
        version.card = {**version.card, "channels": [channel]}

    with transaction(session):
        drop_entry(session, version, where="channels", text=channel["text"], account_id=None)

    assert version.card["channels"] == []
    assert [edit.text for edit in in_force(session, version)] == ["blogs"]


@pytest.mark.parametrize(
    ("where", "text"), [("traits", "loud"), ("skills", "calm, say Planners"), ("name", "P")]
)
def test_entry_that_is_not_there_cannot_be_dropped(
    session: Session, wave: Wave, where: str, text: str
) -> None:
    (version,) = drafts(session, wave, "Planners")

    with pytest.raises(NotFoundError, match="as it is by now"), transaction(session):
        drop_entry(session, version, where=where, text=text, account_id=None)


def test_pinned_quotes_come_first_in_the_order_of_pinning(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    quotes = [{**version.card["quotes"][0], "text": text} for text in ("One.", "Two.", "Three.")]
    with transaction(session):
        version.card = {**version.card, "quotes": quotes}

    for text in ("Three.", "Two.", "Three."):
        with transaction(session):
            pin_quote(session, version, text=text, account_id=None)

    assert [(one["text"], one.get("pinned", False)) for one in version.card["quotes"]] == [
        ("Three.", True),
        ("Two.", True),
        ("One.", False),
    ]
    assert [(edit.where, edit.text) for edit in in_force(session, version)] == [
        ("stay", "Three."),
        ("stay", "Two."),
    ]
    with pytest.raises(NotFoundError, match="no longer on the card"), transaction(session):
        pin_quote(session, version, text="Four.", account_id=None)


def test_lock_is_recorded_once_and_starts_nothing(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")

    for _ in range(2):
        with transaction(session):
            lock(session, version, account_id=None)

    assert version.card["locked"] is True
    assert [edit.kind for edit in in_force(session, version)] == [EditKind.LOCK]
    assert session.scalars(select(Job)).all() == []


def test_audit_names_kind_and_persona_and_no_words(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")

    with transaction(session):
        edit_version(session, version, name="Zebra", summary="Okapi.", account_id=None)
        drop_entry(session, version, where="traits", text="calm, say Planners", account_id=None)
        pin_quote(session, version, text=version.card["quotes"][0]["text"], account_id=None)
        undo(session, version.analysis, in_force(session, version)[-1].id, account_id=None)

    entries = session.scalars(select(AuditEntry)).all()
    told = repr([(entry.action, entry.subject, entry.detail) for entry in entries])
    assert [entry.detail["kind"] for entry in entries] == ["rename", "rewrite", "drop", "pin", "pin"]
    assert [word for word in ("Zebra", "Okapi", "calm", "I like it here") if word in told] == []


# groups


def test_split_starts_the_same_analysis_again(session: Session, wave: Wave) -> None:
    version, _ = drafts(session, wave, "Planners", "Sellers")
    with transaction(session):
        version.analysis.seed, version.analysis.n_personas = 7, 5
        version.card = {**version.card, "size": 20}  # two parts of ten

    with transaction(session):
        job = split(session, version, account_id=None)

    started = session.scalars(select(Analysis).order_by(Analysis.id.desc())).first()
    assert started is not None
    assert (job.kind, job.subject_id) == (JobKind.ANALYSE, started.id)
    assert (started.seed, started.n_personas, started.revises_id) == (7, 5, version.analysis_id)
    assert version.state is DRAFT


def test_split_of_fewer_than_twenty_people_is_refused(session: Session, wave: Wave) -> None:
    version, _ = drafts(session, wave, "Planners", "Sellers")
    with transaction(session):
        version.card = {**version.card, "size": 19}

    with pytest.raises(StateError, match="fewer than 20 people"), transaction(session):
        split(session, version, account_id=None)

    assert in_force(session, version) == []


def test_merge_takes_two_drafts_of_one_analysis(session: Session, wave: Wave) -> None:
    first, second, third = drafts(session, wave, "Planners", "Sellers", "Teachers")
    (stranger,) = drafts(session, wave, "Planners")

    for other in (first, stranger):
        with pytest.raises(InvalidInputError, match="same analysis"), transaction(session):
            merge(session, first, other, account_id=None)
    with transaction(session):
        publish_analysis(session, first.analysis, account_id=None, version_ids=[third.id])
    with pytest.raises(StateError, match="frozen"), transaction(session):
        merge(session, first, third, account_id=None)
    with transaction(session):
        merge(session, first, second, account_id=None)

    assert [(edit.cluster, edit.other) for edit in in_force(session, first)] == [
        (first.cluster, second.cluster)
    ]


def test_last_two_personas_are_not_merged(session: Session, wave: Wave) -> None:
    first, second = drafts(session, wave, "Planners", "Sellers")

    with pytest.raises(StateError, match="the last two"), transaction(session):
        merge(session, first, second, account_id=None)


def test_nothing_is_edited_while_an_analysis_of_the_wave_runs(
    sessions: sessionmaker[Session], session: Session, wave: Wave
) -> None:
    version, other, _ = drafts(session, wave, "Planners", "Sellers", "Teachers")
    with transaction(session):
        lock(session, version, account_id=None)
        (edit,) = in_force(session, version)
        job = start_analysis(session, wave, account_id=None)

    for change in (
        lambda: edit_version(session, version, name="Other", summary="Text.", account_id=None),
        lambda: drop_entry(session, version, where="skills", text="release plans", account_id=None),
        lambda: pin_quote(session, version, text=version.card["quotes"][0]["text"], account_id=None),
        lambda: lock(session, other, account_id=None),
        lambda: split(session, version, account_id=None),
        lambda: merge(session, version, other, account_id=None),
        lambda: undo(session, version.analysis, edit.id, account_id=None),
    ):
        with pytest.raises(StateError, match="is running"), transaction(session):
            change()

    (elsewhere,) = drafts(
        session, session.get_one(Wave, make_closed_wave(sessions, n_people=0, name="Spring")), "Planners"
    )
    with transaction(session):
        lock(session, elsewhere, account_id=None)  # of another wave
        claimed = jobs.claim(session, owner="worker", length=dt.timedelta(minutes=1))
        jobs.cancel(session, job)
        lock(session, other, account_id=None)  # a cancelled analysis stores nothing any more
    assert claimed is not None
    assert len(in_force(session, version)) == 2


# undoing


def test_last_edit_is_undone_and_stays_on_record(session: Session, wave: Wave) -> None:
    version, neighbour = drafts(session, wave, "Planners", "Sellers")
    before = (version.name, version.summary, version.card)
    with transaction(session):
        edit_version(session, version, name="Others", summary="Other words.", account_id=None)
        drop_entry(session, version, where="traits", text="calm, say Planners", account_id=None)
        lock(session, version, account_id=None)

    for n_left in (3, 2, 1, 0):
        with transaction(session):
            last = in_force(session, version)[-1]
            assert undo(session, version.analysis, last.id, account_id=None) is None
        assert len(in_force(session, version)) == n_left

    assert (version.name, version.summary, version.card) == before
    assert (neighbour.name, neighbour.summary) == ("Sellers", "Sellers are 30 of 100 people.")
    assert all(edit.undone_at for edit in session.scalars(select(Edit)))
    assert [action for action, _ in audited(session)] == 4 * ["edited"] + 4 * ["undid"]


def test_only_the_last_edit_can_be_undone(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    with transaction(session):
        edit_version(session, version, name="Others", summary="Other words.", account_id=None)
    first, last = in_force(session, version)

    with pytest.raises(ConflictError, match="Only the last edit"), transaction(session):
        undo(session, version.analysis, first.id, account_id=None)
    with transaction(session):
        undo(session, version.analysis, last.id, account_id=None)
    with pytest.raises(ConflictError, match="Only the last edit"), transaction(session):
        undo(session, version.analysis, last.id, account_id=None)

    assert version.name == "Others"


def test_it_is_told_why_a_persona_cannot_be_edited(session: Session, wave: Wave) -> None:
    (published,) = drafts(session, wave, "Planners")
    (withdrawn,) = drafts(session, wave, "Sellers")
    (replaced,) = drafts(session, wave, "Teachers")
    with transaction(session):
        publish_analysis(session, withdrawn.analysis, account_id=None)
        publish_analysis(session, published.analysis, account_id=None)
        replaced.state = RETIRED  # as an analysis does it

    said = {}
    for version in (published, withdrawn, replaced):
        with pytest.raises(StateError) as caught, transaction(session):
            lock(session, version, account_id=None)
        said[version.name] = str(caught.value).partition(",")[0]

    assert said == {
        "Planners": "This persona is published and is frozen",
        "Sellers": "This persona was published and is frozen",
        "Teachers": "This draft was replaced by those of a newer analysis of its wave. Edit them instead.",
    }


def test_edit_is_told_as_frozen_where_its_undoing_would_change_what_was_published(
    session: Session, wave: Wave
) -> None:
    planners, sellers = drafts(session, wave, "Planners", "Sellers")
    with transaction(session):
        lock(session, planners, account_id=None)
        lock(session, sellers, account_id=None)
        publish_analysis(session, planners.analysis, account_id=None, version_ids=[sellers.id])
        later = add_analysis(session, wave.id, "Planners", "Sellers")
        later.edits = [edit.id for edit in in_force(session, planners)]

    here = [row.is_frozen for row in edit_rows(session, planners.analysis)]
    before = [row.is_frozen for row in edit_rows(session, later)]
    with transaction(session):
        publish_analysis(session, later, account_id=None, version_ids=[later.versions[0].id])

    assert (here, before) == ([False, True], [False, False])
    assert [row.is_frozen for row in edit_rows(session, later)] == [True, True]


def test_drafts_that_have_what_was_undone_elsewhere_say_so(session: Session, wave: Wave) -> None:
    planners, sellers = drafts(session, wave, "Planners", "Sellers")
    with transaction(session):
        lock(session, planners, account_id=None)
        lock(session, sellers, account_id=None)
        beside, failed = (add_analysis(session, wave.id, "Planners", "Sellers") for _ in range(2))
        beside.edits = failed.edits = [edit.id for edit in in_force(session, planners)]
        failed.report = {**(failed.report or {}), "unreplayed": [{"event": 2, "reason": "Gone."}]}

    before = n_undone_since(session, beside)
    with transaction(session):
        undo(session, planners.analysis, in_force(session, planners)[-1].id, account_id=None)

    assert before == 0
    assert [n_undone_since(session, one) for one in (beside, failed, planners.analysis)] == [1, 0, 0]


def test_edit_of_what_was_published_is_not_undone(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    with transaction(session):
        edit_version(session, version, name="Others", summary="Other words.", account_id=None)
        publish_analysis(session, version.analysis, account_id=None)

    with pytest.raises(StateError, match="frozen"), transaction(session):
        undo(session, version.analysis, in_force(session, version)[-1].id, account_id=None)

    assert (version.name, version.summary) == ("Others", "Other words.")


def test_undoing_what_was_made_before_an_analysis_changes_no_card_of_it_and_none_that_is_published(
    session: Session, wave: Wave
) -> None:
    first, _ = drafts(session, wave, "Planners", "Sellers")
    later = drafts(session, wave, "Carers", "Teachers")
    assert first.cluster == later[0].cluster  # which mean nothing beyond their analysis
    with transaction(session):
        edit_version(session, first, name="Calm planners", summary="They plan.", account_id=None)
        edits = in_force(session, first)
        later[0].analysis.edits = [edit.id for edit in edits]

    with transaction(session):
        assert undo(session, later[0].analysis, edits[1].id, account_id=None) is not None
    names = [(version.name, version.summary.split()[0]) for version in (first, *later)]
    with transaction(session):
        jobs.cancel(session, session.scalars(select(Job)).one())
        publish_analysis(session, later[1].analysis, account_id=None, version_ids=[later[1].id])
    with pytest.raises(StateError, match="frozen"), transaction(session):
        undo(session, later[0].analysis, edits[0].id, account_id=None)

    assert names == [("Calm planners", "They"), ("Carers", "Carers"), ("Teachers", "Teachers")]
    assert [edit.text for edit in in_force(session, first)] == ["Calm planners"]


# made again by an analysis


def work_off(sessions: sessionmaker[Session]) -> None:
    """Run the analysis that waits."""
    with sessions() as session, transaction(session):
        lease = jobs.claim(session, owner="worker", length=dt.timedelta(minutes=1))
    assert lease is not None
    run_analysis(sessions, lease, encoder=WordEncoder(), draw=lambda _report: [])


def newest(session: Session) -> Analysis:
    session.rollback()
    return session.scalars(select(Analysis).order_by(Analysis.id.desc())).first() or pytest.fail("none")


@pytest.mark.usefixtures("shared_reports")
def test_analysis_makes_all_edits_of_its_wave_again(
    sessions: sessionmaker[Session], session: Session
) -> None:
    lease = start(sessions, make_closed_wave(sessions), n_personas=3)
    run_analysis(sessions, lease, encoder=WordEncoder(), draw=lambda _report: [])
    first = newest(session)
    one, two, three = first.versions
    channel = one.card["channels"][0]
    with transaction(session):
        edit_version(session, one, name="First of all", summary=one.summary, account_id=None)
        drop_entry(session, one, where="channels", text=channel["text"], account_id=None)
        lock(session, one, account_id=None)
        merge(session, two, three, account_id=None)
    assert [row.is_pending for row in edit_rows(session, first)] == [False, False, False, True]

    work_off(sessions)

    second = newest(session)
    assert [row.is_pending for row in edit_rows(session, second)] == [False] * 4
    assert second.report is not None
    assert second.report["unreplayed"] == []
    assert (second.revises_id, len(second.edits)) == (first.id, 4)
    assert {version.state for version in first.versions} == {RETIRED}
    (kept,) = [version for version in second.versions if version.name == "First of all"]
    (merged,) = [version for version in second.versions if version is not kept]
    assert merged.card["size"] == two.card["size"] + three.card["size"]
    assert kept.card["locked"] is True
    assert channel["text"] not in [entry["text"] for entry in kept.card["channels"]]

    # Whose persona it is, is said by memberships alone: ids of people stand nowhere else.
    ids = session.scalars(select(Response.id)).all()
    told = [
        (row.cluster, row.other, row.where, row.text, row.before) for row in session.scalars(select(Edit))
    ] + [(row.subject, row.detail) for row in session.scalars(select(AuditEntry))]
    assert [one for one in ids if one in repr((told, second.report, second.edits))] == []

    # Undoing what was made again takes another analysis.
    with transaction(session):
        job = undo(session, second, second.edits[-1], account_id=None)
    assert job is not None
    work_off(sessions)
    third = newest(session)
    assert [version.card["size"] for version in third.versions] == [
        version.card["size"] for version in first.versions
    ]
    assert "First of all" in {version.name for version in third.versions}
    assert [row.kind for row in edit_rows(session, third)] == [EditKind.RENAME, EditKind.DROP, EditKind.LOCK]


@pytest.mark.usefixtures("shared_reports")
def test_edit_of_a_persona_that_is_gone_is_kept_with_the_reason(
    sessions: sessionmaker[Session], session: Session
) -> None:
    wave_id = make_closed_wave(sessions)
    with transaction(session):
        analysis = add_analysis(session, wave_id, "Planners", "Sellers")
        # Ten people of each kind: no group of a new analysis holds most of them and few others.
        for number, response_id in enumerate(session.scalars(select(Response.id).order_by(Response.id))):
            cluster = "p0" if number % 2 else "p1"
            session.add(Membership(analysis_id=analysis.id, response_id=response_id, cluster=cluster))
    planners, sellers = analysis.versions
    with transaction(session):
        edit_version(session, planners, name="Others", summary=planners.summary, account_id=None)
    with transaction(session):
        session.execute(Membership.__table__.delete().where(Membership.cluster == sellers.cluster))
        lock(session, sellers, account_id=None)
        start_analysis(session, session.get_one(Wave, wave_id), account_id=None, n_personas=3)

    work_off(sessions)

    found = newest(session)
    assert [(row.kind, row.reason) for row in edit_rows(session, found)] == [
        (EditKind.RENAME, "No persona here has most of its people in common with the one that was edited."),
        (EditKind.LOCK, "Fewer than 10 of its people are in this analysis."),
    ]
    with transaction(session):
        # It changed nothing here, so nothing needs to be computed without it.
        assert undo(session, found, found.edits[-1], account_id=None) is None
    assert [row.kind for row in edit_rows(session, found)] == [EditKind.RENAME]


@pytest.mark.parametrize(("n_people", "becomes"), [(60, RETIRED), (12, DRAFT)])
@pytest.mark.usefixtures("shared_reports")
def test_new_drafts_replace_those_that_wait_and_nothing_that_is_published(
    sessions: sessionmaker[Session], session: Session, n_people: int, becomes: VersionState
) -> None:
    """Of twelve people none are made."""
    wave_id = make_closed_wave(sessions, n_people=n_people)
    published, waiting = drafts(session, session.get_one(Wave, wave_id), "Planners", "Sellers")
    with transaction(session):
        publish_analysis(session, published.analysis, account_id=None, version_ids=[published.id])
    with transaction(session):
        wave = session.get_one(Wave, wave_id)
        start_analysis(session, wave, account_id=None, n_personas=3, revises=published.analysis)

    work_off(sessions)

    assert len(newest(session).versions) == (3 if becomes is RETIRED else 0)
    assert (published.state, waiting.state) == (PUBLISHED, becomes)


def test_edits_of_another_wave_are_not_made_again(
    sessions: sessionmaker[Session], session: Session, wave: Wave
) -> None:
    (version,) = drafts(session, wave, "Planners")
    other = make_closed_wave(sessions, n_people=0, name="Spring")
    with transaction(session):
        lock(session, version, account_id=None)

    assert [edit.kind for edit in edits_of_wave(session, wave.id)] == [EditKind.LOCK]
    assert edits_of_wave(session, other) == []
