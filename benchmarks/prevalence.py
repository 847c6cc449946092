"""How well it is told how many of a group say a theme or are of a family of them, and the weights by which it is.

    python -m benchmarks.prevalence [--write]

``judged_people.csv`` names, of an organisation and a code of the codebook, everybody who says it by a reader who saw
all answers and no groups: ``yes``, or ``partly``, which counts half. ``judged_families.csv`` does the same for
families of themes (:mod:`analysis.families`). The weights of :mod:`analysis.prevalence` are those of a logistic
regression on these people in the groups that the product finds, one of themes and one of families. Each organisation is
told by weights fitted to the others; those to which nothing is fitted (:data:`ASIDE`) by weights fitted to all others.
With ``--write`` the weights go to ``analysis/prevalence.json`` and the tables to docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from analysis import CachedEncoder, bundled_encoder, discover
from analysis.codebook import codebook
from analysis.describe import MIN_PEOPLE
from analysis.discovery import in_order
from analysis.encoder import Encoder
from analysis.families import codes_held, families
from analysis.meaning import read
from analysis.prevalence import N_DECIMALS, NEAREST_TO_NONE, Estimated, signs_of_people, with_context
from analysis.report import Report
from analysis.views import Person, prepare
from benchmarks.grounds import ROOT, Ground, demo, held_out, practice
from benchmarks.tables import BENCHMARKS, Tables, decimal

JUDGED: dict[Estimated, Path] = {
    "themes": ROOT / "benchmarks/judged_people.csv",
    "families": ROOT / "benchmarks/judged_families.csv",
}
WEIGHTS = ROOT / "analysis/prevalence.json"
#: Judged, and never fitted to.
ASIDE = ("demo", "harbour", "furniture", "payroll", "publisher", "airport")
#: What is only hinted at counts as much.
PARTLY = 0.5
#: What fewer say by hand should not stand on a card.
LEAST_BY_HAND = 0.25
#: Inverse strength of the regularisation (scikit-learn's C): weaker, large shares of themes are told too large, and
#: stronger, those of families too small.
STRENGTH: dict[Estimated, float] = {"themes": 0.003, "families": 0.03}
#: The interval of a share holds what a reader counts in so many of all cases.
WITHIN = 0.8

_OF_SHARES = ("by hand", "read off by", "told off by")
COLUMNS = (
    "area under the curve, people",
    "shares a card could show",
    *_OF_SHARES,
    "other shares",
    *_OF_SHARES,
)
COLUMNS_OF_CARDS = ("entries", "right", "said by fewer than a tenth", "told off by")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One theme in one organisation: signs of its people, who is read as saying it, and what the reader said.

    Parameters
    ----------
    organisation, code : str
    X : ndarray of shape (n_people, n_signs)
    says : ndarray of shape (n_people,)
        0, :data:`PARTLY` or 1.
    read : bool ndarray of shape (n_people,)
    groups : tuple of bool ndarray of shape (n_people,)
        The personas that the product finds.
    """

    organisation: str
    code: str
    X: Floats
    says: Floats
    read: NDArray[np.bool_]
    groups: tuple[NDArray[np.bool_], ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A theme in a group: what share the reader counts, how many are read as saying it, and what is told."""

    size: int
    n_read: int
    by_hand: float
    by_reading: float
    told: float


@dataclass(frozen=True, slots=True)
class OnCard:
    """What a card tells of a judged theme, as something leant to or not, and the shares that the reader counts."""

    is_leant_to: bool
    told: float
    by_hand: float
    by_hand_elsewhere: float

    @property
    def is_right(self) -> bool:
        """Whether a quarter say it by hand, and twice as many as elsewhere."""
        return self.by_hand >= LEAST_BY_HAND and self.by_hand >= 2 * self.by_hand_elsewhere


def main() -> None:
    """Show how far shares are off; write the weights and the tables if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="write the weights to analysis/prevalence.json, the tables to docs/benchmarks.md",
    )
    arguments = parser.parse_args()
    encoder = CachedEncoder(bundled_encoder())
    tables = Tables(BENCHMARKS if arguments.write else None)
    weights = {of: measured(of, encoder, tables) for of in JUDGED}
    print(json.dumps(weights))
    if arguments.write:
        WEIGHTS.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")


