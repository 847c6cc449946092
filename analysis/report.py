"""What a discovery says: personas with their evidence, as frozen values and as canonical JSON.

The public file contract. Who belongs to which persona (:class:`Assignment`) is beside the report, never in it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from analysis.exceptions import InvalidReportError

SCHEMA_VERSION = 1

#: Decimals of every number in a report: enough to read, few enough to be the same on every machine.
N_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """Something the people of a persona say more often than others.

    Parameters
    ----------
    text : str
        A theme of the codebook or words as people wrote them.
    n : int
        How many people of the persona say it, in these words or in words that mean it; 5 or more. Where very many
        answered, of those of the persona whose answers were read closely.
    share_here : float
        n as a share of the persona, 0 to 1.
    share_elsewhere : float
        The same share among everybody else; 0 when fewer than 5 others said it.
    interval : (float, float)
        95 % interval of ``share_here``; of an estimate, where it lies in four of five cases.
    kind : str
        ``theme`` or ``words`` or ``option``; ``usual``, a theme that many say and others as well; or ``leaning`` or
        ``family``, see :class:`Persona`.
    estimated : bool
        Whether the numbers are an estimate (:mod:`analysis.prevalence`), which counts more than who says it plainly.
    """

    text: str
    n: int
    share_here: float
    share_elsewhere: float
    interval: tuple[float, float]
    kind: str = "words"
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """One or a few sentences of somebody in the persona who agreed to be quoted.

    ``n`` people of the persona, with who wrote it, write something nearer to it than nine in ten of the others do, or
    four in five where the persona has fewer than 20 people;
    ``share_here`` and ``share_elsewhere`` are their share in the persona and of the same among everybody else.
    ``pinned``: a person wants it kept; if it is not typical, the numbers are those of who answered its item.
    """

    text: str
    item: str
    n: int
    share_here: float
    share_elsewhere: float
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Contrast:
    """What tells a persona apart from the one it is most like.

    Parameters
    ----------
    key : str
        The neighbour's.
    similarity : float
        Seen from the middle of all personas: 1 in the same direction, below 0 to opposite sides.
    text : str
        The difference in a sentence or three.
    more, less : tuple of Entry
        What more people say here, and what more people say there. ``n`` and ``share_here`` are those of the side
        that says it more, ``share_elsewhere`` is the other side's.
    sentences : mapping of str to str
        What the text is made of, so that it can be told again once a name or a card was changed: ``nearest`` with
        ``{name}``, ``more`` and ``less`` with ``{told}``.
    phrases : mapping of str to str
        Text of an entry to how it is told.
    """

    key: str
    similarity: float
    text: str
    more: tuple[Entry, ...] = ()
    less: tuple[Entry, ...] = ()
    sentences: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)

    def told_of(self, name: str) -> Contrast:
        """Return it in words, with the neighbour called so."""
        told = [self.sentences["nearest"].format(name=name)]
        for side, entries in (("more", self.more), ("less", self.less)):
            if entries:
                # Sentences and bare nouns, some with an "and" or a comma of their own.
                phrases = "; ".join(self.phrases[one.text] for one in entries)
                told.append(self.sentences[side].format(told=phrases))
        return replace(self, text=" ".join(told))


@dataclass(frozen=True, slots=True)
class Card:
    """How many people match a card: nobody need be like all of it.

    Parameters
    ----------
    entries : tuple of str
        The few things that set the persona apart most.
    n_matching : tuple of int or None
        How many of its people say at least one of them, at least two, …, all; None under 5.
    text : str
        The same in a sentence.
    """

    entries: tuple[str, ...]
    n_matching: tuple[int | None, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Persona:
    """One persona: at least 10 people who answer alike.

    Parameters
    ----------
    key : str
        Stays with the persona when HR renames it; used in assignments and scores.
    share : float
        ``size`` as a share of the people used, 0 to 1.
    stability : float
        Mean Jaccard similarity over bootstrap draws, 0 to 1; ``stability_band`` puts it into words.
    leanings : tuple of Entry
        Themes to which its answers come near taken together, while few say them outright. Where nothing is estimated
        ``n`` people come nearer to them than nine in ten of the others do.
    concerns : tuple of Entry
        What matters to many more of its people than of others, in whatever form: each stands for several themes.
    who : tuple of str
        In sentences, where it is found by the attributes of the survey.
    card : Card or None
        How many people of the persona match it; None when fewer than three things set it apart.
    neighbour : Contrast or None
        What tells it apart from the persona it is most like.
    locked : bool
        Whether a person decided that its people stay together.
    """

    key: str
    name: str
    summary: str
    size: int
    share: float
    stability: float
    stability_band: str
    traits: tuple[Entry, ...] = ()
    reasons: tuple[Entry, ...] = ()
    skills: tuple[Entry, ...] = ()
    channels: tuple[Entry, ...] = ()
    content: tuple[Entry, ...] = ()
    quotes: tuple[Quote, ...] = ()
    who: tuple[str, ...] = ()
    card: Card | None = None
    neighbour: Contrast | None = None
    locked: bool = False
    leanings: tuple[Entry, ...] = ()
    concerns: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where one response belongs.

    Parameters
    ----------
    id : str
        Of the response.
    persona : str or None
        Key of the persona; None if it is in none.
    membership : float
        How likely it belongs there, 0 to 1; 0 if it is in none.
    reason : str or None
        Why it is in none.
    """

    id: str
    persona: str | None
    membership: float
    reason: str | None


