"""Whether the first row of a table names its columns, or is somebody's answers because the header is missing.

A leaf. It looks at what the cells look like, column by column, and repeats none of them.
"""

from __future__ import annotations

import math
import re
from bisect import bisect
from collections import Counter
from collections.abc import Mapping, Sequence

from survey.exceptions import InvalidInputError
from survey.export_words import E_MAIL, IDENTITY, LOOKS_LIKE_WHEN, RECORD, WORDS, plain
from survey.tables import Table

#: What a cell looks like, and which share of all answers and of all headers looks so, roughly.
_SHARES: Mapping[str, Mapping[bool | int, tuple[float, float]]] = {
    "is a number, a day or an address": {True: (0.1, 0.03), False: (0.9, 0.97)},
    "is said again": {True: (0.2, 0.03), False: (0.8, 0.97)},
    "asks or breaks off": {True: (0.05, 0.5), False: (0.95, 0.5)},
    "ends a sentence": {True: (0.5, 0.1), False: (0.5, 0.9)},
    "tells of oneself": {True: (0.5, 0.1), False: (0.5, 0.9)},
    "holds a comma": {True: (0.5, 0.15), False: (0.5, 0.85)},
    "names a column": {True: (0.01, 0.2), False: (0.99, 0.8)},
    "words": {0: (0.2, 0.4), 1: (0.2, 0.3), 2: (0.2, 0.17), 3: (0.2, 0.09), 4: (0.2, 0.04)},
}
#: The shares of all answers are worth so many cells of a column.
_WORTH = 2
#: Least words of the second and the following lengths.
_LENGTHS = (4, 8, 15, 30)
#: So much must speak for an answer, and no column says more than the second.
_LEAST, _MOST_OF_COLUMN = 3.0, 4.0
#: So many rows tell how the cells of a column look, and fewer tell nothing.
_LOOKED_AT, _LEAST_ROWS = 500, 5
#: Where there are many columns, fewer rows do: a second's work in all.
_MOST_CELLS = 100_000

# A cell may be long: each pattern reads it once, whatever stands in it.
_NUMBER_OR_ADDRESS = re.compile(rf"(?=[.,:;+/%() -]*+\d)[\d.,:;+/%() -]*+|{E_MAIL}|https?://\S+")
_NAMES = IDENTITY | RECORD
_ASKS = re.compile("|".join(WORDS["asks"]), re.IGNORECASE)
_BREAKS_OFF = re.compile(r"[?？:…]|\.\.\.")
_OF_ONESELF = re.compile(rf"\b(?:{'|'.join(WORDS['oneself'])})\b", re.IGNORECASE)
_ENDS = re.compile(r"[.!]")
_GOES_ON = re.compile(r"[.!] \w")
_OF_A_WORD = re.compile(r"\w")


def check_header(table: Table) -> None:
    """Raise InvalidInputError, without a word of it, if the first row looks like somebody's answers."""
    if is_answered(table):
        raise InvalidInputError(
            f"{table.name}, row {1 + table.reading.get('above', 0)}: this looks like somebody's answers and not like "
            "the questions, so nothing of the file was kept or shown. Put a row with the questions above it. If these "
            "are the questions, end each with a question mark."
        )


def is_answered(table: Table) -> bool:
    """Whether the first row looks like the rows below it and not like a header.

    A look is worth as much as it is more frequent in its column than among headers of any table (naive Bayes).
    """
    rows = table.spread(min(_LOOKED_AT, _MOST_CELLS // len(table.columns)))
    if len(rows) < _LEAST_ROWS:
        return False
    columns = zip(table.columns, zip(*rows, strict=True), strict=True)
    return sum(_for_an_answer(first, below) for first, below in columns) >= _LEAST


def _for_an_answer(first: str, below: Sequence[str]) -> float:
    """How much speaks for the first cell being one of those below, as the log of a ratio; below 0 against it."""
    times = Counter(cell.strip() for cell in below)
    looks = [(_looks(cell, is_again=n > 1), n) for cell, n in times.items() if cell]
    if not first or not looks:
        return 0.0
    n_cells = sum(n for _, n in looks)
    total = 0.0
    for look, seen in _looks(first, is_again=first in times).items():
        of_answers, of_headers = _SHARES[look][seen]
        n_alike = sum(n for one, n in looks if one[look] == seen)
        total += math.log((n_alike + _WORTH * of_answers) / (n_cells + _WORTH) / of_headers)
    # Who is refused by mistake is told to end the questions so, which must help.
    most = 0.0 if first.endswith(("?", "？")) else _MOST_OF_COLUMN
    return max(-_MOST_OF_COLUMN, min(total, most))


def _looks(cell: str, *, is_again: bool) -> Mapping[str, bool | int]:
    # What follows the last word, backwards.
    end = _OF_A_WORD.split(cell[::-1], maxsplit=1)[0]
    return {
        "is a number, a day or an address": bool(
            _NUMBER_OR_ADDRESS.fullmatch(cell) or LOOKS_LIKE_WHEN.fullmatch(cell)
        ),
        "is said again": is_again,
        "asks or breaks off": bool(_BREAKS_OFF.search(end) or _ASKS.search(cell)),
        "ends a sentence": bool(_ENDS.search(end) or _GOES_ON.search(cell)),
        "tells of oneself": bool(_OF_ONESELF.search(cell)),
        "holds a comma": "," in cell or ";" in cell,
        "names a column": plain(cell) in _NAMES,
        "words": bisect(_LENGTHS, len(cell.split())),
    }
