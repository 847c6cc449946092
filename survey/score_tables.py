"""Scores as they are written: CSV as it comes, or Parquet made of it (needs the extra ``cluster``).

No analysis, no Flask, no SQL.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from survey.lead_files import arrow_module
from survey.tables import table_line, undefuse

#: Rows of a row group: the same whatever the chunks in which scores arrive.
_GROUP_ROWS = 65_536
_NUMBERS = frozenset({"fit", "who", "skills", "why"})


@contextmanager
def score_table(file: BinaryIO, path: Path, columns: Sequence[str]) -> Iterator[Callable[[bytes], object]]:
    """Give a function that takes lines of CSV and writes them, as the ending of the path says.

    Parameters
    ----------
    file : binary file
        Is written to; its name may still be a temporary one.
    path : Path
        As it will be called.
    columns : sequence of str

    Raises
    ------
    InvalidInputError
        If it is to be Parquet, and pyarrow is not installed.
    """
    if path.suffix.lower() != ".parquet":
        file.write(table_line(columns))
        yield file.write
        return
    groups = _Groups(file, path.name, columns)
    yield groups.add
    groups.close()


class _Groups:
    """A Parquet file that is written in row groups of one size."""

    def __init__(self, file: BinaryIO, name: str, columns: Sequence[str]) -> None:
        self._arrow: Any = arrow_module("pyarrow", name)
        self._csv: Any = arrow_module("pyarrow.csv", name)
        kinds = {
            **dict.fromkeys(_NUMBERS, self._arrow.int8()),
            "best": self._arrow.bool_(),
            "exact": self._arrow.float64(),
        }
        self._schema = self._arrow.schema(
            [(column, kinds.get(column, self._arrow.string())) for column in columns]
        )
        self._writer = arrow_module("pyarrow.parquet", name).ParquetWriter(file, self._schema)
        self._held = self._schema.empty_table()

    def add(self, lines: bytes) -> None:
        """Take lines of CSV."""
        table = self._csv.read_csv(
            io.BytesIO(lines),
            read_options=self._csv.ReadOptions(column_names=self._schema.names, use_threads=False),
            parse_options=self._csv.ParseOptions(newlines_in_values=True),
            convert_options=self._csv.ConvertOptions(
                column_types=self._schema, null_values=[""], quoted_strings_can_be_null=False
            ),
        )
        for place, column in enumerate(("id", "persona")):
            # Nothing runs as a formula here, so a text is as it was.
            plain = [undefuse(cell) for cell in table[column].to_pylist()]
            table = table.set_column(place, column, self._arrow.array(plain, self._arrow.string()))
        self._held = self._arrow.concat_tables([self._held, table])
        while self._held.num_rows >= _GROUP_ROWS:
            self._write(self._held.slice(0, _GROUP_ROWS))
            self._held = self._held.slice(_GROUP_ROWS)

    def close(self) -> None:
        """Write what is left, and the end of the file."""
        self._write(self._held)
        self._writer.close()

    def _write(self, table: Any) -> None:
        if table.num_rows:
            self._writer.write_table(table.combine_chunks(), row_group_size=_GROUP_ROWS)