def measured(of: Estimated, encoder: CachedEncoder, tables: Tables) -> dict[str, float]:
    """Show how far shares of themes or of families are off; return the weights."""
    names, judged, entries = collected(of, encoder)
    print(f"{len(judged)} {of}, {sum(len(one.says) for one in judged)} people and {of}\n")
    ours = [one for one in judged if one.organisation not in ASIDE]
    left_out: list[Share] = []
    rows = []
    for organisation in dict.fromkeys(one.organisation for one in judged):
        there = [one for one in judged if one.organisation == organisation]
        weights = fitted([one for one in ours if one.organisation != organisation], STRENGTH[of])
        found = list(shares(there, weights))
        rows.append(row(organisation + ("*" if organisation in ASIDE else ""), there, weights, found))
        if organisation not in ASIDE:
            left_out += found
    tables.show(of, ("organisation", of, *COLUMNS), rows)
    by_told(left_out)
    tables.show(f"{of} on cards", ("on cards", *COLUMNS_OF_CARDS), on_cards(entries))
    everything = dict(
        zip((*names, "intercept"), np.round(fitted(ours, STRENGTH[of]), 4).tolist(), strict=True)
    )
    everything["spread"] = round(spread_of(left_out), 2)
    return everything


def fitted(judged: Collection[Judged], strength: float) -> Floats:
    """Return the weights of the signs and the intercept: logistic regression, a hint as half a yes and half a no."""
    X, says = np.vstack([one.X for one in judged]), np.concatenate([one.says for one in judged])
    middle, spread = X.mean(axis=0), X.std(axis=0)
    model = LogisticRegression(C=strength, max_iter=5_000)
    model.fit(
        np.vstack([(X - middle) / spread] * 2),
        np.repeat([1, 0], len(X)),
        sample_weight=np.concatenate([says, 1 - says]),
    )
    weights = model.coef_[0] / spread
    return np.append(weights, model.intercept_[0] - weights @ middle)


def chances(one: Judged, weights: Floats) -> Floats:
    """Return each person's chance of saying a theme."""
    return np.asarray(np.round(1 / (1 + np.exp(-(one.X @ weights[:-1] + weights[-1]))), N_DECIMALS))


def shares(judged: Iterable[Judged], weights: Floats) -> Iterator[Share]:
    """Yield every theme in every group."""
    for one in judged:
        told = chances(one, weights)
        for members in one.groups:
            yield Share(
                int(members.sum()),
                int(one.read[members].sum()),
                float(one.says[members].mean()),
                float(one.read[members].mean()),
                float(told[members].mean()),
            )


def row(
    name: str, judged: Collection[Judged], weights: Floats, found: Collection[Share]
) -> tuple[object, ...]:
    """Say of an organisation how far shares are off where a card could show them, and in all other groups."""
    says = np.concatenate([one.says for one in judged]) > 0
    told = np.concatenate([chances(one, weights) for one in judged])
    shown, others = ([one for one in found if (one.n_read >= MIN_PEOPLE) == many] for many in (True, False))
    area = decimal(float(roc_auc_score(says, told)))
    return (name, len(judged), area, *errors(shown), *errors(others))


def errors(found: Collection[Share]) -> tuple[object, ...]:
    """Say how many shares there are and how far off, on average and to which side: as they are read, and as told."""
    if not found:
        return (0, "", "", "")
    by_hand = np.array([one.by_hand for one in found])
    return (
        len(found),
        decimal(float(by_hand.mean()), 2),
        *(off(np.array([getattr(one, of) for one in found]) - by_hand) for of in ("by_reading", "told")),
    )


def off(differences: Floats) -> str:
    """Write how far off something is, and to which side on average."""
    side = decimal(float(abs(differences.mean())), 2)
    return f"{decimal(float(abs(differences).mean()), 2)} ({'−' if differences.mean() < 0 else '+'}{side})"


def by_told(found: Collection[Share]) -> None:
    """Print what the reader counts where a share is told."""
    told, by_hand = (np.array([getattr(one, of) for one in found]) for of in ("told", "by_hand"))
    print("\ntold, by hand (each organisation left out in turn):")
    for low in np.arange(0, 1, 0.1):
        there = (told >= low) & (told < low + 0.1)
        if there.any():
            told_there, by_hand_there = told[there].mean(), by_hand[there].mean()
            print(f"  {low:.1f}: {there.sum():4d} shares, told {told_there:.2f}, by hand {by_hand_there:.2f}")
    print()


def spread_of(found: Collection[Share]) -> float:
    """Return how far off, as log-odds, the shares are that a card could show, in :data:`WITHIN` of all cases."""

    def odds(share: float) -> float:
        share = min(max(share, NEAREST_TO_NONE), 1 - NEAREST_TO_NONE)
        return float(np.log(share / (1 - share)))

    off = [abs(odds(one.told) - odds(one.by_hand)) for one in found if one.n_read >= MIN_PEOPLE]
    return float(np.quantile(off, WITHIN))


