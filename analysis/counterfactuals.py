"""The same lead with another name, pronoun, age, school, postcode, nationality, club or photo: does the score move?

A swap makes versions of one lead that differ in nothing but what may not count. Where the lead does not speak of it,
a sentence is added and the versions are compared with each other. What the score is, the caller says; how identity is
kept out of it, :mod:`analysis.evidence` does. The method is that of correspondence studies: M. Bertrand and S.
Mullainathan, "Are Emily and Greg More Employable Than Lakisha and Jamal?", American Economic Review 94(4), 2004.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from analysis.evidence import EvidenceDocument, is_named, is_ordinary
from analysis.facets import segments_of
from analysis.text import remembered

#: What is swapped, in the order of the report.
KINDS = ("name", "pronoun", "age", "school", "postcode", "nationality", "club", "photo")
#: Years that a graduation or a job is moved by, both ways.
YEARS = 20

#: A lead as text by column: identity and evidence.
Lead = Mapping[str, str]
#: The numbers of a lead, in a fixed order: fits, facets, points; None where there is none.
Numbers = Sequence[int | None]

_RUNNING = ("headline", "summary", "experience", "interest")
_WORD = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_SENTENCES = {
    "age": "Graduated in {}.",
    "school": "Studied at {}.",
    "postcode": "Lives in {}.",
    "nationality": "{} citizen.",
    "club": "Captain of the {}.",
}
_PRONOUNS = {
    "feminine": ("she", "her", "herself"),
    "masculine": ("he", "his", "himself"),
    "plural": ("they", "their", "themselves"),
}
_FORMS = (("she", "he", "they"), ("her", "his", "him", "their", "them"), ("herself", "himself", "themselves"))


@dataclass(frozen=True, slots=True)
class Swap:
    """Versions of one lead that must get the same score."""

    kind: str
    versions: tuple[Lead, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a kind of swap did to one lead.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    n_versions : int
        How many versions of the lead were scored.
    largest : int
        Largest difference between two versions in any number, in points; 100 where one has a number and another none.
    """

    kind: str
    n_versions: int
    largest: int


def counterfactuals(lead: Lead, score: Callable[[Lead], Numbers]) -> tuple[Difference, ...]:
    """Score every version of a lead and say by how much each kind of swap moved a number.

    Parameters
    ----------
    lead : mapping of str to str
        Columns of a lead: ``name``, ``email``, ``location`` and the fields of :data:`analysis.evidence.FIELDS`.
    score : callable
        Gives the numbers of a lead; always as many, in the same order.

    Returns
    -------
    tuple of Difference
        One for each of :data:`KINDS`, in their order.
    """
    largest = dict.fromkeys(KINDS, 0)
    n_versions = dict.fromkeys(KINDS, 0)
    for swap in swaps(lead):
        numbers = [score(version) for version in swap.versions]
        n_versions[swap.kind] += len(numbers)
        moved = (_spread(values) for values in _columns(numbers))
        largest[swap.kind] = max(largest[swap.kind], *moved, 0)
    return tuple(Difference(kind, n_versions[kind], largest[kind]) for kind in KINDS)


def reading(document: EvidenceDocument) -> tuple[tuple[str, ...], ...]:
    """Return all that a scorer reads of a lead, whatever its place: equal readings are scored alike.

    Parameters
    ----------
    document : EvidenceDocument

    Returns
    -------
    tuple of tuple of str
        By field the segments that may earn points, and those that are negated with them.
    """
    return tuple(
        (field, *_segments(field, text, affirmed))
        for field, text in document.fields
        for affirmed in (True, False)
    )


