"""What is encoded, who is set aside, and how the vectors stand to one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from analysis.corpus import Corpus, Progress, Response
from analysis.encoder import Vectors
from analysis.facets import cut
from analysis.views import (
    CHANNEL_WEIGHT,
    WORDS_WEIGHT,
    Person,
    build_views,
    heard_of,
    prepare,
    texts_heard,
    texts_of,
)
from tests.analysis.corpora import planted
from tests.fakes import FakeEncoder


def test_texts_are_redacted_and_free_of_junk_and_sensitive_sentences() -> None:
    response = Response(
        "a",
        {
            "self": "Calm. I had a burnout in spring.",
            "stay": "Write to ann@example.org.",
            "skills": "n/a",
            "content": "My diabetes.",
        },
    )

    assert texts_of(response) == {"self": "Calm.", "stay": "Write to [e-mail]."}


def test_known_names_are_masked() -> None:
    assert texts_of(Response("a", {"self": "Ask quorra."}), names={"Quorra"}) == {"self": "Ask [name]."}


def test_a_text_pasted_into_three_items_is_left_out() -> None:
    answers = dict.fromkeys(("self", "stay", "skills"), "Good people and tea.")

    assert texts_of(Response("a", answers)) == {}


def test_a_text_that_several_people_handed_in_is_set_aside_as_a_copy() -> None:
    told = "This is what Anna in the corridor told every one of us to write in here, word for word and with a smile"
    people = [Response(f"{n}", {"self": told, "stay": told}) for n in range(3)]
    honest = Response("x", {"self": told, "stay": "Good tea.", "skills": "Patience."})
    corpus = Corpus((*people, honest), ("self", "stay", "skills"))

    prepared = prepare(corpus, languages=())

    assert [person.set_aside for person in prepared] == ["copied text"] * 3 + [None]
    assert set(prepared[-1].texts) == {"stay", "skills"}


@pytest.mark.parametrize(("n", "n_kept"), [(3, 0), (2, 1), (1, 1)])
def test_a_response_that_several_people_handed_in_whole_is_set_aside(n: int, n_kept: int) -> None:
    """Of two the first is kept: it is somebody's, and no person counts twice."""
    answers = {
        "self": "Quiet, orderly, and a little slow in the morning.",
        "stay": "The hours are fixed and nobody calls me at home.",
        "skills": "Ledgers and lists.",
    }
    alike = [Response(f"{number}", dict(answers)) for number in range(n)]
    own = Response("x", {**answers, "skills": "Lists and ledgers."})
    short = [Response(f"s{number}", {"self": "Calm.", "stay": "Pay."}) for number in range(3)]

    prepared = prepare(Corpus((*alike, own, *short), ("self", "stay", "skills")), languages=())

    assert [person.set_aside for person in prepared[n:]] == [None] * 4
    kept = {person.response.id for person in prepared[:n] if person.set_aside is None}
    assert kept == ({"0"} if n_kept else set())
    assert {person.set_aside for person in prepared[:n]} <= {None, "copied text"}


def test_other_languages_stay_when_no_language_is_demanded() -> None:
    texts = {"self": "Digo quando houver formulário em português.", "stay": "O café melhorou mas não muito."}
    corpus = Corpus((Response("a", texts),), ("self", "stay"))

    assert [person.set_aside for person in prepare(corpus, languages=())] == [None]
    assert [person.set_aside for person in prepare(corpus, languages=("en",))] == ["other language"]


def test_somebody_with_one_answer_has_said_too_little() -> None:
    people = (
        Response("a", {"self": "Calm and fair."}),
        Response("b", {"self": "Calm too.", "stay": "Good tea."}),
    )

    prepared = prepare(Corpus(people, ("self", "stay")), languages=())

    assert [person.set_aside for person in prepared] == ["too little said", None]


def test_markup_around_what_is_none_changes_no_reason() -> None:
    corpus = Corpus((Response("a", {"self": "<p>n/a</p>", "stay": "<br/>n/a"}),), ("self", "stay"))

    assert [person.set_aside for person in prepare(corpus, languages=())] == ["no answer"]


def test_an_item_that_nobody_answered_is_not_missed() -> None:
    corpus = Corpus((Response("a", {"self": "Calm and fair."}),), ("self", "stay"))

    assert [person.set_aside for person in prepare(corpus, languages=())] == [None]


def test_answers_are_read_without_their_markup() -> None:
    answers = {
        "self": "<p><b>Calm</b>&nbsp;&amp; fair.</p><script>alert('x')</script>",
        "stay": "<div><p></p><br/></div>",
        "skills": "<!-- note -->Write to ann<i>.lee@example</i>.org, 2 < 3",
    }

    assert texts_of(Response("a", answers)) == {"self": "Calm & fair.", "skills": "Write to [e-mail], 2 < 3"}


def test_answers_are_centred_per_item_and_missing_ones_are_zero() -> None:
    corpus = planted(n=30)
    people = prepare(corpus, languages=())
    gap = [*people[:-1], type(people[-1])(people[-1].response, {"self": people[-1].texts["self"]})]

    views = build_views(gap, corpus.items, FakeEncoder())

    assert list(views.blocks) == list(corpus.items)
    assert np.linalg.norm(views.blocks["self"], axis=1) == pytest.approx(np.ones(30), abs=1e-5)
    assert not views.blocks["stay"][-1].any()
    assert not views.present["stay"][-1]
    lengths = np.linalg.norm(views.channels, axis=1)
    assert lengths[lengths > 0] == pytest.approx(CHANNEL_WEIGHT)
    assert views.stacked.shape == (30, 3 * 64 + views.channels.shape[1])


