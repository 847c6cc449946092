"""A report in the language of most answers: words, stems, themes, names and sentences."""

from __future__ import annotations

import string

import numpy as np
import pytest

from analysis import Corpus, Response, discover
from analysis.catalogue import catalogue
from analysis.codebook import codebook, codes_in
from analysis.cores import side_by_side
from analysis.meaning import read
from analysis.text import SPOKEN_LANGUAGES, common_words, phrases, stem, stop_words, words
from analysis.views import Person
from tests.fakes import FakeEncoder

OTHERS = SPOKEN_LANGUAGES[1:]


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_catalogue_says_the_same_things(language: str) -> None:
    english, other = catalogue("en").texts, catalogue(language).texts

    assert {key: places(text) for key, text in other.items()} == {
        key: places(text) for key, text in english.items()
    }
    assert all(text.strip() for text in other.values())


@pytest.mark.parametrize("language", OTHERS)
def test_motives_and_styles_are_known_in_every_language(language: str) -> None:
    codes = [code for code in codebook(language) if code.kind != "other"]
    english = {code.code: code for code in codebook()}

    assert sum(code.kind == "motive" for code in codes) >= 30
    assert sum(code.kind == "style" for code in codes) >= 15
    assert all(code.seeds and code.label != english[code.code].label for code in codes)
    assert all(code.kind == english[code.code].kind for code in codes)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("sv", ("schema", "schemat")),
        ("de", ("Kollege", "Kollegen")),
        ("es", ("compañero", "compañeros")),
        ("pl", ("godziny", "godzinach")),
    ],
)
def test_forms_of_a_word_share_a_stem(language: str, forms: tuple[str, str]) -> None:
    assert stem(forms[0], language) == stem(forms[1], language)


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_its_word_lists(language: str) -> None:
    lists = words(language)

    assert all((lists.connectors, lists.generic, lists.negations, lists.non_answers))
    assert not lists.protected & stop_words(language)
    assert lists.function <= common_words(language)


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("sv", "Jag har en fast anställning och slipper oroa mig.", "secure_job"),
        ("de", "Ich habe einen unbefristeten Vertrag.", "secure_job"),
        ("es", "Tengo un contrato indefinido.", "secure_job"),
        ("pl", "Mam umowę na stałe.", "secure_job"),
        ("sv", "Jag vill inte bli chef.", "no_climbing"),
        ("de", "Niemand schaut mir über die Schulter.", "unwatched"),
        ("es", "Soy muy paciente y tengo tiempo para mi familia.", "patient_teacher"),
        ("pl", "Mam czas dla rodziny.", "family_first"),
        ("sv", "Jag hinner hem till familjen.", "family_first"),
        ("de", "Ich habe Zeit für die Familie.", "family_first"),
        ("es", "Trabajo con pacientes.", "caring"),
        ("es", "Siempre lleno de ideas.", "creative"),
        ("pl", "Pracuję z domu dwa dni.", "from_home"),
    ],
)
def test_codes_are_found_by_words_of_the_language(language: str, text: str, code: str) -> None:
    assert code in codes_in(text, language)


def test_a_negated_word_does_not_count_in_another_language() -> None:
    assert "next_step" not in codes_in("Ich will keine Karriere.", "de")


def test_phrases_end_with_words_of_substance_in_another_language() -> None:
    found = [phrase.text for phrase in phrases("Ich habe Zeit für meine Kinder und den Garten.", "de")]

    assert found == ["Kinder", "Kinder und den Garten", "Garten"]


@pytest.mark.parametrize(
    ("language", "text", "pronoun"),
    [
        ("es", "Historias de alguien cuyo puesto me gusta", "alguien"),
        ("pl", "Czego można się nauczyć, komu to służy", "czego"),
        ("pl", "Każdego dnia u kogoś innego", "każdego"),
        ("de", "Worauf ich stolz bin", "worauf"),
        ("sv", "Vi hjälper varandra", "varandra"),
    ],
)
def test_a_pronoun_is_no_phrase(language: str, text: str, pronoun: str) -> None:
    assert pronoun in text.casefold()
    assert [phrase.text for phrase in phrases(text, language) if phrase.text.casefold() == pronoun] == []


@pytest.mark.parametrize(
    ("language", "text", "whole"),
    [
        ("es", "Y me gusta construir muebles.", "me gusta construir"),
        ("es", "Se me olvida el cansancio.", "Se me olvida el cansancio"),
        ("pl", "Wracam do domu na obiad.", "do domu na obiad"),
        ("es", "Vivo aquí sin reuniones inútiles.", "sin reuniones inútiles"),
    ],
)
def test_phrases_are_told_with_what_belongs_before_them(language: str, text: str, whole: str) -> None:
    found = [phrase for phrase in phrases(text, language) if phrase.text == whole]

    assert [len(phrase.key) for phrase in found] == [2]


