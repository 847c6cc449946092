"""Signs by which colleagues would know whose words they read, whatever these are about.

Events of a life, relatives, posts that one person holds, what only one can say, and the marks of a story: how many, who
else, when, a name, and what one did oneself. What they look like in a language is data: ``stories_<language>.json``. A
language without that file has none. What becomes of words with such signs is decided in :mod:`analysis.quotes`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from analysis.text import sentences, split
from analysis.wordlists import Listed, by_language

#: What is told of oneself though nothing asks for it: what would make people go, and where they come from.
TOLD = ("go", "before")


@dataclass(frozen=True, slots=True)
class Stories:
    """What is known of a language.

    Parameters
    ----------
    life_events, relatives : Listed
        One's own wife, father or daughter is somebody whom colleagues know; "the kids" are everybody's.
    sole : Listed
        What only one of them can say, if they speak of themselves.
    posts, ages : Listed
        Posts that one person holds, and tens in which an age or half a life at work is told.
    speakers, oneself : Listed
        "I" and verbs that hold it, and other words for oneself.
    numbers, times, somebody : Listed
    past, own_past, not_past : Listed
        Words that tell of the past; that tell of one's own by themselves; and that only look so.
    names_after, capitals : Listed
        A capital inside a sentence is a name: behind these words only, if there are any, and never one of these.
    states : Listed
        What tells what somebody is.
    told : dict of str to tuple of re.Pattern
        A sentence tells what of :data:`TOLD` in which all patterns are found.
    """

    life_events: Listed
    relatives: Listed
    sole: Listed
    posts: Listed
    ages: Listed
    speakers: Listed
    oneself: Listed
    numbers: Listed
    times: Listed
    somebody: Listed
    past: Listed
    own_past: Listed
    not_past: Listed
    names_after: Listed
    capitals: Listed
    states: Listed
    told: Mapping[str, tuple[re.Pattern[str], ...]]

    def speaks_of_oneself(self, said: Sequence[str]) -> bool:
        """Say whether lower-case words are about who says them."""
        return self.speakers.is_in(said) or self.oneself.is_in(said)

    def is_past(self, said: Sequence[str]) -> bool:
        """Say whether lower-case words tell of the past."""
        return self._is_told(self.past, said)

    def is_own_past(self, said: Sequence[str]) -> bool:
        """Say whether somebody tells with lower-case words what they did or what befell them."""
        if self.speaks_of_oneself(said) and self.is_past(said):
            return True
        return self._is_told(self.own_past, said)

    def _is_told(self, past: Listed, said: Sequence[str]) -> bool:
        # Most sentences tell of no past, and need no second look.
        return past.is_in(said) and past.is_in([word for word in said if not self.not_past.has(word)])

    def is_of_now(self, said: Sequence[str]) -> bool:
        """Say whether somebody tells what they want, think or do, and nothing that they are or that has happened."""
        return not self.is_past(said) and not self.states.is_in(said)

    def may_wear_a_capital(self, word: str) -> bool:
        """Say whether a lower-case word names nothing of anybody's though it is written with a capital."""
        return self.speakers.has(word) or self.capitals.has(word)

    def names(self, written: Sequence[str]) -> list[str]:
        """Return the words of a sentence, as written, that wear a capital because they are a name."""
        return [
            word
            for before, word in pairwise(written)
            if word[0].isupper()
            and not self.may_wear_a_capital(word.casefold())
            and (not self.names_after or self.names_after.has(before.casefold()))
        ]


@lru_cache(maxsize=8)
def stories(language: str) -> Stories:
    """Return what is known of a language."""
    lists = by_language("stories").get(language, {})
    told = {
        kind: tuple(re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE) for pattern in lists[kind])
        for kind in TOLD
        if kind in lists
    }
    names = (name for name in Stories.__dataclass_fields__ if name != "told")
    return Stories(**{name: Listed.of(lists.get(name, "")) for name in names}, told=told)


def n_marks_of_a_story(text: str, language: str = "en") -> int:
    """Count what makes a quote one's own story, 0 to 5: a number, a name, a time, another person, what one did."""
    known = stories(language)
    found = set()
    for sentence in sentences(text):
        written = split(sentence)
        said = [word.casefold() for word in written]
        marks = {
            "number": any(map(str.isdigit, sentence)) or known.numbers.is_in("-".join(said).split("-")),
            "name": any(not word.isupper() for word in known.names(written)),
            "time": known.times.is_in(said),
            "somebody": known.somebody.is_in(said),
            "past": known.is_own_past(said),
        }
        found |= {mark for mark, there in marks.items() if there}
    return len(found) if known.speakers else 0


def tells_of_a_life(said: Sequence[str], language: str) -> bool:
    """Say whether lower-case words tell of an event of a life, of a relative, or what only one person can say."""
    known = stories(language)
    bare = [word.removesuffix("'s") for word in said]
    return (
        known.life_events.is_in(bare)
        or known.relatives.is_in(bare)
        or (known.speakers.is_in(said) and known.sole.is_in(said))
    )


def tells_a_post(said: Sequence[str], language: str) -> bool:
    """Say whether lower-case words tell a post that one person holds, or an age."""
    known = stories(language)
    parts = "-".join(said).split("-")
    return known.posts.is_in(parts) or known.ages.is_in(parts)


def told_unasked(text: str, language: str) -> tuple[str, ...]:
    """Return what of :data:`TOLD` a text tells."""
    said = sentences(text)
    return tuple(
        kind
        for kind, patterns in stories(language).told.items()
        if any(all(pattern.search(sentence) for pattern in patterns) for sentence in said)
    )
