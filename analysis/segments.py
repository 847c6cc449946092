"""Evidence cut into the pieces that can earn points: sentences and listed skills, without what is negated.

A segment is always a stretch of the given text, so whoever shows it can highlight it. Employees' answers and
leads' fields go through the same cuts. What a segment is worth is decided in :mod:`analysis.scoring`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from analysis.aliases import bundled, in_force
from analysis.folding import JOINT, folded
from analysis.text import Runs, split, stop_words, words

# Every alternative looks back at the first character, so that the search passes over all others at once.
_SENTENCE_END = re.compile(
    r"[\s;•·|→►▪\"')\]»”](?:"
    r"(?<=[.!?…]\s)\s*|(?<=[.!?…][\"')\]»”])[\"')\]»”]*\s+|(?<=[\n;•·|→►▪])[\n;•·|→►▪]*"
    r"|(?<=\s)[–—-]+\s|(?<=[^\w\s]\s)\s{2,})"
)
_ITEM_END = re.compile(r"[\s;,|•·►▪](?:(?<=[;,|\n•·►▪])[;,|\n•·►▪]*|(?<=[.!?…]\s)\s*)")
_CLAUSE_END = re.compile(r"[.!?…,;:()\n]+|\s[–—]\s|\b(?:but|although|though|however|yet|because|while)\b")
_SPACES = "".join(filter(str.isspace, map(chr, range(0x3001))))
_EDGE = ".,;:!?…\"'“”‘’()[]{}<>*•·|/\\–—-_=+~" + JOINT + _SPACES
_RUN = re.compile(r"\w+")
_END_EDGE = _EDGE.replace("+", "")
_PLACEHOLDER = re.compile(r"\[[a-z -]{3,12}\]")

# A negated word earns nothing from the negation to the end of its clause. "Not only" affirms what follows. The patterns
# are looked for in lower case: to ignore case at each of their alternatives takes three times as long.
_NEGATING = (
    "never|without|cannot|neither|nor|hardly|rarely|lack|lacks|lacked|lacking|dislike|dislikes|hate|hates|avoid|avoids|"
    "refuse|refuses|decline|declines|declined|uninterested"
)
_VERBS = "do|does|did|is|was|are|were|has|have|had|would|wo|ca|could|should"
_NEGATION = re.compile(
    r"\b(?:no(?!\s+(?:one|doubt|matter|problem|later)\b)|not(?!\s+(?:only|just|least)\b)|"
    rf"{_NEGATING}|(?:{_VERBS})n['’]?t|"
    r"(?:done|finished|fed\s+up|bored)\s+(?:with|of|by)|anything\s+but|instead\s+of|rather\s+than)\b"
)
# Said after the fact: "agency work, never again".
_AFTERTHOUGHT = re.compile(r"\b(?:never\s+again|no\s+longer|not\s+any\s?more|no\s+thanks?|not\s+for\s+me)\b")


#: Words with which the two begin; "t" is what stands behind the apostrophe of "don't".
_NEGATION_SIGNS = frozenset(
    (
        *("no", "not", "t", "done", "finished", "fed", "bored", "anything", "instead", "rather"),
        *_NEGATING.split("|"),
        *(f"{verb}nt" for verb in _VERBS.split("|")),
    )
)


class Segment(NamedTuple):
    """A sentence or a listed skill: ``text`` in its normal form and its place ``[start, end)`` in the field."""

    field: str
    start: int
    end: int
    text: str


def plain(text: str) -> str:
    """Return a text in the one form in which it is compared and encoded.

    Letter case, spacing, the way accents are typed, aliases of skills and a text written twice change nothing.

    Examples
    --------
    >>> plain("Runs  K8s   clusters"), plain("SQL SQL")
    ('runs kubernetes clusters', 'sql')
    """
    said = _folded(text)
    aliases = in_force()
    return aliases.replaced(said) if aliases.may_be_in(said, _signs(said)) else said


def _folded(text: str) -> str:
    """The normal form without regard to aliases."""
    tokens = folded(text)
    return " ".join(tokens[: _period(tokens)])


def _signs(text: str) -> frozenset[str]:
    """The words of a text with which a negation or an alias may begin, folded, under each reading."""
    return frozenset().union(*filter(None, map(_SIGNS_OF_RUNS.__getitem__, text.split())))


def _signs_of(run: str) -> frozenset[str]:
    joined = unicodedata.normalize("NFKC", run.replace(JOINT, ""))
    found = {*_RUN.findall(run.casefold()), *_RUN.findall(joined.casefold())}
    return frozenset(word for word in found if word in _NEGATION_SIGNS or word in in_force().by_head)


_SIGNS_OF_RUNS = Runs(_signs_of)


class Cut(NamedTuple):
    """The segments of a text: all that is told, and what of it is affirmed, without what is negated."""

    told: tuple[Segment, ...]
    affirmed: tuple[Segment, ...]


def sentences_of(field: str, text: str) -> Cut:
    """Cut running text into sentences that say something."""
    return _cut(field, text, _SENTENCE_END)


def items_of(field: str, text: str) -> Cut:
    """Cut a list of skills, separated by semicolons, commas, bars or line breaks, into its items."""
    return _cut(field, text, _ITEM_END)


def distinct(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Keep the first of segments that say the same, so that saying it again earns nothing."""
    said = tuple(segments)
    first = {segment.text: segment for segment in reversed(said)}
    return said if len(first) == len(said) else tuple(s for s in said if first[s.text] is s)


