"""A table of one's own extends the bundled one, and what leads spell nearly alike is proposed, never applied."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from analysis.aliases import Aliases, Row, bundled, in_force, own_hash, own_table, use
from analysis.evidence import evidence_document
from analysis.exceptions import InvalidAliasesError
from analysis.scoring import LeadScore, Scorer
from analysis.segments import known_terms, plain
from analysis.suggestions import listed_skills, suggest_aliases
from tests.survey.lead_factories import WordEncoder, block

LISTED = "shipping plots;careful testing;linux"
SAME = LISTED.replace("shipping plots", "release plans")
OWN = own_table([Row(2, "Harbour Control  System", "HCS; harbour control"), Row(3, "k8s", "kubectl stack")])


# --- a table of one's own ---------------------------------------------------------------------------------


def test_own_aliases_are_read_beside_the_bundled_ones_and_can_be_taken_back() -> None:
    assert plain("Runs HCS, kubectl stack and K8s") == "runs hcs, kubectl stack and kubernetes"

    use(OWN)
    assert (
        plain("Runs HCS, kubectl stack and K8s") == "runs harbour control system, kubernetes and kubernetes"
    )

    use({})
    assert plain("Runs HCS, kubectl stack and K8s") == "runs hcs, kubectl stack and kubernetes"
    assert in_force() is bundled()


def test_a_skill_that_holds_an_own_alias_stays_as_it_is() -> None:
    use(own_table([Row(2, "harbour control system", "harbour control"), Row(3, "training", "learning")]))

    assert (
        plain("Harbour Control System, harbour control") == "harbour control system, harbour control system"
    )
    assert plain("machine learning, learning") == "machine learning, training"


def test_every_bundled_skill_and_alias_is_read_as_the_skill_and_none_twice() -> None:
    table = bundled()

    assert {name: plain(name) for name in (*table.skills, *table.skill_of)} == {
        **{skill: skill for skill in table.skills},
        **table.skill_of,
    }
    assert plain("Ruby on Rails; rails") == "ruby on rails; ruby on rails"


def test_a_table_is_named_by_what_it_says_not_by_its_order() -> None:
    assert own_hash() == ""

    use(OWN)
    name = own_hash()
    use(
        own_table(
            [Row(2, "kubernetes", "kubectl stack"), Row(3, "harbour control system", "Harbour Control;hcs")]
        )
    )
    assert own_hash() == name
    use(own_table([Row(2, "kubernetes", "kubectl stack")]))
    assert own_hash() not in ("", name)


def test_what_is_masked_depends_on_no_own_table() -> None:
    use(own_table([Row(2, "knowledge navigation", "kn"), Row(3, "orkney", "ork")]))

    assert evidence_document({"summary": "K.N. leads teams"}).text("summary").strip() == "leads teams"
    assert "orkney" not in known_terms()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("sql", "js")], "row 2, column “aliases”: “js” means the skill “javascript” already."),
        ([("kotlin script", "Java")], "row 2, column “aliases”: “java” means the skill “java” already."),
        ([("sql", "Sql")], "row 2, column “aliases”: “sql” means the skill “sql” already."),
        (
            [("a tool", "xt"), ("b tool", "xt")],
            "row 3, column “aliases”: “xt” stands for the skill “a tool” in another",
        ),
        ([("a tool", "xt"), ("xt", "yt")], "row 2, column “aliases”: “xt” is a skill in another row."),
        ([("", "xt")], "row 2, column “skill”: a name has letters or digits"),
        ([("a tool", "xt;++")], "row 2, column “aliases”: a name has letters or digits"),
        ([("a tool", "x" * 81)], "row 2, column “aliases”: a name has letters or digits and at most 80"),
    ],
)
def test_a_table_that_contradicts_itself_or_the_bundled_one_is_refused(
    rows: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(InvalidAliasesError) as refused:
        own_table(Row(number, *row) for number, row in enumerate(rows, start=2))

    assert str(refused.value).startswith(message)


def test_a_scorer_keeps_the_aliases_it_was_made_with_wherever_it_scores() -> None:
    by_bundled = Scorer(block(), WordEncoder())
    use(own_table([Row(2, "release plans", "shipping plots")]))
    by_own = pickle.loads(pickle.dumps(Scorer(block(), WordEncoder())))
    use({})

    def score(scorer: Scorer) -> tuple[LeadScore, ...]:
        return scorer.score(evidence_document({"skills": LISTED}))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(score, [by_bundled, by_own] * 20))
    assert found[::2] == [found[0]] * 20
    assert found[1::2] == [found[1]] * 20
    expected = by_bundled.score(evidence_document({"skills": SAME}))
    assert [one.facets for one in found[1]] == [one.facets for one in expected]
    assert [one.facets for one in found[0]] != [one.facets for one in expected]


def test_a_block_names_the_own_table_it_was_learnt_by_and_none_without() -> None:
    assert "aliases" not in block()
    assert Scorer(block(), WordEncoder()).same_aliases

    use(OWN)
    assert not Scorer(block(), WordEncoder()).same_aliases
    learnt_by_own = block.__wrapped__()
    assert learnt_by_own["aliases"] == own_hash()
    assert Scorer(learnt_by_own, WordEncoder()).same_aliases


# --- suggestions ------------------------------------------------------------------------------------------


def test_skills_spelled_nearly_like_a_known_one_are_proposed_with_likeness_and_leads() -> None:
    listed = {
        "kubernets": 2,
        "pay-roll runs": 5,
        "word press themes": 2,
        "grpc gateways": 9,
        "kubernetes": 4,
        "k8s": 4,
    }

    found = suggest_aliases(listed, ["WordPress themes", "Payroll runs"])

    assert [(one.skill, one.alias, one.likeness, one.n_leads) for one in found] == [
        ("payroll runs", "pay-roll runs", 100, 5),
        ("wordpress themes", "word press themes", 100, 2),
        ("kubernetes", "kubernets", 94, 2),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("java", "javascript"),
        ("c", "c++"),
        ("c#", "c++"),
        ("objective c", "objective c++"),
        ("visual c#", "visual c++"),
        ("python 2", "python 3"),
        ("windows server 2012", "windows server 2016"),
        ("inorganic chemistry", "organic chemistry"),
        ("net", ".net"),
        ("java", "javas"),
        ("microservices", "services"),
    ],
)
def test_what_only_looks_alike_is_never_proposed(one: str, other: str) -> None:
    assert suggest_aliases({one: 9}, [other]) == suggest_aliases({other: 9}, [one]) == []


def test_no_skill_of_the_bundled_table_would_be_proposed_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    names = list(bundled().skills)
    # Any two of them differ in one digit of their place.
    for digit in range(len(names).bit_length()):
        for value in (0, 1):
            known = {name: () for place, name in enumerate(names) if place >> digit & 1 == value}
            monkeypatch.setattr("analysis.suggestions.in_force", lambda known=known: Aliases(known))
            assert suggest_aliases({name: 9 for name in names if name not in known}) == []


def test_skills_are_counted_once_a_lead_masked_and_without_what_is_denied() -> None:
    leads = [
        {"skills": "Kubernets; kubernets;SQL;no kubernetis"},
        {"skills": "KUBERNETS;ann@example.org"},
        {"summary": "kubernets"},
    ]

    listed = listed_skills(evidence_document(lead) for lead in leads)

    assert listed == {"kubernets": 2, "sql": 1}
    assert [one.alias for one in suggest_aliases(listed)] == ["kubernets"]
    assert suggest_aliases({"kubernets": 1}) == []


def test_what_is_proposed_can_be_kept_as_a_table_as_it_is() -> None:
    found = suggest_aliases({"kubernets": 2, "pay-roll runs": 5, "postgres sql": 2}, ["Payroll runs"])

    use(own_table(Row(number, one.skill, one.alias) for number, one in enumerate(found, start=2)))

    assert [plain(one.alias) for one in found] == [one.skill for one in found]
    assert suggest_aliases({one.alias: 9 for one in found}, ["Payroll runs"]) == []
