"""The keys kept as files outside the database, and the links made with them.

A wave has two keys: the token key (an HMAC key that makes and checks survey links) and the seal key (the
private key that opens sealed answers). Both are destroyed when the wave is closed. Four more belong to no wave: one
makes the links by which leads say to which groups they belong, by two those are recognised who opted out or want no
mail, and one opens what is kept of attributes. No SQL here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nacl.public import PrivateKey

from survey.exceptions import InvalidInputError, NotFoundError, StateError

KEY_BYTES = 32
_WAVE_BYTES = 4
_MAX_WAVE_ID = 2**31 - 1  # of PostgreSQL's integer: a larger one would be its error, not "no such link"
_ID_BYTES = 16
_MAC_BYTES = 16
_CONTEXT = b"kindred survey link"


class KeyStore:
    """The folder that holds the keys of open waves: two files per wave that only their owner can read."""

    def __init__(self, folder: Path, *, instance: Path | None = None) -> None:
        """Use ``folder``; ``instance`` is the instance folder, which is backed up with the database.

        Raises InvalidInputError if the keys would lie inside the instance folder.
        """
        self.folder = folder.resolve()
        if instance is not None and self.folder.is_relative_to(instance.resolve()):
            raise InvalidInputError(
                "The key folder lies inside the instance folder, so a backup would hold answers and key "
                "together. Set KINDRED_KEY_DIR to a folder outside it."
            )

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> KeyStore:
        """Use the folder that the settings name. Raises InvalidInputError."""
        return cls(Path(settings["KEY_DIR"]), instance=Path(settings["INSTANCE_DIR"]))

    def create(self, wave_id: int) -> None:
        """Make the keys of a wave that do not exist yet; existing ones stay."""
        self._make(self._token_file(wave_id))
        self._write(self._seal_file(wave_id), bytes(PrivateKey.generate()))

    def create_lead_key(self) -> None:
        """Make the key of the leads' links unless it exists."""
        self._make(self._lead_file)

    def has_lead_key(self) -> bool:
        """Whether there is a key of the leads' links."""
        return self._lead_file.exists()

    def lead_key(self) -> bytes:
        """Return the key of the leads' links. Raises StateError if it is missing."""
        return self._read(self._lead_file)

    def token_key(self, wave_id: int) -> bytes:
        """Return the key that makes and checks survey links. Raises StateError if it is missing."""
        return self._read(self._token_file(wave_id))

    def seal_key(self, wave_id: int) -> PrivateKey:
        """Return the key that opens sealed answers. Raises StateError if it is missing."""
        return PrivateKey(self._read(self._seal_file(wave_id)))

    def opt_out_key(self, *, made: bool) -> bytes:
        """Return the key with which people who opted out are recognised; ``made`` now if there is none.

        Raises StateError if it is missing.
        """
        return self._lasting("opt-outs.key", made=made)

    def address_key(self, *, made: bool) -> bytes:
        """Return the key under which addresses that want no mail are remembered; ``made`` now if there is none.

        Raises StateError if it is missing.
        """
        return self._lasting("addresses.key", made=made)

    def attributes_key(self, *, made: bool) -> bytes:
        """Return the key that opens the attributes of closed waves; ``made`` now if there is none.

        Raises StateError if it is missing.
        """
        return self._lasting("attributes.key", made=made)

    def destroy(self, wave_id: int) -> None:
        """Overwrite and delete the keys of a wave; does nothing if they are gone.

        Overwriting is best effort: a copy-on-write file system or a flash drive may keep old blocks, which is
        why the folder belongs outside snapshots and backups.
        """
        for path in (self._seal_file(wave_id), self._token_file(wave_id)):
            try:
                handle = os.open(path, os.O_WRONLY)
            except FileNotFoundError:
                continue
            try:
                os.write(handle, secrets.token_bytes(KEY_BYTES))
                os.fsync(handle)
            finally:
                os.close(handle)
            path.unlink(missing_ok=True)
        if self.folder.is_dir():
            self._sync_folder()

    @property
    def _lead_file(self) -> Path:
        return self.folder / "leads.token"

    def _lasting(self, name: str, *, made: bool) -> bytes:
        path = self.folder / name
        if made:
            self._make(path)
        return self._read(path)

    def _make(self, path: Path) -> None:
        """Make a random key unless it is there."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self._write(path, secrets.token_bytes(KEY_BYTES))

    def _token_file(self, wave_id: int) -> Path:
        return self.folder / f"wave-{wave_id}.token"

    def _seal_file(self, wave_id: int) -> Path:
        return self.folder / f"wave-{wave_id}.seal"

    def _read(self, path: Path) -> bytes:
        try:
            # Read anew for every response, so that a destroyed key is gone at once: unbuffered takes half the time.
            with path.open("rb", buffering=0) as file:
                key = file.read(KEY_BYTES + 1)
        except FileNotFoundError:
            key = b""
        if len(key) != KEY_BYTES:
            raise StateError(
                "A key is missing that was here before. Put the key folder (KINDRED_KEY_DIR) back."
            )
        return key

    def _write(self, path: Path, key: bytes) -> None:
        """Put a whole key there in one step, or leave the one that somebody else was first to write."""
        if path.exists():
            return
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, key)
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        self._sync_folder()

    def _sync_folder(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class TokenParts:
    """What a survey link says about itself; worth nothing until :func:`check_token` has passed."""

    wave_id: int
    invitee_id: str
    mac: bytes


def survey_token(keys: KeyStore, wave_id: int, invitee_id: str) -> str:
    """Return the secret part of an invitee's survey link; it is stored nowhere.

    36 bytes (wave, random invitee id, half an HMAC-SHA256) make exactly 48 URL-safe characters: with neither
    padding nor spare bits a link has one spelling and cannot be spent twice under two. Raises StateError.
    """
    head = wave_id.to_bytes(_WAVE_BYTES, "big") + bytes.fromhex(invitee_id)
    return encode_token(head + _mac(keys.token_key(wave_id), head))


def encode_token(content: bytes) -> str:
    """Return what a link says in its address; a multiple of three bytes has one spelling."""
    return base64.urlsafe_b64encode(content).decode()


def token_content(token: str) -> bytes:
    """Return what :func:`encode_token` was given; empty for a spelling that is not its own."""
    try:
        content = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""
    return content if encode_token(content) == token else b""


def read_token(token: str) -> TokenParts:
    """Take a survey link apart. Raises NotFoundError if it cannot be one."""
    content = token_content(token)
    if len(content) != _WAVE_BYTES + _ID_BYTES + _MAC_BYTES:
        raise _unknown_link()
    head, mac = content[:-_MAC_BYTES], content[-_MAC_BYTES:]
    wave_id = int.from_bytes(head[:_WAVE_BYTES], "big")
    if wave_id > _MAX_WAVE_ID:
        raise _unknown_link()
    return TokenParts(wave_id, head[_WAVE_BYTES:].hex(), mac)


def check_token(keys: KeyStore, token: str) -> None:
    """Raise NotFoundError unless the link was made with its wave's key, StateError if that is missing."""
    parts = read_token(token)
    head = parts.wave_id.to_bytes(_WAVE_BYTES, "big") + bytes.fromhex(parts.invitee_id)
    if not hmac.compare_digest(_mac(keys.token_key(parts.wave_id), head), parts.mac):
        raise _unknown_link()


def token_hash(token: str) -> str:
    """Return the hash under which a used link is remembered."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def _mac(key: bytes, head: bytes) -> bytes:
    return hmac.digest(key, _CONTEXT + head, "sha256")[:_MAC_BYTES]


def _unknown_link() -> NotFoundError:
    return NotFoundError("We do not know this survey link. Copy it again, whole, from your invitation.")
