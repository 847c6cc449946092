"""The shapes in which survey systems export answers: how each is recognised, and how its headers are taken apart.

What no system is recognised by is read by its structure: short names beside their texts, options below their
questions, or columns that a system put in beside the answers; else it is a plain table.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from survey.export_words import (
    ANSWER_WORDS,
    FINISHED,
    IDENTITY,
    LOOKS_LIKE_WHEN,
    MEASURED,
    NOT_TICKED,
    ORDINARY,
    RECORD,
    STATUS,
    SUBMITTED,
    TICKED,
    WORDS,
    holds_ticks,
    plain,
)
from survey.tables import Table
from survey.texts import one_line

#: Rows from which it is decided what kind of column one is.
_SAMPLED_ROWS = 2_000
_QUALTRICS = frozenset(WORDS["qualtrics"])
_OF_SURVEYGIZMO = frozenset(WORDS["surveygizmo_own"])
#: Rows whose cells tell a system whose headers are in a language that we do not know.
_LOOKED_AT = 20
#: So many columns that nobody answered make a table the export of a system.
_LEAST_OWN = 3
_UNNAMED = re.compile(r"Unnamed: \d+")
_CODE = re.compile(r"([A-Za-z]\w*)(?:\[([^\]]*)\])?(?:\.\s+(\S.*))?", re.DOTALL)
#: How systems write a question and one of its options: “Q (choice=A)”, “Q: A”, “Q - A”, “Q/A”, “q___1”.
_OPTION = re.compile(r"(\S.*?)(?<!\s)\s*+(?:\(choice=(.++)(?<=\))|(?:: |(?<= )- |/|___)(.+))", re.DOTALL)
_PATH = re.compile(r"\w+(?:/\w+)+")
#: A short name, and what it says of a part of a question: “Q1_2”, “Q1_2a”, “Q1_SQ002”, “Q1[SQ002]”, “Q1_other”.
_SHORT_NAME = re.compile(r"[^\W\d]\w*(?:\[\w+\])?")
_PART = re.compile(r"_(?:SQ)?\d+[a-z]?$|_other$|\[\w+\]$")
#: What stands between a question and one of its options in its words.
_BETWEEN = re.compile(r" - |: |\s*[\[(]")
_NUMBERED = re.compile(r"[\d_]")
_NO_WORDS = re.compile(r"[\d.,:+/T -]*")


@dataclass(frozen=True, slots=True)
class Head:
    """A column's header taken apart; columns with one code are one question."""

    prompt: str
    option: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class System:
    name: str
    is_it: Callable[[Table], bool]
    heads: Callable[[Table], list[Head]]
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
    #: Whether columns that a system put in beside the answers are there.
    is_exported: bool = True
    #: How a system writes what a cell cannot hold as it is.
    escapes: Mapping[str, str] = field(default_factory=dict)
    #: What stands for “ticked” and “not ticked” in columns of options, if it is unusual.
    ticks: Mapping[str, str] = field(default_factory=dict)


def recognise(table: Table) -> System:
    """Return the system that a table comes from, as far as its shape tells."""
    system = next((system for system in SYSTEMS if system.is_it(table)), PLAIN)
    if system.is_exported or not _is_exported(table):
        return system
    return replace(system, own=frozenset(WORDS["exported_own"]), states=FINISHED, is_exported=True)


def sample(table: Table) -> list[list[str]]:
    """Return for each column its cells in some rows, spread over the table."""
    rows = table.spread(_SAMPLED_ROWS)
    return [[row[index].strip() for row in rows] for index in range(len(table.columns))]


def _has(table: Table, *names: str, least: int = 2) -> bool:
    """Whether so many of these are among the headers, alone or after a short name and a full stop."""
    spelled = {plain(part) for column in table.columns for part in (column, column.partition(". ")[0])}
    return len(spelled & set(names)) >= least


def question_and_option(header: str) -> tuple[str, str] | None:
    """Take “Question [option]” apart; None if a header is none."""
    inside = header.rstrip()
    if not inside.endswith("]"):
        return None
    inside = inside[:-1]
    opened = inside.find("[", max(1, inside.rfind("]") + 1))
    prompt, option = inside[:opened].rstrip(), inside[opened + 1 :]
    return (prompt, option) if opened > 0 and option and header[:1].strip() else None


