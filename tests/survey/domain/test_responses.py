"""A response is sealed, spent once, padded, and released only in a crowd."""

from __future__ import annotations

import csv
import json
import logging
import threading
from importlib.resources import files
from pathlib import Path

import pytest
from nacl.public import SealedBox
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.keys import KeyStore, survey_token, token_hash
from survey.domain.questionnaires import default_questionnaire, read_default
from survey.domain.responses import is_spent, read_answers, release, submit
from survey.domain.waves import start_closing
from survey.enums import ItemType
from survey.exceptions import (
    InvalidInputError,
    NotFoundError,
    StateError,
    TokenSpentError,
    WaveClosedError,
    WaveNotOpenError,
)
from survey.models import Answer, Inbox, Response, SpentToken, Wave
from survey.texts import clean
from tests.survey.domain.factories import CHANNELS, make_draft, make_wave, send, send_all


def count(sessions: sessionmaker[Session], model: type) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def counts(sessions: sessionmaker[Session]) -> tuple[int, int, int]:
    """Spent tokens, rows that wait, responses."""
    return count(sessions, SpentToken), count(sessions, Inbox), count(sessions, Response)


def unsealed(sessions: sessionmaker[Session], keys: KeyStore, wave_id: int) -> list[dict[str, object]]:
    with sessions() as session:
        box = SealedBox(keys.seal_key(wave_id))
        return [json.loads(box.decrypt(sealed)) for sealed in session.scalars(select(Inbox.sealed))]


def release_once(sessions: sessionmaker[Session], keys: KeyStore, wave_id: int) -> int:
    with sessions() as session, transaction(session):
        return release(session, keys, session.get_one(Wave, wave_id))


def test_submit_seals_clean_answers_and_remembers_the_hash_alone(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)

    with sessions() as session, transaction(session):
        submit(
            session,
            keys,
            token=tokens[0],
            answers={"self": "  one\r\ntwo\x00 ", "skills": " ", "nonsense": "dropped"},
            channels=["podcasts", "linkedin", "podcasts", "carrier pigeon"],
            attributes={"site": "Oslo", "salary": "9"},
            quote=False,
        )

    assert unsealed(sessions, keys, wave_id) == [
        {
            "answers": {"self": "one\ntwo", "channels": "linkedin;podcasts"},
            "attributes": {"site": "Oslo"},
            "quote": False,
            "held_out": False,
        }
    ]
    with sessions() as session:
        assert session.scalars(select(SpentToken.token_hash)).all() == [token_hash(tokens[0])]
        assert is_spent(session, tokens[0])
        assert not is_spent(session, tokens[1])


def test_submit_leaves_out_bands_that_the_wave_does_not_know(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)

    with sessions() as session, transaction(session):
        submit(
            session,
            keys,
            token=tokens[0],
            answers={"stay": "x"},
            channels=[],
            attributes={"site": "my own words"},
            quote=True,
        )

    assert [row["attributes"] for row in unsealed(sessions, keys, wave_id)] == [{}]


