"""What skills are also called: the table that the package brings, and one of the installation's own that extends it.

The own one is set for the whole process, because everything that reads a text asks for it. Only how texts are read
depends on it: what is masked, and what counts as public vocabulary, is decided by the bundled one alone. Loads nothing
of the analysis but the form in which names are compared, so pages may look at tables.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, lru_cache
from importlib.resources import files
from threading import Lock
from typing import NamedTuple

from analysis.exceptions import InvalidAliasesError
from analysis.folding import folded

#: Skills with their aliases, all in lower case with single spaces.
Table = Mapping[str, tuple[str, ...]]

MAX_CHARACTERS = 80
#: So many aliases an own table has at most.
MAX_ALIASES = 20_000

_RUN = re.compile(r"\w+")


class Row(NamedTuple):
    """A row of a table as somebody wrote it; aliases are separated by semicolons."""

    number: int
    skill: str
    aliases: str


class Aliases:
    """Tables of skills, ready to find aliases in texts.

    Parameters
    ----------
    skills : mapping of str to tuple of str
        The bundled table.
    own : mapping of str to tuple of str, optional
        A table that extends it, as :func:`own_table` made it.
    """

    def __init__(self, skills: Table, own: Table | None = None) -> None:
        own = own or {}
        self.skills: Table = {
            skill: tuple(dict.fromkeys((*skills.get(skill, ()), *own.get(skill, ()))))
            for skill in dict.fromkeys((*skills, *own))
        }
        self.skill_of = {alias: skill for skill, aliases in self.skills.items() for alias in aliases}
        #: Aliases by the first run of letters and digits in them.
        self.by_head: dict[str, list[str]] = {}
        for alias in self.skill_of:
            self.by_head.setdefault(_RUN.findall(alias)[0], []).append(alias)
        # A skill that holds an alias is one word for the search: "ruby on rails" tells of "rails" no second time.
        holding = filter(_pattern(self.skill_of).search, self.skills) if self.skill_of else ()
        self._found_as = {**{skill: skill for skill in holding}, **self.skill_of}

    @cached_property
    def _search(self) -> re.Pattern[str]:
        return _pattern(self._found_as)

    def may_be_in(self, text: str, signs: frozenset[str]) -> bool:
        """Say whether a folded text may hold an alias; ``signs`` are those of its words that are in ``by_head``."""
        return any(alias in text for head in self.by_head.keys() & signs for alias in self.by_head[head])

    def replaced(self, text: str) -> str:
        """Return a folded text with skills in place of their aliases."""
        return self._search.sub(lambda match: self._found_as[match.group()], text)


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    return re.compile(rf"(?<![\w+#.])(?:{longest_first})(?![\w+#])")


@lru_cache(maxsize=1)
def bundled() -> Aliases:
    """Return the table that comes with the package."""
    raw = files("analysis").joinpath("aliases.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(raw.splitlines()))
    return Aliases({row["skill"]: tuple(filter(None, row["aliases"].split(";"))) for row in rows})


_own: Table = {}
_reading = Lock()


def own() -> Table:
    """Return the own table in force; empty if there is none."""
    return _own


def own_hash() -> str:
    """Return the hash of the own table in force; empty if there is none."""
    return hash_of(_own)


def hash_of(table: Table) -> str:
    """Return a SHA-256 of an own table, whatever the order of its rows; empty for one without any."""
    if not table:
        return ""
    content = sorted((skill, sorted(aliases)) for skill, aliases in table.items())
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@lru_cache(maxsize=1)
def in_force() -> Aliases:
    """Return the aliases by which texts are read: the bundled ones and the own ones."""
    return Aliases(bundled().skills, _own) if _own else bundled()


def use(table: Table) -> None:
    """Read texts by the bundled table and this one from now on; an empty one is none."""
    global _own
    if table != _own:
        # Who only looks at tables has read no text.
        from analysis.text import forget

        _own = table
        in_force.cache_clear()
        # What is remembered was read by the other table.
        forget()


@contextmanager
def reading_by(table: Table) -> Iterator[None]:
    """Let texts be read by an own table while the block runs, even if other threads have others."""
    with _reading:
        use(table)
        yield


def own_table(rows: Iterable[Row]) -> Table:
    """Return a table that extends the bundled one.

    A skill may be called by a bundled alias of it and may come in several rows.

    Raises
    ------
    InvalidAliasesError
        If a cell holds no name, an alias would stand for two skills or is a skill itself, or there are too many. Names
        row and column.
    """
    table: dict[str, dict[str, None]] = {}
    first: dict[str, tuple[int, str]] = {}
    for row in rows:
        skill = _name(row.skill, row.number, "skill")
        if skill not in bundled().skills:
            skill = bundled().replaced(skill)
        aliases = table.setdefault(skill, {})
        names = [*filter(str.strip, row.aliases.split(";"))]
        if not names:
            raise _refused(
                row.number, f"“{skill}” is called nothing else here. Say what, or take the row out."
            )
        for written in names:
            alias = _name(written, row.number, "aliases")
            known = alias if alias in bundled().skills else bundled().skill_of.get(alias, skill)
            if known != skill or alias == skill:
                raise _refused(row.number, f"“{alias}” means the skill “{known}” already. Take it out.")
            _, other = first.setdefault(alias, (row.number, skill))
            if other != skill:
                raise _refused(
                    row.number, f"“{alias}” stands for the skill “{other}” in another row. Choose one."
                )
            aliases[alias] = None
            if len(first) > MAX_ALIASES:
                raise _refused(row.number, f"a table has at most {MAX_ALIASES:,} aliases. Take some out.")
    for alias in sorted(first.keys() & table.keys(), key=lambda alias: first[alias]):
        raise _refused(first[alias][0], f"“{alias}” is a skill in another row. Make it a skill or an alias.")
    return {skill: tuple(aliases) for skill, aliases in table.items()}


def _name(written: str, number: int, column: str) -> str:
    name = " ".join(folded(written))
    if not _RUN.search(name) or len(name) > MAX_CHARACTERS:
        raise _refused(
            number,
            f"a name has letters or digits and at most {MAX_CHARACTERS} characters. Correct it.",
            column,
        )
    return name


def _refused(number: int, why: str, column: str = "aliases") -> InvalidAliasesError:
    return InvalidAliasesError(f"row {number}, column “{column}”", why)
