"""A limit on guessing links, without a record of who guessed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

#: So many unknown links may be tried from one address in a minute. A whole office may share an address.
MAX_PER_MINUTE = 30
_LIMIT = RateLimitItemPerMinute(MAX_PER_MINUTE)


class Guesses:
    """Counts unknown links for each address: for a minute, in the memory of this process, written nowhere.

    An address is known by its MAC under a key that ends with the process.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._quiet_from = 0.0

    def are_too_many(self, address: str | None) -> bool:
        """Whether no more links are looked at from there for the rest of the minute."""
        if (
            time.monotonic() >= self._quiet_from
        ):  # nobody has guessed for a minute: the rule, and quickly seen
            return False
        return not self._limiter.test(_LIMIT, self._name(address))

    def note(self, address: str | None) -> None:
        """Count one unknown link."""
        self._quiet_from = time.monotonic() + _LIMIT.get_expiry()
        self._limiter.hit(_LIMIT, self._name(address))

    def _name(self, address: str | None) -> str:
        return hmac.digest(self._key, (address or "").encode(), hashlib.sha256).hex()
