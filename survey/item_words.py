"""Which item a question from elsewhere is probably about, by words of the question in many languages.

A suggestion and no more: a person sees it before anything is read by it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from survey.export_words import WORDS
from survey.response_tables import Export, Question
from survey.texts import one_line

#: What a question can be read as. ``quote`` is consent to be quoted word for word.
ITEMS = ("self", "skills", "good_day", "stay", "channels", "content", "quote")

_PATTERNS = {
    item: tuple(re.compile("|".join(words[kind]), re.IGNORECASE) for kind in ("strong", "weak"))
    for item, words in WORDS["items"].items()
}
_WEIGHTS = (3, 1)
#: A weak word alone is no reason to suggest anything.
_LEAST = 3
#: From so many answers on with so few different ones, a column holds ticks and no words.
_MANY, _REPEATED = 10, 3


def suggest(export: Export) -> dict[int, str]:
    """Return the item that each question is probably about, by its position; most have none.

    An item is suggested for the question that speaks of it most, and for those numbered like it.
    """
    scores = {
        (position, item): score
        for position, question in enumerate(export.questions)
        for item in ITEMS
        if (score := _score(item, question)) >= _LEAST
        and (item in ("channels", "quote") or in_own_words(export, question))
    }
    suggested: dict[int, str] = {}
    for position, item in sorted(scores, key=lambda key: (-scores[key], key[0], ITEMS.index(key[1]))):
        question = export.questions[position]
        same = [p for p, chosen in suggested.items() if chosen == item]
        if position in suggested or any(
            _unnumbered(export.questions[p].label) != _unnumbered(question.label) for p in same
        ):
            continue
        suggested[position] = item
    return dict(sorted(suggested.items()))


def _score(item: str, question: Question) -> int:
    code = re.sub(r"[\W_\d]+", "", question.code or question.prompt).casefold()
    if code == item.replace("_", ""):
        return 100
    text = one_line(question.label)
    return sum(
        weight * len({found.group().casefold() for found in pattern.finditer(text)})
        for weight, pattern in zip(_WEIGHTS, _PATTERNS[item], strict=True)
    )


def in_own_words(export: Export, question: Question) -> bool:
    """Whether answers differ as words do, and not as ticks on a scale."""
    said = [part for row in export.table.rows[:500] for part in export.parts(question, row)]
    return len(said) < _MANY or len(set(said)) * _REPEATED >= len(said)


def _unnumbered(text: str) -> Sequence[str]:
    return re.sub(r"\d+", "", text.casefold()).split()