def test_second_use_of_a_token_is_refused_and_the_first_answers_stay(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    send(sessions, keys, tokens[0], "first")

    with pytest.raises(TokenSpentError):
        send(sessions, keys, tokens[0], "second")

    assert counts(sessions) == (1, 1, 0)
    assert [row["answers"] for row in unsealed(sessions, keys, wave_id)] == [
        {"self": "first", "channels": "podcasts"}
    ]


def test_eight_racers_with_one_token_store_one_response(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    _, tokens = make_wave(sessions, keys)
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def race() -> None:
        start.wait()
        try:
            send(sessions, keys, tokens[0])
            outcomes.append("stored")
        except TokenSpentError:
            outcomes.append("refused")

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["refused"] * 7 + ["stored"]
    assert counts(sessions) == (1, 1, 0)


def test_response_that_is_rolled_back_leaves_the_token_unspent(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    _, tokens = make_wave(sessions, keys)

    with sessions() as session:
        submit(session, keys, token=tokens[0], answers={"self": "x"}, channels=[], attributes={}, quote=True)
        session.rollback()

    assert counts(sessions) == (0, 0, 0)
    send(sessions, keys, tokens[0])
    assert counts(sessions) == (1, 1, 0)


def test_answer_over_its_limit_is_refused_by_item_and_limit(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    _, tokens = make_wave(sessions, keys)

    with pytest.raises(InvalidInputError) as caught:
        send(sessions, keys, tokens[0], "x" * 1001)

    assert str(caught.value) == "“self”: 1,001 characters, and 1,000 are allowed. Shorten it."
    assert counts(sessions) == (0, 0, 0)


def test_answer_at_its_limit_is_taken_whatever_its_characters_weigh(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    _, tokens = make_wave(sessions, keys)

    send(sessions, keys, tokens[0], "🌊" * 1000)

    assert counts(sessions) == (1, 1, 0)


@pytest.mark.parametrize("text", ["", "  \r\n ", "\x00"])
def test_empty_response_is_refused_and_spends_nothing(
    sessions: sessionmaker[Session], keys: KeyStore, text: str
) -> None:
    _, tokens = make_wave(sessions, keys)

    with (
        sessions() as session,
        pytest.raises(InvalidInputError, match="nothing to send"),
        transaction(session),
    ):
        submit(
            session,
            keys,
            token=tokens[0],
            answers={"self": text},
            channels=["carrier pigeon"],
            attributes={"site": "Oslo"},
            quote=True,
        )

    assert counts(sessions) == (0, 0, 0)


def test_sealed_rows_have_one_length_however_much_was_written(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    _, tokens = make_wave(sessions, keys)
    longest = {"self": 1000, "skills": 1000, "good_day": 2000, "stay": 2000, "content": 1000}
    everything = [
        ({"self": "x"}, []),
        ({name: "🌊" * n for name, n in longest.items()}, list(CHANNELS)),
        ({name: '"\\\n\t' * (n // 4) + "x" * (n % 4) for name, n in longest.items()}, ["podcasts"]),
    ]

    for token, (answers, channels) in zip(tokens, everything, strict=False):
        with sessions() as session, transaction(session):
            submit(
                session,
                keys,
                token=token,
                answers=answers,
                channels=channels,
                attributes={"site": "Oslo"},
                quote=True,
            )

    with sessions() as session:
        assert {len(sealed) for sealed in session.scalars(select(Inbox.sealed))} == {2**15 + 48}


def test_link_that_was_never_made_is_refused(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    last = "A" if tokens[0][-1] != "A" else "B"

    for token in (
        tokens[0][:-1] + last,
        tokens[0][:-1],
        survey_token(keys, wave_id, "0" * 32)[:6] + "A" * 42,
    ):
        with pytest.raises(NotFoundError):
            send(sessions, keys, token)
    assert counts(sessions) == (0, 0, 0)


def test_link_of_a_wave_that_does_not_exist_is_refused(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    keys.create(77)

    with pytest.raises(NotFoundError):
        send(sessions, keys, survey_token(keys, 77, "0" * 32))


def test_draft_wave_takes_no_answers(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id = make_draft(sessions)
    keys.create(wave_id)

    with pytest.raises(WaveNotOpenError, match="not opened yet"):
        send(sessions, keys, survey_token(keys, wave_id, "0" * 32))


def test_closing_wave_takes_no_answers(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    with sessions() as session, transaction(session):
        start_closing(session, session.get_one(Wave, wave_id), None)

    with pytest.raises(WaveClosedError):
        send(sessions, keys, tokens[0])
    assert counts(sessions) == (0, 0, 0)


def test_closing_waits_for_a_response_that_is_being_sent(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    closed = threading.Event()

    def close() -> None:
        with sessions() as session, transaction(session):
            start_closing(session, session.get_one(Wave, wave_id), None)
        closed.set()

    with sessions() as session, transaction(session):
        submit(session, keys, token=tokens[0], answers={"self": "x"}, channels=[], attributes={}, quote=True)
        thread = threading.Thread(target=close)
        thread.start()
        assert not closed.wait(0.3)
    thread.join()

    assert closed.is_set()
    assert counts(sessions) == (1, 1, 0)


@pytest.mark.parametrize(("n_waiting", "n_released"), [(9, 0), (10, 0), (19, 0), (20, 10), (25, 10)])
def test_release_takes_ten_when_at_least_twenty_wait(
    sessions: sessionmaker[Session], keys: KeyStore, n_waiting: int, n_released: int
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    send_all(sessions, keys, tokens[:n_waiting])

    assert release_once(sessions, keys, wave_id) == n_released

    assert counts(sessions) == (n_waiting, n_waiting - n_released, n_released)


def test_release_loses_and_doubles_nothing(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    texts = send_all(sessions, keys, tokens)

    released = [release_once(sessions, keys, wave_id) for _ in range(5)]

    assert released == [10, 10, 10, 0, 0]
    with sessions() as session:
        read = session.scalars(select(Answer.text).where(Answer.item == "self")).all()
        responses = session.scalars(select(Response)).all()
    waiting = [row["answers"]["self"] for row in unsealed(sessions, keys, wave_id)]  # type: ignore[index]
    assert sorted([*read, *waiting]) == sorted(texts)
    assert {(r.wave_id, r.quote) for r in responses} == {(wave_id, True)}


def test_attributes_stay_sealed_after_release_and_have_one_length(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    """Among ten people nearly everybody's attributes are their own, and so would be their length."""
    wave_id, tokens = make_wave(sessions, keys)
    for token, given in zip(tokens[:20], [{"site": "Oslo"}, {}] * 10, strict=True):
        with sessions() as session, transaction(session):
            submit(
                session, keys, token=token, answers={"self": "x"}, channels=[], attributes=given, quote=True
            )

    release_once(sessions, keys, wave_id)

    with sessions() as session:
        responses = session.scalars(select(Response)).all()
    assert [response.attributes for response in responses] == [{}] * 10
    assert {len(response.sealed or b"") for response in responses} == {256 + 48}


def test_release_draws_at_random(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    drawn = set()
    for number in range(3):
        wave_id, tokens = make_wave(sessions, keys, n_people=20, name=f"Wave {number}")
        send_all(sessions, keys, tokens)
        release_once(sessions, keys, wave_id)
        with sessions() as session:
            query = (
                select(Answer.text).join(Response).where(Response.wave_id == wave_id, Answer.item == "self")
            )
            drawn.add(frozenset(session.scalars(query)))
            wave = session.get_one(Wave, wave_id)
            assert wave.n_answered is None

    # Three equal draws of 10 from 20 have a chance of 1 in 34 billion.
    assert len(drawn) > 1


def test_release_leaves_another_wave_alone(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    first, tokens = make_wave(sessions, keys, name="First")
    second, others = make_wave(sessions, keys, name="Second")
    send_all(sessions, keys, tokens[:15])
    send_all(sessions, keys, others[:15])

    assert [release_once(sessions, keys, wave_id) for wave_id in (first, second)] == [0, 0]


def test_two_releases_at_once_open_no_row_twice(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    texts = send_all(sessions, keys, tokens[:29])
    threads = [threading.Thread(target=release_once, args=(sessions, keys, wave_id)) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts(sessions) == (29, 19, 10)
    with sessions() as session:
        read = session.scalars(select(Answer.text).where(Answer.item == "self")).all()
    assert len(set(read)) == 10
    assert set(read) < set(texts)


def test_release_with_a_foreign_key_changes_nothing_and_says_so(
    sessions: sessionmaker[Session], keys: KeyStore, tmp_path: Path
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    send_all(sessions, keys, tokens[:20])
    foreign = KeyStore(tmp_path / "foreign")
    foreign.create(wave_id)

    for store in (foreign, KeyStore(tmp_path / "empty")):
        with pytest.raises(StateError, match="key folder"):
            release_once(sessions, store, wave_id)

    assert counts(sessions) == (20, 20, 0)


def test_every_demo_channel_is_an_option() -> None:
    codes = set()
    for name in ("responses.csv", "wave_two.csv"):
        with (files("survey.demo") / name).open(encoding="utf-8") as file:
            codes |= {code for row in csv.DictReader(file) for code in row["channels"].split(";") if code}

    assert codes <= set(CHANNELS)


def test_nothing_about_a_response_reaches_a_log(
    sessions: sessionmaker[Session], keys: KeyStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wave_id, tokens = make_wave(sessions, keys, n_people=20)
    texts = send_all(sessions, keys, tokens)
    with pytest.raises(TokenSpentError):
        send(sessions, keys, tokens[0], texts[0])
    release_once(sessions, keys, wave_id)

    assert not [secret for secret in [*tokens, *texts] if secret in caplog.text]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\x00b\x1b[31mc\x7f\x85d", "ab[31mcd"),
        ("pay \u202eyap\u202c and \u2066more\u2069", "pay yap and more"),
        ("one\r\ntwo\rthree\u2028four\u2029five\n", "one\ntwo\nthree\nfour\nfive"),
        ("half \ud83d of a pair", "half  of a pair"),
        ("tab\tstays", "tab\tstays"),
        ("ما\u200cلا\u200fيتغير 👩\u200d🔧", "ما\u200cلا\u200fيتغير 👩\u200d🔧"),
        ("<b>bold</b> & =1+1", "<b>bold</b> & =1+1"),
    ],
)
def test_answer_is_cleaned_of_what_steers_a_screen_and_of_nothing_else(given: str, kept: str) -> None:
    assert clean(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("+pay;-craft", "+pay;-craft"),
        ("-craft;+pay;+pay", "+pay;-craft"),
        ("+pay;-pay;+craft", "+craft"),
        ("pay;+gold;+;-", ""),
        ("+pay -craft", ""),
    ],
)
def test_choice_of_most_and_least_keeps_known_codes_of_one_sign(given: str, kept: str) -> None:
    items = read_default().items

    assert read_answers(items, {"importance": given})["importance"] == kept


def test_default_questionnaire_is_sealed_in_one_length_however_much_was_written(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    _, tokens = make_wave(sessions, keys, questionnaire=default_questionnaire)
    items = read_default().items
    reasons = list(items[6].texts["en"]["options"])
    most = {item.name: "🌊" * item.max_chars for item in items if item.item_type is ItemType.OPEN}
    most["importance"] = ";".join([f"+{code}" for code in reasons[:6]] + [f"-{code}" for code in reasons[6:]])

    for token, answers, channels in ((tokens[0], {"self": "x"}, []), (tokens[1], most, list(CHANNELS))):
        with sessions() as session, transaction(session):
            submit(
                session,
                keys,
                token=token,
                answers=answers,
                channels=channels,
                attributes={"site": "Oslo"},
                quote=True,
                held_out=True,
            )

    with sessions() as session:
        assert {len(sealed) for sealed in session.scalars(select(Inbox.sealed))} == {2**15 + 48}


def test_held_out_is_kept_through_the_release(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys, n_people=20)
    for number, token in enumerate(tokens):
        with sessions() as session, transaction(session):
            answers = {"self": "left out" if number < 15 else "asked"}
            submit(
                session,
                keys,
                token=token,
                answers=answers,
                channels=[],
                attributes={},
                quote=True,
                held_out=number < 15,
            )

    release_once(sessions, keys, wave_id)

    with sessions() as session:
        rows = session.execute(select(Response.held_out, Answer.text).join(Answer)).all()
    assert {(held_out, text) for held_out, text in rows} <= {(True, "left out"), (False, "asked")}
    assert any(held_out for held_out, _text in rows)
