"""Links beside the personal one: test links, printed codes, the way out of mail. No SQL here.

All are made from the wave's token key, stored nowhere, and end with it.
"""

from __future__ import annotations

import base64
import binascii
import hmac

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from survey.domain.keys import KeyStore, encode_token, read_token, survey_token, token_content
from survey.exceptions import NotFoundError

#: Random ids are never this one: a link made with it shows the survey and sends nothing.
TEST_INVITEE = "7e57" * 8
#: Cards of one wave: the number inside a code has 20 bits.
MAX_CARDS = 2**20 - 1

#: A kiosk forgets somebody who turns no page for so long.
TICKET_SECONDS = 600

# Crockford's digits: nobody has to tell O from 0 or I from 1.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V", "-": "", " ": ""})
_NUMBER_BITS, _MAC_BITS, _DIGIT_BITS = 20, 40, 5
_N_DIGITS = (_NUMBER_BITS + _MAC_BITS) // _DIGIT_BITS
_STOP_BYTES = 4 + 16 + 16


def make_test_token(keys: KeyStore, wave_id: int) -> str:
    """Return the link that walks through the survey of a wave, also of a draft, and never counts."""
    keys.create(wave_id)
    return survey_token(keys, wave_id, TEST_INVITEE)


def is_test(token: str) -> bool:
    """Whether a link is a test link. Raises NotFoundError if it cannot be a link at all."""
    return read_token(token).invitee_id == TEST_INVITEE


def card_code(keys: KeyStore, wave_id: int, card: int) -> str:
    """Return the code printed on a card: twelve digits and letters in three groups.

    Twenty bits say which card, forty are an HMAC: guessing one takes about 2⁴⁰ attempts. The number is blinded
    by the HMAC, because a card that reads like the seventh would not be believed to be anybody's.
    """
    mac = _card_mac(keys, wave_id, card)
    number = (card ^ _blind(keys, wave_id, mac)) << _MAC_BITS | mac
    digits = [_DIGITS[number >> _DIGIT_BITS * place & 31] for place in reversed(range(_N_DIGITS))]
    return "-".join("".join(digits[start : start + 4]) for start in range(0, _N_DIGITS, 4))


def read_code(keys: KeyStore, wave_id: int, code: str) -> int:
    """Return the number of the card that bears a code; case, hyphens and look-alikes do not matter.

    Raises NotFoundError for a code we did not print.
    """
    digits = code.strip().upper().translate(_ALIKE)
    if len(digits) != _N_DIGITS or any(digit not in _DIGITS for digit in digits):
        raise _unknown_code()
    number = 0
    for digit in digits:
        number = number << _DIGIT_BITS | _DIGITS.index(digit)
    mac = number & (1 << _MAC_BITS) - 1
    card = number >> _MAC_BITS ^ _blind(keys, wave_id, mac)
    if not hmac.compare_digest(_bytes(_card_mac(keys, wave_id, card)), _bytes(mac)):
        raise _unknown_code()
    return card


def stop_token(keys: KeyStore, wave_id: int, invitee_id: str) -> str:
    """Return what stands in the link that ends all mail to somebody. It cannot be used to answer."""
    head = wave_id.to_bytes(4, "big") + bytes.fromhex(invitee_id)
    return encode_token(head + _mac(keys, wave_id, "mail stop", head)[:16])


def read_stop_token(keys: KeyStore, token: str) -> tuple[int, str]:
    """Return wave and invitee of a link that ends mail. Raises NotFoundError, StateError if the key is gone."""
    content = token_content(token)
    if len(content) != _STOP_BYTES:
        raise NotFoundError
    head, mac = content[:20], content[20:]
    wave_id = int.from_bytes(head[:4], "big")
    if not hmac.compare_digest(_mac(keys, wave_id, "mail stop", head)[:16], mac):
        raise NotFoundError
    return wave_id, head[4:].hex()


def kiosk_ticket(keys: KeyStore, wave_id: int, token: str, *, now: float) -> str:
    """Return a survey link under seal, for the address bar of a shared device; useless after some minutes."""
    content = int(now).to_bytes(8, "big") + token.encode("ascii")
    sealed = bytes(SecretBox(_mac(keys, wave_id, "kiosk", b"")).encrypt(content))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read_ticket(keys: KeyStore, wave_id: int, ticket: str, *, now: float) -> str:
    """Return the survey link in a ticket. Raises NotFoundError if it is not ours or too old."""
    try:
        sealed = base64.urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))
        content = SecretBox(_mac(keys, wave_id, "kiosk", b"")).decrypt(sealed)
    except (binascii.Error, UnicodeEncodeError, ValueError, CryptoError):
        raise NotFoundError from None
    if not -60 <= now - int.from_bytes(content[:8], "big") <= TICKET_SECONDS:
        raise NotFoundError
    return content[8:].decode("ascii")


def address_hash(key: bytes, email: str) -> str:
    """Return under what an address is remembered that wants no mail: useless without the key folder."""
    return hmac.digest(key, email.strip().casefold().encode(), "sha256").hex()


def _card_mac(keys: KeyStore, wave_id: int, card: int) -> int:
    mac = _mac(keys, wave_id, "card", card.to_bytes(4, "big"))
    return int.from_bytes(mac[: _MAC_BITS // 8], "big")


def _blind(keys: KeyStore, wave_id: int, mac: int) -> int:
    blind = _mac(keys, wave_id, "card number", _bytes(mac))
    return int.from_bytes(blind[:4], "big") >> 32 - _NUMBER_BITS


def _bytes(mac: int) -> bytes:
    return mac.to_bytes(_MAC_BITS // 8, "big")


def _mac(keys: KeyStore, wave_id: int, use: str, content: bytes) -> bytes:
    return hmac.digest(keys.token_key(wave_id), f"kindred {use} {wave_id} ".encode() + content, "sha256")


def _unknown_code() -> NotFoundError:
    return NotFoundError(
        "We do not know this code. Look at your card again; it has twelve letters and digits."
    )
