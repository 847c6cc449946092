"""Follow-up questions: which one to ask after a written answer. Rules, no model; nothing is stored here.

A short answer is asked for an example, a vague one for what exactly is meant, a concrete one for why it matters
(a ladder). Pages that depend on the written answer bring longer answers with more themes in them than a second
box on the same page (doi 10.1177/1525822X221115831).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from survey.domain.questionnaires import is_follow_up
from survey.enums import Probe
from survey.models import Item

#: Nobody is asked more often.
MAX_FOLLOW_UPS = 2
#: One person in so many is asked nothing, by chance, so that what the questions bring can be measured.
HOLD_OUT = 10
#: Under so many words there is something left to tell.
FEW_WORDS = 8
#: From so many words on an answer is concrete, whatever vague words it holds.
MANY_WORDS = 25

_WORD = re.compile(r"[\w'’-]*\w")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A follow-up question to put, and the words that it refers to."""

    item: Item
    probe: Probe
    quoted: str


def follow_ups(items: Sequence[Item], answers: Mapping[str, str], language: str) -> dict[str, FollowUp]:
    """Return the follow-up questions to put after these answers, by the name of their item.

    One follows the first line of an answer, which is the most important where there are several boxes. What
    follows a follow-up asks why it matters, unless that has been asked.
    """
    found: dict[str, FollowUp] = {}
    askable = {item.name for item in items if is_follow_up(item)}
    for item in items:
        followed = item.rules.get("follows")
        quoted = answers.get(followed, "").split("\n")[0] if followed else ""
        if not quoted or len(found) == MAX_FOLLOW_UPS:
            continue
        if followed not in askable:
            found[item.name] = FollowUp(item, probe_for(quoted, language), quoted)
        elif followed in found and found[followed].probe is not Probe.LADDER:
            found[item.name] = FollowUp(item, Probe.LADDER, quoted)
    return found


def probe_for(answer: str, language: str) -> Probe:
    """Return what to ask about an answer.

    Examples
    --------
    >>> [probe_for(text, "en").value for text in ("My team", "The people in our team are all very nice and helpful")]
    ['example', 'precision']
    """
    words = _WORD.findall(answer)
    if len(words) < FEW_WORDS:
        return Probe.EXAMPLE
    if len(words) < MANY_WORDS and not _vague(language).isdisjoint(map(str.casefold, words)):
        return Probe.PRECISION
    return Probe.LADDER


@lru_cache
def _vague(language: str) -> frozenset[str]:
    words: dict[str, list[str]] = json.loads((files("survey.domain") / "vague_words.json").read_text("utf-8"))
    return frozenset(words.get(language, ()))
