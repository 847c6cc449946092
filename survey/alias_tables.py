"""One's own table of aliases, as a person keeps it: a CSV file that extends the bundled one."""

from __future__ import annotations

from pathlib import Path

from analysis.aliases import Row, Table, own_table
from analysis.exceptions import InvalidAliasesError
from survey.exceptions import InvalidInputError
from survey.tables import read_table, undefuse, write_table

MAX_ROWS = 10_000
COLUMNS = ("skill", "aliases")


def read_aliases(path: Path) -> Table:
    """Read the table in a file on this machine. Raises InvalidInputError naming file, row and column."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInputError(
            f"{path.name}, the table of aliases: {error.strerror}. Check the name and the folder."
        ) from error
    return parse_aliases(content, path.name)


def parse_aliases(content: bytes, name: str) -> Table:
    """Read a table with the columns ``skill`` and ``aliases``; others are passed over.

    Raises InvalidInputError naming file, row and column.
    """
    table = read_table(content, name=name, max_rows=MAX_ROWS)
    columns = zip(table.numbers, *map(table.column, COLUMNS), strict=True)
    try:
        return own_table(
            Row(number, undefuse(skill), undefuse(aliases)) for number, skill, aliases in columns
        )
    except InvalidAliasesError as error:
        raise InvalidInputError(f"{name}, {error}") from error


def write_aliases(table: Table) -> bytes:
    """Write a table so that :func:`parse_aliases` reads the same."""
    return write_table(COLUMNS, [(skill, ";".join(aliases)) for skill, aliases in sorted(table.items())])
