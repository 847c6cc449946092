"""A lead's text cut into passages: positions, overlaps, JSON and lists."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from survey.domain.passages import Piece, Span, passages, quote


def plain(field: str, text: str) -> list[str]:
    return ["".join(piece.text for piece in passage.pieces) for passage in passages(field, text, ())]


def test_a_text_is_cut_where_points_begin_and_end() -> None:
    (passage,) = passages("summary", "I keep releases boring.", [Span(2, 15, 1, 7)])

    assert passage.pieces == (Piece("I "), Piece("keep releases", 7, (1,)), Piece(" boring."))


def test_overlapping_spans_share_the_piece_between_them_and_each_ends_once() -> None:
    (passage,) = passages("summary", "abcdef", [Span(0, 4, 1, 5), Span(2, 6, 2, 3)])

    assert passage.pieces == (Piece("ab", 5), Piece("cd", 8, (1,)), Piece("ef", 3, (2,)))


def test_nested_spans_name_the_one_with_more_points_first() -> None:
    (passage,) = passages("summary", "abcd", [Span(0, 4, 1, 2), Span(2, 4, 2, 9)])

    assert passage.pieces == (Piece("ab", 2), Piece("cd", 11, (2, 1)))


def test_two_traits_of_one_stretch_are_both_named() -> None:
    (passage,) = passages("summary", "ab", [Span(0, 2, 3, 1), Span(0, 2, 4, 1)])

    assert passage.pieces == (Piece("ab", 2, (3, 4)),)


def test_skills_are_items_without_their_separators() -> None:
    assert plain("skills", "C++;R & D;;\nTender documents") == ["C++", "R & D", "Tender documents"]


def test_experience_in_json_is_read_without_its_punctuation() -> None:
    text = json.dumps(
        [
            {"title": "Engineer", "years": 2014, "summary": 'Said "no" to\nhurry'},
            {"title": "Tester", "tasks": ["a", "b"]},
        ]
    )

    found = passages("experience", text, ())

    assert [(p.key, p.first, "".join(piece.text for piece in p.pieces)) for p in found] == [
        ("title", True, "Engineer"),
        ("years", False, "2014"),
        ("summary", False, 'Said "no" to\nhurry'),
        ("title", True, "Tester"),
        ("tasks", False, "a"),
        ("tasks", False, "b"),
    ]


def test_points_in_json_lie_on_the_words_they_were_earned_with() -> None:
    text = '[{"title": "Engineer", "summary": "Åland \\u00e9t\\u00e9, careful"}]'
    start = text.index("careful")

    *_, summary = passages("experience", text, [Span(start, start + 7, 1, 4)])

    assert summary.pieces == (Piece("Åland été, "), Piece("careful", 4, (1,)))


def test_experience_that_breaks_off_is_still_shown() -> None:
    assert plain("experience", '[{"title": "Engineer", "summary": "Built the po') == [
        "Engineer",
        "Built the po",
    ]


def test_experience_in_plain_words_stays_as_it_is() -> None:
    assert plain("experience", "2014: Engineer; built things") == ["2014: Engineer; built things"]


def test_a_field_without_words_has_no_passage() -> None:
    assert passages("experience", '[{"title": ""}]', ()) == passages("summary", " ", ()) == ()


def test_a_long_quote_is_cut_at_a_word() -> None:
    assert quote("summary", "one two  three four", 4, 19, max_chars=12) == "two three …"


@given(
    st.text(min_size=1).filter(str.strip),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 5), st.integers(1, 9))),
)
def test_no_character_is_lost_or_doubled(text: str, spans: list[tuple[int, int, int, int]]) -> None:
    (passage,) = passages("summary", text, [Span(*span) for span in spans])

    assert "".join(piece.text for piece in passage.pieces) == text
