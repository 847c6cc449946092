"""Tables that a command prints and, if asked to, writes into the documentation, so that nobody copies figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.grounds import ROOT

BENCHMARKS = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Tables:
    """Prints tables in Markdown; with a page, each also takes the place of the one of its name there."""

    page: Path | None = None

    def show(self, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table and write it where the page has ``<!-- table: name -->``.

        Raises
        ------
        LookupError
            If the page has no place for a table of this name.
        """
        lines = [header, ["---"] * len(header), *rows]
        table = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
        print(f"\n{table}", flush=True)
        if self.page is not None:
            self.page.write_text(in_place(self.page.read_text("utf-8"), name, table), "utf-8")


def in_place(text: str, name: str, table: str) -> str:
    """Put a table below the comment with its name, in the place of the table that stands there.

    Examples
    --------
    >>> in_place("<!-- table: a -->\\n| old |\\n\\nMore.", "a", "| new |")
    '<!-- table: a -->\\n| new |\\n\\nMore.'
    """
    place = re.compile(rf"(<!-- table: {re.escape(name)} -->\n)(?:\|.*\n?)*")
    if not place.search(text):
        raise LookupError(f"Write <!-- table: {name} --> where the table is to stand.")
    return place.sub(lambda found: f"{found[1]}{table}\n", text)


def decimal(figure: float, digits: int = 3) -> str:
    """Write a figure as the documentation does, without the naught before the point; nothing of one that is none.

    Examples
    --------
    >>> decimal(0.7234), decimal(-0.001), decimal(1.0, 2), decimal(float("nan"))
    ('.723', '-.001', '1.00', '')
    """
    if np.isnan(figure):
        return ""
    return f"{figure:.{digits}f}".replace("0.", ".", 1) if abs(figure) < 1 else f"{figure:.{digits}f}"
