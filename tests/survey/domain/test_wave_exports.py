"""What is taken away of a closed wave tells nothing about one person; the archive of a wave reads back equal."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from nacl import pwhash
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import archives, jobs
from survey.domain.items import add_questionnaire, copy_questionnaire
from survey.domain.keys import KeyStore
from survey.domain.questionnaire_files import dump
from survey.domain.questionnaires import default_questionnaire
from survey.domain.wave_exports import MASK, forget_prepared, prepare, prepared_at, start_preparing, take_away
from survey.enums import WaveState
from survey.exceptions import ConflictError, InvalidInputError, JobCancelledError, NotFoundError, StateError
from survey.models import Answer, AuditEntry, Questionnaire, Response, Wave
from survey.models.base import utc_now
from survey.worker.tasks import protected
from tests.survey.lead_factories import claim

once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RowsOf = Callable[[], dict[str, list[str]]]
PASSWORD = "long enough it is"
SECRET = "Call Ottilie on 0701234567 or o.q@example.org"


@pytest.fixture
def wave(session: Session) -> Wave:
    """Twenty people who all say that they like bees; one of two consents, and one names somebody."""
    with transaction(session):
        wave = Wave(
            name="Pulse",
            state=WaveState.CLOSED,
            questionnaire=default_questionnaire(session),
            attributes=[{"name": "site", "label": "Site", "bands": ["Oslo"]}],
            coarsening={},
            n_invited=30,
            n_answered=20,
            closed_at=utc_now(),
        )
        session.add(wave)
        session.flush()
        for n in range(20):
            said = {
                "self": f"I like bees {'and hives' if n % 4 else SECRET}",
                "skills": "=SUM(bees) like",
                "channels": "linkedin;podcasts" if n < 6 else "linkedin" if n < 19 else "podcasts;github",
                "good_day": "bees" if n < 9 else "",
            }
            session.add(
                Response(
                    id=f"{n:032x}",
                    wave_id=wave.id,
                    attributes={"site": "Oslo"},
                    quote=n < 4 or n % 2 == 0,
                    answers=[Answer(item=item, text=text) for item, text in said.items() if text],
                )
            )
    return wave


@pytest.fixture
def rows_of(session: Session, sessions: sessionmaker[Session], wave: Wave) -> RowsOf:
    """Prepares the answers as a worker does and takes them away."""

    def rows_of() -> dict[str, list[str]]:
        with transaction(session):
            start_preparing(session, wave, account_id=None)
        prepare(sessions, claim(sessions), protect=protected)
        session.expire_all()
        with transaction(session):
            rows = take_away(session, wave, file_format="csv")
        by_item: dict[str, list[str]] = defaultdict(list)
        for item, _question, answer in rows:
            by_item[item].append(answer)
        return by_item

    return rows_of


def test_words_need_consent_a_crowd_and_five_people_each(
    session: Session, wave: Wave, rows_of: RowsOf
) -> None:
    rows = rows_of()

    assert len(rows["self"]) == 12
    assert not [text for text in rows["self"] if "example" in text]
    assert "good_day" not in rows  # only six consenting people


def test_word_of_one_person_is_masked(session: Session, wave: Wave, rows_of: RowsOf) -> None:
    with transaction(session):
        session.get_one(
            Answer, (f"{2:032x}", "self")
        ).text = "I like bees and Wendelin 4711 w@example.org hives"

    masked = [text for text in rows_of()["self"] if MASK in text and "and" in text]

    assert masked == [f"I like bees and {MASK} hives"]


@once
def test_what_many_wrote_is_masked_if_it_names_somebody(
    session: Session, wave: Wave, rows_of: RowsOf
) -> None:
    with transaction(session):
        for n in range(20):
            text = "I like bees. My manager Anna Berg likes bees. I was on sick leave with depression."
            session.get_one(Answer, (f"{n:032x}", "self")).text = text

    assert set(rows_of()["self"]) == {f"I like bees. My manager {MASK} likes bees."}


def test_own_bullets_are_no_masks() -> None:
    assert protected("• I like bees") == "- I like bees"


def test_options_of_few_people_or_of_nearly_all_are_left_out(
    session: Session, wave: Wave, rows_of: RowsOf
) -> None:
    # 7 of 20 named podcasts; 19 LinkedIn, so that one person would stand out by not naming it; one GitHub.
    assert Counter(rows_of()["channels"]) == {"Podcasts": 7}


def test_rows_of_two_items_cannot_be_joined(session: Session, wave: Wave, rows_of: RowsOf) -> None:
    with transaction(session):
        for n in range(20):
            for item in ("self", "skills"):
                session.get_one(Answer, (f"{n:032x}", item)).text = "bees like hives and"[
                    : 9 + n % 4 * 5
                ].strip()
            session.get_one(Response, f"{n:032x}").quote = True

    orders = {(tuple(rows["self"]), tuple(rows["skills"])) for rows in (rows_of() for _ in range(5))}

    assert len({own for own, _ in orders}) > 1
    assert all(own != other for own, other in orders)


@once
def test_open_and_small_waves_give_nothing(session: Session, wave: Wave) -> None:
    for state, n_answered in ((WaveState.OPEN, 20), (WaveState.CLOSED, 9)):
        with pytest.raises(StateError):
            start_preparing(session, Wave(state=state, n_answered=n_answered), account_id=None)
    with pytest.raises(NotFoundError, match="Prepare them anew"):
        take_away(session, wave, file_format="csv")


@once
def test_prepared_answers_are_kept_for_a_day(session: Session, wave: Wave, rows_of: RowsOf) -> None:
    rows_of()
    forget_prepared(session)
    assert prepared_at(session, wave.id) is not None

    forget_prepared(session, now=utc_now() + dt.timedelta(hours=25))

    assert prepared_at(session, wave.id) is None


@once
def test_job_that_was_stopped_leaves_nothing(
    session: Session, sessions: sessionmaker[Session], wave: Wave
) -> None:
    with transaction(session):
        job = start_preparing(session, wave, account_id=None)
    lease = claim(sessions)
    with transaction(session):
        jobs.cancel(session, job)

    with pytest.raises(JobCancelledError):
        prepare(sessions, lease, protect=protected)

    assert prepared_at(session, wave.id) is None


@once
def test_download_is_logged(session: Session, wave: Wave, rows_of: RowsOf) -> None:
    n_rows = sum(map(len, rows_of().values()))

    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.subject) == ("exported answers of", f"wave {wave.id}")
    assert entry.detail == {"format": "csv", "rows": n_rows}


# --- archives ---------------------------------------------------------------------------------------------


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that is as quick to try as possible."""
    monkeypatch.setattr(archives, "OPERATIONS", pwhash.argon2id.OPSLIMIT_MIN)
    monkeypatch.setattr(archives, "MEMORY", pwhash.argon2id.MEMLIMIT_MIN)


