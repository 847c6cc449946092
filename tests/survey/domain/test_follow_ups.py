"""Follow-up questions: short, vague and concrete answers are asked different things, nobody more than twice."""

from __future__ import annotations

import pytest

from survey.domain.follow_ups import MAX_FOLLOW_UPS, follow_ups, probe_for
from survey.enums import ItemType, Probe
from survey.models import Item

VAGUE = {
    "en": "The people in our whole department are just really nice",
    "sv": "Alla människor på hela vår avdelning är helt enkelt trevliga",
    "de": "Die Leute in unserer ganzen Abteilung sind einfach sehr nett",
    "es": "La gente de todo nuestro departamento es sencillamente muy agradable",
    "ar": "الناس في قسمنا كله لطفاء جدا ونحن نعمل معا كل يوم",
}
CONCRETE = {
    "en": "I may leave at three when my daughter has football",
    "sv": "Jag får gå klockan tre när min dotter har fotboll",
    "de": "Ich darf um drei gehen, wenn meine Tochter Fußball hat",
    "es": "Puedo salir a las tres cuando mi hija tiene entrenamiento",
    "ar": "أستطيع الخروج في الثالثة عندما يكون لدى ابنتي تدريب كرة",
}


def item(name: str, follows: str = "") -> Item:
    rules = {"follows": follows} if follows else {}
    return Item(name=name, item_type=ItemType.OPEN, page=1, rules=rules, texts={})


CHAIN = [item("stay"), item("more", "stay"), item("why", "more")]


def asked(answers: dict[str, str], items: list[Item] = CHAIN) -> dict[str, tuple[Probe, str]]:
    return {name: (put.probe, put.quoted) for name, put in follow_ups(items, answers, "en").items()}


@pytest.mark.parametrize("language", VAGUE)
def test_probe_depends_on_what_was_written(language: str) -> None:
    assert probe_for(" ".join(VAGUE[language].split()[:4]), language) is Probe.EXAMPLE
    assert probe_for(VAGUE[language], language) is Probe.PRECISION
    assert probe_for(VAGUE[language].upper(), language) is Probe.PRECISION
    assert probe_for(CONCRETE[language], language) is Probe.LADDER
    assert (
        probe_for(f"{VAGUE[language]}. {CONCRETE[language]}. {CONCRETE[language]}", language) is Probe.LADDER
    )


def test_language_without_vague_words_asks_for_an_example_or_a_reason() -> None:
    assert probe_for("kiva", "fi") is Probe.EXAMPLE
    assert probe_for(VAGUE["en"], "fi") is Probe.LADDER


def test_nothing_is_asked_about_nothing() -> None:
    assert asked({}) == {}
    assert asked({"stay": "", "more": "left over"}) == {}


def test_first_line_is_the_one_that_is_asked_about() -> None:
    assert asked({"stay": "my team\nthe hours"}) == {"more": (Probe.EXAMPLE, "my team")}


def test_second_question_asks_why_and_only_once() -> None:
    assert asked({"stay": "my team", "more": "they stayed late"}) == {
        "more": (Probe.EXAMPLE, "my team"),
        "why": (Probe.LADDER, "they stayed late"),
    }
    assert asked({"stay": CONCRETE["en"], "more": "she needs me"}) == {
        "more": (Probe.LADDER, CONCRETE["en"]),
    }


def test_nobody_is_asked_more_often_than_the_limit() -> None:
    others = [item(f"more-{number}", "stay") for number in range(5)]

    assert len(asked({"stay": "my team"}, [item("stay"), *others])) == MAX_FOLLOW_UPS
