"""Closed surveys made elsewhere, made one kind of thing: questions, their columns, and what is left out on entry.

The system is recognised by its headers; another one is read as a plain table. Columns that say who or where somebody
is, or when and on what they answered, are dropped here and named: nothing behind this module ever sees them. No
meaning of a question is decided here; that is :mod:`survey.item_words`.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from itertools import pairwise
from typing import Any

from survey.exceptions import InvalidInputError
from survey.spreadsheets import is_workbook, read_first_sheet
from survey.tables import MAX_BYTES, Table, read_table
from survey.texts import one_line

#: Rows from which it is decided what kind of column one is.
_SAMPLED_ROWS = 2_000
#: Words of headers and cells in many languages; headers without case, blanks and punctuation. ``identity`` says who or
#: where somebody is; ``record`` when, on what and under which number they answered; of these a table of another origin
#: may use ``ordinary`` ones for something else, and ``places``, which systems look up by themselves.
WORDS: dict[str, Any] = json.loads((files("survey") / "export_words.json").read_text("utf-8"))
_IDENTITY, _RECORD, _ORDINARY, _PLACES, _TICKED, _NOT_TICKED, _UNANSWERED, _ANSWER_WORDS, _OTHER = (
    frozenset(WORDS[kind])
    for kind in (
        "identity", "record", "ordinary", "places", "ticked", "not_ticked", "unanswered", "answer", "other",
    )
)  # fmt: skip
_QUALTRICS = frozenset(WORDS["qualtrics"])
#: Headers by which a system says that somebody only looked, or did not send what is there, and words it says so in.
_STATUS, _FINISHED, _SUBMITTED, _LOOKS, _PARTIAL = (
    frozenset(WORDS[kind]) for kind in ("status", "finished", "submitted", "looked", "partial")
)
_OF_SURVEYGIZMO = frozenset(WORDS["surveygizmo_own"])
#: Rows whose cells tell a system whose headers are in a language that we do not know.
_LOOKED_AT = 20
#: What separates options and stands in no label.
_PLAINLY_SEPARATED = re.compile(r"[;\n]")
#: How files begin that say what was asked, or hold answers in another shape than rows.
_NO_TABLE = (b"<?", b"<!", b"<html", b"<table", b'{"', b"[{")
#: Pieces of options must stand together so often, and never apart, to be called one.
_LEAST_TOGETHER = 3
_ASKS_WHO = re.compile(
    r"\b(?:e-?mail[- ]?addresse?s?|your e-?mail|e-?mail-?adresse|e-?postadress|correo electrónico|phone number"
    r"|telefonnummer|ip[- ]?address|date of birth|geburtsdatum"
    r"|(?:your|full|first|last|family|given|ihr|dein|vollständiger|ditt|tu|su|twoje)\s+(?:full\s+)?(?:name|names"
    r"|namn|nombre|imię)|imię i nazwisko|latitude|longitude|employee (?:id|number)|user ?agent)\b",
    re.IGNORECASE,
)
_MOST_WORDS_ASKING_WHO = 8
_NAMES_WHO = re.compile("|".join(WORDS["who"]), re.IGNORECASE)
#: What forms add to a header: “(optional)”, “*”, “:”.
_ADDED = re.compile(r"\s*(?:\([^()]*\)|[*:?]+)\s*$")
_LOOKS_LIKE_WHO = re.compile(
    r"[^@\s]+@[^@\s]+\.\w+|\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}|Mozilla/\d.*"
    r"|(?:\+|00)\d[\d ()/.-]{6,}\d|https?://(?:\w+\.)?(?:linkedin\.com/in|xing\.com/profile|facebook\.com)/\S+",
    re.IGNORECASE,
)
#: A day and a time of day: when somebody answered, whatever the header is called.
_LOOKS_LIKE_WHEN = re.compile(r"\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}\.?[ T,]+\d{1,2}[:.]\d{2}\b.{0,20}")

#: What systems measure beside the answers: the browser, clicks, seconds, whether it was a person.
_MEASURED = re.compile(
    r"Q_(?:Total|Recaptcha|Relevant|BallotBox|Duplicate|Fraud|Ambiguous|Unanswered|Terminate|Language|Popul)\w*"
    r"|\w+_DO(?:_\w+)?|browser meta info.*|(?:timing|\w+_)?[ -]*(?:first click|last click|page submit|click count)"
    r"|(?:group|question)[ _]?time\b.*|grouptime\d+|url variable:.*"
    r"|.+ - (?:(?:Parent )?Topics|Topic (?:Hierarchy|Sentiment) .*|Sentiment(?: Polarity| Score)?)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_UNNAMED = re.compile(r"Unnamed: \d+")
_CODE = re.compile(r"([A-Za-z]\w*)(?:\[([^\]]*)\])?(?:\.\s+(\S.*))?", re.DOTALL)
_SUFFIX = re.compile(r"(\S.*?)\s*\[([^\]]+)\]\s*", re.DOTALL)


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

    def parts(self, question: Question, row: Sequence[str]) -> list[str]:
        """Return what a row says to a question: options that were ticked, and words, column by column."""
        said = []
        for index, option in zip(question.columns, question.options, strict=True):
            cell = row[index].strip()
            plain = cell.casefold()
            if not cell or (option and plain in _NOT_TICKED and plain != option.casefold()):
                continue
            said.append(option if option and plain in _TICKED else cell)
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


@dataclass(frozen=True, slots=True)
class _Head:
    """A column's header taken apart; columns with one code are one question."""

    prompt: str
    option: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class _System:
    name: str
    is_it: Callable[[Table], bool]
    heads: Callable[[Table], list[_Head]]
    n_headers: int = 1
    separator: str = ";"
    #: Headers in the second row stand for the first ones, as what is dropped goes by them.
    second_names: bool = False
    own: frozenset[str] = field(default_factory=frozenset)
    #: How many of the first columns are the system's, in whatever language they are named.
    n_own: Callable[[Table], int] = lambda _table: 0
    #: “Points - What is it?” or “What is it? [Score]” beside “What is it?” is what somebody thought of the answer.
    is_graded: bool = False
    #: Headers that tell who only looked or did not send.
    states: frozenset[str] = frozenset()


