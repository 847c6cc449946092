import json
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from analysis.calibration import SIZES
from analysis.codebook import phrases_of
from analysis.corpus import Corpus, Response
from analysis.evidence import evidence_document
from analysis.exceptions import EncoderError, InvalidReportError
from analysis.facets import FACETS, REST, cut
from analysis.labels import FACET_CODES
from analysis.learning import Stretches
from analysis.lexicon import likely_names, stems
from analysis.scoring import Scorer, _contributions, _Gain, _whole, best_of, scoring_block
from analysis.scoring_block import _are_enough, _read, counted, for_one, reweighed
from analysis.segments import Segment, words_of_skills
from analysis.static_encoder import StaticEncoder
from analysis.text import stem
from benchmarks.grounds import demo, practice
from benchmarks.scoring_quality import left_out
from tests.fakes import FakeEncoder

SAYINGS = {
    "keeper": {
        "self": [
            "Calm and careful with old systems",
            "Steady hands for the night batch",
            "Careful about every backup",
        ],
        "skills": [
            "backups, patching, reconciliation",
            "payroll, checklists, backups",
            "patching, release calendars",
        ],
        "stay": [
            "The roster is known weeks before and the hours end",
            "A permanent contract and a pension I understand",
            "Predictable hours and a manager who guards them",
        ],
    },
    "maker": {
        "self": [
            "Builds whole products alone",
            "Prototypes from an empty folder",
            "Automates what annoys people",
        ],
        "skills": [
            "python, kubernetes, automation",
            "prototypes, sql, python",
            "javascript, pricing, automation",
        ],
        "stay": [
            "Freedom to pick the problem and the tools",
            "Trust to decide and to ship the outcome",
            "Own decisions in writing and room to try",
        ],
    },
}
LEAD = {
    "name": "Sofia Berg",
    "email": "sofia.berg@example.org",
    "headline": "Careful administrator of old systems",
    "summary": "Keeps the night batch and every backup steady. Sofia writes release calendars. Wants hours that end.",
    "skills": "Backups;Patching;Reconciliation;Payroll",
    "experience": json.dumps(
        [
            {
                "title": "Administrator",
                "organisation": "Mill",
                "years": "2001-",
                "summary": "Careful with patching.",
            }
        ]
    ),
    "interest": "A permanent contract, predictable hours and a pension.",
}
FILLER = (
    "Paints ferries in watercolour at weekends. Grows tomatoes under glass near the coast. Collects stamps about "
    "lighthouses and sings tenor. Walks the dog and reads about volcanoes."
)
TEXTS = tuple(text for items in SAYINGS.values() for texts in items.values() for text in texts)


def responses():
    for kind, items in SAYINGS.items():
        for i in range(18):
            answers = {item: f"{texts[i % 3]}. {texts[(i // 3) % 3]}" for item, texts in items.items()}
            answers["skills"] = f"{items['skills'][i % 3]}, {items['skills'][(i // 3) % 3]}"
            yield Response(f"{kind}{i}", answers), kind


@lru_cache(maxsize=1)
def block():
    rows = list(responses())
    membership = {response.id: (kind, 1.0) for response, kind in rows}
    return scoring_block(Corpus.of(r for r, _ in rows), membership, FakeEncoder(), seed=0)


@lru_cache(maxsize=1)
def scorer():
    return Scorer(block(), FakeEncoder())


def scores(lead, **changes):
    lead = lead | changes
    return scorer().score(evidence_document(lead, identity=[lead.get("name", ""), lead.get("email", "")]))


def numbers(found):
    return [
        (s.persona, s.fit, s.band, s.evidence, dict(s.facets), [c.points for c in s.contributions])
        for s in found
    ]


leads = st.fixed_dictionaries(
    {},
    optional={
        "headline": st.sampled_from(TEXTS),
        "summary": st.lists(st.sampled_from(TEXTS) | st.text(max_size=60), max_size=6).map(". ".join),
        "skills": st.lists(
            st.sampled_from(["Backups", "K8s", "Python", "Payroll", "Yodelling"]), max_size=5
        ).map(";".join),
        "experience": st.sampled_from(TEXTS).map(
            lambda text: json.dumps([{"title": text, "organisation": "X"}])
        ),
        "interest": st.sampled_from(TEXTS),
    },
)


