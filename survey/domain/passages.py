"""A lead's own text for the eye: passages with the stretches that earned points, each tied to its trait.

Pure functions on plain values. Positions are those of the text as the lead sent it; nothing is left out but the
punctuation of JSON and of lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from textwrap import shorten

_JSON_LIKE = re.compile(r'\s*[\[{].*"\s*:', re.DOTALL)
_JSON_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\\?\Z)(\s*:\s*([\w.+-]+)?)?|([{])', re.DOTALL)
_LISTED = re.compile(r"[^;\n]+")
_COVERED = re.compile("x(?:[x ]*x)?")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a field that earned points; ``number`` is its trait's number on the page.

    Number 0 is a stretch that was covered before anything was compared.
    """

    start: int
    end: int
    number: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text with the points of all traits it counts for; ``ending`` are those that end with it.

    An ``unread`` one was covered before anything was compared.
    """

    text: str
    points: int = 0
    ending: tuple[int, ...] = ()
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """Pieces that belong together: a text, a listed skill, a line of an experience entry.

    ``first`` marks the first line of an experience entry.
    """

    pieces: tuple[Piece, ...]
    key: str = ""
    first: bool = False


def passages(field: str, text: str, spans: Sequence[Span]) -> tuple[Passage, ...]:
    """Cut a field into passages and mark where its points came from, and what was covered."""
    if field == "experience" and _JSON_LIKE.match(text):
        return tuple(_entries(text, spans))
    if field == "skills":
        return tuple(
            Passage(_pieces(text, match.start(), match.end(), spans))
            for match in _LISTED.finditer(text)
            if match.group().strip()
        )
    return (Passage(_pieces(text, 0, len(text), spans)),) if text.strip() else ()


def covered(text: str, masked: str | None) -> tuple[Span, ...]:
    """Return the stretches of a field that the masked copy, which keeps every position, leaves blank."""
    signs = "".join(
        " " if character.isspace() else "x" if other.isspace() else "."
        for character, other in zip(text, masked or text, strict=False)
    )
    return tuple(Span(*match.span()) for match in _COVERED.finditer(signs))


def quote(field: str, text: str, start: int, end: int, *, max_chars: int) -> str:
    """Return a stretch of a field on one line, cut at a word if it is long."""
    stretch = text[start:end]
    if field == "experience" and _JSON_LIKE.match(text):
        stretch = _unescaped(stretch)
    return shorten(stretch, max_chars, placeholder=" …")


def _entries(text: str, spans: Sequence[Span]) -> Iterator[Passage]:
    key, first = "", True
    for match in _JSON_TOKEN.finditer(text):
        group = 3 if match.group(3) else 1
        if match.group(4):
            first = True
            continue
        if match.group(2) is not None:
            key = match.group(1)
        if (match.group(2) is None or group == 3) and match.group(group).strip():
            pieces = _pieces(text, match.start(group), match.end(group), spans)
            shown = tuple(replace(piece, text=_unescaped(piece.text)) for piece in pieces)
            yield Passage(shown, key, first)
            first = False


def _pieces(text: str, start: int, end: int, spans: Sequence[Span]) -> tuple[Piece, ...]:
    """Cut ``text[start:end]`` where a span begins or ends; overlapping spans share the pieces between."""
    within = [span for span in spans if span.start < end and span.end > start and span.start < span.end]
    cuts = {start, end}
    for span in within:
        cuts |= {max(span.start, start), min(span.end, end)}
    bounds = sorted(cuts)
    pieces = []
    for left, right in pairwise(bounds):
        points = sum(span.points for span in within if span.start <= left and span.end >= right)
        last = sorted((span for span in within if min(span.end, end) == right), key=lambda span: -span.points)
        ending = tuple(dict.fromkeys(span.number for span in last if span.number))
        unread = any(span.start <= left and span.end >= right for span in within if not span.number)
        pieces.append(Piece(text[left:right], points, ending, unread))
    return tuple(pieces)


def _unescaped(text: str) -> str:
    """Return the inside of a JSON string as it reads; a broken escape stays as it is."""
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text