def _plain_heads(table: Table) -> list[Head]:
    """Take “Question [option]” apart, and, where columns hold ticks, whatever else stands between the two."""
    ticked = [bool(any(some)) and holds_ticks(some) for some in sample(table)]
    apart = [
        _question_and_option(column, table.columns) if is_ticked else ("", "")
        for column, is_ticked in zip(table.columns, ticked, strict=True)
    ]
    n_options = Counter(prompt for prompt, _ in apart)
    return [
        Head(_without_path(prompt), option, prompt)
        if prompt and n_options[prompt] > 1
        else _suffixed(_without_path(column), table.columns)
        for column, (prompt, option) in zip(table.columns, apart, strict=True)
    ]


def _question_and_option(column: str, columns: Sequence[str]) -> tuple[str, str]:
    """Take “Question/option” apart, most surely where the question has a column of its own before its options."""
    slashes = [found.start() for found in re.finditer("/", column)]
    at = next((at for at in slashes if column[:at] in columns), None)
    if at is None and _PATH.fullmatch(column):
        at = slashes[-1]
    if at is not None:
        return column[:at], column[at + 1 :]
    found = _OPTION.fullmatch(column)
    if not found:
        return "", ""
    return found[1], found[2][:-1] if found[2] else found[3]


def _without_path(column: str) -> str:
    """Return a question without the groups it lies in: “about_work/stay”."""
    return column.rpartition("/")[2] if _PATH.fullmatch(column) else column


def _suffixed(column: str, columns: Sequence[str]) -> Head:
    """Take “Question [option]” apart where several columns begin alike."""
    found = question_and_option(column)
    if not found or sum(other.startswith(found[0]) for other in columns) < 2:
        return Head(column)
    return Head(*found)


def _dashed_heads(table: Table) -> list[Head]:
    """Take “Question - option” apart where several columns begin alike."""
    begins = [one_line(column).partition(" - ") for column in table.columns]
    n_columns = Counter(prompt for prompt, dash, _ in begins if dash)
    return [
        Head(prompt, option) if n_columns[prompt] > 1 else Head(column)
        for column, (prompt, _, option) in zip(table.columns, begins, strict=True)
    ]


def _limesurvey_heads(table: Table) -> list[Head]:
    heads = []
    for column in table.columns:
        found = _CODE.fullmatch(column)
        if not found:
            head = _suffixed(column, table.columns)
        elif found[3]:
            prompt, option = question_and_option(found[3]) or (found[3], found[2] or "")
            head = Head(prompt, option, found[1])
        else:
            head = Head("", found[2] or "", found[1])
        heads.append(head)
    return heads


def _qualtrics_heads(table: Table) -> list[Head]:
    return _heads_of_texts(table.columns, table.rows[0])


def _headless_qualtrics_heads(table: Table) -> list[Head]:
    """Read texts above ImportIds, which are short names with “QID” before them."""
    ids = [re.sub(r"^\W*ImportId\W+|(?<!\W)\W+$", "", cell) for cell in table.rows[0]]
    return _heads_of_texts(ids, table.columns)


def _heads_of_texts(names: Sequence[str], texts: Sequence[str]) -> list[Head]:
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
        heads.append(Head(prompt or texts[index], option, code if len(alike) > 1 else names[index]))
    return heads


def _labelled_heads(names: Sequence[str], texts: Sequence[str]) -> list[Head]:
    """Read short names with texts; parts of a question begin alike, up to a colon, a dash or a bracket."""
    codes = [_PART.sub("", name) for name in names]
    together: dict[str, list[str]] = defaultdict(list)
    for code, text in zip(codes, texts, strict=True):
        together[code].append(one_line(text))
    heads = []
    for name, code, text in zip(names, codes, map(one_line, texts), strict=True):
        alike = _common_start(together[code]) if len(together[code]) > 1 else ""
        ends = [found.span() for found in _BETWEEN.finditer(alike)]
        if not ends:
            heads.append(Head(text, code=name))
            continue
        (start, end) = ends[-1]
        option = text[end:].removesuffix("]") if "[" in text[start:end] else text[end:]
        heads.append(Head(text[:start], option, code))
    return heads


def _common_start(texts: Sequence[str]) -> str:
    letters = enumerate(zip(*texts, strict=False))
    return texts[0][: next((n for n, some in letters if len(set(some)) > 1), min(map(len, texts)))]


def _has_labels_below(table: Table) -> bool:
    """Whether short names stand above texts, and numbers and times below both."""
    return bool(table.rows) and _are_names(table.columns) and _are_labels(table.rows[0], table.rows[1:])


def _has_labels_above(table: Table) -> bool:
    """Whether texts stand above short names, which are told from answers by their numbers."""
    if not table.rows or not _are_names(table.rows[0]) or not _are_labels(table.columns, table.rows[1:]):
        return False
    return 2 * sum(bool(_NUMBERED.search(name)) for name in table.rows[0]) > len(table.columns)


