"""Reads of fairness checks for screens: what a report says, in the order in which a page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.domain.checks import report_of
from survey.models import FairnessCheck, Lead, LeadIdentity

#: What chance makes less often than this is marked.
SELDOM = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """The groups of one dimension at one gate, or of two dimensions together."""

    gate: str
    dimension: str
    n: int
    n_unknown: int
    groups: Sequence[Mapping[str, Any]]

    @property
    def is_intersection(self) -> bool:
        """Whether it is of two dimensions together."""
        return "&" in self.dimension

    @property
    def is_marked(self) -> bool:
        """Whether a group lies under four fifths that chance would seldom put there."""
        return any(group["is_unlikely"] for group in self.groups)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A check as a page shows it. ``comparisons`` by persona; the empty name stands for each lead's best one.

    ``aliases`` is the hash of the own table by which leads were read; empty: there was none.
    """

    hash: str
    encoder: str
    aliases: str
    versions: Sequence[Mapping[str, Any]]
    swaps: Mapping[str, Any]
    n_people: int
    n_told: int | None
    rules: Mapping[str, Any]
    comparisons: Mapping[str, Sequence[Comparison]]

    @property
    def n_moved(self) -> int:
        """How many leads a swap moved."""
        return len(self.swaps["moved"])

    @property
    def n_low(self) -> int:
        """How many groups lie under four fifths, over all comparisons."""
        return sum(group["is_low"] for group in self._tested())

    @property
    def n_unlikely(self) -> int:
        """How many of these chance would seldom make."""
        return sum(group["is_unlikely"] for group in self._tested())

    @property
    def n_sure(self) -> int:
        """How many of these chance would seldom make even among so many tests (Bonferroni)."""
        return sum(group["is_low"] and group["p"] * self.n_tested < SELDOM for group in self._tested())

    @property
    def n_tested(self) -> int:
        """How many groups were tested against the highest."""
        return len(self._tested())

    def _tested(self) -> list[Mapping[str, Any]]:
        return [
            group
            for some in self.comparisons.values()
            for one in some
            for group in one.groups
            if group["p"] is not None
        ]


def read_report(check: FairnessCheck, *, with_groups: bool) -> CheckReport:
    """Return what a finished check found; without groups for those who may not see them.

    Raises NotFoundError if it has not ended.
    """
    report = report_of(check)
    impact = report["impact"]
    comparisons: dict[str, list[Comparison]] = {}
    for result in impact["results"] if with_groups else ():
        limit = impact["rules"]["four_fifths"]
        groups = []
        for group in result["groups"]:
            is_low = group["ratio"] is not None and group["ratio"] < limit
            is_unlikely = is_low and group["p"] is not None and group["p"] < SELDOM
            groups.append({**group, "is_low": is_low, "is_unlikely": is_unlikely})
        comparisons.setdefault(result["persona"], []).append(
            Comparison(result["gate"], result["dimension"], result["n"], result["n_unknown"], groups)
        )
    return CheckReport(
        report["hash"],
        report["encoder"],
        report.get("aliases", ""),
        report["versions"],
        report["swaps"],
        impact["n_people"],
        impact["n_told"],
        impact["rules"],
        comparisons,
    )


class LeadAddress(NamedTuple):
    """Where a lead can be written to."""

    id: int
    external_id: str
    name: str
    email: str


def list_addresses(session: Session) -> list[LeadAddress]:
    """Return every lead's address, in the order in which they came."""
    rows = session.execute(
        select(Lead.id, Lead.external_id, LeadIdentity.name, LeadIdentity.email)
        .join(LeadIdentity, LeadIdentity.lead_id == Lead.id)
        .order_by(Lead.id)
    )
    return [LeadAddress(*row) for row in rows]
