"""Rosters as files: who is invited to a wave, and the personal links to hand out. No SQL here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from survey.exceptions import InvalidInputError
from survey.tables import column_index, read_table, write_table

PLAIN_COLUMNS = ("email", "language")


def read_roster(path: Path) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """Return the people of a CSV file and the attributes its other columns describe.

    Raises InvalidInputError if the file cannot be read or has no column ``email``.
    """
    table = read_table(path.read_bytes(), name=path.name)
    column_index(table.columns, "email", name=path.name)
    people = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    if not people:
        raise InvalidInputError(f"{path.name} names nobody. Add a row for each person to invite.")
    attributes = [
        {"name": column, "label": column, "bands": sorted({person[column] for person in people} - {""})}
        for column in table.columns
        if column not in PLAIN_COLUMNS
    ]
    return people, attributes


def write_links(path: Path, links: Iterable[tuple[str, str]]) -> None:
    """Write pairs of address and personal link; only the owner of the file may read it.

    Raises InvalidInputError if the file cannot be written.
    """
    content = write_table(("email", "link"), links)
    try:
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_bytes(content)
    except OSError as error:
        raise InvalidInputError(
            f"{path.name} cannot be written ({error.strerror}). Name another file."
        ) from None