def _are_names(cells: Sequence[str]) -> bool:
    return all(map(_SHORT_NAME.fullmatch, cells)) and len(set(cells)) == len(cells)


def _are_labels(texts: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether most are some words, of which at least two stand above numbers or times alone."""
    worded = [index for index, text in enumerate(texts) if " " in text.strip() and text[0].isalpha()]
    some = rows[:_LOOKED_AT]
    numbers = [
        index
        for index in worded
        if any(row[index] for row in some) and all(_NO_WORDS.fullmatch(row[index]) for row in some)
    ]
    return 2 * len(worded) > len(texts) and len(numbers) > 1


def _names_over_labels(table: Table) -> list[Head]:
    return _labelled_heads(table.columns, table.rows[0])


def _labels_over_names(table: Table) -> list[Head]:
    return _labelled_heads(table.rows[0], table.columns)


def _has_options_below(table: Table) -> bool:
    """Whether a question is named once above its options, which are ticked or written out below."""
    if len(table.rows) < 2:
        return False
    below, rows = table.rows[0], table.rows[1:_LOOKED_AT]
    unnamed = [i for i, column in enumerate(table.columns) if not column or _UNNAMED.fullmatch(column)]
    options = {below[index].casefold() for index in unnamed}
    if not options or not options.isdisjoint(TICKED | NOT_TICKED | {""}) or not table.columns[0]:
        return False
    if all(
        cell and plain(cell) not in ANSWER_WORDS for cell in below
    ):  # below a question in own words nothing stands
        return False
    said = [{row[index].casefold() for row in rows if row[index]} for index in unnamed]
    return any(
        some and some <= TICKED | NOT_TICKED | {below[i].casefold()}
        for i, some in zip(unnamed, said, strict=True)
    )


def _is_exported(table: Table) -> bool:
    """Whether a system that we do not know by name put in when, by whom and under which number was answered."""
    own = [
        column for column in table.columns if MEASURED.fullmatch(column) or plain(column) in RECORD - ORDINARY
    ]
    about = [column for column in table.columns if plain(column) in RECORD | IDENTITY and column not in own]
    return bool(own) and len(own) + len(about) >= _LEAST_OWN


def _common(pieces: Sequence[Sequence[str]]) -> int:
    """Return how many pieces all begin with; the last one is each column's own."""
    least = min(map(len, pieces))
    alike = next((n for n in range(least) if len({piece[n] for piece in pieces}) > 1), least)
    return max(1, alike)


def _surveymonkey_heads(table: Table) -> list[Head]:
    prompts: list[str] = []
    for column in table.columns:
        # Only the first column of a question bears its words; some programs number the others.
        named = "" if _UNNAMED.fullmatch(column) else column
        prompts.append(named or (prompts[-1] if prompts else ""))
    n_columns = Counter(prompts)
    return [
        Head(prompt, "" if plain(below) in ANSWER_WORDS else one_line(below), prompt)
        if n_columns[prompt] > 1
        else Head(prompt)
        for prompt, below in zip(prompts, table.rows[0], strict=True)
    ]


def _surveygizmo_heads(table: Table) -> list[Head]:
    columns = [one_line(column) for column in table.columns]
    tails = [[tail.strip() for tail in _tails(column)] for column in columns]
    n_columns = Counter(tail for some in tails for tail in some)
    heads = []
    for column, some in zip(columns, tails, strict=True):
        # A colon may as well stand within an option or a question: what most columns end with is the question.
        prompt = max(some, key=lambda tail: (n_columns[tail], len(tail)))
        option = column.removesuffix(prompt).rstrip(" :")
        heads.append(Head(prompt, option, prompt) if n_columns[prompt] > 1 else Head(column))
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
    return numbered >= 3 and bool(table.rows) and "responseid" in map(plain, table.rows[0])


def _is_qualtrics_in_two_rows(table: Table) -> bool:
    """Whether somebody has deleted the third header row, of which nobody can make sense."""
    return _is_qualtrics_in_one_row(table) and bool(table.rows) and len(_QUALTRICS & _below(table)) > 1


def _is_qualtrics_in_one_row(table: Table) -> bool:
    return _has(table, *_QUALTRICS, least=3)


def _below(table: Table) -> set[str]:
    return {plain(cell) for cell in table.rows[0]}


def _is_surveymonkey(table: Table) -> bool:
    """Whether it is a file with two header rows; condensed ones have one."""
    if not table.rows:
        return False
    below = [plain(cell) for cell in table.rows[0]]
    return _is_condensed_surveymonkey(table) and (bool(ANSWER_WORDS.intersection(below)) or not below[0])


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
        plain(table.columns[0]) in WORDS["limesurvey_ids"] and _has(table, *WORDS["limesurvey_own"], least=1)
    )