def test_a_lead_like_the_colleagues_of_one_persona_fits_that_persona():
    keeper, maker = scores(LEAD)

    assert (keeper.persona, maker.persona) == ("keeper", "maker")
    assert keeper.fit >= 20
    assert keeper.fit > maker.fit
    assert keeper.evidence == "E1"


def test_what_is_worth_less_than_a_point_is_not_listed():
    assert _whole([5.0, 4.0, 0.5, 0.5], 8) == [4, 4, 0, 0]
    assert _whole([0.4, 0.3, 0.3], 2) == [2, 0, 0]
    assert _whole([1.0, 1.0, 1.0], 10) == [4, 3, 3]
    assert _whole([0.0, 0.0], 7) == [0, 0]


def test_what_counts_against_is_shown_below_zero_and_all_points_sum_to_the_fit():
    text = Segment("summary", 0, 9, "text")
    gains = [_Gain(worth, "why", trait, text, (0, 9)) for trait, worth in (("for", 3.0), ("against", -1.0))]

    assert [(c.trait, c.points) for c in _contributions(gains, 20)] == [("for", 30), ("against", -10)]
    # However near zero the sum is, nothing counts more than a hundred points.
    gains[1] = _Gain(-2.999, "why", "against", text, (0, 9))
    assert [(c.trait, c.points) for c in _contributions(gains, 20)] == [("for", 120), ("against", -100)]
    assert _contributions(gains, 0) == ()


@settings(max_examples=60, deadline=None)
@given(leads)
def test_points_sum_to_the_fit_and_quote_the_lead(lead):
    for score in scores(lead):
        assert sum(c.points for c in score.contributions) == (score.fit or 0)
        for c in score.contributions:
            assert c.points != 0
            assert lead[c.field][c.start : c.end].strip() == lead[c.field][c.start : c.end] != ""


@settings(max_examples=40, deadline=None)
@given(leads)
def test_a_score_is_within_bounds_and_belongs_to_its_band(lead):
    found = scores(lead)
    bands = {score.fit: score.band for score in found}

    assert [score.fit for score in found] == [s.exact if s.exact is None else round(s.exact) for s in found]
    for fit, band in bands.items():
        expected = (
            None if fit is None else "A" if fit >= 50 else "B" if fit >= 20 else "C" if fit >= 5 else "D"
        )
        assert band == expected


@given(st.lists(leads, max_size=5))
@settings(max_examples=40)
def test_leads_scored_together_score_as_they_do_alone(several):
    documents = [evidence_document(lead) for lead in several]

    together = scorer().score_all(documents)

    assert together == [scorer().score(document) for document in documents]
    assert scorer().score_all(documents, explained=False) == [
        tuple(score._replace(contributions=()) for score in of_one) for of_one in together
    ]


def test_a_block_read_back_from_json_scores_the_same():
    again = Scorer(json.loads(json.dumps(block())), FakeEncoder())
    document = evidence_document(LEAD)

    assert again.score(document) == scorer().score(document)


def test_all_floats_of_a_block_have_six_decimals_at_most():
    def floats(value):
        if isinstance(value, dict):
            return [x for entry in value.values() for x in floats(entry)]
        if isinstance(value, list):
            return [x for entry in value for x in floats(entry)]
        return [value] if isinstance(value, float) else []

    found = floats(block())

    assert found == [round(x, 6) for x in found]


def test_a_block_does_not_depend_on_the_order_of_responses():
    rows = list(responses())
    membership = {response.id: (kind, 1.0) for response, kind in rows}
    backwards = Corpus(tuple(r for r, _ in reversed(rows)), ("self", "skills", "stay"))

    assert json.dumps(scoring_block(backwards, membership, FakeEncoder(), seed=0)) == json.dumps(block())


@pytest.mark.parametrize(
    "change",
    [
        {"skills": "Payroll;Reconciliation;Patching;Backups"},
        {"skills": "Backups;Patching;Reconciliation;Payroll;backups;PAYROLL"},
        {"skills": LEAD["skills"].upper()},
        {"summary": LEAD["summary"].upper()},
        {"summary": LEAD["summary"] + " " + LEAD["summary"]},
        {"summary": ". ".join(reversed(LEAD["summary"].rstrip(".").split(". ")))},
        {"summary": LEAD["summary"] + " n/a"},
        {"summary": LEAD["summary"] + " Never again mentoring. No interest in freedom and trust."},
        {"interest": LEAD["interest"] + "\n-"},
    ],
    ids=[
        "skill order",
        "repeated skills",
        "case",
        "case in text",
        "twice",
        "order",
        "n/a",
        "negation",
        "dash",
    ],
)
def test_what_says_nothing_new_changes_nothing(change):
    assert numbers(scores(LEAD, **change)) == numbers(scores(LEAD))


