"""Answers that say nothing: recognised, given a reason, and left out of every computation.

Only form is judged here, never what somebody means. What happens to the rest of a response is decided in
:mod:`analysis.views`.
"""

from __future__ import annotations

import re
from collections import Counter

from analysis.text import normalise, tokenize, words

#: A text is machine-made or pasted when fewer than this share of its characters are letters or spaces.
MIN_LETTER_SHARE = 0.55

#: Texts of at least this many words that come from several people are copies, not answers.
MIN_COPIED_WORDS = 20

_KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "1234567890")
_MAIL_LINE = re.compile(
    r"(?im)\bplease find attached\b|\bpls find attached\b|\bconsider the environment before printing\b"
    r"|^(?:from|to|subject|sent|cc)\s*:|\b(?:best|kind) regards\s*/|\blorem ipsum\b"
)
_MACHINE_LINE = re.compile(
    r"\bUN[BHTZ]\+|<\?xml|\bSELECT\s.+\sFROM\s|Traceback \(most recent|\{\s*\"\w+\"\s*:"
)


def junk_reason(answer: str) -> str | None:
    """Say why an answer is not one, or None if it is.

    Examples
    --------
    >>> junk_reason("asdfgh"), junk_reason("n/a"), junk_reason("Nice colleagues.")
    ('random keys', 'no answer', None)
    """
    text = normalise(answer)
    folded = text.casefold()
    if not text:
        return "empty"
    if folded.strip(" .!") in words().non_answers or folded in words().non_answers:
        return "no answer"
    if not any(character.isalpha() for character in text):
        return "no words"
    if _MACHINE_LINE.search(text) or _MAIL_LINE.search(text):
        return "pasted text"
    if _letter_share(text) < MIN_LETTER_SHARE and len(text) > 12:
        return "pasted text"
    if _is_random_keys(folded):
        return "random keys"
    first = re.split(r"[,.;!?]", folded, maxsplit=1)[0].strip()
    return "no answer" if first in words().non_answers and len(first) > 5 and len(folded) < 60 else None


def repeated_items(answers: dict[str, str]) -> frozenset[str]:
    """Return the items to which one person pasted the same text, if they did so at least three times."""
    counts = Counter(normalise(text).casefold() for text in answers.values())
    return frozenset(item for item, text in answers.items() if counts[normalise(text).casefold()] >= 3)


def copied_texts(texts: list[str]) -> frozenset[str]:
    """Return long texts that at least three people handed in word for word, in normal form."""
    counts = Counter(normalise(text).casefold() for text in texts if len(tokenize(text)) >= MIN_COPIED_WORDS)
    return frozenset(text for text, n in counts.items() if n >= 3)


def _letter_share(text: str) -> float:
    return sum(character.isalpha() or character.isspace() for character in text) / len(text)


def _is_random_keys(folded: str) -> bool:
    """One key held down, walks over the keyboard, or letters without a vowel in every word."""
    tokens = [token.text for token in tokenize(folded) if token.text.isascii()]
    letters = "".join(character for character in folded if character.isalpha())
    if len(letters) >= 4 and Counter(letters).most_common(1)[0][1] / len(letters) > 0.6:
        return True
    return bool(tokens) and all(_is_key_walk(token) for token in tokens)


def _is_key_walk(token: str) -> bool:
    if len(token) < 4 or not token.isalpha():
        return False
    if not re.search(r"[aeiouy]", token) and len(token) > 5:
        return True
    rows = [*_KEYBOARD_ROWS, *(row[::-1] for row in _KEYBOARD_ROWS)]
    chunks = (token[:n] for n in range(3, len(token) + 1))
    return any(
        (chunk * len(token)).startswith(token) for chunk in chunks if any(chunk in row for row in rows)
    )
