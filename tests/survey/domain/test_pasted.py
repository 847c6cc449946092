"""Pasted text of one person: headings, addresses, and nothing guessed."""

from __future__ import annotations

from survey.domain.pasted import read_pasted

PROFILE = """Anna Berg
Staff engineer in Lund

About
Plans releases with care. Write to anna@berg.se or +46 70 123 45 67.
https://www.linkedin.com/in/annaberg

Top skills
Python · Linux
Rollbacks

Experience
Acme, 2014-2020

Education
Lund University
"""


def test_a_profile_is_cut_at_its_headings() -> None:
    assert read_pasted(PROFILE) == {
        "summary": "Anna Berg\nStaff engineer in Lund\n\nPlans releases with care. Write to anna@berg.se or "
        "+46 70 123 45 67.\nhttps://www.linkedin.com/in/annaberg",
        "skills": "Python;Linux;Rollbacks",
        "experience": "Acme, 2014-2020",
        "email": "anna@berg.se",
        "phone": "+46 70 123 45 67",
        "profile": "https://www.linkedin.com/in/annaberg",
    }


def test_a_text_without_headings_is_a_summary() -> None:
    assert read_pasted("Likes calm.\0 🙂") == {"summary": "Likes calm. 🙂"}


def test_nothing_is_nothing() -> None:
    assert read_pasted(" \n") == {}


PAGE = """Anna Berg-Öst
Anna Berg-Öst
she/her · 2nd degree connection
Staff engineer at Acme | releases
Lund, Sweden · Contact info
500+ connections

Message
More

About
Plans releases with care.
…see more

Experience
Staff engineer
Acme · Full-time
Mar 2019 - Present · 5 yrs 9 mos
Keeps the rota, 2nd to none

Skills
Planning
Endorsed by 12 people
SQL
"""


def test_the_page_of_a_network_gives_name_headline_and_place_and_says_nothing_of_itself() -> None:
    assert read_pasted(PAGE) == {
        "name": "Anna Berg-Öst",
        "headline": "Staff engineer at Acme | releases",
        "location": "Lund, Sweden",
        "summary": "Plans releases with care.",
        "experience": "Staff engineer\nAcme\nMar 2019 - Present\nKeeps the rota, 2nd to none",
        "skills": "Planning;SQL",
    }
