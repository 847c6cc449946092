"""By what people are recognised: one spelling for each contact, and names that may be one."""

from __future__ import annotations

import pytest

from survey.domain.contacts import (
    EMAIL,
    PHONE,
    PROFILE,
    email_key,
    first_contact,
    hints_agree,
    name_key,
    names_alike,
    phone_key,
    profile_key,
)


@pytest.mark.parametrize(
    ("key", "spellings"),
    [
        (
            email_key,
            {
                "ada@x.org": ["Ada@X.org", " ada+jobs@x.org ", "ａda@x.org"],
                "": ["ada@x", "no address", "", "a b@x.org"],
            },
        ),
        (
            phone_key,
            {
                "+46701234567": ["+46 70 123 45 67", "0046701234567", "+46 (0)70-123 45 67"],
                "0701234567": ["070-123 45 67", "070 1234567"],
                "": ["12345", "+1", "call me", "+999999999999999999"],
            },
        ),
        (
            profile_key,
            {
                "linkedin.com/in/ada": [
                    "https://www.linkedin.com/in/Ada/",
                    "http://uk.linkedin.com/in/ada?trk=x#top",
                    "linkedin.com/in/ada",
                ],
                "ada.dev/me": ["https://www.ada.dev/me/", "ada.dev/me"],
                "": ["https://x", "twitter.com/", "javascript:alert(1)", "ftp://a.b/c", "http://[", "my profile", "https://linkedin.com/in/"],
            },
        ),
    ],
)  # fmt: skip
def test_spellings_of_a_contact_are_one(key: object, spellings: dict[str, list[str]]) -> None:
    assert callable(key)
    for expected, texts in spellings.items():
        assert {text: key(text) for text in texts} == dict.fromkeys(texts, expected)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Sofía Hallgren", "Hallgren, Sofia", True),
        ("Sofia Hallgren", "Sofia K. Halgren", True),
        ("Anna Berg", "Anders Berg", False),
        ("Per Lund", "Pia Lund", False),
    ],
)
def test_spellings_of_a_name_are_alike_and_found_by_one_key(one: str, other: str, alike: bool) -> None:
    assert names_alike(one, other) == alike
    assert (name_key(one) == name_key(other)) or not alike


@pytest.mark.parametrize(
    ("changes", "agree"),
    [
        ({"employer": "ACME AB"}, True),
        ({"skills": "c;Python;SQL"}, True),
        ({"skills": "SQL"}, False),
        ({"location": "LUND"}, True),
        ({"location": "Lund", "skills": "Cooking"}, False),
        ({}, False),
    ],
)
def test_a_similar_name_counts_if_employer_place_or_skills_agree(
    changes: dict[str, str], agree: bool
) -> None:
    one = {"employer": "Acme", "location": "Lund", "skills": "Python;SQL"}
    other = {"employer": "Other", "location": "", "skills": ""} | changes

    assert hints_agree(one, other) == agree


def test_a_name_of_one_word_is_no_key() -> None:
    assert name_key("Prince") == ""


@pytest.mark.parametrize(
    ("kind", "cell", "first"),
    [
        (EMAIL, "a@b.example; c@d.example", "a@b.example"),
        (EMAIL, "Ann <a@b.example>", "a@b.example"),
        (EMAIL, "unknown", "unknown"),
        (PHONE, "+46 70 123 45 67, +46 31 390 06 22", "+46 70 123 45 67"),
        (
            PROFILE,
            "https://github.com/ann, https://www.linkedin.com/in/ann",
            "https://www.linkedin.com/in/ann",
        ),
        (PROFILE, "https://x", "https://x"),
    ],
)
def test_of_several_contacts_in_a_cell_one_is_taken(kind: str, cell: str, first: str) -> None:
    assert first_contact(kind, cell) == first