def read_responses(data: bytes, *, name: str, max_bytes: int = MAX_BYTES, max_rows: int) -> Table:
    """Read the answers of a CSV file or of the first sheet of a workbook as they are.

    Raises InvalidInputError naming file, row and column.
    """
    if not is_workbook(data):
        if data.lstrip(b"\xef\xbb\xbf \r\n").startswith(_NO_TABLE):
            raise InvalidInputError(
                f"{one_line(name)} is no table; perhaps it holds what was asked. Export the answers as CSV or Excel."
            )
        return read_table(data, name=name, named=False, max_bytes=max_bytes, max_rows=max_rows)
    (_, header), *rows = read_first_sheet(data, name=name, max_rows=max_rows)
    width = max(len(header), *(len(row) for _, row in rows)) if rows else len(header)
    padded = [tuple((*row, *[""] * width)[:width]) for _, row in rows]
    columns = tuple(cell.strip() for cell in (*header, *[""] * (width - len(header))))
    return Table(name, columns, tuple(padded), ",", tuple(number for number, _ in rows))


def read_export(table: Table) -> Export:
    """Recognise the system, leave out headers below the first and what is nobody's business, find the questions.

    Raises InvalidInputError if nothing is left.
    """
    system = next((system for system in _SYSTEMS if system.is_it(table)), _PLAIN)
    heads = [replace(head, prompt=_without_markup(head.prompt)) for head in system.heads(table)]
    below = system.n_headers - 1
    names = table.rows[0] if system.second_names else table.columns
    n_own = system.n_own(table)
    rows = table.rows[below:]
    if system.name:
        rows = tuple(map(_answered, rows))
    table = Table(table.name, table.columns, rows, table.delimiter, table.numbers[below:])
    cells = _sample(table)
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
        if heads[i].prompt or heads[i].code or any(cells[i])
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
    said = [part for question in questions for part in export.parts(question, row)]
    return bool(said) and all(part.casefold().rstrip(".!") in _TICKED for part in said)


