"""Answers that say nothing are recognised by their form alone."""

from __future__ import annotations

import pytest

from analysis.junk import copied_texts, junk_reason, repeated_items


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "empty"),
        ("  \n ", "empty"),
        ("n/a", "no answer"),
        ("No comment.", "no answer"),
        ("no comment, is this really anonymous?", "no answer"),
        ("???", "no words"),
        ("12345", "no words"),
        ("asdfgh", "random keys"),
        ("sdfsdf", "random keys"),
        ("aaaaaaaa", "random keys"),
        ("xkcdqrst", "random keys"),
        ("UNB+UNOC:3+7300010000001:14+7350000000002:14", "pasted text"),
        ("Hi, pls find attached the POD for the consignment.", "pasted text"),
    ],
)
def test_junk_has_a_reason(answer: str, reason: str) -> None:
    assert junk_reason(answer) == reason


@pytest.mark.parametrize(
    "answer",
    [
        "SQL",
        "Customers",
        "C++, C#, SQL",
        "no surprises",
        "Testing",
        "The people, obviously!",
        "我喜欢这里",
        "flask",
    ],
)
def test_short_answers_are_answers(answer: str) -> None:
    assert junk_reason(answer) is None


def test_the_same_text_in_three_items_is_found() -> None:
    answers = {"self": "Whatever.", "stay": "whatever.", "skills": "Whatever.", "content": "Pictures"}

    assert repeated_items(answers) == {"self", "stay", "skills"}


def test_a_long_text_handed_in_by_three_people_is_a_copy() -> None:
    long = "This is the text " + "that somebody in the corridor told me to write here " * 2

    assert copied_texts([long, long.upper(), f" {long}", "Pension", "Pension", "Pension"]) == {
        long.strip().casefold()
    }