@pytest.mark.parametrize(
    ("language", "text", "denied"),
    [
        ("es", "No me gustan los sustos.", "gustan los sustos"),
        ("pl", "Nie lubię niespodzianek.", "lubię niespodzianek"),
        ("de", "Wir haben keine langen Besprechungen.", "langen Besprechungen"),
        ("en", "There is no weekend work.", "weekend work"),
    ],
)
def test_what_is_denied_is_no_phrase(language: str, text: str, denied: str) -> None:
    assert not any(denied in phrase.text for phrase in phrases(text, language))
    assert any(denied in phrase.text for phrase in phrases(denied, language))


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("es", "Un paciente volvió a andar.", "patient_teacher"),
        ("es", "Un paciente volvió a andar.", "rooted_here"),
        ("es", "Mis compañeras son como una familia.", "family_first"),
        ("es", "Tengo sentido del humor.", "good_cause"),
        ("pl", "Koleżanki są jak rodzina.", "family_first"),
        ("pl", "Uspokoiłam przestraszoną rodzinę.", "family_first"),
        ("sv", "Vi är som en familj.", "family_first"),
        ("de", "Wir sind wie eine Familie.", "family_first"),
        ("es", "Soy constante y paciente.", "caring"),
        ("es", "Presenté mi idea al director.", "creative"),
        ("pl", "Przedstawiłam pomysł dyrektorowi.", "creative"),
        ("sv", "Min idé togs upp.", "creative"),
        ("de", "Meine Idee kam dran.", "creative"),
        ("pl", "Mogę pogodzić pracę z domem.", "from_home"),
        ("de", "Ich will meine Ruhe haben.", "calm_pressure"),
    ],
)
def test_a_word_of_two_meanings_shows_no_code(language: str, text: str, code: str) -> None:
    assert code not in codes_in(text, language)


def test_meaning_is_read_through_an_encoder_that_knows_the_language() -> None:
    texts = ["Jag har fast anställning.", "Bussen stannar vid grinden."]
    people = [Person(Response(str(n), {"stay": text}), {"stay": text}) for n, text in enumerate(texts)]

    reading = read(people, FakeEncoder(), "sv")

    assert len(reading.centres) == len(reading.codes) == len(codebook("sv"))
    assert np.isfinite(reading.nearness).all()


def test_a_swedish_survey_gets_a_swedish_report() -> None:
    kinds = {
        "a": [
            "Jag är lugn, noggrann och pålitlig på jobbet.",
            "Här har jag en fast anställning och ett schema som är känt i god tid.",
        ],
        "b": [
            "Jag är självständig och envis och går min egen väg.",
            "Frihet, få möten och att jag får bestämma själv utan att fråga.",
        ],
    }
    responses = tuple(
        Response(f"{kind}{n}", {"self": f"{self} Nummer {n % 7}.", "stay": f"{stay} Rum {n % 5}."})
        for n in range(30)
        for kind, (self, stay) in kinds.items()
    )

    report = discover(Corpus(responses, ("self", "stay")), encoder=FakeEncoder(), n_personas=2)

    assert (report.language, report.exploratory, report.refusal) == ("sv", True, None)
    assert {persona.name for persona in report.personas} == {
        "Lugna trygghetssökare",
        "Självständiga frihetssökare",
    }
    assert all("personer vars svar kunde användas" in persona.summary for persona in report.personas)
    assert {entry.text for entry in report.themes} >= {"en fast anställning och ett tryggt jobb"}


@pytest.mark.parametrize(
    ("language", "text", "says", "note"),
    [
        (
            "sv",
            "Jag är lugn och noggrann på jobbet och det är bra.",
            "Bara 3 svar går att använda",
            "Ange en modell för språket när",
        ),
        (
            "de",
            "Ich bin ruhig und sorgfältig und das ist auch gut so.",
            "Nur 3 Antwortbögen sind brauchbar",
            "Werten Sie beim nächsten Mal mit einem Modell",
        ),
    ],
)
def test_a_refusal_is_said_in_the_language_of_the_answers_and_blames_no_encoder_that_was_not_asked(
    language: str, text: str, says: str, note: str
) -> None:
    responses = tuple(Response(str(n), {"self": f"{text} {n}", "stay": f"{text} {n} {n}"}) for n in range(3))

    report = discover(Corpus(responses, ("self", "stay")), encoder=FakeEncoder())

    assert report.language == language
    assert (report.refusal or "").startswith(says)
    assert note in " ".join(report.notes)


def test_polish_words_are_stemmed_alike_on_two_threads() -> None:
    told = [word for code in codebook("pl") for word in code.label.split()] * 20
    alone = [stem.__wrapped__(word, "pl") for word in told]

    together = side_by_side(
        lambda order: [stem.__wrapped__(word, "pl") for word in told[::order]][::order], [1, -1]
    )

    assert together == [alone, alone]