def test_an_alias_scores_like_the_skill():
    one = scores({"skills": "K8s;JS;Automation;Python"})
    other = scores({"skills": "Kubernetes;JavaScript;Automation;Python"})

    assert [(s.fit, s.facets) for s in one] == [(s.fit, s.facets) for s in other]


@pytest.mark.parametrize(
    "name", ["Emeka Ugochukwu", "Ann Lee", "Julia Swift", "Will Mark", "X", "Ruby Payroll-Smith"]
)
def test_another_name_changes_no_score(name):
    first = name.split()[0]
    swapped = scores(
        LEAD,
        name=name,
        email=f"{first.lower()}@example.org",
        summary=LEAD["summary"].replace("Sofia", f"{name}"),
    )
    original = scores(LEAD, summary=LEAD["summary"].replace("Sofia", LEAD["name"]))

    assert numbers(swapped) == numbers(original)


@pytest.mark.parametrize("column", ["name", "email", "location", "source", "birth_date", "school"])
def test_an_identity_column_has_no_influence(column):
    plain_lead = LEAD | {"summary": LEAD["summary"].replace("Sofia", "Always")}

    assert numbers(scores(plain_lead, **{column: "Zora May 1971 Oxford"})) == numbers(scores(plain_lead))


def test_a_negated_trait_earns_nothing():
    wanted = scores({"summary": f"{FILLER} Backups and patching and payroll."})[0]
    refused = scores({"summary": f"{FILLER} No interest in backups and patching and payroll."})[0]
    silent = scores({"summary": FILLER})[0]

    assert wanted.fit > refused.fit
    assert numbers([refused]) == numbers([silent])


def test_listing_the_skills_of_everybody_earns_less_than_listing_those_of_one_persona():
    own = "; ".join(SAYINGS["keeper"]["skills"])
    everything = f"{own}; {'; '.join(SAYINGS['maker']['skills'])}"

    honest, bait = scores(LEAD, skills=own)[0], scores(LEAD, skills=everything)[0]

    assert bait.fit < honest.fit
    assert bait.facets["skills"] < honest.facets["skills"]


@pytest.mark.parametrize(
    "lead", [{}, {"summary": "n/a", "skills": "-"}, {"skills": "SQL;Java"}, {"headline": "🏆🏆🏆"}]
)
def test_too_little_evidence_has_no_number(lead):
    for score in scores(lead):
        assert (score.fit, score.band, score.evidence, score.contributions) == (None, None, "E0", ())
        assert dict(score.facets) == dict.fromkeys(FACETS)
    # Whoever writes into one score changes no other.
    several = [*scores(lead), *scores(lead)]
    assert len({id(score.facets) for score in several}) == len(several)


def test_a_facet_without_evidence_is_left_out_and_not_counted_as_nothing():
    only_skills = scores({"skills": LEAD["skills"]})[0]

    assert only_skills.facets["who"] is None
    assert only_skills.facets["why"] is None
    assert only_skills.fit == only_skills.facets["skills"]
    assert {c.facet for c in only_skills.contributions} == {"skills"}


def test_points_in_markup_are_quoted_from_the_original():
    item = "<li>Predictable hours and a pension, a permanent contract</li>"
    lead = {"summary": f"<p>Keeps&nbsp;<b>backups</b></p>\n{item}<div>{FILLER}</div>"}

    quotes = [lead[c.field][c.start : c.end] for c in scores(lead)[0].contributions]

    assert quotes
    assert all("<p>" not in quote and "<li>" not in quote for quote in quotes)


def test_a_lead_who_is_nearer_to_another_persona_fits_less_and_loses_nothing_with_the_nearest():
    # As if no other persona could tell people apart.
    alone = [
        Scorer(
            {
                **(one := for_one(block(), key)),
                "others": [{**other, "ranks": False} for other in one["others"]],
            },
            FakeEncoder(),
        )
        for key in scorer().personas
    ]
    document = evidence_document(
        LEAD | {"interest": ". ".join(SAYINGS["maker"]["stay"]), "skills": "Python;SQL"}
    )

    whole = {s.persona: s.fit for s in scorer().score(document)}
    without = {s.persona: s.fit for one in alone for s in one.score(document)}

    best = scorer().best(scorer().score(document))
    assert whole[best] == without[best]
    assert all(whole[key] <= without[key] for key in whole)
    assert any(whole[key] < without[key] for key in whole)


