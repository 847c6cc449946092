"""Aliases that a person may want to add: skills that leads list, beside the known ones that are spelled nearly alike.

Nothing here changes how anything is read. Spelling alone is compared, so what is proposed is for a person to judge.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from rapidfuzz import fuzz, process

from analysis.aliases import MAX_CHARACTERS, in_force
from analysis.evidence import EvidenceDocument
from analysis.segments import plain

#: Likeness from which a spelling is proposed, of 100.
LEAST_LIKENESS = 92
#: In names with fewer letters and digits, what stands between or before them tells: "net" is not ".NET".
LEAST_LETTERS = 5
#: What fewer leads list is theirs alone.
LEAST_LEADS = 2

_BETWEEN = re.compile(r"[^\w+#]+|_")
# "C" is not "C++", and Windows Server 2012 is not that of 2016.
_TELLING = re.compile(r"[\d+#]+")


class Suggestion(NamedTuple):
    """A spelling that may be an alias of a skill: how alike they are, 92 to 100, and how many leads list it."""

    skill: str
    alias: str
    likeness: int
    n_leads: int


def listed_skills(documents: Iterable[EvidenceDocument]) -> Counter[str]:
    """Return of how many leads the list of skills holds each, in normal form, masked as for scoring."""
    listed = Counter[str]()
    for document in documents:
        if skills := document.cuts.get("skills"):
            names = {segment.text for segment in skills.affirmed}
            listed.update(name for name in names if len(name) <= MAX_CHARACTERS)
    return listed


def suggest_aliases(listed: Mapping[str, int], colleagues: Collection[str] = ()) -> list[Suggestion]:
    """Return for skills that nobody knows yet the known ones that they resemble most.

    Parameters
    ----------
    listed : mapping of str to int
        How many leads list each skill; see :func:`listed_skills`.
    colleagues : collection of str, optional
        Skills that colleagues have. They count as known beside those of the tables in force.

    Returns
    -------
    list of Suggestion
        Those that most leads list first.
    """
    named = in_force()
    skill_of = {**{name: name for name in (*named.skills, *map(plain, colleagues))}, **named.skill_of}
    alike: dict[tuple[str, ...], dict[str, str]] = {}
    for name in sorted(skill_of):
        alike.setdefault(_kind(_letters(name)), {}).setdefault(_letters(name), skill_of[name])
    found = []
    for name, n_leads in listed.items():
        letters = _letters(name)
        if name in skill_of or n_leads < LEAST_LEADS or len(letters) < LEAST_LETTERS:
            continue
        candidates = alike.get(_kind(letters), {})
        best = process.extractOne(
            letters, list(candidates), scorer=fuzz.ratio, processor=None, score_cutoff=LEAST_LIKENESS
        )
        if best:
            found.append(Suggestion(candidates[best[0]], name, int(best[1]), n_leads))
    return sorted(found, key=lambda one: (-one.n_leads, -one.likeness, one.skill, one.alias))


def _letters(name: str) -> str:
    return _BETWEEN.sub("", name)


def _kind(letters: str) -> tuple[str, ...]:
    """What two spellings of one skill share: the first letter, numbers and signs, and that they are long enough."""
    return (letters[:1], *_TELLING.findall(letters), str(len(letters) >= LEAST_LETTERS))
