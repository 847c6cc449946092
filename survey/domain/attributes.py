"""Coarsening: what may be kept of a respondent's attributes so that at least ten colleagues share it.

Pure functions on plain values. The tree is made from the roster when a wave opens and is frozen with it. It
asks one attribute after the other; at each node a band is kept only where at least ten people of that node
have it, the smaller ones fold into "other", and where no two groups of ten remain the attribute is dropped.
Whoever knows roster, tree and a stored combination is left with at least ten people who could have made it.

Not everybody answers, so at the close the same is done once more among those who did: :func:`coarsen_together`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: A stored combination of attributes covers at least so many people: of the roster, and of those who answered.
MIN_GROUP = 10
#: What is stored for the folded bands. A roster's own band of this name is always folded into it.
OTHER = "other"

Tree = dict[str, Any]
#: How many people of a roster there are of each kind: by their attributes, as pairs of name and band.
Kinds = Mapping[frozenset[tuple[str, str]], int]


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people of the roster have in common what somebody tells about themselves."""

    n_people: int
    n_details: int
    #: The detail that narrows it down most, and how many people there are without it.
    sharpest: str
    n_without: int
    #: What would be stored.
    kept: Mapping[str, str]

    @property
    def is_small(self) -> bool:
        """Whether what is told has to be blurred."""
        return self.n_details > 0 and self.n_people < MIN_GROUP


def measure_crowd(kinds: Kinds, tree: Tree, given: Mapping[str, str]) -> Crowd:
    """Measure what somebody is about to tell: by the roster, for who has answered is nobody's business."""

    def count(details: Mapping[str, str]) -> int:
        wanted = set(details.items())
        return sum(n for kind, n in kinds.items() if wanted <= kind)

    details = {name: band for name, band in given.items() if band}
    without = {
        name: count({other: band for other, band in details.items() if other != name}) for name in details
    }
    sharpest = max(without, key=without.__getitem__, default="")
    return Crowd(
        n_people=count(details),
        n_details=len(details),
        sharpest=sharpest,
        n_without=without.get(sharpest, 0),
        kept=coarsen(tree, details),
    )


def coarsening_tree(
    roster: Sequence[Mapping[str, str]], names: Sequence[str], *, min_group: int = MIN_GROUP
) -> Tree:
    """Return the tree for a roster, asking the attributes in the order of ``names``.

    A node is ``{"attribute", "kept": {band: node}, "other": node or None, "skipped": node}``, a leaf empty.
    """
    for position, name in enumerate(names):
        rest = names[position + 1 :]
        kept, folded = _groups(roster, name, min_group)
        if len(kept) + bool(folded) < 2:
            continue

        def node(bands: set[str], name: str = name, rest: Sequence[str] = rest) -> Tree:
            people = [person for person in roster if person.get(name) in bands]
            return coarsening_tree(people, rest, min_group=min_group)

        return {
            "attribute": name,
            "kept": {band: node({band}) for band in kept},
            "other": node(folded) if folded else None,
            # Anyone may leave an attribute out, so the people behind this branch are all people of the node.
            "skipped": coarsening_tree(roster, rest, min_group=min_group),
        }
    return {}


def coarsen(tree: Tree, given: Mapping[str, str]) -> dict[str, str]:
    """Return what may be stored of the attributes somebody gave; what they left out stays out."""
    stored: dict[str, str] = {}
    while tree:
        name = tree["attribute"]
        band = given.get(name) or ""
        if band in tree["kept"]:
            stored[name] = band
            tree = tree["kept"][band]
        elif band and tree["other"] is not None:
            stored[name] = OTHER
            tree = tree["other"]
        else:
            tree = tree["skipped"]
    return stored


def coarsen_together(
    stored: Sequence[Mapping[str, str]], names: Sequence[str], *, min_group: int = MIN_GROUP
) -> list[dict[str, str]]:
    """Return what may stay of the attributes of everybody who answered, in their order.

    One attribute after the other, a band stays where at least ten of the group have it. The others lose the
    attribute, together with those who never gave it; should they be fewer than ten, the next smallest band
    loses it too. So each combination that is returned has ten bearers, if there are ten people at all.
    """
    kept: list[dict[str, str]] = [{} for _ in stored]

    def split(group: Sequence[int], names: Sequence[str]) -> None:
        if not names:
            return
        name, *rest = names
        bands = defaultdict(list)
        for person in group:
            bands[stored[person].get(name, "")].append(person)
        blurred = bands.pop("", [])
        for band in sorted(bands, key=lambda band: (len(bands[band]), band)):
            if len(bands[band]) < min_group or 0 < len(blurred) < min_group:
                blurred += bands.pop(band)
        for band, people in bands.items():
            for person in people:
                kept[person][name] = band
            split(people, rest)
        split(blurred, rest)

    split(range(len(stored)), names)
    return kept


def _groups(roster: Sequence[Mapping[str, str]], name: str, min_group: int) -> tuple[list[str], set[str]]:
    """Return the bands to keep and those to fold; too small a fold grows by the next smallest band."""
    sizes = Counter(person[name] for person in roster if person.get(name))
    kept = sorted(sizes, key=lambda band: (band != OTHER, sizes[band], band))
    folded: set[str] = set()
    n_folded = 0
    while kept and (kept[0] == OTHER or sizes[kept[0]] < min_group or 0 < n_folded < min_group):
        n_folded += sizes[kept[0]]
        folded.add(kept.pop(0))
    return sorted(kept), folded if n_folded >= min_group else set()