def is_identity(header: str, cells: Sequence[str]) -> bool:
    """Whether a column says who or where somebody is, by its header or because most of its cells look so."""
    return _asks_who(header) or _mostly(_LOOKS_LIKE_WHO, [cell for cell in cells if cell])


def _mostly(look: re.Pattern[str], filled: Sequence[str]) -> bool:
    return 2 * sum(bool(look.fullmatch(cell)) for cell in filled) > len(filled)


def _asks_who(header: str) -> bool:
    bare = one_line(_ADDED.sub("", header))
    asks = bool(_ASKS_WHO.search(header)) and len(header.split()) <= _MOST_WORDS_ASKING_WHO
    return asks or not _IDENTITY.isdisjoint(map(_plain, (header, bare))) or bool(_NAMES_WHO.fullmatch(bare))


def _is_dropped(name: str, head: _Head, system: _System, cells: Sequence[str]) -> bool:
    spelled = [part for part in (name, head.prompt, head.code) if part]
    plain = {_plain(part) for part in spelled}
    record = _RECORD | _PLACES | system.own if system.name else _RECORD - _ORDINARY
    if system.name and any(_MEASURED.fullmatch(part) for part in spelled):
        return True
    filled = [cell for cell in cells if cell]
    # “E-mail” may be an option that was ticked.
    ticks = _TICKED | {name.casefold()}
    ticked = bool(filled) and all(cell.casefold() in ticks for cell in filled)
    if plain & record or (any(map(_asks_who, spelled)) and not ticked):
        return True
    return _mostly(_LOOKS_LIKE_WHO, filled) or _mostly(_LOOKS_LIKE_WHEN, filled)


def _is_grade(name: str, names: Sequence[str]) -> bool:
    of = _SUFFIX.fullmatch(name)
    return bool(of and of[1] in names) or any(name.endswith(f" - {other}") for other in names)


def _answered(row: tuple[str, ...]) -> tuple[str, ...]:
    """Return a row with nothing where a system wrote that nothing was answered."""
    return row if _UNANSWERED.isdisjoint(row) else tuple("" if cell in _UNANSWERED else cell for cell in row)


def _unsent(
    system: _System, names: Sequence[str], heads: Sequence[_Head], table: Table
) -> tuple[frozenset[int], frozenset[int]]:
    """Return the rows of those who only looked, and of those who did not send; none if that would be all."""
    looked: set[int] = set()
    unfinished: set[int] = set()
    for index, (name, head) in enumerate(zip(names, heads, strict=True)):
        spelled = {_plain(part) for part in (name, head.prompt, head.code)} & system.states
        cells = enumerate(row[index].strip().casefold() for row in table.rows)
        if spelled & _STATUS:
            said = dict(cells)
            looked |= {place for place, cell in said.items() if cell in _LOOKS}
            unfinished |= {place for place, cell in said.items() if cell in _PARTIAL}
        elif spelled & _FINISHED:
            unfinished |= {place for place, cell in cells if cell in _NOT_TICKED}
        elif spelled & _SUBMITTED:
            unfinished |= {place for place, cell in cells if not cell}
    if len(unfinished | looked) == len(table.rows):
        return frozenset(), frozenset()
    return frozenset(looked), frozenset(unfinished - looked)


def _without_markup(text: str) -> str:
    return one_line(html.unescape(_TAG.sub(" ", text))) if "<" in text or "&" in text else text


def _questions(
    heads: Sequence[_Head], kept: Sequence[int], cells: Sequence[Sequence[str]]
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
    groups: Sequence[list[int]], heads: Sequence[_Head], cells: Sequence[Sequence[str]]
) -> Iterator[list[int]]:
    """Join neighbours that hold their own header or nothing: options of one question whose words are not there.

    “Other” behind them holds what was written instead.
    """
    run: list[int] = []
    for columns in groups:
        (index, *more), head = columns, heads[columns[0]]
        filled = {cell for cell in cells[index] if cell}
        is_other = bool(run) and _plain(head.prompt) in _OTHER
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
    known = _TICKED | _NOT_TICKED | {option.casefold()}
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