@lru_cache(maxsize=1)
def words_of_skills() -> dict[str, frozenset[str]]:
    """Return the words of each skill of the bundled table, under the name that stands for all its aliases."""
    return {name: frozenset(name.split()) for name in bundled().skills}


@lru_cache(maxsize=1)
def known_terms() -> frozenset[str]:
    """Return the words of the bundled skills: public vocabulary, so that one person uses one tells nothing."""
    return frozenset(word for name in bundled().skills for word in name.split())


def _cut(field: str, text: str, separator: re.Pattern[str]) -> Cut:
    if "[" in text:
        text = _PLACEHOLDER.sub(lambda match: " " * len(match.group()), text)
    # One look at the words of the whole tells which of the slower patterns can find something.
    signs = _signs(text)
    tokens = folded(text)
    normal_form = plain if signs and in_force().may_be_in(" ".join(tokens), signs) else _folded
    bounds = _between(separator, text, 0, _once(text, tokens))
    parts = [_trimmed(field, text, *bound, normal_form) for bound in bounds]
    told = tuple(part for part in parts if part is not None)
    if _NEGATION_SIGNS.isdisjoint(signs):
        return Cut(told, told)
    lower = _lower(text)
    affirmed: list[Segment | None] = []
    for (start, end), part in zip(bounds, parts, strict=True):
        if _NEGATION_SIGNS.isdisjoint(_signs(text[start:end])):
            affirmed.append(part)
        else:
            affirmed += (_trimmed(field, text, *bound, normal_form) for bound in _affirmed(lower, start, end))
    return Cut(told, tuple(part for part in affirmed if part is not None))


def _between(separator: re.Pattern[str], text: str, start: int, end: int) -> list[tuple[int, int]]:
    bounds = [start]
    for match in separator.finditer(text, start, end):
        bounds += match.span()
    bounds.append(end)
    return list(zip(bounds[::2], bounds[1::2], strict=True))


def _lower(text: str) -> str:
    """A text in lower case, every character where it was."""
    if text.isascii():
        return text.lower()
    folded = map(str.casefold, text)
    return "".join(one if len(one) == 1 else written for one, written in zip(folded, text, strict=True))


def _affirmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of a sentence, in lower case, that are not negated."""
    if _AFTERTHOUGHT.search(text, start, end):
        return
    while match := _NEGATION.search(text, start, end):
        yield start, match.start()
        clause_end = _CLAUSE_END.search(text, match.end(), end)
        start = clause_end.end() if clause_end else end
    yield start, end


def _trimmed(
    field: str, text: str, start: int, end: int, normal_form: Callable[[str], str]
) -> Segment | None:
    part = text[start:end]
    # Skills come again and again, in whatever text.
    before, length, normal = _SKILLS[part] if field == "skills" else _read(part, normal_form)
    # What a negation leaves over is often a lone "does".
    if not normal or (field != "skills" and normal.count(" ") < 2 and _is_lone(normal)):
        return None
    return Segment(field, start + before, start + before + length, normal)


def _read(part: str, normal_form: Callable[[str], str]) -> tuple[int, int, str]:
    """Where in a part of a text what it says begins, how long it is, and its normal form; empty if that is nothing."""
    said = part.lstrip(_EDGE)
    before = len(part) - len(said)
    said = said.rstrip(_END_EDGE)
    normal = normal_form(said)
    says_nothing = normal in words().non_answers or not (
        normal[:1].isalnum() or any(map(str.isalnum, normal))
    )
    return before, len(said), "" if says_nothing else normal


_SKILLS = Runs(lambda part: _read(part, plain))


def _is_lone(normal: str) -> bool:
    tokens = split(normal)
    return len(tokens) < 2 and all(token in stop_words() for token in tokens)


def _once(text: str, tokens: list[str]) -> int:
    """Where a text of some tokens ends if the copies of itself that follow are not counted."""
    if not text.isascii():
        tokens = text.casefold().split()
    period = _period(tokens)
    if period == len(tokens):
        return len(text.rstrip())
    return next(islice(re.finditer(r"\S+", text), period - 1, None)).end()


def _period(tokens: list[str]) -> int:
    """Length of the shortest run of tokens whose repetition is the whole."""
    n = len(tokens)
    # A copy begins with the same token, which hardly ever comes again.
    if tokens and tokens[0] not in tokens[1 : n // 2 + 1]:
        return n
    for p in (place for place, token in enumerate(tokens[: n // 2 + 1]) if place and token == tokens[0]):
        if n % p == 0 and tokens[:p] * (n // p) == tokens:
            return p
    return n
