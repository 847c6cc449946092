"""The lists that the package brings: one editable file per kind and language, read once.

A file ``private_sv.json`` holds what the kind ``private`` needs to know of Swedish; a new language is a new file.
"""

from __future__ import annotations

import csv
import json
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