def _is_limesurvey_vv(table: Table) -> bool:
    """Whether it is a file for LimeSurvey itself: texts above short names."""
    return bool(table.rows) and len({"submitdate", "lastpage", "startlanguage"} & set(table.rows[0])) > 1


def _is_sosci(table: Table) -> bool:
    return _has(table, "questnnr", "case", "serial", least=2) and _has_labels_below(table)


def _is_google(table: Table) -> bool:
    return plain(table.columns[0]) in WORDS["timestamps"]


def _is_microsoft(table: Table) -> bool:
    named = plain(table.columns[0]) == "id" and _has(table, *WORDS["microsoft"], least=1)
    return named or _n_of_microsoft(table) > 0


def _n_of_microsoft(table: Table) -> int:
    """Count number, start and end, in whatever language they are named; 0 if they do not come first."""
    return 3 if _begin_like(table, r"\d+", LOOKS_LIKE_WHEN.pattern, LOOKS_LIKE_WHEN.pattern) else 0


def _is_typeform(table: Table) -> bool:
    first = table.columns[0] == "#" or plain(table.columns[0]) == "responseid"
    return first and _has(table, "submitdateutc", "networkid", "startdateutc")


def _is_surveygizmo(table: Table) -> bool:
    return _has(table, "timestarted", "datesubmitted")


#: What stands in a LimeSurvey VV file for what a line cannot hold; the brace comes last.
_ESCAPES_OF_LIMESURVEY = {"{newline}": "\n", "{cr}": "\n", "{tab}": "\t", "{quote}": '"', "{lbrace}": "{"}
_TICKS_OF_SOSCI = {"1": "0", "2": "1", "-1": "0", "-9": ""}
PLAIN = System("", lambda _table: True, _plain_heads, separator=",", is_exported=False)
SYSTEMS = (
    System("Qualtrics", _is_qualtrics, _qualtrics_heads, 3, ",", states=STATUS | FINISHED),
    System("Qualtrics", _is_qualtrics_without_names, _headless_qualtrics_heads, 2, ",",
            states=STATUS | FINISHED),
    System("Qualtrics", _is_qualtrics_in_two_rows, _qualtrics_heads, 2, ",", states=STATUS | FINISHED),
    System("Qualtrics (legacy)", _is_legacy_qualtrics, _qualtrics_heads, 2, ",", second_names=True,
            own=frozenset({"responseset"}), states=STATUS | FINISHED),
    System("Qualtrics", _is_qualtrics_in_one_row, _dashed_heads, separator=",", states=STATUS | FINISHED),
    System("SurveyMonkey", _is_surveymonkey, _surveymonkey_heads, 2),
    System("SurveyMonkey", _is_condensed_surveymonkey, _dashed_heads, separator=","),
    System("SurveyMonkey", _looks_like_surveymonkey, _surveymonkey_heads, 2, n_own=_n_without_options),
    System("SoSci Survey", _is_sosci, _names_over_labels, 2, own=frozenset(WORDS["sosci_own"]), states=FINISHED,
           ticks=_TICKS_OF_SOSCI),
    System("LimeSurvey", _is_limesurvey_vv, _labels_over_names, 2, second_names=True, states=SUBMITTED,
            escapes=_ESCAPES_OF_LIMESURVEY),
    System("Typeform", _is_typeform, _plain_heads, separator=" / ", n_own=lambda _table: 1, states=STATUS),
    System("SurveyGizmo", _is_surveygizmo, _surveygizmo_heads, own=_OF_SURVEYGIZMO, states=STATUS),
    System("LimeSurvey", _is_limesurvey, _limesurvey_heads, states=SUBMITTED),
    System("LimeSurvey", _looks_like_limesurvey, _limesurvey_heads, n_own=_n_of_limesurvey, states=SUBMITTED),
    System("Google Forms", _is_google, _plain_heads, separator=", ", is_graded=True),
    System("Microsoft Forms", _is_microsoft, _plain_heads, n_own=_n_of_microsoft, is_graded=True),
    System("", _has_labels_below, _names_over_labels, 2, ",", is_exported=False),
    System("", _has_labels_above, _labels_over_names, 2, ",", second_names=True, is_exported=False),
    System("", _has_options_below, _surveymonkey_heads, 2, ",", is_exported=False),
)  # fmt: skip
