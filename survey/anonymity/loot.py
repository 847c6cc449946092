"""What an attacker holds: the database with its hidden columns, its files, logs, cookies, and what they know."""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, MetaData, Table, func, literal_column, select, text, true

#: Keys of people (hashes of links) and of responses, as they stand in the tables.
Person = str
ResponseKey = str

_KEY = re.compile(rb"[0-9a-f]{32,}")
_WAL_HEADER, _FRAME_HEADER = 32, 24


@dataclass(frozen=True, slots=True)
class Tables:
    """Names of the tables to attack; the tests name deliberately weak ones here."""

    spent: str = "spent_token"
    spent_key: str = "token_hash"
    response: str = "response"
    response_key: str = "id"
    answer: str = "answer"
    #: Tables whose rows may speak of people, because that is what they are for.
    roster: tuple[str, ...] = ("invitee", "inbox")


@dataclass(frozen=True, slots=True)
class Release:
    """What somebody saw who compared the tables before and after a release."""

    vanished: frozenset[Person]
    appeared: frozenset[ResponseKey]


@dataclass
class Loot:
    """Everything that an attack may look at. Whoever attacks is taken to know which link belongs to whom."""

    engine: Engine
    wave_id: int | None = None
    tables: Tables = field(default_factory=Tables)
    #: In the order in which they were seen to send.
    arrivals: list[Person] = field(default_factory=list)
    #: The count on HR's screen right after each arrival, with the one before the first in front.
    counts: list[int] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    roster: Mapping[Person, Mapping[str, str]] = field(default_factory=dict)
    languages: Mapping[Person, str] = field(default_factory=dict)
    #: What people wrote and changed again before they sent.
    drafts: Mapping[Person, str] = field(default_factory=dict)
    #: What names somebody: the link and the address.
    secrets: Mapping[Person, Sequence[str]] = field(default_factory=dict)
    log: Sequence[str] = ()
    cookies: Sequence[str] = ()
    folders: Sequence[Path] = ()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @cached_property
    def metadata(self) -> MetaData:
        """The tables as they are, not as the models say."""
        metadata = MetaData()
        metadata.reflect(self.engine)
        return metadata

    def people(self, order: str | None = None) -> list[Person]:
        """Return the keys of used links in some order of the database."""
        return self._keys(self.tables.spent, self.tables.spent_key, order)

    def responses(self, order: str | None = None) -> list[ResponseKey]:
        """Return the keys of responses in some order of the database; by default as they lie in the file."""
        return self._keys(self.tables.response, self.tables.response_key, order)

    def transactions(self) -> tuple[dict[Person, str], dict[ResponseKey, str]]:
        """Return the transaction that wrote each used link and each response, as far as anything tells."""
        if self.dialect == "sqlite":
            logged = self._write_ahead_log()
            return (
                {key: str(logged[key][0]) for key in self.people() if key in logged},
                {key: str(logged[key][0]) for key in self.responses() if key in logged},
            )
        return (
            self._hidden(self.tables.spent, self.tables.spent_key, "xmin::text"),
            self._hidden(self.tables.response, self.tables.response_key, "xmin::text"),
        )

    def by_age(self, keys: Sequence[str]) -> list[str]:
        """Sort keys as the files of an embedded database tell when they were written.

        First what the write-ahead log no longer holds, by page; then by where the log mentions it first. Within
        a page backwards, because SQLite fills it from its end.
        """
        path = self.database_files[0]
        content = path.read_bytes()
        page_size = struct.unpack(">H", content[16:18])[0] or 1
        page_size = 65536 if page_size == 1 else page_size
        places: dict[str, tuple[int, int]] = {}
        for start in range(0, len(content), page_size):
            for key, at in _keys_in(content[start : start + page_size]):
                places.setdefault(key, (start, -at))
        logged = {key: place for key, (_, place) in self._write_ahead_log().items()}
        return sorted(keys, key=lambda key: (key in logged, logged.get(key) or places.get(key, (0, 0))))

    @cached_property
    def database_files(self) -> list[Path]:
        """The files of an embedded database; those of a server are out of reach."""
        name = self.engine.url.database
        if self.dialect != "sqlite" or not name:
            return []
        return [path for path in (Path(name), Path(f"{name}-wal")) if path.exists()]

    def attributes(self) -> dict[ResponseKey, dict[str, str]]:
        """Return the attributes that stand beside each response."""
        table = self.metadata.tables[self.tables.response]
        if "attributes" not in table.columns:
            return {}
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(table.c[self.tables.response_key], table.c["attributes"]).where(self._of_wave(table))
            )
            return {key: {n: str(v) for n, v in (given or {}).items()} for key, given in rows}

    def columns_of_responses(self) -> Iterator[tuple[str, dict[ResponseKey, Any]]]:
        """Yield every plain column beside the responses, with its value for each."""
        table = self.metadata.tables[self.tables.response]
        key = table.c[self.tables.response_key]
        for column in table.columns:
            if column is key or column.name in ("attributes", "wave_id"):
                continue
            with self.engine.connect() as connection:
                rows = connection.execute(select(key, column).where(self._of_wave(table))).all()
            yield column.name, {row[0]: row[1] for row in rows}

    def texts(self) -> dict[ResponseKey, list[str]]:
        """Return what each response says, long enough to be recognised."""
        table = self.metadata.tables[self.tables.answer]
        found = defaultdict(list)
        with self.engine.connect() as connection:
            for key, words in connection.execute(select(table.c["response_id"], table.c["text"])):
                if len(words) >= 12:
                    found[key].append(words)
        wanted = set(self.responses())
        return {key: words for key, words in found.items() if key in wanted}

    def other_rows(self) -> Iterator[str]:
        """Yield every row of the tables that should know nothing of people and responses, as text."""
        ours = {self.tables.spent, self.tables.response, self.tables.answer, *self.tables.roster}
        with self.engine.connect() as connection:
            for table in self.metadata.sorted_tables:
                refers = {key.column.table.name for key in table.foreign_keys}
                # A table about responses (vectors, memberships) names them by its nature, and no people.
                if table.name in ours or self.tables.response in refers:
                    continue
                for row in connection.execute(select(table)):
                    yield " ".join(
                        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                        for value in row
                    )

    def other_files(self) -> list[Path]:
        """Return the files beside the database, the oldest change first."""
        files = {path for folder in self.folders for path in folder.rglob("*") if path.is_file()}
        aside = {path.resolve() for path in self.database_files}
        return sorted(
            (path for path in files if path.resolve() not in aside and not path.name.endswith("-shm")),
            key=lambda path: path.stat().st_mtime_ns,
        )

    def leftovers(self) -> int:
        """Count what must not outlive the wave: rows, keys, and people who are still named in deleted rows."""
        keys = [path for path in self.other_files() if path.name.startswith(f"wave-{self.wave_id}.")]
        n_rows = 0
        with self.engine.connect() as connection:
            for name in self.tables.roster:
                table = self.metadata.tables[name]
                n_rows += (
                    connection.scalar(select(func.count()).select_from(table).where(self._of_wave(table)))
                    or 0
                )
        files = b"".join(path.read_bytes() for path in self.database_files)
        named = [p for p, secrets in self.secrets.items() if any(s.encode() in files for s in secrets)]
        return n_rows + len(keys) + len(named)

    def vacuum(self) -> None:
        """Let the database tidy up, as any administrator may at any time."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if self.dialect == "postgresql":
                connection.execute(text(f"VACUUM (FULL, FREEZE) {self.tables.spent}, {self.tables.response}"))
        if self.dialect == "sqlite":
            raw = self.engine.raw_connection()
            try:
                raw.cursor().execute("VACUUM")
            finally:
                raw.close()

    def _of_wave(self, table: Table) -> ColumnElement[bool]:
        if self.wave_id is None or "wave_id" not in table.columns:
            return true()
        return table.c["wave_id"] == self.wave_id

    def _keys(self, name: str, key: str, order: str | None) -> list[str]:
        table = self.metadata.tables[name]
        query = select(table.c[key]).where(self._of_wave(table))
        # SQLite reads a table in the order of its rows by itself.
        order = order or ("ctid" if self.dialect == "postgresql" else None)
        with self.engine.connect() as connection:
            return list(connection.scalars(query.order_by(text(order)) if order else query))

    def _hidden(self, name: str, key: str, column: str) -> dict[str, str]:
        table = self.metadata.tables[name]
        with self.engine.connect() as connection:
            query = select(table.c[key], literal_column(column)).where(self._of_wave(table))
            return {row[0]: str(row[1]) for row in connection.execute(query)}

    def _write_ahead_log(self) -> dict[str, tuple[int, tuple[int, int]]]:
        """Return in which transaction of SQLite's write-ahead log each key was first seen, and where there."""
        path = Path(f"{self.engine.url.database}-wal")
        content = path.read_bytes() if path.exists() else b""
        if len(content) <= _WAL_HEADER:
            return {}
        page_size = struct.unpack(">I", content[8:12])[0]
        salt = content[16:24]
        first: dict[str, tuple[int, tuple[int, int]]] = {}
        number = 0
        for start in range(_WAL_HEADER, len(content) - _FRAME_HEADER, _FRAME_HEADER + page_size):
            header = content[start : start + _FRAME_HEADER]
            if header[8:16] != salt:  # left over from before the log began anew
                break
            page = content[start + _FRAME_HEADER : start + _FRAME_HEADER + page_size]
            for key, at in _keys_in(page):
                first.setdefault(key, (number, (start, -at)))
            if struct.unpack(">I", header[4:8])[0]:  # the last frame of a transaction
                number += 1
        return first


def _keys_in(content: bytes) -> Iterator[tuple[str, int]]:
    """Yield every string that could be a key, with its place: two keys may touch."""
    for match in _KEY.finditer(content):
        for length in (32, 64):
            for start in range(match.start(), match.end() - length + 1):
                yield content[start : start + length].decode(), start
