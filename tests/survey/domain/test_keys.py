"""Keys live in two private files per wave and leave nothing; a link has one spelling, known to us alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.domain.keys import KeyStore, check_token, read_token, survey_token, token_hash
from survey.exceptions import InvalidInputError, NotFoundError, StateError

INVITEE = "00112233445566778899aabbccddeeff"


@pytest.fixture
def keys(key_dir: Path) -> KeyStore:
    keys = KeyStore(key_dir)
    keys.create(1)
    return keys


def test_create_makes_two_files_that_only_the_owner_can_read(keys: KeyStore) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.folder.iterdir()}

    assert modes == {"wave-1.seal": 0o600, "wave-1.token": 0o600}
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700


def test_create_keeps_existing_keys(keys: KeyStore) -> None:
    before = keys.token_key(1), bytes(keys.seal_key(1))

    keys.create(1)

    assert (keys.token_key(1), bytes(keys.seal_key(1))) == before


def test_create_completes_a_pair_that_a_crash_left_half(keys: KeyStore) -> None:
    token_key = keys.token_key(1)
    (keys.folder / "wave-1.seal").unlink()

    keys.create(1)

    assert keys.token_key(1) == token_key
    assert len(bytes(keys.seal_key(1))) == 32


def test_keys_of_two_waves_differ(keys: KeyStore) -> None:
    keys.create(2)

    assert keys.token_key(1) != keys.token_key(2)
    assert bytes(keys.seal_key(1)) != bytes(keys.seal_key(2))


def test_destroy_overwrites_and_deletes_and_may_be_repeated(keys: KeyStore, tmp_path: Path) -> None:
    secret = keys.token_key(1)
    kept = tmp_path / "another-name"
    kept.hardlink_to(keys.folder / "wave-1.token")

    keys.destroy(1)
    keys.destroy(1)

    assert list(keys.folder.iterdir()) == []
    assert kept.read_bytes() != secret
    with pytest.raises(StateError):
        keys.seal_key(1)


def test_destroy_without_a_folder_does_nothing(key_dir: Path) -> None:
    KeyStore(key_dir).destroy(1)

    assert not key_dir.exists()


@pytest.mark.parametrize("inside", [".", "keys", "a/b"])
def test_key_folder_inside_the_instance_folder_is_refused(tmp_path: Path, inside: str) -> None:
    settings = {"KEY_DIR": str(tmp_path / "instance" / inside), "INSTANCE_DIR": str(tmp_path / "instance")}

    with pytest.raises(InvalidInputError, match="outside"):
        KeyStore.from_settings(settings)


def test_key_folder_that_points_into_the_instance_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "instance" / "keys").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "instance" / "keys")

    with pytest.raises(InvalidInputError):
        KeyStore(tmp_path / "link", instance=tmp_path / "instance")


def test_key_folder_beside_the_instance_folder_is_taken(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "instance-keys", instance=tmp_path / "instance")

    assert store.folder == tmp_path / "instance-keys"


def test_token_is_stable_and_needs_no_escaping(keys: KeyStore) -> None:
    token = survey_token(keys, 1, INVITEE)

    assert token == survey_token(keys, 1, INVITEE)
    assert len(token) == 48
    assert token.replace("-", "").replace("_", "").isalnum()
    assert (read_token(token).wave_id, read_token(token).invitee_id) == (1, INVITEE)
    check_token(keys, token)


@given(position=st.integers(0, 47), char=st.characters(exclude_categories=["Cs"]))
def test_changed_token_is_refused(tmp_path_factory: pytest.TempPathFactory, position: int, char: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "changed-token-keys"
    keys = KeyStore(folder)
    keys.create(1)
    token = survey_token(keys, 1, INVITEE)
    changed = token[:position] + char + token[position + 1 :]

    if changed != token:
        # Another wave's number leads to keys that do not exist.
        with pytest.raises((NotFoundError, StateError)):
            check_token(keys, changed)


@pytest.mark.parametrize(
    "token", ["", "a", "a" * 47, "a" * 49, "=" * 48, "ä" * 48, "a" * 46 + "==", "+/" * 24, "x" * 48]
)
def test_text_that_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(NotFoundError):
        read_token(token)


def test_token_of_another_wave_is_refused(keys: KeyStore) -> None:
    keys.create(2)
    token = survey_token(keys, 2, INVITEE)
    forged = survey_token(keys, 1, INVITEE)[:6] + token[6:]

    with pytest.raises(NotFoundError):
        check_token(keys, forged)


def test_token_hash_tells_nothing_about_the_token(keys: KeyStore) -> None:
    token = survey_token(keys, 1, INVITEE)

    assert len(token_hash(token)) == 64
    assert INVITEE not in token_hash(token)
