"""Words of what survey systems write by themselves, in many languages, and how such cells look.

A leaf: what is done about a column is decided in :mod:`survey.response_tables`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

#: Words of headers and cells in many languages; headers without case, blanks and punctuation. ``identity`` says who or
#: where somebody is; ``record`` when, on what and under which number they answered; of these a table of another origin
#: may use ``ordinary`` ones for something else, and ``places``, which systems look up by themselves.
WORDS: dict[str, Any] = json.loads((files("survey") / "export_words.json").read_text("utf-8"))
IDENTITY, RECORD, ORDINARY, PLACES, TICKED, NOT_TICKED, UNANSWERED, ANSWER_WORDS, OTHER = (
    frozenset(WORDS[kind])
    for kind in (
        "identity", "record", "ordinary", "places", "ticked", "not_ticked", "unanswered", "answer", "other",
    )
)  # fmt: skip
#: Headers by which a system says that somebody only looked, or did not send what is there, and words it says so in.
STATUS, FINISHED, SUBMITTED, LOOKS, PARTIAL = (
    frozenset(WORDS[kind]) for kind in ("status", "finished", "submitted", "looked", "partial")
)
#: An address for mail.
E_MAIL = r"[^@\s]+@[^@\s]+\.\w+"
#: A day and a time of day: when somebody answered, whatever the header is called.
LOOKS_LIKE_WHEN = re.compile(r"\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}\.?[ T,]+\d{1,2}[:.]\d{2}\b.{0,20}")

#: What systems measure beside the answers: the browser, clicks, seconds, whether it was a person.
MEASURED = re.compile(
    r"Q_(?:Total|Recaptcha|Relevant|BallotBox|Duplicate|Fraud|Ambiguous|Unanswered|Terminate|Language|Popul)\w*"
    r"|\w+_DO(?:_\w+)?|browser meta info.*|(?:timing|\w+_)?[ -]*(?:first click|last click|page submit|click count)"
    r"|(?:group|question)[ _]?time\b.*|grouptime\d+|url variable:.*"
    r"|_+[a-z]\w*|time\d{3}|\w+_(?:complete|timestamp)"
    r"|.+ - (?:(?:Parent )?Topics|Topic (?:Hierarchy|Sentiment) .*|Sentiment(?: Polarity| Score)?)",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Return a header without case, blanks and punctuation."""
    return re.sub(r"[\W_]+", "", text.casefold())


def holds_ticks(cells: Sequence[str]) -> bool:
    """Whether cells say ticked or not ticked and nothing else."""
    return all(cell.casefold() in TICKED | NOT_TICKED for cell in cells if cell)
