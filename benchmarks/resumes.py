"""Leads that nobody expected: strangers' résumés, and leads with a field taken away.

    python -m benchmarks.resumes [--resumes FOLDER]

Scored by the personas discovered in the demo with seed 0. Of a folder of JSON résumés, whatever their dialect, it is
said how many are scored and why the others are refused. Then every field of every lead is taken away in turn: how far
the fit with each persona moves, and by what that is explained on the lead's page.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis import discover
from analysis.encoder import CachedEncoder, bundled_encoder
from analysis.evidence import FIELDS, EvidenceDocument, evidence_document
from analysis.scoring import LeadScore, Scorer, scoring_block
from benchmarks.grounds import ROOT, demo
from survey.exceptions import InvalidInputError
from survey.lead_files import parse_resume, resume_columns

#: A fit that moves by more is a jump.
JUMP = 10

Lead = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """What a field taken away does to one fit.

    Parameters
    ----------
    field : str
    before, after : int or None
        The fit; None where there is too little to read.
    points : int
        What the field's own words had given.
    reason : str
        What the page states beside the points, if anything: no number any more, a facet of which nothing is known now,
        less to read, that what earned little made the rest weigh less.
    """

    field: str
    before: int | None
    after: int | None
    points: int
    reason: str

    @property
    def distance(self) -> int:
        """How far the fit moved; 0 where there is no number before or after."""
        return 0 if self.before is None or self.after is None else abs(self.before - self.after)

    @property
    def rest(self) -> int:
        """How far it moved beside the points that went."""
        if self.before is None or self.after is None:
            return 0
        return abs(self.before - self.points - self.after)

    @property
    def is_explained(self) -> bool:
        """Whether the points that went, or what the page states, explain a jump."""
        return self.distance <= JUMP or self.rest <= JUMP or self.reason != ""


def moves(scorer: Scorer, lead: Lead) -> Iterator[Move]:
    """Take each field away that a lead has, and compare the fits with every persona."""
    before = scorer.score(_document(lead))
    for field in FIELDS:
        if lead.get(field, "").strip():
            after = scorer.score(_document({**lead, field: ""}))
            for old, new in zip(before, after, strict=True):
                points = sum(part.points for part in old.contributions if part.field == field)
                yield Move(field, old.fit, new.fit, points, _reason(old, new))


def _reason(old: LeadScore, new: LeadScore) -> str:
    if old.fit is not None and new.fit is None:
        return "too little for a number"
    gone = [facet for facet, value in old.facets.items() if value is not None and new.facets[facet] is None]
    if gone:
        return "nothing on a facet any more"
    if new.evidence != old.evidence:
        return "less to read"
    return "the rest weighs more" if (new.fit or 0) > (old.fit or 0) else ""


def read_resumes(folder: Path) -> tuple[list[Lead], Counter[str]]:
    """Return the résumés of a folder as leads, and how many files were refused for which reason."""
    leads: list[Lead] = []
    refused: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.json")):
        try:
            leads.append(resume_columns(parse_resume(path.read_bytes(), path.name), path.name, number=1))
        except InvalidInputError as error:
            refused[str(error).partition(": ")[2]] += 1
    return leads, refused


def demo_leads() -> list[Lead]:
    """Return the leads of the demo."""
    with (ROOT / "survey/demo/leads.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--resumes", type=Path, help="A folder of JSON résumés.")
    arguments = parser.parse_args()
    scorer = _scorer()
    if arguments.resumes:
        leads, refused = read_resumes(arguments.resumes)
        print(f"\n{len(leads) + refused.total()} files, {len(leads)} read")
        for reason, n in refused.most_common():
            print(f"| {n} | {reason} |")
        _distribution(scorer, leads)
        _print_moves("résumés", scorer, leads)
    _print_moves("demo", scorer, demo_leads())


def _scorer() -> Scorer:
    encoder = CachedEncoder(bundled_encoder())
    corpus = demo().corpus
    report = discover(corpus, encoder=encoder, seed=0)
    membership = {a.id: (a.persona, a.membership) for a in report.assignments if a.persona}
    return Scorer(scoring_block(corpus, membership, encoder, seed=0), encoder)


def _document(lead: Lead) -> EvidenceDocument:
    return evidence_document(lead, identity=(lead.get("name", ""), lead.get("email", "")))


def _distribution(scorer: Scorer, leads: Sequence[Lead]) -> None:
    levels: Counter[str] = Counter()
    bands: Counter[str] = Counter()
    for lead in leads:
        scores = scorer.score(_document(lead))
        levels[scores[0].evidence] += 1
        best = scorer.best(scores)
        bands[next((s.band or "" for s in scores if s.persona == best), "no number")] += 1
    print("evidence: " + ", ".join(f"{level} {n}" for level, n in sorted(levels.items())))
    print("band of the best persona: " + ", ".join(f"{band} {n}" for band, n in sorted(bands.items())))


def _print_moves(title: str, scorer: Scorer, leads: Sequence[Lead]) -> None:
    found = [move for lead in leads for move in moves(scorer, lead)]
    print(
        f"\n| {title}, without | fits | moved by, mean | most | beside the points that went, mean | most | jumps |"
    )
    print("|---|---|---|---|---|---|---|")
    for field in (*FIELDS, "any"):
        of_field = [move for move in found if field in (move.field, "any")]
        both = [move for move in of_field if move.before is not None and move.after is not None]
        distances, rests = ([getattr(move, name) for move in both] or [0] for name in ("distance", "rest"))
        n_jumps = sum(distance > JUMP for distance in distances)
        print(
            f"| {field} | {len(of_field)} | {np.mean(distances):.1f} | {max(distances)} | {np.mean(rests):.1f} "
            f"| {max(rests)} | {n_jumps} |"
        )
    jumps = [move for move in found if move.distance > JUMP]
    why = Counter(
        "the points that went" if move.rest <= JUMP else move.reason or "nothing on the page"
        for move in jumps
    )
    lost = sum(move.before is not None and move.after is None for move in found)
    print(f"jumps of more than {JUMP}: " + ", ".join(f"{reason} {n}" for reason, n in why.most_common()))
    print(f"no number any more: {lost}")


if __name__ == "__main__":
    main()
