"""Another name, pronoun, age, school, postcode, nationality, club or photo moves no score, on any lead of the demo."""

from __future__ import annotations

import csv
import io
from importlib.resources import files
from itertools import chain

import pytest

from analysis.counterfactuals import KINDS, Difference, counterfactuals, swaps
from analysis.encoder import CachedEncoder
from analysis.evidence import evidence_document
from analysis.scoring import Scorer
from tests.conftest import FULL
from tests.survey.lead_factories import WordEncoder, block

LEAD = {
    "name": "Sofia Lind",
    "email": "sofia@example.org",
    "headline": "Sofia Lind, release engineer",
    "summary": "She keeps her rota. Lind ships since 2009. Write to sofia@example.org.",
    "skills": "Ruby;Lind 2009",
    "interest": "Calm releases.",
}


def demo_leads():
    text = (files("survey.demo") / "leads.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def score():
    """The numbers of a lead: fit, facets and the points of every trait, for two personas."""
    scorer = Scorer(block(), CachedEncoder(WordEncoder()))

    def score(lead):
        scores = scorer.score(evidence_document(lead, identity=(lead["name"], lead["email"])))
        points = [(part.trait, part.points) for one in scores for part in one.contributions]
        return [(one.fit, *one.facets.values()) for one in scores] + points

    return score


def chosen_versions(lead, number):
    """All swaps of a lead; without full counts, two versions of a third of them, others for each lead."""
    for i, swap in enumerate(swaps(lead)):
        if FULL:
            yield swap.kind, swap.versions
        elif (i + number) % 3 == 0:
            yield swap.kind, (swap.versions[0], swap.versions[1 + number % (len(swap.versions) - 1)])


def test_no_swap_moves_a_number_of_any_lead_of_the_demo(score):
    moved, tried = set(), set()
    for number, lead in enumerate(demo_leads()):
        for kind, versions in chosen_versions(lead, number):
            tried.add(kind)
            if len({tuple(score(version)) for version in versions}) > 1:
                moved.add((lead["id"], kind))

    assert moved == set()
    assert tried == set(KINDS)


def test_everything_swapped_at_once_moves_nothing(score):
    for number, lead in enumerate(demo_leads()[::3]):
        other = lead
        for i in range(2 * len(KINDS)):
            of_other = list(swaps(other))
            if i < len(of_other) and of_other[i].versions[0] is other:
                other = of_other[i].versions[1 + number % (len(of_other[i].versions) - 1)]

        assert score(other) == score(lead), lead["id"]
        assert other["name"] != lead["name"]


def test_a_scorer_that_looks_at_names_is_found_out():
    found = counterfactuals(LEAD, lambda lead: [len(lead["name"]), None])

    by_kind = {difference.kind: difference for difference in found}
    assert by_kind["name"].largest == len("Guadalupe Hernández") - len("Bo Li")
    assert by_kind["pronoun"] == Difference("pronoun", by_kind["pronoun"].n_versions, 0)
    assert [difference.kind for difference in found] == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_versions_of_every_kind_differ(kind):
    for swap in swaps(LEAD):
        if swap.kind == kind:
            texts = {str(sorted(version.items())) for version in swap.versions}
            assert len(texts) == len(swap.versions) > 1


def test_a_number_against_none_is_the_largest_difference():
    names = iter(range(1000))

    found = counterfactuals(LEAD, lambda _: [50 if next(names) % 2 else None])

    assert {difference.largest for difference in found} == {100}


def test_a_renamed_lead_bears_the_name_wherever_they_write_it_but_in_the_skills():
    renamed = next(swap for swap in swaps(LEAD) if swap.kind == "name").versions[1]

    assert renamed["headline"] == "Emily Walsh, release engineer"
    assert renamed["summary"] == (
        "She keeps her rota. Walsh ships since 2009. Write to emily.walsh@example.org."
    )
    assert (renamed["name"], renamed["skills"]) == ("Emily Walsh", LEAD["skills"])


def test_years_move_both_ways_and_pronouns_change_in_all_their_forms():
    texts = set(chain.from_iterable([v["summary"] for v in swap.versions] for swap in swaps(LEAD)))

    assert {text.split(". ")[1] for text in texts} >= {
        "Lind ships since 1989",
        "Lind ships since 2009",
        "Lind ships since 2029",
    }
    assert {text.split(". ")[0] for text in texts} >= {"He keeps his rota", "They keeps their rota"}


@pytest.mark.parametrize("name", ["An To", "Will Maven", "Senior Line", "Scala Rust", "Turner Held"])
def test_a_name_of_ordinary_words_takes_no_words_from_its_bearer(name, score):
    lead = {
        **LEAD,
        "summary": "I will go to a senior role in line, held by nobody. Maven and Rust are tools I turn to.",
    }

    assert score({**lead, "name": name, "email": ""}) == score(lead)
