"""What an attack found, and whether that is more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from survey.anonymity.attacks import Attack, Guesses, Truth, smallest_crowd
from survey.anonymity.loot import Loot
from survey.domain.attributes import MIN_GROUP

#: Chance alone passes this once in a million times: a hundred checks of twenty attacks raise no false alarm.
_ALARM = 1e-6


@dataclass(frozen=True, slots=True)
class Finding:
    """One attack on one state of a wave. ``hits`` of ``people`` were right where ``chance`` is the promise.

    ``smallest`` is the smallest crowd that the attack is sure of.
    """

    attack: Attack
    state: str
    hits: int
    people: int
    chance: float
    smallest: int | None = None

    @property
    def above_chance(self) -> bool:
        """Whether more people were found than luck explains, or somebody stood in a crowd of under ten."""
        too_small = self.smallest is not None and self.smallest < MIN_GROUP
        return too_small or _tail(self.hits, self.people, self.chance) < _ALARM

    @property
    def by_luck(self) -> int:
        """How many are right when each is drawn by chance."""
        return round(self.people * self.chance)

    def to_dict(self) -> dict[str, Any]:
        """Return the public fields."""
        return {
            "name": self.attack.name,
            "state": self.state,
            "hits": self.hits,
            "people": self.people,
            "chance": self.chance,
            "above_chance": self.above_chance,
        }


def try_attack(attack: Attack, loot: Loot, truth: Truth, *, state: str) -> Finding:
    """Run an attack where it is known who wrote what."""
    return Finding(
        attack,
        state,
        hits=round(attack.hits(loot, truth)),
        people=attack.people(loot, truth),
        chance=_chance(attack, attack.guess(loot), len(truth), state),
        smallest=smallest_crowd(attack.guess(loot)) if attack.crowd else None,
    )


def measure_exposure(attack: Attack, loot: Loot, *, state: str) -> Finding:
    """Count who would be found if the attack works, where it is not known who wrote what."""
    suspects = attack.suspects(loot)
    n_people = len(loot.responses())
    return Finding(
        attack,
        state,
        hits=round(sum(1 / len(crowd) for crowd in suspects.values() if crowd)),
        people=n_people,
        chance=_chance(attack, suspects, n_people, state),
        smallest=smallest_crowd(suspects),
    )


def _chance(attack: Attack, crowds: Guesses, n_people: int, state: str) -> float:
    """Return what is promised: one in ten while open, then one in all; of a crowd that an attack leaves, one in it.

    A crowd of under ten is none that is promised, so it counts as ten.
    """
    if attack.crowd and crowds:
        return sum(1 / max(len(crowd), MIN_GROUP) for crowd in crowds.values()) / len(crowds)
    if state == "open":
        return 1 / MIN_GROUP
    return 1 / max(n_people, 1)


def _tail(hits: int, people: int, chance: float) -> float:
    """Return how probable so many hits or more are when each of the people is hit by chance."""
    if hits <= 0 or not 0 < chance < 1:
        return 1.0
    log = [
        math.lgamma(people + 1) - math.lgamma(k + 1) - math.lgamma(people - k + 1)
        + k * math.log(chance) + (people - k) * math.log1p(-chance)
        for k in range(hits, people + 1)
    ]  # fmt: skip
    return sum(map(math.exp, log))