def swaps(lead: Lead) -> Iterator[Swap]:
    """Yield the versions of a lead to be compared, kind by kind; a kind may come twice."""
    values = _values()
    yield Swap("name", (lead, *(_renamed(lead, name) for name in values["name"])))
    yield Swap("name", tuple(_with(_named(lead, name), f"My name is {name}.") for name in values["name"]))
    yield Swap("pronoun", (lead, *(_readdressed(lead, forms) for forms in _PRONOUNS.values())))
    yield Swap("pronoun", tuple(_with(lead, f"({form})", field="headline") for form in values["pronoun"]))
    yield Swap("age", tuple(_moved(lead, years) for years in (0, -YEARS, YEARS)))
    for kind, sentence in _SENTENCES.items():
        yield Swap(kind, tuple(_with(lead, sentence.format(value)) for value in values[kind]))
    yield Swap("postcode", (lead, *({**lead, "location": value} for value in values["postcode"])))
    photos = [f"https://img.example.org/{name.lower().replace(' ', '-')}.jpg" for name in values["name"][:4]]
    yield Swap("photo", (lead, *({**lead, "photo": photo} for photo in photos)))
    yield Swap("photo", (lead, *(_with(lead, f'<img src="{photo}">') for photo in photos)))


@remembered(64)
def _segments(field: str, text: str, affirmed: bool) -> tuple[str, ...]:
    return tuple(segment.text for segment in segments_of(field, text, affirmed=affirmed))


@lru_cache(maxsize=1)
def _values() -> dict[str, list[str]]:
    values: dict[str, list[str]] = json.loads(
        files("analysis").joinpath("counterfactuals.json").read_text(encoding="utf-8")
    )
    return values


def _columns(numbers: Sequence[Numbers]) -> Iterator[tuple[int | None, ...]]:
    return zip(*numbers, strict=True)


def _spread(values: Sequence[int | None]) -> int:
    known = [value for value in values if value is not None]
    if not known:
        return 0
    return max(known) - min(known) if len(known) == len(values) else 100


def _with(lead: Lead, sentence: str, *, field: str = "summary") -> Lead:
    """Let a lead say one thing more, at the end of a field."""
    text = lead.get(field, "")
    return {**lead, field: f"{text}\n{sentence}" if text.strip() else sentence}


def _named(lead: Lead, name: str) -> Lead:
    return {**lead, "name": name, "email": f"{'.'.join(name.lower().split())}@example.org"}


def _renamed(lead: Lead, name: str) -> Lead:
    """Give a lead another name, in the columns and wherever they write their own; never in the list of skills.

    A first or last name that stands alone becomes the new one, or the whole new name where that is an ordinary word. An
    ordinary word that does not stand for its bearer is left as it is: "will" and "Mark" are not spoken of them alone.
    """
    renamed = {**_named(lead, name)}
    parts = _WORD.findall(lead.get("name", ""))
    own = [word.casefold() for word in parts if len(word) > 1]
    patterns = [r"[\s.'’\"“”-]{1,3}".join(map(re.escape, parts)), *map(re.escape, own)] if parts else []
    first, *_, last = (name if is_ordinary(word) else word for word in (*name.split(), name.split()[-1]))

    def rename(match: re.Match[str]) -> str:
        word = match.group().casefold()
        if word not in own:
            return name
        if not is_named(match.string, *match.span()):
            return match.group()
        return first if word == own[0] else last

    for field in _RUNNING:
        text = lead.get(field, "")
        if lead.get("email"):
            text = text.replace(lead["email"], renamed["email"])
        if patterns:
            text = re.sub(rf"\b(?:{'|'.join(patterns)})\b", rename, text, flags=re.IGNORECASE)
        renamed[field] = text
    return renamed


def _readdressed(lead: Lead, forms: Sequence[str]) -> Lead:
    """Speak of everybody in a lead's text by one set of pronouns."""
    new = {form: forms[i] for i, others in enumerate(_FORMS) for form in others}
    pattern = re.compile(rf"\b(?:{'|'.join(new)})\b", re.IGNORECASE)

    def readdress(match: re.Match[str]) -> str:
        word = new[match.group().lower()]
        return word.capitalize() if match.group()[0].isupper() else word

    return {**lead, **{field: pattern.sub(readdress, lead.get(field, "")) for field in _RUNNING}}


def _moved(lead: Lead, years: int) -> Lead:
    """Move every year that a lead names; the list of skills names products ("Windows 2000"), not years."""
    texts = {
        field: _YEAR.sub(lambda match: str(int(match.group()) + years), lead.get(field, ""))
        for field in _RUNNING
    }
    return {**lead, **texts}
