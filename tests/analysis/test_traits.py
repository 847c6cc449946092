import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import traits
from analysis.facets import likeness
from analysis.lexicon import Lexicon, is_private, stems, word_forms


def test_themes_join_five_different_people():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 6))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    people = np.repeat(np.arange(10), 4)

    found = traits.themes(X, people)

    assert found
    for theme in found:
        assert len(set(people[theme.rows])) == len(theme.rows) == traits.MIN_COLLEAGUES
        assert np.linalg.norm(theme.centre) == pytest.approx(1)


def test_fewer_than_five_people_make_no_theme():
    assert traits.themes(np.eye(8), np.arange(8) % 4) == []


def test_words_of_many_texts_weigh_what_each_alone_does():
    lexicon = Lexicon({"tracing": 2.5, "every": 0.0, "deploy": 1.25}, 3.0)
    texts = [{"deploy", "tracing", "zebulonia"}, set(), {"every"}, {"quorra"}, {"tracing", "every"}]

    found = lexicon.matrix(texts, [[row] for row in range(len(texts))]).toarray()

    assert list(lexicon.columns) == ["deploy", "every", "tracing"]
    assert [dict(zip(lexicon.columns, row, strict=True)) for row in found.tolist()] == [
        pytest.approx({word: lexicon.weights(text).get(word, 0.0) for word in lexicon.columns})
        for text in texts
    ]


def test_likeness_is_the_cosine_of_all_that_is_said():
    said = np.array([[1.0, 0.0], [0.6, 0.8], [-1.0, 0.0]])
    direction = np.array([1.0, 0.0])
    whole = said.sum(axis=0)

    found = likeness(np.array([(said @ direction).sum(), 0.0]), np.array([np.linalg.norm(whole), 0.0]))

    assert found == pytest.approx([whole @ direction / np.linalg.norm(whole), 0.0])
    assert likeness(np.ones((2, 3)), np.array([1.0, 2.0])).tolist() == [[1.0] * 3, [0.5] * 3]


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=20))
def test_a_packed_vector_is_read_back_within_half_a_step(values):
    entry = traits.packed(np.array(values))

    assert np.abs(traits.unpacked(entry) - values).max() <= entry["step"] / 2 + 127 * 5e-7 + 1e-9


def test_the_lexicon_keeps_common_and_shared_words_only():
    documents = [[stems("careful zyxwvut")], *([stems("qwplk backups")] for _ in range(5))]

    lexicon = Lexicon.of(documents)

    assert set(lexicon.rarity) == {"care", "qwplk", "backup"}


def test_word_weights_have_length_one_with_unknown_words_counted():
    lexicon = Lexicon({"a": 1.0, "b": 2.0}, 2.0)

    assert lexicon.weights({"a", "b"}) == pytest.approx({"a": 1 / 5**0.5, "b": 2 / 5**0.5})
    assert lexicon.weights({"a", "unknown"}) == pytest.approx({"a": 1 / 5**0.5})


def test_the_lexicon_knows_how_many_people_used_a_word():
    documents = [[stems("pension")]] * 7 + [[stems("roster")]] * 5

    lexicon = Lexicon.of(documents)

    assert {word: lexicon.n_users(word) for word in lexicon.rarity} == {"pension": 7, "roster": 5}


@pytest.mark.parametrize(
    "word",
    ["mum", "dad's", "kids", "wife", "pregnant", "sick", "diabetes", "muslim", "union", "woman", "young"],
)
def test_a_private_word_counts_as_not_written(word):
    assert is_private(word)
    assert stems(f"{word} likes pensions") == stems("likes pensions")
    assert word_forms([word]) == {}


def test_a_part_of_a_compound_may_be_private():
    assert stems("sick-leave pensions") == stems("pensions")


@pytest.mark.parametrize("word", ["diagnostics", "therapy", "nursing", "ruby", "senior", "calm"])
def test_a_word_of_a_trade_is_not_private(word):
    assert not is_private(word)


def test_a_word_is_shown_in_the_form_written_most_often():
    assert word_forms(["Backups and a backup", "backups"])["backup"] == "backups"