def test_one_persona_scores_to_the_same_numbers_when_its_neighbours_are_gone():
    document = evidence_document(LEAD)

    apart = [Scorer(for_one(block(), key), FakeEncoder()).score(document) for key in scorer().personas]

    assert tuple(s for found in apart for s in found) == scorer().score(document)


def test_one_persona_is_kept_beside_none_by_which_leads_are_not_ranked():
    keeper, *others = block()["personas"]
    unranked = {**block(), "personas": [keeper, *({**other, "ranks": False} for other in others)]}
    document = evidence_document(LEAD)

    alone = for_one(unranked, keeper["key"])

    assert others
    assert alone["others"] == []
    whole = Scorer(unranked, FakeEncoder()).score(document)
    assert Scorer(alone, FakeEncoder()).score(document) == whole[:1]


def test_true_colleagues_are_uniform_from_0_to_100():
    # The static encoder reads the demo's answers in a moment; what is tried is the same.
    ground = demo()
    membership = {one: (ground.truth[one], 1.0) for one in ground.planted}

    personas = scoring_block(ground.corpus, membership, StaticEncoder(), seed=0)["personas"]

    n = np.array([persona["n"] for persona in personas])
    tenths = n @ np.array([persona["found"]["tenths"] for persona in personas]) / n.sum()
    # Kolmogorov-Smirnov at the 5 % level, at the ends of the tenths.
    assert np.abs(np.cumsum(tenths) - np.arange(1, 11) / 10).max() <= 1.36 / np.sqrt(n.sum())
    assert all(sum(persona["found"]["here"].values()) == pytest.approx(1, abs=1e-3) for persona in personas)


def test_colleagues_are_uniform_to_a_block_that_was_learnt_without_them():
    # The chart tries parts of answers; here people are scored as leads are, on all they said. What counts how much is
    # said (small words counted, say, and a few unknown words put beside every text) brings them to 56 on average: .18.
    encoder = StaticEncoder()
    fits = []
    for ground in practice():
        if ground.name in ("transit", "clinic"):
            membership = {one: (ground.truth[one], 1.0) for one in ground.planted}
            tried = left_out(ground.corpus, membership, encoder, fold=1, n_folds=2)
            fits += [own for own, _ in tried if own is not None]

    assert kstest(np.array(fits) / 100, "uniform").statistic <= 1.36 / np.sqrt(len(fits))


def test_parts_of_answers_say_as_much_as_they_should_and_weigh_words_as_leads_do():
    rows = list(responses())
    answers = {response.id: response.answers for response, _ in rows}
    said, _, _ = _read(
        answers, {response.id: (kind, 1.0) for response, kind in rows}, FakeEncoder(), cut, None
    )

    stretches = Stretches(
        said, np.arange(said.n_people), np.random.default_rng(0).random((3, len(said.segments)))
    )

    told = said.lexicon.weights(
        frozenset().union(*(said.stems[row] for row in np.flatnonzero(said.people == 0)))
    )
    assert said.words[[0]].toarray()[0][[said.column[word] for word in told]] == pytest.approx(
        list(told.values())
    )
    longest = max(said.n_words)
    for size, more in pairwise(SIZES):
        assert stretches.n_words(size).max() <= size + 2 * longest
        assert (stretches.n_words(size) <= stretches.n_words(more) + 2 * longest).all()


def test_every_trait_rests_on_five_colleagues():
    for persona in block()["personas"]:
        for facet in FACETS:
            entries = [*persona["facets"][facet]["themes"], *persona["facets"][facet]["words"]]
            assert entries
            assert min(entry["n"] for entry in entries) >= 5


def words_of_a_table(block):
    """Stems that a block holds, and the words in the names of its traits."""
    named = " ".join(
        entry["text"]
        for persona in block["personas"]
        for facet in FACETS
        for kind in ("themes", "words")
        for entry in persona["facets"][facet][kind]
    )
    weighed = {
        word
        for persona in block["personas"]
        for facet in FACETS
        for entry in persona["facets"][facet]["words"]
        for word in entry["weights"]
    }
    return {*block["words"]["rarity"], *weighed}, set(named.split())