@dataclass(frozen=True, slots=True)
class Considered:
    """A number of personas that was considered.

    ``support`` says how well one answer of a person is foretold from the others through this many personas, as a share
    of what the number taken reaches. ``stability`` is the mean of the groups.
    """

    k: int
    support: float
    stability: float


@dataclass(frozen=True, slots=True)
class SetAside:
    """Responses left out for a reason; ``n`` is None when there are fewer than 5."""

    reason: str
    n: int | None


@dataclass(frozen=True, slots=True)
class Point:
    """Somebody on the map of people, who does not stand alone there; never says who. ``persona`` is a key or None."""

    x: float
    y: float
    persona: str | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """How alike two personas are, seen from the middle of all: 1 in the same direction, below 0 to opposite sides."""

    a: str
    b: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Motive:
    """A reason to stay across all personas.

    ``shares`` holds, for the key of every persona, the share of its people who name it, 0 to 1; None when fewer
    than 5 do or when it would give away that fewer than 5 do elsewhere.
    """

    text: str
    shares: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Unreplayed:
    """An edit that could not be made again: its place among the edits given, from 1, and a sentence on why.

    Repeats neither its ids nor its words: the reason may be that they may no longer be shown.
    """

    event: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a discovery says.

    Parameters
    ----------
    refusal : str or None
        Why there are no personas and what to do, in a sentence; None when there are some.
    notes : tuple of str
        What a reader should know before trusting the personas, in sentences.
    exploratory : bool
        Whether the personas are hints rather than findings (under 100 people, or a language the encoder does not
        know).
    themes : tuple of Entry
        What all people speak of; shown when there are no personas.
    scoring : mapping
        What :mod:`analysis.scoring` needs to score leads from the file alone.
    scoring_static : mapping
        The same for the static encoder; empty unless it was asked for.
    unreplayed : tuple of Unreplayed
        Edits given to the discovery that could not be made on what it found.
    assignments : tuple of Assignment
        One per response, in the order of the corpus; not part of the file.
    """

    seed: int
    n_responses: int
    n_used: int
    refusal: str | None
    language: str
    exploratory: bool
    items: tuple[str, ...]
    notes: tuple[str, ...] = ()
    personas: tuple[Persona, ...] = ()
    n_personas_considered: tuple[Considered, ...] = ()
    themes: tuple[Entry, ...] = ()
    map: tuple[Point, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    motives: tuple[Motive, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    scoring: Mapping[str, Any] = field(default_factory=dict)
    scoring_static: Mapping[str, Any] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION
    unreplayed: tuple[Unreplayed, ...] = ()
    assignments: tuple[Assignment, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, without the assignments."""
        return {
            one.name: _plain(getattr(self, one.name)) for one in fields(self) if one.name != "assignments"
        }

    def to_json(self) -> str:
        """Return canonical JSON: sorted keys, rounded numbers, a final line break; equal reports, equal bytes."""
        return (
            json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        )

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Report:
        """Read what :meth:`to_dict` wrote.

        Raises
        ------
        InvalidReportError
            If it is not a report or has another schema version.
        """
        if not isinstance(raw, Mapping) or raw.get("schema_version") != SCHEMA_VERSION:
            raise InvalidReportError(
                f"This is not a report of schema version {SCHEMA_VERSION}. Run the discovery again to make one."
            )
        try:
            return cls(**{key: _READERS.get(key, lambda value: value)(value) for key, value in raw.items()})
        except (TypeError, KeyError) as error:
            raise InvalidReportError(
                "The report lacks a field or has one too many. Run the discovery again to make a new one."
            ) from error


def _plain(value: Any) -> Any:
    """Turn dataclasses and tuples into JSON's values, with finite, rounded numbers."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return round(value, N_DECIMALS) + 0.0 if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [_plain(one) for one in value]
    return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}


def _entries(raw: Sequence[Mapping[str, Any]]) -> tuple[Entry, ...]:
    return tuple(Entry(**{**one, "interval": tuple(one["interval"])}) for one in raw)


def _persona(raw: Mapping[str, Any]) -> Persona:
    lists = {name: _entries(raw[name]) for name in ("traits", "reasons", "skills", "channels", "content")}
    card, neighbour = raw["card"], raw["neighbour"]
    return Persona(
        **{
            **raw,
            **lists,
            **{name: _entries(raw.get(name, ())) for name in ("leanings", "concerns")},
            "quotes": tuple(Quote(**quote) for quote in raw["quotes"]),
            "who": tuple(raw["who"]),
            "card": card
            and Card(**{**card, **{name: tuple(card[name]) for name in ("entries", "n_matching")}}),
            "neighbour": neighbour
            and Contrast(**{**neighbour, **{name: _entries(neighbour[name]) for name in ("more", "less")}}),
        }
    )


_READERS: dict[str, Any] = {
    "items": tuple,
    "notes": tuple,
    "personas": lambda raw: tuple(map(_persona, raw)),
    "n_personas_considered": lambda raw: tuple(Considered(**one) for one in raw),
    "themes": _entries,
    "map": lambda raw: tuple(Point(**one) for one in raw),
    "neighbours": lambda raw: tuple(Neighbour(**one) for one in raw),
    "motives": lambda raw: tuple(Motive(**one) for one in raw),
    "unreplayed": lambda raw: tuple(Unreplayed(**one) for one in raw),
    "set_aside": lambda raw: tuple(SetAside(**one) for one in raw),
}
