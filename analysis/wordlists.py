"""The lists that the package brings: one editable file per kind and language, read once.

A file ``private_sv.json`` holds what the kind ``private`` needs to know of Swedish; a new language is a new file.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=8)
def by_language(kind: str) -> dict[str, dict[str, Any]]:
    """Return the lists of a kind by ISO 639-1 code, of every language that has a file."""
    found = {}
    for path in sorted(files("analysis").iterdir(), key=lambda path: path.name):
        if path.name.startswith(f"{kind}_") and path.name.endswith(".json"):
            language = path.name.removeprefix(f"{kind}_").removesuffix(".json")
            found[language] = json.loads(path.read_text(encoding="utf-8"))
    return found


def entries(kind: str, name: str) -> tuple[str, ...]:
    """Return a list of a kind over all languages, as written; a text counts as words separated by spaces."""
    found: dict[str, None] = {}
    for lists in by_language(kind).values():
        value = lists.get(name, [])
        found.update(dict.fromkeys(value.split() if isinstance(value, str) else value))
    return tuple(found)


@lru_cache(maxsize=8)
def column(name: str) -> frozenset[str]:
    """Return the entries of a file with one column, without letter case."""
    text = files("analysis").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return frozenset(row[0].casefold() for row in list(csv.reader(text.splitlines()))[1:] if row)


@dataclass(frozen=True, slots=True)
class Listed:
    """Words and phrases to look for: ``*`` stands for the rest of a word, in front for three letters or more.

    ``Listed.of("fast*")`` holds "fasting"; ``Listed.of("*ed")`` holds "asked" and not "bed".
    """

    words: frozenset[str]
    beginnings: tuple[str, ...]
    endings: tuple[str, ...]
    phrases: re.Pattern[str] | None

    @classmethod
    def of(cls, listed: str | Iterable[str] | Mapping[str, Any]) -> Listed:
        """Read a list as it stands in a file: words in one text, phrases, or both by these names."""
        if isinstance(listed, Mapping):
            listed = [*listed["words"].split(), *listed["phrases"]]
        found = [entry.casefold() for entry in (listed.split() if isinstance(listed, str) else listed)]
        single = [entry for entry in found if " " not in entry]
        phrases = [re.escape(entry).replace(r"\*", r"\S*") for entry in found if " " in entry]
        return cls(
            frozenset(entry for entry in single if "*" not in entry),
            tuple(entry[:-1] for entry in single if entry.endswith("*")),
            tuple(entry[1:] for entry in single if entry.startswith("*")),
            re.compile(rf"(?<!\S)(?:{'|'.join(phrases)})(?!\S)") if phrases else None,
        )

    def __bool__(self) -> bool:
        return bool(self.words or self.beginnings or self.endings or self.phrases)

    def has(self, word: str) -> bool:
        """Say whether a lower-case word is listed."""
        if word in self.words or word.startswith(self.beginnings):
            return True
        return word.endswith(self.endings) and any(
            word.endswith(end) and len(word) >= len(end) + 3 for end in self.endings
        )

    def is_in(self, said: Sequence[str]) -> bool:
        """Say whether one of lower-case words is listed, or some in a row are."""
        if not self.words.isdisjoint(said):
            return True
        if (self.beginnings or self.endings) and any(map(self.has, said)):
            return True
        return self.phrases is not None and self.phrases.search(" ".join(said)) is not None