def test_every_trait_has_a_name_that_can_be_read():
    written = [frozenset().union(*(stems(text) for text in r.answers.values())) for r, _ in responses()]
    for persona in block()["personas"]:
        for facet in FACETS:
            for entry in (*persona["facets"][facet]["themes"], *persona["facets"][facet]["words"]):
                name = entry["text"]
                in_tables = name in phrases_of(FACET_CODES[facet]) or name in words_of_skills()
                words = [stem(word) for word in name.split(" and ")]
                shared = all(sum(word in person for person in written) >= 5 for word in words)
                assert in_tables or (len(words) <= 2 and shared) or name == REST[facet], name


def test_word_fields_of_a_facet_have_different_names():
    for persona in block()["personas"]:
        for facet in FACETS:
            names = [entry["text"] for entry in persona["facets"][facet]["words"]]
            assert len(set(names)) == len(names)


@settings(max_examples=40, deadline=None)
@given(leads)
def test_no_two_contributions_are_the_same_trait_and_text(lead):
    for score in scores(lead):
        places = [(c.facet, c.trait, c.field, c.start, c.end) for c in score.contributions]
        assert len(set(places)) == len(places)


def test_no_word_of_private_life_is_in_the_block():
    private = [
        "mum",
        "dad",
        "kids",
        "daughter",
        "pregnant",
        "diabetes",
        "sick",
        "woman",
        "muslim",
        "union",
    ]
    planted = [
        Response(
            response.id,
            {
                "self": f"{response.answers['self']}. A {private[i % 10]} and {private[(i + 1) % 10]} too",
                "skills": f"{response.answers['skills']}, {private[i % 10]}",
                "stay": f"{response.answers['stay']}. Time for my {private[i % 10]} and {private[(i + 3) % 10]}",
            },
        )
        for i, (response, _) in enumerate(responses())
    ]
    membership = {response.id: (kind, 1.0) for response, kind in responses()}

    stored, named = words_of_a_table(scoring_block(Corpus.of(planted), membership, FakeEncoder(), seed=0))

    assert {"care", "backup", "pension"} <= stored
    assert not {stem(word) for word in private} & stored
    assert not set(private) & named


def test_a_word_that_one_person_used_is_not_in_the_block():
    rows = list(responses())
    marked = Response(
        "keeper-odd", {"self": "Careful keeper of the Zyxwvut library", "stay": "Predictable hours"}
    )
    membership = {response.id: (kind, 1.0) for response, kind in rows} | {"keeper-odd": ("keeper", 1.0)}

    text = json.dumps(
        scoring_block(Corpus.of([marked, *(r for r, _ in rows)]), membership, FakeEncoder(), seed=0)
    )

    assert "librari" in text
    assert "zyxwvut" not in text.casefold()


def test_no_name_that_many_use_becomes_a_trait():
    rows = list(responses())
    marked = [
        Response(r.id, r.answers | {"self": f"{r.answers['self']}. Brackwater is my place, in timber"})
        if kind == "keeper"
        else r
        for r, kind in rows
    ]
    membership = {response.id: (kind, 1.0) for response, kind in rows}

    stored, named = words_of_a_table(scoring_block(Corpus.of(marked), membership, FakeEncoder(), seed=0))

    assert {"brackwat", "timber"} <= stored
    assert "brackwater" not in " ".join(named).casefold()


def test_the_best_persona_is_the_one_with_the_highest_fit():
    assert scorer().best(scores(LEAD)) == "keeper"
    assert scorer().best(scores({})) is None


def test_the_best_persona_is_one_that_can_tell_people_apart_if_it_has_a_number():
    assert best_of({"a": 90, "b": 40, "c": 40}, {"b", "c"}) == "b"
    assert best_of({"a": 90, "b": None}, {"b"}) == "a"
    assert best_of({"a": 0, "b": 0}, {"a", "b"}) == "a"
    assert best_of({"a": None}, {"a"}) is None
    assert best_of({"a": 70.1, "b": 70.4}, {"a", "b"}) == "b"


