"""What the attacks found, as a page that a works council can read."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from survey.anonymity.attacks import ATTACKS
from survey.anonymity.findings import Finding
from survey.anonymity.inspection import WaveFindings
from survey.domain.attributes import MIN_GROUP

WIDTH = 88

NOT_COVERED = (
    (
        "Whoever holds the keys and the database while answers wait. Link and sealed answers are written "
        "together; with both keys the answers can be read and the link be tied to a person. That includes a "
        "backup in which both lie: keep the key folder out of every backup."
    ),
    "An administrator who watches memory or network of the server, or changes the program.",
    "Logs that are not ours: of a proxy, of the web server in front, of PostgreSQL itself.",
    "How somebody writes, in which language, and stories that only one person can tell.",
    "Very small companies, and the case that all others in a group say what they wrote.",
    (
        f"Whoever holds attributes.key from the key folder and the database of a closed wave. They read the details "
        f"beside the answers, which {MIN_GROUP} or more of those who answered share; with copies made while the wave "
        "was open, which show whose answers were opened together, often down to one. Keep that file elsewhere."
    ),
    f"Copies made while the wave was open: they show which {MIN_GROUP} people's answers were opened together.",
)


def simulated_page(findings: Sequence[Finding], *, n_people: int, kind: str) -> str:
    """Say what a simulation found."""
    return _page(
        f"{n_people} invented people answered a survey through the real pages, eight at once, in a throw-away "
        f"{kind} database. Then we tried to find out who wrote what. Since the people are invented, we know how "
        "often we were right.",
        [
            *_section("While the survey was open", [f for f in findings if f.state == "open"]),
            *_section("After it was closed", [f for f in findings if f.state == "closed"]),
        ],
        findings,
    )


def inspected_page(waves: Sequence[WaveFindings]) -> str:
    """Say what was found in a real database."""
    left_out = [attack.name for attack in ATTACKS if not attack.states_on_real_data]
    lines = [line for wave in waves for line in _section(f"Wave “{wave.name}” ({wave.state})", wave.findings)]
    if not waves:
        lines = ["", "No wave has been opened yet: there is nothing to look at."]
    lines += _paragraph(
        "These need invented people and were not tried here: " + ", ".join(left_out) + ". "
        "kindred anonymity-check --simulate 500 tries them."
    )
    return _page(
        "We looked at the configured database without changing it. Nobody knows who wrote what, so we counted "
        "who would be found if an attack worked.",
        lines,
        [finding for wave in waves for finding in wave.findings],
    )


def _page(what: str, body: Sequence[str], findings: Sequence[Finding]) -> str:
    found = [finding for finding in findings if finding.above_chance]
    verdict = (
        f"RESULT: {len(found)} of {len(findings)} attacks found more than chance. The promise does not hold."
        if found
        else f"RESULT: none of {len(findings)} attacks found more than chance."
    )
    return "\n".join(
        [
            "Can answers be tied to people?",
            "==============================",
            *_paragraph(what),
            *_paragraph(verdict),
            *_paragraph(
                f"Chance means: while a survey is open, one in {MIN_GROUP}, because answers are opened in crowds "
                f"of {MIN_GROUP}; after it is closed, one in all who answered, also for somebody who has a roster "
                "with the same details, because details are sealed under a key that is not in the database. "
                "Luck varies: a few more than the promise allows on average are no find. FOUND stands where luck "
                "explains so many less than once in a million times, or where somebody stands in a smaller crowd. "
                "Whoever attacks is taken to hold the whole database, and to know who answered and with which link."
            ),
            *body,
            "",
            "What this does not cover",
            "------------------------",
            *(
                line
                for sentence in NOT_COVERED
                for line in textwrap.wrap(
                    sentence, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
                )
            ),
            "",
        ]
    )


def _section(title: str, findings: Sequence[Finding]) -> list[str]:
    lines = ["", title, "-" * len(title)]
    for finding in findings:
        mark = "FOUND" if finding.above_chance else "ok"
        lines += textwrap.wrap(
            f"{finding.attack.name}: {finding.attack.tries}. {_score(finding)}",
            WIDTH,
            initial_indent=f"{mark:<6}",
            subsequent_indent=" " * 6,
            break_on_hyphens=False,
        )
    return lines


def _score(finding: Finding) -> str:
    right = f"Right for {finding.hits} of {finding.people}; by luck it would be about {finding.by_luck}."
    return f"{right} Smallest crowd: {finding.smallest}." if finding.smallest is not None else right


def _paragraph(words: str) -> list[str]:
    return ["", *textwrap.wrap(words, WIDTH, break_on_hyphens=False)]
