"""Closing forgets the order of arrival, destroys the keys, and may be killed anywhere."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import closing, jobs
from survey.domain.analyses import _load
from survey.domain.closing import close_wave, seal_earlier
from survey.domain.kept_attributes import read_attributes
from survey.domain.keys import KeyStore, token_hash
from survey.domain.responses import release, submit
from survey.enums import JobState, WaveState
from survey.exceptions import JobCancelledError, NotFoundError, StateError
from survey.models import (
    Analysis,
    Answer,
    AuditEntry,
    Embedding,
    Inbox,
    Invitee,
    Job,
    Membership,
    Response,
    SpentToken,
    UsableAnswers,
    Wave,
)
from tests.survey.domain.factories import closing_lease, make_wave, send, send_all
from tests.survey.persona_factories import start

REWRITTEN = (Response, Answer, Embedding, UsableAnswers, Membership, SpentToken)


def read_texts(sessions: sessionmaker[Session], wave_id: int) -> list[str]:
    with sessions() as session:
        query = select(Answer.text).join(Response).where(Response.wave_id == wave_id, Answer.item == "self")
        return sorted(session.scalars(query))


def count(sessions: sessionmaker[Session], model: type) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def release_all(sessions: sessionmaker[Session], keys: KeyStore, wave_id: int) -> None:
    with sessions() as session, transaction(session):
        while release(session, keys, session.get_one(Wave, wave_id)):
            pass


class Killed(BaseException):
    """The process died here."""


@contextmanager
def killed_at_statement(sessions: sessionmaker[Session], number: int) -> Iterator[list[int]]:
    """Die before the n-th statement; yields how many were run."""
    engine = sessions.kw["bind"]
    seen = [0]

    def die(*_args: Any) -> None:
        if seen[0] == number:
            raise Killed
        seen[0] += 1

    event.listen(engine, "before_cursor_execute", die)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", die)


def assert_closed(sessions: sessionmaker[Session], keys: KeyStore, wave_id: int, texts: list[str]) -> None:
    assert read_texts(sessions, wave_id) == sorted(texts)
    assert count(sessions, Inbox) == count(sessions, Invitee) == 0
    assert [path for path in keys.folder.iterdir() if path.name.startswith(f"wave-{wave_id}.")] == []
    with sessions() as session:
        wave = session.get_one(Wave, wave_id)
        assert (wave.state, wave.n_answered) == (WaveState.CLOSED, len(texts))
        assert wave.closed_at is not None
        assert session.scalars(select(Job.state)).all() == [JobState.DONE]
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert actions == ["opened", "closing", "closed"]


@pytest.mark.parametrize("n_answers", [10, 19, 20, 33])
def test_close_wave_opens_every_answer_and_destroys_roster_and_keys(
    sessions: sessionmaker[Session], keys: KeyStore, n_answers: int
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    texts = send_all(sessions, keys, tokens[:n_answers])
    release_all(sessions, keys, wave_id)

    close_wave(sessions, keys, closing_lease(sessions, wave_id))

    assert_closed(sessions, keys, wave_id, texts)
    with sessions() as session:
        assert session.get_one(Wave, wave_id).n_invited == 40


def send_from(sessions: sessionmaker[Session], keys: KeyStore, token: str, site: str) -> None:
    with sessions() as session, transaction(session):
        submit(
            session,
            keys,
            token=token,
            answers={"self": "x"},
            channels=[],
            attributes={"site": site},
            quote=True,
        )


@pytest.mark.parametrize(("n_lyon", "kept"), [(9, {"": 30}), (10, {"Lyon": 10, "Oslo": 21})])
def test_combination_that_fewer_than_ten_who_answered_share_is_left_out(
    sessions: sessionmaker[Session], keys: KeyStore, n_lyon: int, kept: dict[str, int]
) -> None:
    """Forty were invited, twenty from each site; but not everybody answered."""
    wave_id, tokens = make_wave(sessions, keys, n_people=42)
    for index, token in enumerate(tokens[: n_lyon + 21]):
        send_from(sessions, keys, token, "Lyon" if index < n_lyon else "Oslo")
    release_all(sessions, keys, wave_id)

    close_wave(sessions, keys, closing_lease(sessions, wave_id))

    with sessions() as session:
        responses = session.scalars(select(Response)).all()
        stored = read_attributes(session, keys, session.get_one(Wave, wave_id))
    assert Counter(attributes.get("site", "") for attributes in stored.values()) == kept
    assert [response.sealed for response in responses if response.sealed] == []


def test_database_of_a_closed_wave_tells_no_attribute_without_the_key(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    for index, token in enumerate(tokens[:25]):
        send_from(sessions, keys, token, "Lyon" if index < 12 else "Oslo")
    close_wave(sessions, keys, closing_lease(sessions, wave_id))

    with sessions() as session:
        wave, responses = session.get_one(Wave, wave_id), session.scalars(select(Response)).all()
        assert {repr(response.attributes) for response in responses} == {"{}"}
        assert len({len(response.kept or b"") for response in responses}) == 1
        assert len(read_attributes(session, keys, wave)) == 25
    lease = start(sessions, wave_id)
    corpus = _load(sessions, lease, keys).corpus
    assert Counter(one.attributes["site"] for one in corpus.responses) == {"Lyon": 12, "Oslo": 13}
    assert not any(one.attributes for one in _load(sessions, lease, None).corpus.responses)
    with sessions() as session:
        wave = session.get_one(Wave, wave_id)
        (keys.folder / "attributes.key").unlink()
        with pytest.raises(StateError, match="key"):
            read_attributes(session, keys, wave)
        keys.attributes_key(made=True)
        with pytest.raises(StateError, match="right one"):
            read_attributes(session, keys, wave)


def test_attributes_that_an_earlier_version_left_readable_are_sealed(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    for token in tokens[:22]:
        send_from(sessions, keys, token, "Lyon")
    close_wave(sessions, keys, closing_lease(sessions, wave_id))
    with sessions() as session, transaction(session):
        # So closed an earlier version: a band for who gave one, and the key of the wave is gone.
        ids = session.scalars(select(Response.id).order_by(Response.id)).all()
        session.execute(
            update(Response),
            [
                {"id": one, "kept": None, "attributes": {"site": "Lyon"} if number < 12 else {}}
                for number, one in enumerate(ids)
            ],
        )
    still_open, others = make_wave(sessions, keys, name="Open")
    send_all(sessions, keys, others[:20])
    release_all(sessions, keys, still_open)

    seal_earlier(sessions, keys)
    seal_earlier(sessions, keys)

    with sessions() as session:
        responses = session.scalars(select(Response)).all()
        assert {repr(response.attributes) for response in responses} == {"{}"}
        assert {len(response.kept or b"") for response in responses if response.wave_id == still_open} == {0}
        assert len({len(response.kept or b"") for response in responses if response.wave_id == wave_id}) == 1
        kept = read_attributes(session, keys, session.get_one(Wave, wave_id))
        assert [kept[one] for one in ids] == [{"site": "Lyon"}] * 12 + [{}] * 10
        if session.get_bind().dialect.name == "postgresql":
            keys_in_place = physical_order(session, Response)
            assert keys_in_place == sorted(keys_in_place)


def test_lost_key_of_attributes_is_told_and_not_replaced(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    for name in ("First", "Second"):
        wave_id, tokens = make_wave(sessions, keys, name=name)
        for token in tokens[:12]:
            send_from(sessions, keys, token, "Lyon")
        lease = closing_lease(sessions, wave_id)
        if name == "First":
            close_wave(sessions, keys, lease)
    key = keys.folder / "attributes.key"
    key.unlink()

    with pytest.raises(StateError, match=r"attributes\.key.*Put it back"):
        close_wave(sessions, keys, lease)

    assert not key.exists()
    assert count(sessions, Inbox) == 12
    key.write_bytes(b"k" * 32)  # as the documentation says, if it is gone for good
    close_wave(sessions, keys, lease)
    with sessions() as session:
        kept = read_attributes(session, keys, session.get_one(Wave, wave_id))
    assert [one["site"] for one in kept.values()] == ["Lyon"] * 12


def test_wave_with_under_ten_answers_is_never_opened(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    send_all(sessions, keys, tokens[:9])
    (keys.folder / f"wave-{wave_id}.seal").unlink()

    close_wave(sessions, keys, closing_lease(sessions, wave_id))

    assert count(sessions, Response) == count(sessions, Inbox) == 0
    with sessions() as session:
        wave = session.get_one(Wave, wave_id)
        assert (wave.state, wave.n_answered) == (WaveState.CLOSED, 9)


def test_rows_lie_in_key_order_and_links_by_position_are_chance(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    """Row i of the spent tokens against row i of the responses, as whoever holds the database would try."""
    wave_id, tokens = make_wave(sessions, keys, n_people=60)
    texts = send_all(sessions, keys, tokens)
    release_all(sessions, keys, wave_id)
    add_derived_rows(sessions, wave_id)

    close_wave(sessions, keys, closing_lease(sessions, wave_id))

    writer = {text: index for index, text in enumerate(texts)}
    with sessions() as session:
        for model in REWRITTEN:
            keys_in_place = physical_order(session, model)
            assert keys_in_place == sorted(keys_in_place)
            assert len(keys_in_place) >= 50
        answers = dict(
            session.execute(select(Answer.response_id, Answer.text).where(Answer.item == "self")).all()
        )
        responses = [writer[answers[key[0]]] for key in physical_order(session, Response)]
        hashes = [key[0] for key in physical_order(session, SpentToken)]
    arrival = {token_hash(token): index for index, token in enumerate(tokens)}
    spent = [arrival[hash_] for hash_ in hashes]
    # One match in 60 is expected; nine or more have a chance of 1 in a million.
    assert sum(a == b for a, b in zip(spent, responses, strict=True)) < 9
    assert sum(index == b for index, b in enumerate(responses)) < 9
    assert abs(correlation(responses)) < 0.6


def test_all_rows_of_a_closed_wave_have_one_age(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    send_all(sessions, keys, tokens)
    release_all(sessions, keys, wave_id)

    close_wave(sessions, keys, closing_lease(sessions, wave_id))

    with sessions() as session:
        if session.get_bind().dialect.name == "postgresql":
            union = " UNION ".join(
                f"SELECT xmin::text FROM {model.__tablename__}" for model in (Response, Answer, SpentToken)
            )
            assert len(session.execute(text(union)).all()) == 1
        else:
            # No hidden number at all: asking for one is an error.
            for model in REWRITTEN:
                with pytest.raises(Exception, match="no such column"):
                    session.execute(text(f"SELECT rowid FROM {model.__tablename__}"))
                session.rollback()


def test_waiting_rows_leave_no_trace_in_the_files(
    sessions: sessionmaker[Session], keys: KeyStore, tmp_path: Path
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    send_all(sessions, keys, tokens[:15])
    with sessions() as session:
        dialect = session.get_bind().dialect.name
        sealed = session.scalars(select(Inbox.sealed)).all()

    close_wave(sessions, keys, closing_lease(sessions, wave_id))

    if dialect == "sqlite":
        content = b"".join(path.read_bytes() for path in tmp_path.glob("kindred.sqlite*"))
        assert not [row for row in sealed if row[:32] in content or row[-32:] in content]
        assert b"person7@example.org" not in content
    else:
        with sessions() as session:
            dead = session.execute(text("SELECT pg_relation_size('inbox'), pg_relation_size('invitee')"))
            assert dead.one() == (0, 0)


def test_close_wave_leaves_an_open_wave_intact(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    first, tokens = make_wave(sessions, keys, name="First")
    second, others = make_wave(sessions, keys, name="Second")
    send_all(sessions, keys, tokens[:12])
    texts = send_all(sessions, keys, others[:25])
    release_all(sessions, keys, second)

    close_wave(sessions, keys, closing_lease(sessions, first))

    assert count(sessions, Inbox) == 15
    assert count(sessions, Invitee) == 40
    assert count(sessions, SpentToken) == 37
    with sessions() as session, transaction(session):
        assert session.get_one(Wave, second).state is WaveState.OPEN
    with sessions() as session:
        session.execute(text("UPDATE job SET state = 'done'"))
        session.commit()
    close_wave(sessions, keys, closing_lease(sessions, second))
    assert read_texts(sessions, second) == sorted(texts)


def test_response_sent_to_another_wave_amid_the_rewrite_is_kept(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    """Between copying a table and emptying it, a row that somebody adds would be lost."""
    closing_id, tokens = make_wave(sessions, keys, name="First")
    _, others = make_wave(sessions, keys, name="Second")
    closed_texts = send_all(sessions, keys, tokens[:12])
    lease = closing_lease(sessions, closing_id)
    sender = threading.Thread(target=send_all, args=(sessions, keys, others[:3]))

    def send_now(*args: Any) -> None:
        if args[2].startswith(("TRUNCATE", "DELETE FROM invitee")) and sender.ident is None:
            sender.start()
            sender.join(0.5)

    event.listen(sessions.kw["bind"], "before_cursor_execute", send_now)
    close_wave(sessions, keys, lease)
    sender.join()
    event.remove(sessions.kw["bind"], "before_cursor_execute", send_now)

    assert count(sessions, SpentToken) == 12 + 3
    assert count(sessions, Inbox) == 3
    assert read_texts(sessions, closing_id) == sorted(closed_texts)


def test_close_wave_survives_a_kill_before_any_statement(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    texts = send_all(sessions, keys, tokens[:23])
    release_all(sessions, keys, wave_id)
    lease = closing_lease(sessions, wave_id)

    n_kills = 0
    while True:
        with killed_at_statement(sessions, n_kills):
            try:
                close_wave(sessions, keys, lease)
            except Killed:
                n_kills += 1
                continue
        break

    assert n_kills > 15
    assert_closed(sessions, keys, wave_id, texts)


def test_release_survives_a_kill_before_any_statement(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    texts = send_all(sessions, keys, tokens[:20])

    n_kills = 0
    while count(sessions, Response) == 0:
        with killed_at_statement(sessions, n_kills), suppress(Killed):
            release_all(sessions, keys, wave_id)
        assert (count(sessions, Inbox), count(sessions, Response)) in ((20, 0), (10, 10))
        n_kills += 1

    assert n_kills > 5
    close_wave(sessions, keys, closing_lease(sessions, wave_id))
    assert_closed(sessions, keys, wave_id, texts)


def test_full_disk_during_release_and_close_loses_nothing(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    # Long ones: a short answer finds room in a page that is there.
    texts = [f"{number} {'x' * 900}" for number in range(25)]
    for token, words in zip(tokens, texts, strict=False):
        send(sessions, keys, token, words)

    with full_disk(sessions.kw["bind"]):
        with pytest.raises(OperationalError, match=r"(?i)full|no space"):
            release_all(sessions, keys, wave_id)
        lease = closing_lease(sessions, wave_id)
        with pytest.raises(OperationalError, match=r"(?i)full|no space"):
            close_wave(sessions, keys, lease)
        assert (count(sessions, Inbox), count(sessions, Response)) == (25, 0)
        assert bytes(keys.seal_key(wave_id))
    close_wave(sessions, keys, lease)

    assert_closed(sessions, keys, wave_id, texts)


@contextmanager
def full_disk(engine: Engine) -> Iterator[None]:
    """Let no response find room."""
    if engine.dialect.name == "sqlite":
        # The limit is one of the connection: what is left in freed pages is enough for small things alone.
        with engine.connect() as connection:
            n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

        def limit(raw: Any, _record: Any) -> None:
            raw.execute(f"PRAGMA max_page_count={n_pages + 1}").close()

        engine.dispose()
        event.listen(engine, "connect", limit)
        yield
        event.remove(engine, "connect", limit)
        engine.dispose()
        return
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER full_disk BEFORE INSERT ON answer FOR EACH ROW EXECUTE FUNCTION no_room()")
        )
    yield
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER full_disk ON answer"))
        connection.execute(text("DROP FUNCTION no_room()"))


@pytest.mark.parametrize("step", ["_rewrite", "_wipe", "_vacuum", "_destroy_keys", "_wave"])
def test_close_wave_survives_a_kill_between_steps(
    sessions: sessionmaker[Session], keys: KeyStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    texts = send_all(sessions, keys, tokens[:12])
    lease = closing_lease(sessions, wave_id)

    def die(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(closing, step, die)
        with pytest.raises(Killed):
            close_wave(sessions, keys, lease)
    close_wave(sessions, keys, lease)

    assert_closed(sessions, keys, wave_id, texts)


def test_close_wave_survives_a_kill_amid_the_destruction_of_keys(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    texts = send_all(sessions, keys, tokens[:12])
    lease = closing_lease(sessions, wave_id)

    class Fragile(KeyStore):
        def destroy(self, wave_id: int) -> None:
            (self.folder / f"wave-{wave_id}.seal").unlink()
            raise Killed

    with pytest.raises(Killed):
        close_wave(sessions, Fragile(keys.folder), lease)
    close_wave(sessions, keys, lease)

    assert_closed(sessions, keys, wave_id, texts)


def test_worker_that_lost_its_lease_changes_nothing(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    send_all(sessions, keys, tokens[:12])
    lease = closing_lease(sessions, wave_id)
    stale = replace(lease, owner="another worker")

    with pytest.raises(JobCancelledError):
        close_wave(sessions, keys, stale)

    assert count(sessions, Inbox) == 12
    assert bytes(keys.seal_key(wave_id))


def test_cancelled_close_can_be_started_again(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    texts = send_all(sessions, keys, tokens[:12])
    lease = closing_lease(sessions, wave_id)
    with sessions() as session, transaction(session):
        jobs.cancel(session, jobs.get_job(session, lease.job_id))
    with pytest.raises(JobCancelledError):
        close_wave(sessions, keys, lease)
    with sessions() as session, transaction(session):
        jobs.settle_cancelled(session, lease)

    close_wave(sessions, keys, closing_lease(sessions, wave_id))

    assert read_texts(sessions, wave_id) == sorted(texts)


def test_missing_key_stops_the_close_before_anything_is_lost(
    sessions: sessionmaker[Session], keys: KeyStore, tmp_path: Path
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    texts = send_all(sessions, keys, tokens[:12])
    lease = closing_lease(sessions, wave_id)

    with pytest.raises(StateError, match="key"):
        close_wave(sessions, KeyStore(tmp_path / "elsewhere"), lease)
    close_wave(sessions, keys, lease)

    assert_closed(sessions, keys, wave_id, texts)


def test_wave_that_was_not_told_to_close_stays_open(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    other, _ = make_wave(sessions, keys, name="Other")
    send_all(sessions, keys, tokens[:12])
    lease = closing_lease(sessions, other)

    for subject_id, error in ((wave_id, StateError), (99, NotFoundError)):
        astray = replace(lease, subject_id=subject_id)
        with pytest.raises(error):
            close_wave(sessions, keys, astray)

    assert count(sessions, Inbox) == 12


def test_reader_in_the_way_is_waited_for_and_then_named(
    sessions: sessionmaker[Session], keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey.domain.closing._PAUSE_S", 0.01)
    monkeypatch.setattr("survey.domain.closing._ATTEMPTS", 2)
    monkeypatch.setattr("survey.domain.closing._LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr("survey.database.BUSY_TIMEOUT_MS", 50)
    wave_id, tokens = make_wave(sessions, keys)
    texts = send_all(sessions, keys, tokens[:12])
    lease = closing_lease(sessions, wave_id)
    sessions.kw["bind"].dispose()

    with sessions() as reader:
        reader.execute(select(Response.id)).all()
        with pytest.raises(StateError, match="busy"):
            close_wave(sessions, keys, lease)
        assert bytes(keys.seal_key(wave_id))
    close_wave(sessions, keys, lease)

    assert_closed(sessions, keys, wave_id, texts)


def add_derived_rows(sessions: sessionmaker[Session], wave_id: int) -> None:
    """An analysis of the open wave's released responses, with rows in the order of arrival."""
    with sessions() as session, transaction(session):
        analysis = Analysis(wave_id=wave_id)
        session.add(analysis)
        session.flush()
        released = session.scalars(select(Response.id).where(Response.wave_id == wave_id)).all()
        for response_id in random.Random(0).sample(released, len(released)):
            session.add(Membership(analysis_id=analysis.id, response_id=response_id))
            session.add(UsableAnswers(response_id=response_id, made_from="", texts={}))
            for number in range(2):
                session.add(
                    Embedding(
                        response_id=response_id, content_hash=f"{number}", encoder_hash="e", vector=b"1234"
                    )
                )


def physical_order(session: Session, model: Any) -> list[tuple[Any, ...]]:
    """Primary keys in the order in which the rows lie in the file."""
    hidden = "ctid" if session.get_bind().dialect.name == "postgresql" else None
    query = select(*model.__table__.primary_key)
    return [tuple(row) for row in session.execute(query.order_by(text(hidden)) if hidden else query)]


def correlation(ranks: list[int]) -> float:
    """Pearson's correlation of the ranks with their positions."""
    n = len(ranks)
    mean = (n - 1) / 2
    spread = sum((index - mean) ** 2 for index in range(n))
    return sum((index - mean) * (rank - mean) for index, rank in enumerate(ranks)) / spread