def test_words_stand_beside_the_answer_at_half_its_length() -> None:
    people = prepare(planted(n=30), languages=())

    block = build_views(people, ("self",), FakeEncoder(), words=FakeEncoder()).blocks["self"]

    assert block.shape == (30, 2 * 64)
    assert block[:, 64:] == pytest.approx(WORDS_WEIGHT * block[:, :64], abs=1e-6)
    assert np.linalg.norm(block, axis=1) == pytest.approx(np.ones(30), abs=1e-5)


class AxisEncoder:
    """Gives what begins with one of its words the direction of that word, and everything else another."""

    hash = "axes"
    dim = 4
    languages = frozenset({"en"})
    words = ("calm", "loud", "neat")

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        axes = [
            next((n for n, word in enumerate(self.words) if text.casefold().startswith(word)), 3)
            for text in texts
        ]
        return np.eye(4, dtype=np.float32)[axes]


def test_the_parts_of_a_short_answer_are_heard_alike_beside_the_whole() -> None:
    texts = [
        {"self": "Calm. Loud when the train is late and the radio breaks again, they say."},
        {"self": "Neat, really."},
        {"self": "Neat, always. Neat, as ever."},
    ]
    people = [Person(Response(str(n), one), one) for n, one in enumerate(texts)]

    whole = build_views(people, ("self",), AxisEncoder()).blocks["self"]
    heard = build_views(people, ("self",), AxisEncoder(), cut=cut).blocks["self"]

    # The whole points to what it begins with; its second sentence is heard as much as the first, however long.
    vectors = np.array([[1 + 2**-0.5, 2**-0.5, 0, 0], [0, 0, 2, 0], [0, 0, 2, 0]])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = vectors - vectors.mean(axis=0)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert not whole[:, 1].any()
    assert heard == pytest.approx(expected, abs=1e-6)


def test_a_long_answer_is_heard_in_parts_alone_each_alike_and_each_word_alike() -> None:
    texts = [
        {"self": "Calm. Loud when the train is late and the radio breaks again, says my brother in law."},
        {"self": "Neat, really."},
        {"self": "Neat, always. Neat, as ever."},
    ]
    people = [Person(Response(str(n), one), one) for n, one in enumerate(texts)]

    parts = heard_of(people, cut)["self", texts[0]["self"]]
    heard = build_views(people, ("self",), AxisEncoder(), cut=cut).blocks["self"]

    assert parts.whole is None
    assert texts_heard([parts]) == [*parts.parts]
    by_length = np.array([1, 16]) / np.hypot(1, 16)
    vectors = np.array([[*np.array([0.5**0.5, 0.5**0.5]) + by_length, 0, 0], [0, 0, 2, 0], [0, 0, 2, 0]])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = vectors - vectors.mean(axis=0)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert heard == pytest.approx(expected, abs=1e-6)


def test_an_answer_means_something_else_where_something_else_is_asked() -> None:
    text = "Calm, Loud"
    people = [Person(Response("a", {}), {"self": text, "skills": text}), *prepare(planted(n=9), languages=())]

    views = build_views(people, ("self", "skills"), AxisEncoder(), cut=cut)

    # A list is heard item by item, a sentence whole.
    assert views.blocks["skills"][0, 1] > 0.2
    assert views.blocks["self"][0, 1] == 0


def test_an_answer_without_parts_is_heard_whole() -> None:
    texts = [{"self": "Loud [name]"}, {"self": "[name]!"}, {"self": "\U0001f642 …"}]
    people = [Person(Response(str(n), one), one) for n, one in enumerate(texts)]

    assert heard_of(people, cut) == {
        ("self", "Loud [name]"): (("loud",), "Loud [name]"),
        ("self", "[name]!"): ((), "[name]!"),
        ("self", "\U0001f642 …"): ((), "\U0001f642 …"),
    }
    nothing = build_views(people[1:], ("self",), AxisEncoder(), cut=cut)
    assert nothing.blocks["self"].tolist() == [[0, 0, 0, 0], [0, 0, 0, 0]]


def test_nobody_has_no_views() -> None:
    assert len(build_views((), ("self",), AxisEncoder(), AxisEncoder(), cut)) == 0


def test_equal_texts_are_encoded_once() -> None:
    encoder = FakeEncoder()
    people = prepare(planted(n=30), languages=())

    build_views(people, ("self", "stay", "skills"), encoder)

    assert len(encoder.encoded) == len(set(encoder.encoded))


def test_an_item_that_nobody_answered_has_no_view() -> None:
    people = prepare(planted(n=30), languages=())

    assert "content" not in build_views(people, ("self", "content"), FakeEncoder()).blocks


def test_the_language_of_an_answer_places_nobody() -> None:
    says = {
        ("en", "tidy"): "I like it when the work of the day is tidy and the plan is kept",
        ("en", "wild"): "I like it when the work of the day is wild and the wind is up",
        ("sv", "tidy"): "Jag tycker om att det är tidy och att planen för dagen håller",
        ("sv", "wild"): "Jag tycker om att det är wild och att vinden tar i om dagen",
    }
    kinds = [(language, kind) for language in ("en", "sv") for kind in ("tidy", "wild") for _ in range(10)]
    people = prepare(
        Corpus(
            tuple(Response(str(n), {"self": says[one]}, (one[0],)) for n, one in enumerate(kinds)),
            ("self",),
        ),
        languages=(),
    )

    views = build_views(people, ("self",), FakeEncoder())

    speak_english = np.array([language == "en" for language, _ in kinds])
    apart = [
        np.linalg.norm(block[speak_english].mean(axis=0) - block[~speak_english].mean(axis=0))
        for block in (views.blocks["self"], views.channels)
    ]
    assert max(apart) < 0.05
