"""Test links, printed codes, kiosk tickets and the way out of mail: each opens its own door and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.domain import links
from survey.domain.keys import KeyStore, check_token, survey_token
from survey.exceptions import NotFoundError
from survey.models.base import random_key


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyStore:
    keys = KeyStore(tmp_path_factory.mktemp("keys"))
    for wave_id in (1, 2):
        keys.create(wave_id)
    return keys


@given(st.integers(1, links.MAX_CARDS))
def test_code_says_its_card_however_it_is_typed(keys: KeyStore, card: int) -> None:
    code = links.card_code(keys, 1, card)
    typed = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "

    assert len(code) == 14
    assert links.read_code(keys, 1, code) == links.read_code(keys, 1, typed) == card


@pytest.mark.parametrize("code", ["", "ä", "0" * 12, "0000-0000-0000", "Z" * 12, "1" * 13, "%s" * 6])
def test_other_codes_are_unknown(keys: KeyStore, code: str) -> None:
    with pytest.raises(NotFoundError):
        links.read_code(keys, 1, code)


def test_code_does_not_read_like_a_number(keys: KeyStore) -> None:
    beginnings = {links.card_code(keys, 1, card)[:4] for card in range(1, 60)}

    assert len(beginnings) > 50


def test_code_of_another_wave_or_card_is_unknown(keys: KeyStore) -> None:
    code = links.card_code(keys, 1, 7)
    changed = ("1" if code[0] != "1" else "2") + code[1:]

    for wave_id, wrong in ((2, code), (1, changed)):
        with pytest.raises(NotFoundError):
            links.read_code(keys, wave_id, wrong)


def test_test_link_is_genuine_and_marked(keys: KeyStore, tmp_path: Path) -> None:
    token = links.make_test_token(keys, 1)

    check_token(keys, token)
    assert links.is_test(token)
    assert not links.is_test(survey_token(keys, 1, random_key()))
    links.make_test_token(KeyStore(tmp_path / "new"), 3)  # a draft has no keys yet: they are made


def test_ticket_ends_after_ten_minutes(keys: KeyStore) -> None:
    token = survey_token(keys, 1, random_key())
    ticket = links.kiosk_ticket(keys, 1, token, now=1000.0)

    assert token not in ticket
    assert links.read_ticket(keys, 1, ticket, now=1599.0) == token
    for wave_id, now in ((1, 1601.0), (1, 900.0), (2, 1000.0)):
        with pytest.raises(NotFoundError):
            links.read_ticket(keys, wave_id, ticket, now=now)
    with pytest.raises(NotFoundError):
        links.read_ticket(keys, 1, "täglich", now=1000.0)


def test_stop_link_ends_mail_and_opens_no_survey(keys: KeyStore) -> None:
    invitee_id = random_key()
    stop = links.stop_token(keys, 1, invitee_id)

    assert links.read_stop_token(keys, stop) == (1, invitee_id)
    with pytest.raises(NotFoundError):
        check_token(keys, stop)
    for wrong in (survey_token(keys, 1, invitee_id), "x", "ä", stop[:-4] + "AAAA"):
        with pytest.raises(NotFoundError):
            links.read_stop_token(keys, wrong)


def test_address_is_remembered_without_the_address() -> None:
    hashed = links.address_hash(b"k" * 32, " Ada@Example.org ")

    assert hashed == links.address_hash(b"k" * 32, "ada@example.org")
    assert hashed != links.address_hash(b"o" * 32, "ada@example.org")
