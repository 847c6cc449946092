"""Planted identifiers are gone; everything else stays where it was."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.redaction import FILLER, identifiers, is_sensitive, mask, redact

IDENTIFIERS = [
    "ann.lee@example.org",
    "ann.lee (at) example (dot) org",
    "+46 31 390 06 22",
    "0113 496 0417",
    "(020) 7946-0958",
    "https://example.org/people/17",
    "www.example.org",
    "intranet.example.com/wiki",
    "SE45 5000 0000 0583 9825 7466",
    "19850712-1234",
    "078-05-1120",
    "QQ123456C",
    "12 Harbour View Road",
    "Storgatan 14",
    "Rua das Flores, 27",
    "LS1 4DY",
    "Dr. Okonkwo",
    "Ms Lindqvist",
    "Ulrika Svensson",
    "@harbourcat",
]

plain_words = st.lists(
    st.sampled_from(["we", "plan", "the", "rota", "and", "keep", "it", "tidy", "since", "nobody", "minds"]),
    max_size=8,
).map(" ".join)


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_redact_takes_out_what_identifies(identifier: str) -> None:
    text = f"Please write to {identifier} about it."

    redacted = redact(text)

    assert identifier not in redacted
    assert redacted.startswith("Please write to [")
    assert redacted.endswith(" about it.")


@given(before=plain_words, identifier=st.sampled_from(IDENTIFIERS), after=plain_words)
def test_mask_keeps_every_position_and_no_identifier(before: str, identifier: str, after: str) -> None:
    text = f"{before} {identifier} {after}"

    masked = mask(text)

    assert len(masked) == len(text)
    assert identifier not in masked
    assert all(a in {b, FILLER} for a, b in zip(masked, text, strict=True))
    assert masked.startswith(before)
    assert masked.endswith(after)


@given(st.text(max_size=200))
def test_mask_keeps_the_length_of_anything(text: str) -> None:
    assert len(mask(text)) == len(text)


@given(st.text(max_size=200))
def test_redacting_twice_changes_nothing_more_of_the_masked_text(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "We moved from C++ to node.js and ASP.NET in 2016-2024.",
        "On call one week in seven, 4 on 4 off, paid at 1.5.",
        "Month close in four days, IFRS 16, 80 % hours.",
        "I will hope for a promotion in May.",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_a_colleague_named_by_role_is_masked_even_with_a_rare_name() -> None:
    assert redact("My manager Zebulonia listens.") == "My manager [name] listens."


def test_names_that_are_handed_in_are_masked_in_any_case() -> None:
    assert redact("thanks to quorra and QUORRA", names={"Quorra Vex"}) == "thanks to [name] and [name]"


def test_identifiers_come_in_order_and_do_not_overlap() -> None:
    found = identifiers("Anna Berg, anna@example.org, tel 031-390 06 22")

    assert [one.kind for one in found] == ["name", "e-mail", "phone"]
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    "text",
    [
        "After my burnout they gave me time.",
        "I go to church on Sundays.",
        "I am a union rep.",
        "As a gay man I feel safe here.",
        "I was pregnant when I started.",
        "My diabetes is no problem here.",
        "We are immigrants.",
        "I voted for the greens.",
    ],
)
def test_sensitive_matters_are_recognised(text: str) -> None:
    assert is_sensitive(text)


@pytest.mark.parametrize(
    "text",
    [
        "We have a collective agreement and sick pay.",
        "I pick up the kids and look after my father.",
        "Time with my family matters.",
    ],
)
def test_terms_of_work_and_care_are_not_sensitive(text: str) -> None:
    assert not is_sensitive(text)
