"""Words by which colleagues would know who wrote them are recognised, in each language that has lists."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from analysis.describe import Lexicon
from analysis.quotes import is_quotable
from analysis.stories import n_marks_of_a_story, tells_a_post, tells_of_a_life, told_unasked
from analysis.text import split
from analysis.wordlists import Listed

with Path("tests/data/stories.csv").open(encoding="utf-8", newline="") as file:
    QUOTED = list(csv.DictReader(file))


class WithoutNames(Lexicon):
    """Words of which none counts as a name, of a language that has no lists."""

    def names_something(self, text: str) -> bool:
        return False


@pytest.mark.parametrize("language", ["en", "sv", "de", "es", "pl"])
def test_a_story_gives_way_and_an_opinion_stays(language: str) -> None:
    """Of each language half of the sentences tell an episode or a life; nothing else keeps them from being quoted."""
    ours = [one for one in QUOTED if one["language"] == language]
    everybody = Lexicon([(one["text"],) for one in ours for _ in range(5)], language)

    wrong = [one["text"] for one in ours if is_quotable(one["text"], everybody) != (one["shown"] == "yes")]
    elsewhere = [is_quotable(one["text"], WithoutNames([(one["text"],)] * 5, "fr")) for one in ours]

    assert wrong == []
    assert len(ours) == 30
    assert sum(elsewhere) >= 28


@pytest.mark.parametrize(
    ("text", "n_marks"),
    [
        ("I like the hours, and nobody looks over my shoulder.", 0),
        ("I work at night. The pay was raised.", 0),  # nobody says that they raised it
        ("I work six nights.", 1),
        ("I start twenty-two minutes early.", 1),
        ("Nobody at Coldgate minds.", 1),
        ("On Mondays I'm in peace, and the NHS pension helps.", 0),
        ("She lets me be.", 1),
        ("I was asked at the interview.", 1),
        ("My manager backed me, then her own manager.", 2),
        ("I was told on my first day: this area is yours. Six years on it is.", 3),
        ("At Christmas I had five invitations from Stanway, and she came along.", 5),
    ],
)
def test_a_story_is_told_by_its_marks(text: str, n_marks: int) -> None:
    everybody = Lexicon([(text,)] * 5)

    assert n_marks_of_a_story(text) == n_marks
    assert n_marks_of_a_story(text, "fr") == 0
    assert is_quotable(text.rjust(30), everybody) == (n_marks < 3 and len(text.split()) >= 6)


@pytest.mark.parametrize(
    ("text", "language", "is_told"),
    [
        ("Jag är produktionschef på nattskiftet.", "sv", True),
        ("Fyrtiotvå och fortfarande nyfiken.", "sv", True),
        ("Chefen lyssnar, och jag får hålla på.", "sv", False),
        ("Zweiundvierzig und immer noch neugierig.", "de", True),
        ("Ich bin Abteilungsleiterin im Einkauf.", "de", True),
        ("Ich mag klare Ansagen.", "de", False),
        ("Soy directora de planta.", "es", True),
        ("Cuarenta y dos, y con ganas.", "es", True),
        ("Mi jefe me escucha.", "es", False),
        ("Jestem prezesem spółdzielni.", "pl", True),
        ("Czterdzieści dwa i wciąż ciekawa.", "pl", True),
        ("Lubię, kiedy szef słucha.", "pl", False),
    ],
)
def test_a_post_that_one_person_holds_and_an_age_are_recognised(
    text: str, language: str, is_told: bool
) -> None:
    assert tells_a_post(split(text.casefold()), language) is is_told


@pytest.mark.parametrize(
    ("text", "language", "is_told"),
    [
        ("Only woman on site and proud of it.", "en", True),
        ("Only bread on site and proud of it.", "en", False),
        ("My other half cooked.", "en", True),
        ("The other half of the order came.", "en", False),
        ("Enda kvinnan på skiftet.", "sv", True),
        ("Jag är den enda som kan pressen.", "sv", True),
        ("Det är den enda pressen.", "sv", False),
        ("Die einzige Frau in der Halle.", "de", True),
        ("La única mujer del turno.", "es", True),
        ("Jedyna kobieta na zmianie.", "pl", True),
    ],
)
def test_who_is_the_only_one_of_a_kind_is_recognised(text: str, language: str, is_told: bool) -> None:
    assert tells_of_a_life([word.casefold() for word in split(text)], language) is is_told


@pytest.mark.parametrize(
    ("told", "tells"),
    [
        ("A free hand. If that goes I go too.", ("go",)),
        ("If they moved us I'd hand in my notice.", ("go",)),
        ("In my last job I never saw the sea.", ("before",)),
        ("I came from a bakery.", ("before",)),
        ("If two are missing I go and look.", ()),
        ("I was told on the first day.", ()),
        ("I would go. We work if it rains.", ()),
    ],
)
def test_what_would_make_people_go_and_where_they_come_from_is_recognised(
    told: str, tells: tuple[str, ...]
) -> None:
    assert (told_unasked(told, "en"), told_unasked(told, "fr")) == (tells, ())


@pytest.mark.parametrize(
    ("told", "language", "tells"),
    [
        ("Om det försvinner går jag också.", "sv", ("go",)),
        ("Den dag de börjar stämpla oss säger jag upp mig.", "sv", ("go",)),
        ("På mitt förra jobb visste ingen vad jag hette.", "sv", ("before",)),
        ("Jag kom hit från ett bageri.", "sv", ("before",)),
        ("Om två saknas går jag och letar.", "sv", ()),
        ("Jag behöver veta när jag slutar.", "sv", ()),
        ("Wenn das wegfällt, bin ich weg.", "de", ("go",)),
        ("Sobald sie uns wieder stempeln lassen, kündige ich.", "de", ("go",)),
        ("In meiner alten Firma hat keiner gefragt.", "de", ("before",)),
        ("Ich komme aus einer Bäckerei.", "de", ("before",)),
        ("Wenn zwei fehlen, gehe ich suchen.", "de", ()),
        ("Ich habe am Anfang viel gefragt.", "de", ()),
        ("Si eso se acaba, me voy.", "es", ("go",)),
        ("El día que nos hagan fichar otra vez, busco otra cosa.", "es", ("go",)),
        ("En mi anterior empresa nadie preguntaba.", "es", ("before",)),
        ("Vengo de una panadería.", "es", ("before",)),
        ("Si faltan dos, voy a buscarlas.", "es", ()),
        ("Me preguntaron el primer día.", "es", ()),
        ("Jak to zabiorą, odchodzę.", "pl", ("go",)),
        ("Jeśli znów każą nam odbijać kartę, szukam czegoś innego.", "pl", ("go",)),
        ("W poprzedniej firmie nikt nie pytał.", "pl", ("before",)),
        ("Przyszłam tu z piekarni.", "pl", ("before",)),
        ("Jak brakuje dwóch, idę szukać.", "pl", ()),
        ("Na początku dużo pytałem.", "pl", ()),
    ],
)
def test_the_same_is_recognised_in_other_languages(told: str, language: str, tells: tuple[str, ...]) -> None:
    assert told_unasked(told, language) == tells


@pytest.mark.parametrize(
    ("said", "is_in"),
    [
        ("asked", True),
        ("bed", False),
        ("fasting", True),
        ("at sea", True),
        ("at seaside", True),
        ("sea", False),
    ],
)
def test_a_list_holds_beginnings_endings_and_phrases(said: str, is_in: bool) -> None:
    listed = Listed.of({"words": "*ed fast*", "phrases": ["at sea*"]})

    assert listed.is_in(said.split()) is is_in
