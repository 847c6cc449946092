"""Closed surveys made elsewhere, made one kind of thing: questions, their columns, and what is left out on entry.

The system is recognised by its headers; another one is read as a plain table. Columns that say who or where somebody
is, or when and on what they answered, are dropped here and named: nothing behind this module ever sees them. No
meaning of a question is decided here; that is :mod:`survey.item_words`.
"""

from __future__ import annotations

import html
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from survey.exceptions import InvalidInputError
from survey.export_systems import Head, System, question_and_option, recognise, sample
from survey.export_words import (
    E_MAIL,
    FINISHED,
    IDENTITY,
    LOOKS,
    LOOKS_LIKE_WHEN,
    MEASURED,
    NOT_TICKED,
    ORDINARY,
    OTHER,
    PARTIAL,
    PLACES,
    RECORD,
    STATUS,
    SUBMITTED,
    TICKED,
    UNANSWERED,
    WORDS,
    holds_ticks,
    plain,
)
from survey.tables import Table
from survey.texts import one_line

#: What separates options and stands in no label.
_PLAINLY_SEPARATED = re.compile(r"[;\n]")
#: Pieces of options must stand together so often, and never apart, to be called one.
_LEAST_TOGETHER = 3
_NUMBERS_OF_TICKS = ("0", "1")
_ASKS_WHO = re.compile(
    r"\b(?:e-?mail[- ]?addresse?s?|your e-?mail|e-?mail-?adresse|e-?postadress|correo electrónico|phone number"
    r"|telefonnummer|ip[- ]?address|date of birth|geburtsdatum"
    r"|(?:your|full|first|last|family|given|ihr|dein|vollständiger|ditt|tu|su|twoje)\s+(?:full\s+)?(?:name|names"
    r"|namn|nombre|imię)|imię i nazwisko|latitude|longitude|employee (?:id|number)|user ?agent)\b",
    re.IGNORECASE,
)
_MOST_WORDS_ASKING_WHO = 8
_NAMES_WHO = re.compile("|".join(WORDS["who"]), re.IGNORECASE)
#: What forms put behind a header, and the number before it: “Q1. Name (first and last) (optional) *”.
_MARKS = " *:?"
_MOST_BRACKETS = 2
_NUMBER = re.compile(r"\W*(?:q ?)?\d{1,3} ?[.):] ?(?=[^\W\d])", re.IGNORECASE)
_LOOKS_LIKE_WHO = re.compile(
    rf"{E_MAIL}"
    r"|\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}|Mozilla/\d.*"
    r"|(?:\+|00)\d[\d ()/.-]{6,}\d|https?://(?:\w+\.)?(?:linkedin\.com/in|xing\.com/profile|facebook\.com)/\S+",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its words, the system's short name for it, and its columns.

    ``options`` holds for each column the option that a tick in it stands for, empty if it holds words.
    """

    prompt: str
    columns: tuple[int, ...]
    options: tuple[str, ...]
    code: str = ""

    @property
    def label(self) -> str:
        """What to call it on a screen: its words, else its short name."""
        return self.prompt or self.code or f"#{self.columns[0]}"

    @property
    def is_choice(self) -> bool:
        """Whether options were ticked, each in a column of its own."""
        return any(self.options)


@dataclass(frozen=True, slots=True)
class Export:
    """A survey from elsewhere. ``system`` is empty if it was not recognised; ``dropped`` are headers left out.

    ``looked`` and ``unfinished`` are places of rows that nobody sent: of those who tried the survey, and of those who
    stopped before its end.
    """

    system: str
    table: Table
    questions: tuple[Question, ...]
    dropped: tuple[str, ...]
    separator: str = ";"
    looked: frozenset[int] = frozenset()
    unfinished: frozenset[int] = frozenset()
    _inseparable: dict[int, frozenset[tuple[str, str]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _coded: dict[tuple[int, ...], bool] = field(default_factory=dict, repr=False, compare=False)

    def parts(self, question: Question, row: Sequence[str]) -> list[str]:
        """Return what a row says to a question: options that were ticked, and words, column by column."""
        said = []
        for index, option in zip(question.columns, question.options, strict=True):
            cell = row[index].strip()
            plain = cell.casefold()
            if not cell or (option and plain in NOT_TICKED and plain != option.casefold()):
                continue
            said.append(option if option and plain in TICKED else cell)
        return said

    def choices(self, question: Question, row: Sequence[str]) -> list[str]:
        """Return the options that a row chose, however the system joins them; labels may hold its comma."""
        if question.is_choice:
            return self.parts(question, row)
        chosen: list[str] = []
        for index in question.columns:
            pieces = self._pieces(row[index])
            inseparable = self._inseparable_of(index) if self._may_hold_commas(row[index], pieces) else ()
            for before, piece in zip(["", *pieces], pieces, strict=False):
                if (before, piece) in inseparable:
                    chosen[-1] += f"{self.separator.rstrip()} {piece}"
                else:
                    chosen.append(piece)
        return chosen

    def is_coded(self, question: Question) -> bool:
        """Whether answers are numbers of options, of which 1 may be any."""
        if question.columns not in self._coded:
            cells = {row[index].strip() for row in self.table.rows for index in question.columns}
            self._coded[question.columns] = any(
                cell.isdecimal() and cell not in _NUMBERS_OF_TICKS for cell in cells
            )
        return self._coded[question.columns]

    def _pieces(self, cell: str) -> list[str]:
        separator = ";|\n" if _PLAINLY_SEPARATED.search(cell) else re.escape(self.separator)
        first = self.separator.strip()  # Typeform puts one before each option
        return [
            piece.strip() for piece in re.split(separator, cell.strip().removeprefix(first)) if piece.strip()
        ]

    @staticmethod
    def _may_hold_commas(cell: str, pieces: Sequence[str]) -> bool:
        return len(pieces) > 1 and not _PLAINLY_SEPARATED.search(cell)

    def _inseparable_of(self, index: int) -> frozenset[tuple[str, str]]:
        if index not in self._inseparable:
            cells = [(row[index], self._pieces(row[index])) for row in self.table.rows]
            self._inseparable[index] = _inseparable(
                [pieces for cell, pieces in cells if not _PLAINLY_SEPARATED.search(cell)]
            )
        return self._inseparable[index]


def read_export(table: Table) -> Export:
    """Recognise the system, leave out headers below the first and what is nobody's business, find the questions.

    Raises InvalidInputError if nothing is left.
    """
    system = recognise(table)
    heads = [replace(head, prompt=_without_markup(head.prompt)) for head in system.heads(table)]
    below = system.n_headers - 1
    names = table.rows[0] if system.second_names else table.columns
    n_own = system.n_own(table)
    rows = table.rows[below:]
    if system.is_exported:
        rows = tuple(map(_answered, rows))
    if system.escapes:
        rows = tuple(tuple(_unescaped(cell, system.escapes) for cell in row) for row in rows)
    if system.ticks:
        rows = _with_usual_ticks(rows, heads, system.ticks)
    table = replace(table, rows=rows, numbers=table.numbers[below:])
    cells = sample(table)
    dropped = [
        i
        for i, head in enumerate(heads)
        if i < n_own
        or _is_dropped(names[i], head, system, cells[i])
        or (system.is_graded and _is_grade(names[i], names))
    ]
    kept = [
        i
        for i in sorted(set(range(len(heads))) - set(dropped))
        if (heads[i].prompt or heads[i].code or any(cells[i])) and not _is_told_by_options(i, names, cells)
    ]
    questions = tuple(_questions(heads, kept, cells))
    if not questions:
        raise InvalidInputError(
            f"{table.name} holds no question. Export the answers again, with all columns."
        )
    labels = tuple(dict.fromkeys(filter(None, (one_line(names[i] or heads[i].prompt) for i in dropped))))
    looked, unfinished = _unsent(system, names, heads, table)
    return Export(system.name, table, questions, labels, system.separator, looked, unfinished)


def own_words(export: Export, questions: Iterable[Question], row: Sequence[str]) -> str:
    """Return what a row says to these questions together, a part a line."""
    return "\n".join(part for question in questions for part in export.parts(question, row))


def chosen_options(export: Export, questions: Iterable[Question], row: Sequence[str]) -> list[str]:
    """Return the options that a row chose in any of these questions, each once."""
    return list(dict.fromkeys(part for question in questions for part in export.choices(question, row)))


def consents(export: Export, questions: Iterable[Question], row: Sequence[str]) -> bool:
    """Whether a row says yes, and nothing else, to these questions: what is unclear is no consent."""
    said = [(question, part) for question in questions for part in export.parts(question, row)]
    return bool(said) and all(
        part.casefold().rstrip(".!") in TICKED and not (part.isdecimal() and export.is_coded(question))
        for question, part in said
    )


def is_identity(header: str, cells: Sequence[str]) -> bool:
    """Whether a column says who or where somebody is, by its header or because most of its cells look so."""
    return _asks_who(header) or _mostly(_LOOKS_LIKE_WHO, [cell for cell in cells if cell])


def _mostly(look: re.Pattern[str], filled: Sequence[str]) -> bool:
    return 2 * sum(bool(look.fullmatch(cell)) for cell in filled) > len(filled)


def _asks_who(header: str) -> bool:
    bare = _without_added(one_line(header))
    asks = bool(_ASKS_WHO.search(header)) and len(header.split()) <= _MOST_WORDS_ASKING_WHO
    return asks or not IDENTITY.isdisjoint(map(plain, (header, bare))) or bool(_NAMES_WHO.fullmatch(bare))


def _without_added(header: str) -> str:
    """Return a header without what forms add to it: “1.”, “(optional)”, “*”, “:”."""
    numbered = _NUMBER.match(header)
    bare = header[numbered.end() if numbered else 0 :].rstrip(_MARKS)
    for _ in range(_MOST_BRACKETS):
        before, opened, inside = bare.rpartition("(")
        if not opened or not bare.endswith(")") or ")" in inside[:-1]:
            break
        bare = before.rstrip(_MARKS)
    return bare


def _is_dropped(name: str, head: Head, system: System, cells: Sequence[str]) -> bool:
    spelled = [part for part in (name, head.prompt, head.code) if part]
    written = {plain(part) for part in spelled}
    record = RECORD | PLACES | system.own if system.is_exported else RECORD - ORDINARY
    if system.is_exported and any(MEASURED.fullmatch(part) for part in spelled):
        return True
    filled = [cell for cell in cells if cell]
    # “E-mail” may be an option that was ticked.
    ticks = TICKED | {name.casefold()}
    ticked = bool(filled) and all(cell.casefold() in ticks for cell in filled)
    if written & record or (any(map(_asks_who, spelled)) and not ticked):
        return True
    return _mostly(_LOOKS_LIKE_WHO, filled) or _mostly(LOOKS_LIKE_WHEN, filled)


def _is_grade(name: str, names: Sequence[str]) -> bool:
    of = question_and_option(name)
    return bool(of and of[0] in names) or any(name.endswith(f" - {other}") for other in names)


def _answered(row: tuple[str, ...]) -> tuple[str, ...]:
    """Return a row with nothing where a system wrote that nothing was answered."""
    return row if UNANSWERED.isdisjoint(row) else tuple("" if cell in UNANSWERED else cell for cell in row)


def _unescaped(cell: str, escapes: Mapping[str, str]) -> str:
    for written, meant in escapes.items() if "{" in cell else ():
        cell = cell.replace(written, meant)
    return cell


def _with_usual_ticks(
    rows: Sequence[tuple[str, ...]], heads: Sequence[Head], ticks: Mapping[str, str]
) -> tuple[tuple[str, ...], ...]:
    """Return rows in which an option that somebody ticked has a 1, in columns of options with nothing but ticks."""
    ticked = {
        index
        for index, head in enumerate(heads)
        if head.option and {row[index] for row in rows} <= {*ticks, ""}
    }
    return tuple(
        tuple(ticks.get(cell, cell) if index in ticked else cell for index, cell in enumerate(row))
        for row in rows
    )


def _is_told_by_options(index: int, names: Sequence[str], cells: Sequence[Sequence[str]]) -> bool:
    """Whether a column says once more, joined or counted, what columns of its options behind it say."""
    name = names[index]
    options = {
        names[other][len(name) + 1 :]: cells[other]
        for other in range(index + 1, len(names))
        if name and names[other].startswith((f"{name}/", f"{name}_")) and holds_ticks(cells[other])
    }
    longest_first = "|".join(map(re.escape, sorted(options, key=len, reverse=True)))
    is_joined = re.compile(rf"(?:{longest_first}|[\W\d_])*")
    return len(options) > 1 and all(
        not cell or (is_joined.fullmatch(cell) and any(ticks[place] for ticks in options.values()))
        for place, cell in enumerate(cells[index])
    )


def _unsent(
    system: System, names: Sequence[str], heads: Sequence[Head], table: Table
) -> tuple[frozenset[int], frozenset[int]]:
    """Return the rows of those who only looked, and of those who did not send; none if that would be all."""
    looked: set[int] = set()
    unfinished: set[int] = set()
    for index, (name, head) in enumerate(zip(names, heads, strict=True)):
        spelled = {plain(part) for part in (name, head.prompt, head.code)} & system.states
        cells = enumerate(row[index].strip().casefold() for row in table.rows)
        if spelled & STATUS:
            said = dict(cells)
            looked |= {place for place, cell in said.items() if cell in LOOKS}
            unfinished |= {place for place, cell in said.items() if cell in PARTIAL}
        elif spelled & FINISHED:
            unfinished |= {place for place, cell in cells if cell in NOT_TICKED}
        elif spelled & SUBMITTED:
            unfinished |= {place for place, cell in cells if cell in ("", "null")}
    if len(unfinished | looked) == len(table.rows):
        return frozenset(), frozenset()
    return frozenset(looked), frozenset(unfinished - looked)


def _without_markup(text: str) -> str:
    return one_line(html.unescape(_TAG.sub(" ", text))) if "<" in text or "&" in text else text


def _questions(
    heads: Sequence[Head], kept: Sequence[int], cells: Sequence[Sequence[str]]
) -> Iterator[Question]:
    groups: dict[str | int, list[int]] = defaultdict(list)
    for index in kept:
        head = heads[index]
        # Columns that merely bear the same header stay questions of their own.
        groups[head.code or (head.prompt if head.option else index)].append(index)
    for columns in _with_runs(list(groups.values()), heads, cells):
        first = heads[columns[0]]
        options = tuple(
            heads[index].option if _is_tick(heads[index].option, cells[index]) else "" for index in columns
        )
        yield Question(
            first.prompt, tuple(columns), options, "" if first.code == first.prompt else first.code
        )


def _with_runs(
    groups: Sequence[list[int]], heads: Sequence[Head], cells: Sequence[Sequence[str]]
) -> Iterator[list[int]]:
    """Join neighbours that hold their own header or nothing: options of one question whose words are not there.

    “Other” behind them holds what was written instead.
    """
    run: list[int] = []
    for columns in groups:
        (index, *more), head = columns, heads[columns[0]]
        filled = {cell for cell in cells[index] if cell}
        is_other = bool(run) and plain(head.prompt) in OTHER
        if not more and not head.code and (filled == {head.prompt} or is_other):
            run.append(index)
            continue
        if run:
            yield run
            run = []
        yield columns
    if run:
        yield run


def _is_tick(option: str, cells: Sequence[str]) -> bool:
    known = TICKED | NOT_TICKED | {option.casefold()}
    return bool(option) and all(cell.casefold() in known for cell in cells if cell)


def _inseparable(cells: Sequence[Sequence[str]]) -> frozenset[tuple[str, str]]:
    """Return the neighbours that are one label: neither was ever chosen without the other, and the second goes on."""
    alone = Counter(piece for pieces in cells for piece in pieces)
    together = Counter(pair for pieces in cells for pair in pairwise(pieces))
    capitals = sum(n for piece, n in alone.items() if piece[0].isupper())
    if capitals * 2 < alone.total():  # labels that begin small tell nothing
        return frozenset()
    return frozenset(
        (first, second)
        for (first, second), n in together.items()
        if n == alone[first] == alone[second] >= _LEAST_TOGETHER and not second[0].isupper()
    )
