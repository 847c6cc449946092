"""A second opinion: it tells who holds a view from who names its subject, and is asked only where it was fitted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from importlib.resources import files

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from analysis.codebook import codebook, codes_in, further_examples, seeds_in
from analysis.encoder import Encoder, bundled_encoder
from analysis.meaning import read, seed_words
from analysis.weighing import (
    LIKELY_WHERE_NEAR,
    SAID,
    SURE,
    SURE_AGAINST_A_SEED,
    WEIGHED,
    learn,
    learnt,
    reading_weights,
    signs_of,
    ways_to_say,
)
from benchmarks.grounds import PRACTICE, held_out, practice
from benchmarks.reading import ASIDE, KINDS, judged_rows, sentences_of
from tests.analysis.test_meaning import people_writing, stances
from tests.fakes import FakeEncoder


def test_who_holds_a_view_weighs_more_than_who_names_its_subject() -> None:
    rows = stances()
    reading = read(people_writing([row["text"] for row in rows]), bundled_encoder())
    columns = {code.code: column for column, code in enumerate(reading.codes)}
    assert reading.evidence is not None
    evidence = [reading.evidence[row, columns[one["code"]]] for row, one in enumerate(rows)]

    assert roc_auc_score([one["says"] == "yes" for one in rows], evidence) >= 0.85


def test_each_sign_speaks_for_a_code() -> None:
    texts = ["The rota is fixed.", "My desk faces the yard."]
    seeds = seed_words(read(people_writing(texts), bundled_encoder()).sentences, codebook(), "en")
    column = [code.code for code in codebook()].index("known_ahead")
    X = bundled_encoder().encode([*texts])
    plainly = signs_of(texts, ["stay", "good_day"], X - X.mean(axis=0), seeds)

    assert (plainly.asked[:, column]).tolist() == [True, False]
    for sign in (plainly.meaning, plainly.words, plainly.seed_words):
        assert sign[0, column] > sign[1, column]
    assert plainly.weighed()[0, column] > SAID > plainly.weighed()[1, column]
    assert seeds_in(texts[0])["known_ahead"] == seeds[0, column] > 1


@pytest.mark.parametrize(("encoder", "language"), [(FakeEncoder, "en"), (bundled_encoder, "sv")])
def test_with_another_encoder_or_language_there_is_no_second_opinion(
    encoder: Callable[[], Encoder], language: str
) -> None:
    reading = read(people_writing(["I have a permanent contract."]), encoder(), language)

    assert reading.evidence is reading.most_evidence is reading.weight is None


def test_who_says_a_code_is_agreed_on() -> None:
    rows = stances()
    reading = read(people_writing([row["text"] for row in rows]), bundled_encoder())
    weighed = [code.kind in WEIGHED for code in reading.codes]
    assert reading.evidence is not None
    unseeded = (reading.spoken & ~reading.seeded)[:, weighed]

    assert unseeded.any()
    assert (reading.evidence[:, weighed][unseeded] >= LIKELY_WHERE_NEAR).all()
    meant_otherwise = (seed_words(reading.sentences, reading.codes, "en") > 0) & ~reading.seeded
    sure = reading.evidence >= np.where(meant_otherwise, SURE_AGAINST_A_SEED, SURE)
    assert (meant_otherwise & (reading.evidence >= SURE) & ~sure)[:, weighed].any()
    assert reading.spoken[:, weighed][sure[:, weighed]].all()


def test_evidence_is_of_sentences_that_may_show_the_code() -> None:
    reading = read(people_writing(["videos about old machines"], item="content"), bundled_encoder())
    motives = [code.kind == "motive" for code in reading.codes]
    assert reading.evidence is not None

    assert (reading.evidence[:, motives] < SAID).all()


def test_weights_are_those_of_the_signs_and_kinds_that_are_fitted() -> None:
    stored = json.loads(files("analysis").joinpath("reading.json").read_text(encoding="utf-8"))

    signs = signs_of(
        [], [], np.zeros((0, 384), np.float32), np.zeros((0, len(codebook())), np.int16)
    ).by_name()

    assert tuple(stored) == (*signs, *KINDS)
    assert reading_weights() == stored
    assert all(stored[sign] > 0 for sign in signs)


def test_judged_sentences_are_of_practice_organisations_and_one_aside() -> None:
    """The demo is in no file that anything is fitted to."""
    rows = judged_rows()

    assert {row["organisation"] for row in rows} == {*PRACTICE, "council", ASIDE}
    assert {row["grade"] for row in rows} == set("012")
    assert {row["code"] for row in rows} <= {code.code for code in codebook()}


def test_judged_sentences_are_found_again_in_the_answers() -> None:
    """What is masked or cut in another way than when it was judged is not fitted to any more."""
    wanted = {(row["organisation"], row["item"], row["sentence"]) for row in judged_rows()}
    found = {
        (ground.name, one.item, one.plain)
        for ground in (*practice(), *held_out())
        if ground.name in {organisation for organisation, *_ in wanted}
        for one in sentences_of(ground)
    }

    assert wanted - found == set()


def test_further_examples_say_codes_that_there_are_each_once() -> None:
    own = {code.code: code.examples for code in codebook()}
    said = [(code, sentence) for code, some in further_examples().items() for sentence in some]

    assert set(further_examples()) == {
        code.code for code in codebook() if code.kind in ("motive", "style", "day")
    }
    assert max(Counter(said).values()) == 1
    assert [one for one in said if one[1] in own[one[0]]] == []
    assert [len(said) for said in ways_to_say()] == [
        len(code.examples) + len(further_examples().get(code.code, ())) for code in codebook()
    ]


def test_what_was_learnt_is_stored_as_it_is_learnt() -> None:
    """After a change of the codebook or its examples run tools/make_fixed_vectors.py."""
    stored, anew = learnt(), learn()

    assert (stored.key, stored.stems) == (anew.key, anew.stems)
    assert np.allclose(stored.directions, anew.directions, atol=1e-3)
    assert np.allclose(stored.offsets, anew.offsets, atol=1e-3)
    assert np.allclose(stored.telling.toarray(), anew.telling.toarray(), atol=1e-6)


def test_with_other_examples_it_is_learnt_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    others = (("A rota that holds.", *ways_to_say()[0]), *ways_to_say()[1:])
    monkeypatch.setattr("analysis.weighing.ways_to_say", lambda: others)
    stored = learnt()
    learnt.cache_clear()

    anew = learnt()

    assert anew.key != stored.key
    assert not np.array_equal(anew.offsets, stored.offsets)
    learnt.cache_clear()


def test_hardly_any_further_example_is_found_by_what_shows_it_alone() -> None:
    """They are ways to say a code that its seeds do not know: of what seeds find nothing is learnt."""
    said = [(code, sentence) for code, some in further_examples().items() for sentence in some[::9]]

    assert np.mean([code in codes_in(sentence) for code, sentence in said]) < 0.5