def on_cards(entries: Collection[OnCard]) -> Iterator[tuple[object, ...]]:
    """Say how much of what cards tell of what was judged is right, with the weights that are in force."""
    for title, leant_to in (("shown", False), ("leant to", True)):
        some = [one for one in entries if one.is_leant_to == leant_to]
        if some:
            right, hardly = ([one.is_right for one in some], [one.by_hand < 0.1 for one in some])
            yield (
                title,
                len(some),
                decimal(float(np.mean(right)), 2),
                decimal(float(np.mean(hardly)), 2),
                off(np.array([one.told - one.by_hand for one in some])),
            )


def collected(of: Estimated, encoder: CachedEncoder) -> tuple[tuple[str, ...], list[Judged], list[OnCard]]:
    """Read the organisations again, find their personas and collect the signs of their people, and what cards tell."""
    names: tuple[str, ...] = ()
    judged: list[Judged] = []
    entries: list[OnCard] = []
    organisations = {row["organisation"] for row in judged_rows(of)}
    for ground in (demo(), *practice(), *held_out()):
        if ground.name in organisations:
            people, report = people_of(ground), discover(ground.corpus, encoder=encoder)
            names, found = judged_in(of, ground, people, groups_of(report, people), encoder)
            judged += found
            entries += told_of(of, report, found)
    return names, judged, entries


def told_of(of: Estimated, report: Report, judged: Collection[Judged]) -> Iterator[OnCard]:
    """Yield what the cards of a report tell of the themes or families that were judged."""
    by_code = {one.code: one for one in judged}
    codes = (
        {one.label: one.code for one in families()}
        if of == "families"
        else {code.label: code.code for code in codebook()}
    )
    for place, persona in enumerate(report.personas):
        listed = (*persona.concerns, *persona.traits, *persona.reasons, *persona.leanings)
        for entry in listed:
            if (entry.kind == "family") != (of == "families"):
                continue
            one = by_code.get(codes.get(entry.text.removeprefix("they "), ""))
            if one is not None:
                members = one.groups[place]
                here, elsewhere = float(one.says[members].mean()), float(one.says[~members].mean())
                yield OnCard(entry.kind == "leaning", entry.share_here, here, elsewhere)


def people_of(ground: Ground) -> list[Person]:
    """Return the people of an organisation whose answers can be used."""
    everybody = prepare(in_order(ground.corpus), languages=("en",))
    return [person for person in everybody if person.set_aside is None]


def judged_in(
    of: Estimated, ground: Ground, people: Sequence[Person], labels: NDArray[np.int64], encoder: Encoder
) -> tuple[tuple[str, ...], list[Judged]]:
    """Collect the signs of an organisation's people in the groups they are in; names of the signs come first."""
    reading = read(people, encoder)
    held = codes_held(reading.codes) if of == "families" else np.eye(len(reading.codes), dtype=bool)
    known = families() if of == "families" else reading.codes
    codes = [one.code for one in known]
    said = reading.said @ held
    signs = with_context(signs_of_people(reading, held), labels)
    if of == "families":
        signs["style"] = np.tile([float(one.kind == "style") for one in known], (len(people), 1))
    groups = tuple(labels == label for label in range(labels.max() + 1))
    ids = [person.response.id for person in people]
    judged = []
    for row in judged_rows(of):
        if row["organisation"] != ground.name:
            continue
        column, yes, partly = codes.index(row["code"]), row["yes"].split(), row["partly"].split()
        says = np.array([1.0 if one in yes else PARTLY if one in partly else 0.0 for one in ids])
        X = np.column_stack([sign[:, column] for sign in signs.values()])
        judged.append(Judged(ground.name, row["code"], X, says, said[:, column], groups))
    return tuple(signs), judged


def groups_of(report: Report, people: Sequence[Person]) -> NDArray[np.int64]:
    """Return the persona of each of some people, by its place in the report; -1 is in none."""
    places = {persona.key: place for place, persona in enumerate(report.personas)}
    persona = {one.id: one.persona for one in report.assignments}
    return np.array([places.get(persona[one.response.id] or "", -1) for one in people])


def judged_rows(of: Estimated) -> list[dict[str, str]]:
    """Read who was judged to say which theme, or anything of which family."""
    with JUDGED[of].open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
