"""What the columns of a file with leads hold, told by their headers as recruiters' tools and LinkedIn write them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from survey.domain.leads import EVIDENCE_FIELDS, IDENTITY_FIELDS

#: What a column can hold. First and last name become the name.
LEAD_FIELDS = (
    *("id", "name", "first_name", "last_name"),
    *(field for field in IDENTITY_FIELDS if field not in ("name", "location")),
    *EVIDENCE_FIELDS,
    *("location", "source"),
)

#: Words before and behind what a header names, which say whose or which it is: "Candidate Email", "Current Title".
_BEFORE = re.compile(
    r"(?:(?:candidate|contact|applicant|person|lead|linkedin|current|primary|main|personal|professional|relevant|work|"
    r"address|most recent|latest|original)\s+)+"
)
_BEHIND = re.compile(r"\s+(?:1|one|es|s|label|\(s\)|\(es\))\Z")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: A header that is known as it stands comes before one that is known without such words.
_INDIRECT = 1000
_HEADER_WORDS = 2


def field_of(column: str) -> str:
    """Return the field that a header names, empty if we know none."""
    return _known(column)[0]


def suggest_mapping(columns: Sequence[str], remembered: Mapping[str, str]) -> dict[str, str]:
    """Return a field for each column position that has one: as mapped last time, else by its header.

    Of several columns for one field the one counts whose header says it best.
    """
    best: dict[str, tuple[int, int]] = {}
    for position, column in enumerate(columns):
        field, rank = (remembered.get(column, ""), 0) if remembered else _known(column)
        if field and (rank, position) < best.get(field, (2 * _INDIRECT, 0)):
            best[field] = rank, position
    by_position = sorted((position, field) for field, (_, position) in best.items())
    return {str(position): field for position, field in by_position}


def is_header(cells: Sequence[Any]) -> bool:
    """Say whether a row of cells names columns that are known."""
    return sum(bool(field_of(str(cell))) for cell in cells) >= _HEADER_WORDS


@lru_cache(maxsize=1)
def _ranks() -> dict[str, tuple[str, int]]:
    """Field and rank of every header that is known, without case, accents, blanks and punctuation."""
    text = files("survey.domain").joinpath("lead_headers.json").read_text(encoding="utf-8")
    known = {"".join(field.split("_")): (field, 0) for field in LEAD_FIELDS}
    for field, headers in json.loads(text).items():
        for rank, header in enumerate(headers.split(), start=1):
            known.setdefault(_plain(header), (field, rank))
    return known


@lru_cache(maxsize=4096)
def _known(column: str) -> tuple[str, int]:
    ranks = _ranks()
    for rank, header in enumerate(_readings(column)):
        if found := ranks.get(_plain(header)):
            return found[0], found[1] + _INDIRECT * (rank > 0)
    return "", 0


def _readings(column: str) -> list[str]:
    """A header as it stands, and without what does not say what the column holds."""
    whole = " ".join(
        re.split(r"[\s_.:-]+", _CAMEL.sub(" ", column[:200]).replace("(", " (").strip())
    ).casefold()
    first = whole.split(" / ")[0]
    shorter = _BEHIND.sub("", first)
    return [whole, first, shorter, _BEFORE.sub("", first, count=1), _BEFORE.sub("", shorter, count=1)]


def _plain(header: str) -> str:
    letters = unicodedata.normalize("NFKD", header.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in letters if not unicodedata.combining(c)))