def _sample(table: Table) -> list[list[str]]:
    step = max(1, len(table.rows) // _SAMPLED_ROWS)
    rows = table.rows[::step]
    return [[row[index].strip() for row in rows] for index in range(len(table.columns))]


# --- the systems ------------------------------------------------------------------------------------------


def _has(table: Table, *names: str, least: int = 2) -> bool:
    """Whether so many of these are among the headers, alone or after a short name and a full stop."""
    spelled = {_plain(part) for column in table.columns for part in (column, column.partition(". ")[0])}
    return len(spelled & set(names)) >= least


def _plain_heads(table: Table) -> list[_Head]:
    return [_suffixed(column, table.columns) for column in table.columns]


def _suffixed(column: str, columns: Sequence[str]) -> _Head:
    """Take “Question [option]” apart where several columns begin alike."""
    found = _SUFFIX.fullmatch(column)
    if not found or sum(other.startswith(found[1]) for other in columns) < 2:
        return _Head(column)
    return _Head(found[1], found[2])


def _dashed_heads(table: Table) -> list[_Head]:
    """Take “Question - option” apart where several columns begin alike."""
    begins = [one_line(column).partition(" - ") for column in table.columns]
    n_columns = Counter(prompt for prompt, dash, _ in begins if dash)
    return [
        _Head(prompt, option) if n_columns[prompt] > 1 else _Head(column)
        for column, (prompt, _, option) in zip(table.columns, begins, strict=True)
    ]


def _limesurvey_heads(table: Table) -> list[_Head]:
    heads = []
    for column in table.columns:
        found = _CODE.fullmatch(column)
        if not found:
            head = _suffixed(column, table.columns)
        elif found[3]:
            text = _SUFFIX.fullmatch(found[3])
            head = _Head(text[1] if text else found[3], text[2] if text else found[2] or "", found[1])
        else:
            head = _Head("", found[2] or "", found[1])
        heads.append(head)
    return heads


def _qualtrics_heads(table: Table) -> list[_Head]:
    return _heads_of_texts(table.columns, table.rows[0])


def _headless_qualtrics_heads(table: Table) -> list[_Head]:
    """Read texts above ImportIds, which are short names with “QID” before them."""
    ids = [re.sub(r"^\W*ImportId\W+|\W+$", "", cell) for cell in table.rows[0]]
    return _heads_of_texts(ids, table.columns)


def _heads_of_texts(names: Sequence[str], texts: Sequence[str]) -> list[_Head]:
    codes = [re.sub(r"_\d+(?:_TEXT)?$|_TEXT$", "", name) for name in names]
    together: dict[str, list[int]] = defaultdict(list)
    for index, code in enumerate(codes):
        together[code].append(index)
    pieces = [one_line(text).split(" - ") for text in texts]
    heads = []
    for index, code in enumerate(codes):
        alike = together[code]
        n_common = n_before = _common([pieces[other] for other in alike])
        if not names[index].endswith("_TEXT"):
            # “Selected Choice”, in whatever language, stands before options and not before what was written instead.
            n_before = _common([pieces[other] for other in alike if not names[other].endswith("_TEXT")])
        option = " - ".join(pieces[index][n_before:])
        prompt = " - ".join(pieces[index][:n_common])
        heads.append(_Head(prompt or texts[index], option, code if len(alike) > 1 else names[index]))
    return heads


def _common(pieces: Sequence[Sequence[str]]) -> int:
    """Return how many pieces all begin with; the last one is each column's own."""
    least = min(map(len, pieces))
    alike = next((n for n in range(least) if len({piece[n] for piece in pieces}) > 1), least)
    return max(1, alike)


def _surveymonkey_heads(table: Table) -> list[_Head]:
    prompts: list[str] = []
    for column in table.columns:
        # Only the first column of a question bears its words; some programs number the others.
        named = "" if _UNNAMED.fullmatch(column) else column
        prompts.append(named or (prompts[-1] if prompts else ""))
    n_columns = Counter(prompts)
    return [
        _Head(prompt, "" if _plain(below) in _ANSWER_WORDS else one_line(below), prompt)
        if n_columns[prompt] > 1
        else _Head(prompt)
        for prompt, below in zip(prompts, table.rows[0], strict=True)
    ]


def _surveygizmo_heads(table: Table) -> list[_Head]:
    columns = [one_line(column) for column in table.columns]
    tails = [[tail.strip() for tail in _tails(column)] for column in columns]
    n_columns = Counter(tail for some in tails for tail in some)
    heads = []
    for column, some in zip(columns, tails, strict=True):
        # A colon may as well stand within an option or a question: what most columns end with is the question.
        prompt = max(some, key=lambda tail: (n_columns[tail], len(tail)))
        option = column.removesuffix(prompt).rstrip(" :")
        heads.append(_Head(prompt, option, prompt) if n_columns[prompt] > 1 else _Head(column))
    return heads


def _tails(text: str) -> Iterator[str]:
    """Yield a text and what stands behind each of its colons."""
    yield text
    yield from (text[colon.end() :] for colon in re.finditer(r":+(?=\S)", text))


def _is_qualtrics(table: Table) -> bool:
    return len(table.rows) > 1 and _are_import_ids(table.rows[1])


def _is_qualtrics_without_names(table: Table) -> bool:
    """Whether somebody has deleted the first header row."""
    return bool(table.rows) and _are_import_ids(table.rows[0])


def _are_import_ids(row: Sequence[str]) -> bool:
    return sum(cell.lstrip().startswith('{"ImportId"') for cell in row) > 1


def _is_legacy_qualtrics(table: Table) -> bool:
    numbered = sum(bool(re.fullmatch(r"V\d+", column)) for column in table.columns)
    return numbered >= 3 and bool(table.rows) and "responseid" in map(_plain, table.rows[0])


def _is_qualtrics_in_two_rows(table: Table) -> bool:
    """Whether somebody has deleted the third header row, of which nobody can make sense."""
    return _is_qualtrics_in_one_row(table) and bool(table.rows) and len(_QUALTRICS & _below(table)) > 1


def _is_qualtrics_in_one_row(table: Table) -> bool:
    return _has(table, *_QUALTRICS, least=3)


def _below(table: Table) -> set[str]:
    return {_plain(cell) for cell in table.rows[0]}


def _is_surveymonkey(table: Table) -> bool:
    """Whether it is a file with two header rows; condensed ones have one."""
    if not table.rows:
        return False
    below = [_plain(cell) for cell in table.rows[0]]
    return _is_condensed_surveymonkey(table) and (bool(_ANSWER_WORDS.intersection(below)) or not below[0])


def _looks_like_surveymonkey(table: Table) -> bool:
    """Whether its two header rows are there, in whatever language: options below a question that is named once."""
    if len(table.rows) < 2:
        return False
    below = table.rows[0]
    unnamed = [not column or bool(_UNNAMED.fullmatch(column)) for column in table.columns]
    return (
        any(unnamed)
        and all(cell for cell, blank in zip(below, unnamed, strict=True) if blank)
        and _n_without_options(table) > 1
        and all(row[0].isdecimal() for row in table.rows[1:_LOOKED_AT])
    )


def _n_without_options(table: Table) -> int:
    """Count the columns before the first question: below the name of a question an option or “Response” follows."""
    return next((n for n, cell in enumerate(table.rows[0]) if cell), 0)


def _is_condensed_surveymonkey(table: Table) -> bool:
    return _has(table, "respondentid", "collectorid")


def _looks_like_limesurvey(table: Table) -> bool:
    """Whether it begins with a number, a day, a page and a language, in whatever language they are named."""
    return _begin_like(table, r"\d+", r"\d+(?:[:. /-]+\d+){2,}", r"-?\d+", r"[a-z]{2,3}(?:-\w+)*")


def _n_of_limesurvey(table: Table) -> int:
    """Count number, day, page and language, and the random number behind them."""
    seeded = all(re.fullmatch(r"\d{4,}", row[4]) for row in table.rows[:_LOOKED_AT])
    return 5 if seeded else 4


def _begin_like(table: Table, *patterns: str) -> bool:
    """Whether each of the first columns is filled as its pattern says, in most of the first rows."""
    rows = table.rows[:_LOOKED_AT]
    alike = sum(all(map(re.fullmatch, patterns, row)) for row in rows)
    return len(table.columns) > len(patterns) and 2 * alike > len(rows)


def _is_limesurvey(table: Table) -> bool:
    spoken = sum(bool(found) and bool(found[3]) for found in map(_CODE.fullmatch, table.columns) if found)
    return _has(table, *WORDS["limesurvey"], least=1 if spoken > 1 else 2) or (
        _plain(table.columns[0]) in WORDS["limesurvey_ids"] and _has(table, *WORDS["limesurvey_own"], least=1)
    )


def _is_google(table: Table) -> bool:
    return _plain(table.columns[0]) in WORDS["timestamps"]


def _is_microsoft(table: Table) -> bool:
    named = _plain(table.columns[0]) == "id" and _has(table, *WORDS["microsoft"], least=1)
    return named or _n_of_microsoft(table) > 0


def _n_of_microsoft(table: Table) -> int:
    """Count number, start and end, in whatever language they are named; 0 if they do not come first."""
    return 3 if _begin_like(table, r"\d+", _LOOKS_LIKE_WHEN.pattern, _LOOKS_LIKE_WHEN.pattern) else 0


def _is_typeform(table: Table) -> bool:
    first = table.columns[0] == "#" or _plain(table.columns[0]) == "responseid"
    return first and _has(table, "submitdateutc", "networkid", "startdateutc")


def _is_surveygizmo(table: Table) -> bool:
    return _has(table, "timestarted", "datesubmitted")


_PLAIN = _System("", lambda _table: True, _plain_heads, separator=",")
_SYSTEMS = (
    _System("Qualtrics", _is_qualtrics, _qualtrics_heads, 3, ",", states=_STATUS | _FINISHED),
    _System("Qualtrics", _is_qualtrics_without_names, _headless_qualtrics_heads, 2, ",",
            states=_STATUS | _FINISHED),
    _System("Qualtrics", _is_qualtrics_in_two_rows, _qualtrics_heads, 2, ",", states=_STATUS | _FINISHED),
    _System("Qualtrics (legacy)", _is_legacy_qualtrics, _qualtrics_heads, 2, ",", second_names=True,
            own=frozenset({"responseset"}), states=_STATUS | _FINISHED),
    _System("Qualtrics", _is_qualtrics_in_one_row, _dashed_heads, separator=",", states=_STATUS | _FINISHED),
    _System("SurveyMonkey", _is_surveymonkey, _surveymonkey_heads, 2),
    _System("SurveyMonkey", _is_condensed_surveymonkey, _dashed_heads, separator=","),
    _System("SurveyMonkey", _looks_like_surveymonkey, _surveymonkey_heads, 2, n_own=_n_without_options),
    _System("Typeform", _is_typeform, _plain_heads, separator=" / ", n_own=lambda _table: 1, states=_STATUS),
    _System("SurveyGizmo", _is_surveygizmo, _surveygizmo_heads, own=_OF_SURVEYGIZMO, states=_STATUS),
    _System("LimeSurvey", _is_limesurvey, _limesurvey_heads, states=_SUBMITTED),
    _System("LimeSurvey", _looks_like_limesurvey, _limesurvey_heads, n_own=_n_of_limesurvey, states=_SUBMITTED),
    _System("Google Forms", _is_google, _plain_heads, separator=", ", is_graded=True),
    _System("Microsoft Forms", _is_microsoft, _plain_heads, n_own=_n_of_microsoft, is_graded=True),
)  # fmt: skip


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