def test_a_persona_of_too_few_colleagues_scores_nobody():
    rows = list(responses())
    membership = {response.id: (kind, 1.0) for response, kind in rows if kind == "keeper"}
    membership |= {f"maker{i}": ("maker", 1.0) for i in range(4)}
    few = Scorer(
        scoring_block(Corpus.of(r for r, _ in rows), membership, FakeEncoder(), seed=0), FakeEncoder()
    )

    keeper, maker = few.score(evidence_document(LEAD))

    assert keeper.fit is not None
    assert maker.fit is None
    assert few.ranking == {"keeper"}


def test_without_personas_there_is_nothing_to_score():
    found = scoring_block(Corpus.of(r for r, _ in responses()), {}, FakeEncoder(), seed=0)

    assert Scorer(found, FakeEncoder()).score(evidence_document(LEAD)) == ()


def test_personas_at_random_do_not_rank():
    rows = list(responses())
    membership = {response.id: ("even" if i % 2 else "odd", 1.0) for i, (response, _) in enumerate(rows)}

    found = scoring_block(Corpus.of(r for r, _ in rows), membership, FakeEncoder(), seed=0)

    assert [persona["ranks"] for persona in found["personas"]] == [False, False]
    assert [persona["ranks"] for persona in block()["personas"]] == [True, True]


def test_another_encoder_is_refused():
    with pytest.raises(EncoderError, match="same encoder"):
        Scorer(block(), FakeEncoder(dim=32))


@pytest.mark.parametrize("change", [{"schema_version": 99}, {"personas": None}, {"words": {}}])
def test_a_block_of_another_version_or_shape_is_refused(change):
    with pytest.raises(InvalidReportError):
        Scorer(block() | change, FakeEncoder())


def test_people_may_weigh_facets_and_traits_otherwise():
    score = scores(LEAD)[0]
    loudest = score.contributions[0]

    without = Scorer(
        reweighed(block(), traits_of={(loudest.facet, loudest.trait): 0.0}), FakeEncoder()
    ).score(evidence_document(LEAD))[0]
    only_skills = Scorer(reweighed(block(), facets={"who": 0, "skills": 100, "why": 0}), FakeEncoder())

    assert loudest.trait not in {c.trait for c in without.contributions if c.facet == loudest.facet}
    assert without.fit < score.fit
    assert {c.facet for c in only_skills.score(evidence_document(LEAD))[0].contributions} == {"skills"}
    assert reweighed(block()) == block()


def test_a_facet_of_weight_0_is_as_good_as_not_shown():
    """Who shows nothing else gets no number instead of a 0, and colleagues are compared in the other facets alone."""
    only_why = Scorer(reweighed(block(), facets={"who": 0, "skills": 0, "why": 100}), FakeEncoder())
    without_why = Scorer(reweighed(block(), facets={"who": 29, "skills": 71, "why": 0}), FakeEncoder())
    skills = {"skills": LEAD["skills"]}

    assert [score.fit for score in only_why.score(evidence_document(skills))] == [None, None]
    assert [score.evidence for score in only_why.score(evidence_document(skills))] == ["E0", "E0"]
    assert all(score.fit is not None for score in without_why.score(evidence_document(skills)))
    assert [s.fit for s in without_why.score(evidence_document(skills))] == [s.fit for s in scores(skills)]
    assert {c.facet for c in without_why.score(evidence_document(LEAD))[0].contributions} <= {"who", "skills"}


def test_what_is_like_no_trait_can_be_weighed_too():
    rest = [("who", REST["who"]), ("skills", REST["skills"]), ("why", REST["why"])]
    named = {
        (facet, entry["text"]): 0.0
        for facet in FACETS
        for persona in block()["personas"]
        for entry in counted(persona, facet)
        if (facet, entry["text"]) not in rest
    }

    only_rest = Scorer(reweighed(block(), traits_of=named), FakeEncoder()).score(evidence_document(LEAD))

    assert {c.trait for score in only_rest for c in score.contributions} <= {name for _, name in rest}
    with pytest.raises(InvalidReportError, match="All traits under “who” of the persona"):
        Scorer(reweighed(block(), traits_of=named | dict.fromkeys(rest, 0.0)), FakeEncoder())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: [b["facets"][facet].update(weight=0) for facet in FACETS], "not all of them 0"),
        (lambda b: b["facets"]["who"].update(weight=-20), "from 0 to 100"),
        (lambda b: b["facets"]["who"].update(weight=float("nan")), "from 0 to 100"),
        (lambda b: b["facets"]["who"].update(weight=1e308), "from 0 to 100"),
        (lambda b: b["facets"]["who"].update(weight="much"), "damaged"),
        (lambda b: b["personas"][0]["facets"]["who"]["rest"].update(weight=-1), "to 2 times"),
    ],
)
def test_weights_written_into_a_report_by_hand_are_looked_at(change, message):
    changed = reweighed(block())
    change(changed)

    with pytest.raises(InvalidReportError, match=message):
        Scorer(changed, FakeEncoder())