def archived(session: Session, wave: Wave, keys: KeyStore) -> bytes:
    with transaction(session):
        return archives.write_archive(session, wave, PASSWORD, keys)


@pytest.mark.usefixtures("cheap")
def test_archive_reads_back_equal_in_another_database(session: Session, wave: Wave, keys: KeyStore) -> None:
    archive, before = archived(session, wave, keys), archives.dump_wave(session, wave, keys)
    with transaction(session):  # as empty as another Kindred
        session.delete(wave)
        session.flush()
    session.expunge_all()

    with transaction(session):
        again = archives.read_archive(session, archive, PASSWORD, keys)

    assert archives.dump_wave(session, again, keys) == before
    assert len(before["responses"]) == 20
    assert b"bees" not in archive
    assert "read the archive of" in session.scalars(select(AuditEntry.action)).all()


@once
@pytest.mark.usefixtures("cheap")
def test_archive_is_refused_with_a_sentence(session: Session, wave: Wave, keys: KeyStore) -> None:
    archive = archived(session, wave, keys)
    for content, password, message in (
        (archive, "another password", "password is wrong"),
        (archive[:-1], PASSWORD, "password is wrong, or the archive is damaged"),
        (archive[:20], PASSWORD, "no archive of a wave"),
        (b"PK", PASSWORD, "no archive of a wave"),
        (archive[:15] + b"\xff" * 16 + archive[31:], PASSWORD, "damaged"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            archives.read_archive(session, content, password, keys)
    with pytest.raises(ConflictError, match="name"):
        archives.read_archive(session, archive, PASSWORD, keys)
    with pytest.raises(ConflictError, match="here already"):
        archives.read_archive(session, archive, PASSWORD, keys, name="Other")
    with pytest.raises(InvalidInputError, match="at least 12 characters"):
        archives.write_archive(session, wave, "short", keys)
    with pytest.raises(StateError):
        archives.dump_wave(session, Wave(state=WaveState.OPEN), keys)


# --- questionnaires ---------------------------------------------------------------------------------------


@once
def test_questionnaire_reads_back_equal(session: Session) -> None:
    with transaction(session):
        written = dump(copy_questionnaire(session, default_questionnaire(session), name="Ours"))
        known = add_questionnaire(session, written)
        session.delete(known)
        session.flush()
        again = add_questionnaire(session, written)
        changed = add_questionnaire(session, {**written, "items": written["items"][:2]})

    assert dump(again) == written
    assert (changed.name, changed.version, len(changed.items)) == ("Ours", 2, 2)


ITEM = {"name": "self", "item_type": "open", "page": 1, "max_chars": 900, "texts": {"en": {"prompt": "Who?"}}}


@once
@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "from 1 to 40 items"),
        ([ITEM, ITEM], "same name"),
        ([{**ITEM, "name": "quote"}], "is not id or quote"),
        ([{**ITEM, "name": 7}], "small letters"),
        ([{**ITEM, "texts": {}}], "has no texts"),
        ([{**ITEM, "texts": {"en": {"prompt": 5}}}], "lacks"),
        ([{**ITEM, "texts": {"en": {"prompt": "x" * 301}}}], "301 characters"),
        ([{**ITEM, "max_chars": "many"}], "lacks"),
        ([{**ITEM, "rules": 3}], "rules"),
        ([{**ITEM, "texts": {"en": {"prompt": "?", "options": {"a;b": "A"}}}}], "holds no"),
        ([{**ITEM, "item_type": "essay"}], "no questionnaire"),
        ("items", "no questionnaire"),
    ],
)
def test_questionnaire_that_cannot_be_used_is_refused(session: Session, items: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message), transaction(session):
        add_questionnaire(session, {"schema_version": 1, "name": "Theirs", "items": items})

    assert session.scalars(select(Questionnaire)).all() == []


@once
@pytest.mark.parametrize("content", [None, [], "x", {"schema_version": 2}])
def test_what_is_no_questionnaire_is_refused(session: Session, content: object) -> None:
    with pytest.raises(InvalidInputError):
        add_questionnaire(session, content)
