"""Taking identity and sensitive matters out of what people wrote, before anything else reads it.

Identifiers are found by shape (e-mail, address, number) and by context (a title or "my manager" before a
capital, a common first name). Which sentences are fit to be shown is decided in :mod:`analysis.quotes`; what a
lead's evidence may contain, in :mod:`analysis.evidence`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

#: What stands for one masked character in :func:`mask`: neither a letter nor a space.
FILLER = "•"

_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
_FAMILY = (
    "manager|boss|colleague|teammate|mentor|supervisor|buddy|wife|husband|son|daughter|brother|sister|mother|"
    "father|mum|mom|dad|aunt|uncle"
)
_TITLES = "Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Herr|Frau|Fru|Fröken|Senhor|Senhora|Sr|Sra|Mme|Signor|Signora"
_ROADS = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Close|Court|Way|Place|Square|Terrace|Crescent|Gardens|Hill|"
    "Boulevard|Blvd"
)
_ROAD_ENDINGS = (
    "gatan|vägen|gränd|plan|torget|stra(?:ß|ss)e|weg|platz|gade|vej|veien|plein|straat|laan|katu|tie"
)

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "e-mail",
        re.compile(
            r"[\w.+%'-]+\s?(?:@|[\[({]\s?at\s?[\])}]|\s+at\s+(?=[\w-]+\s?(?:\bdot\b|[\[({]\s?dot)))\s?"
            r"[\w-]+(?:(?:\.|\s?[\[({]\s?dot\s?[\])}]\s?|\s+dot\s+)[\w-]+)+",
            re.IGNORECASE,
        ),
    ),
    (
        "link",
        re.compile(
            r"\b(?:https?://|ftp://|www\.)\S+[\w/]"
            r"|\b(?:[\w-]+\.)+(?:com|org|net|edu|gov|eu|info|example|invalid|test|se|dk|fi|de|nl|fr|pt|es|uk|ch|ie|io)"
            r"/\S*"
            r"|\b(?<![.@])(?:[\w-]{2,}\.)+(?:com|org|edu|gov|eu|info|example|invalid|se|dk|de|nl|fr|pt|es|uk|ch)\b",
            re.IGNORECASE,
        ),
    ),
    ("name", re.compile(r"(?<![\w.])@[A-Za-z][\w.-]{2,}")),
    (
        "number",
        re.compile(
            r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?\b"  # IBAN
            r"|\b[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b"  # British National Insurance number
            r"|\b\d{6}(?:\d{2})?[-+]\d{4}\b"  # Nordic personal identity number
            r"|\b\d{3}-\d{2}-\d{4}\b"  # United States social security number
        ),
    ),
    ("phone", re.compile(r"(?<![\w.,])(?:\+|00)?\(?\d(?:[\s().\-–/]{0,2}\d){6,14}(?![\w%])")),
    ("number", re.compile(r"\b[A-Z]{0,4}[-#]?\d{6,}\b|\b[A-Za-z]{1,4}\d{5,}\b")),
    (
        "address",
        re.compile(
            rf"\b\d{{1,4}}[A-Za-z]?,?\s+(?:{_CAPITAL}\s+){{1,3}}(?:{_ROADS})\b\.?"
            rf"|\b[A-ZÀ-ÖØ-Þ]\w+(?:{_ROAD_ENDINGS})\s+\d+(?:\s?[A-Za-z]\b)?"
            rf"|\b(?:Rua|Avenida|Av\.|Calle|Rue|Via|Praça|Piazza|Plaza)\s+(?:d[aeiou]s?\s+|de la\s+)?{_CAPITAL}"
            rf"(?:\s+{_CAPITAL})*(?:,?\s*\d+)?"
        ),
    ),
    (
        "postcode",
        re.compile(
            r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b|\bSE-?\d{3}\s?\d{2}\b|\b\d{4}-\d{3}\b|\b\d{3}\s\d{2}(?=\s[A-ZÅÄÖ]\w)"
        ),
    ),
    ("name", re.compile(rf"\b(?:{_TITLES})\b\.?\s+{_CAPITAL}(?:\s+{_CAPITAL})?")),
    (
        "name",
        re.compile(rf"\b(?:[Mm]y|[Oo]ur|[Hh]is|[Hh]er)\s+(?:{_FAMILY}),?\s+({_CAPITAL}(?:\s+{_CAPITAL})?)"),
    ),
)

_YEARS = re.compile(r"(?:19|20)\d\d\s*[-–/]\s*(?:19|20)\d\d")

_SENSITIVE = re.compile(
    r"\b(?:"
    # Health and disability.
    r"ill(?:ness(?:es)?)?|sickness|disease\w*|diagnos\w+|disab\w+|deaf\w*|hard of hearing|hearing aids?|blind(?:ness)?|"
    r"wheelchair\w*|cancer\w*|tumou?rs?|chemo\w*|diabet\w+|epilep\w+|asthma\w*|arthrit\w+|migraines?|stroke|"
    r"heart (?:attack|condition|disease|operation|surgery)|surgery|hospitali[sz]ed|crohn\w*|multiple sclerosis|"
    r"dementia|alzheimer\w*|parkinson\w*|"
    r"depress(?:ion|ed)|anxiety|bipolar|burn(?:ed|t)?[ -]?out|panic attacks?|ptsd|adhd|autis\w+|asperger\w*|dyslexi\w+|"
    r"neurodiver\w+|mental health|therap(?:y|ist)|psychiatr\w+|psycholog(?:ist|ical)|medication|rehab\w*|alcoholi\w+|"
    r"addict(?:ion|ed)|hiv|aids|miscarriage\w*|ivf|menopaus\w+|my (?:bad )?(?:back|knees?|hips?|health)|sick leave|"
    r"chronic (?:pain|fatigue|condition)|"
    # Pregnancy.
    r"pregnan\w+|expecting a (?:baby|child)|maternity|"
    # Religion.
    r"muslim\w*|islam\w*|christian\w*|catholic\w*|protestant\w*|lutheran\w*|jew(?:s|ish)?|judaism|hindu\w*|buddhis\w+|"
    r"sikhs?|atheis\w+|church(?:es)?|mosques?|synagogues?|ramadan|eid|prayers?|pray|my faith|religio\w+|hijab|"
    # Trade union.
    r"(?:trade |labou?r )?unions?|unioni[sz]ed|shop stewards?|works council members?|"
    # Ethnicity and origin.
    r"ethnic\w*|racis\w+|skin colou?r|black (?:man|woman|people)|immigrants?|refugees?|asylum|roma|sami|"
    # Orientation and gender identity.
    r"gay|lesbian\w*|bisexual\w*|queer|lgbt\w*|transgender\w*|trans (?:man|woman)|homosexual\w*|coming out|"
    # Politics.
    r"social democrat\w*|conservative party|labour party|green party|republican party|democratic party|"
    r"political(?:ly)? (?:part\w+|views?|active|opinion\w*)|voted for|elections?"
    r")\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """A stretch of text, ``text[start:end]``, that could tell who wrote it or about whom."""

    start: int
    end: int
    kind: str


@lru_cache(maxsize=1)
def first_names() -> frozenset[str]:
    """Return common first names, lower case, that are not also everyday words or tools."""
    text = files("analysis").joinpath("first_names.csv").read_text(encoding="utf-8")
    return frozenset(row[0].casefold() for row in list(csv.reader(text.splitlines()))[1:] if row)


def identifiers(text: str, *, names: Collection[str] = frozenset()) -> tuple[Identifier, ...]:
    """Find what identifies a person.

    Parameters
    ----------
    text : str
        Anything a person wrote.
    names : collection of str
        Names known to belong to people (of the roster, for example), whole or in parts; any letter case.

    Returns
    -------
    tuple of Identifier
        In order, not overlapping.
    """
    found = [*_by_shape(text), *_by_name(text, names)]
    return tuple(_merged(sorted(found)))


def redact(text: str, *, names: Collection[str] = frozenset()) -> str:
    """Replace every identifier by a neutral word in brackets such as ``[e-mail]``.

    Examples
    --------
    >>> redact("Ask ann.lee@example.org or call +46 31 390 06 22.")
    'Ask [e-mail] or call [phone].'
    """
    parts, end = [], 0
    for identifier in identifiers(text, names=names):
        parts += [text[end : identifier.start], f"[{identifier.kind}]"]
        end = identifier.end
    return "".join([*parts, text[end:]])


def mask(text: str, *, names: Collection[str] = frozenset()) -> str:
    """Overwrite every identifier character by character, so that positions stay those of the original.

    Examples
    --------
    >>> mask("call +46 31 390 06 22 now")
    'call •••••••••••••••• now'
    """
    for identifier in identifiers(text, names=names):
        filler = FILLER * (identifier.end - identifier.start)
        text = text[: identifier.start] + filler + text[identifier.end :]
    return text


def is_sensitive(text: str) -> bool:
    """Say whether a text touches health, religion, union, ethnicity, orientation, politics or pregnancy.

    Collective agreements, care duties and family time are terms of work, not sensitive.
    """
    return _SENSITIVE.search(text) is not None


def _by_shape(text: str) -> Iterator[Identifier]:
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span(1) if pattern.groups and match.group(1) else match.span()
            if kind == "phone" and _YEARS.fullmatch(match.group().strip()):
                continue
            yield Identifier(start, end, kind)


def _by_name(text: str, names: Collection[str]) -> Iterator[Identifier]:
    """Known names in any case; common first names with a capital, together with a surname that follows."""
    known = {part for name in names for part in name.casefold().split() if len(part) > 2}
    common = first_names()
    for match in re.finditer(rf"{_CAPITAL}|[^\W\d_]{{3,}}", text):
        word = re.sub(r"['’]s?$", "", match.group())
        end = match.start() + len(word)
        if word.casefold() in known:
            yield Identifier(match.start(), end, "name")
        elif word[0].isupper() and word.casefold() in common:
            surname = re.compile(rf"\s+(?:(?:van|von|de|da|dos|af|al)\s+)?{_CAPITAL}").match(text, end)
            yield Identifier(match.start(), surname.end() if surname else end, "name")


def _merged(found: list[Identifier]) -> Iterator[Identifier]:
    """Join overlapping findings; the one that starts first names the kind."""
    current: Identifier | None = None
    for identifier in found:
        if current is not None and identifier.start < current.end:
            current = Identifier(current.start, max(current.end, identifier.end), current.kind)
            continue
        if current is not None:
            yield current
        current = identifier
    if current is not None:
        yield current