@pytest.mark.parametrize(
    "change",
    [{"key": None}, {"key": ""}, {"n": None}, {"n": "x"}, {"n": 0}, {"n": True}, {"ranks": "yes"}],
    ids=str,
)
def test_what_would_be_noticed_only_while_leads_are_scored_is_refused_before(change):
    changed = reweighed(block())
    changed["personas"][0] |= change

    with pytest.raises(InvalidReportError, match="incomplete or damaged"):
        Scorer(changed, FakeEncoder())


@pytest.mark.parametrize("number", ["x", None, True, [], {}, float("nan"), float("inf")], ids=str)
@pytest.mark.parametrize(
    "place",
    [
        ("words", "unseen"),
        ("words", "rarity", "calm"),
        ("personas", 0, "spread", "words"),
        ("personas", 0, "reference", "who+why", "8", 0),
        ("personas", 0, "facets", "who", "reference", "8", 0),
        ("personas", 0, "facets", "who", "words", 0, "weights", "calm"),
    ],
    ids=str,
)
def test_what_is_no_number_is_refused_before_leads_are_scored(place, number):
    changed = reweighed(block())
    holder = changed
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = number

    with pytest.raises(InvalidReportError, match="incomplete or damaged"):
        Scorer(changed, FakeEncoder())


def test_references_of_every_set_of_facets_are_needed():
    changed = reweighed(block())
    del changed["personas"][0]["reference"]["skills+why"]

    with pytest.raises(InvalidReportError, match="incomplete or damaged"):
        Scorer(changed, FakeEncoder())


def test_two_personas_of_one_key_are_refused():
    changed = reweighed(block())
    changed["personas"][1]["key"] = changed["personas"][0]["key"]

    with pytest.raises(InvalidReportError, match="incomplete or damaged"):
        Scorer(changed, FakeEncoder())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"facets": {"who": 50}}, "come to 100"),
        ({"facets": {"who": -10, "skills": 80}}, "0 or more"),
        ({"facets": {"luck": 0}}, "come to 100"),
        ({"traits_of": {("who", "tall"): 1.0}}, "called “tall”"),
        ({"traits_of": {("who", "tall"): 9.0}}, "to 2 times"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        reweighed(block(), **changes)


@pytest.mark.parametrize(
    ("n", "n_people", "are_enough"), [(4, 12, False), (5, 12, True), (5, 20, True), (5, 21, False)]
)
def test_fits_of_a_part_of_the_colleagues_are_those_of_five_and_of_so_large_a_part(
    n: int, n_people: int, are_enough: bool
) -> None:
    said = np.zeros((n_people, 2), dtype=bool)
    said[:n] = True

    assert _are_enough(said, 0.25) is are_enough


def test_what_may_be_the_name_of_somebody_is_written_with_a_capital_inside_sentences() -> None:
    said = [
        "I stay because Zebulor never shouts. Quayside is home.",
        "zebulor's crane, and the quayside crane",
    ]

    assert likely_names([*said, "Here Zebulor's word counts"]) == {stem("zebulor")}
    assert (
        likely_names(["Ich arbeite gern mit dem Kran und mit der Mannschaft, weil es ruhig ist."])
        == frozenset()
    )
    assert likely_names(["The CNC and the PLC"]) == frozenset()


def test_a_name_that_many_write_counts_in_no_score_but_a_tool_that_many_list_does() -> None:
    rows = list(responses())
    said = {
        "stay": "I stay because Zebulor never shouts, and Craneview works.",
        "skills": "Craneview, lashing",
    }
    told = [replace(response, answers={**response.answers, **said}) for response, _ in rows[:8]]
    membership = {response.id: (kind, 1.0) for response, kind in rows}

    block = scoring_block(
        Corpus.of([*told, *(response for response, _ in rows[8:])]), membership, FakeEncoder(), seed=0
    )

    assert stem("craneview") in block["words"]["rarity"]
    assert stem("zebulor") not in json.dumps(block)
