"""Words keep their place; phrases start and end with a word of substance."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import text as module
from analysis.evidence import evidence_document
from analysis.facets import segments_of
from analysis.junk import junk_reason
from analysis.lexicon import stems
from analysis.redaction import is_sensitive, redact
from analysis.text import (
    Runs,
    clauses,
    clauses_in_words,
    common_words,
    forget,
    language_of,
    normalise,
    phrases,
    sentences,
    split,
    stem,
    stop_words,
    tokenize,
)


@given(st.text(max_size=200))
def test_tokens_are_slices_of_their_text(text: str) -> None:
    assert all(text[token.start : token.end] == token.text for token in tokenize(text))


@given(st.text(st.sampled_from("ab1. &'+#-/\n\u00a0\u00ad\u2028é"), max_size=40))
def test_words_of_a_text_are_its_tokens(text: str) -> None:
    assert split(text) == [token.text for token in tokenize(text)]


@given(st.text(st.sampled_from("ab1. ,;&'+#-/[)\n\u00a0\u2028é"), max_size=40))
def test_clauses_in_words_are_the_words_of_clauses(text: str) -> None:
    assert [*clauses_in_words(text)] == [[word.group() for word in run] for run in clauses(text)]


def test_what_is_remembered_of_runs_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RUNS", 3)
    lengths = Runs(len)

    found = [lengths[run] for run in ("a", "bb", "a", "c" * (module.MAX_RUN + 1), "dd", "eee", "ffff")]

    assert found == [1, 2, 1, module.MAX_RUN + 1, 2, 3, 4]
    assert dict(lengths) == {"eee": 3, "ffff": 4}


def test_names_of_tools_stay_whole() -> None:
    tokens = [token.text for token in tokenize("C++, C#, node.js, .NET and CI/CD")]

    assert tokens == ["C++", "C#", "node.js", ".NET", "and", "CI/CD"]


def test_phrases_are_free_of_stop_words_at_their_ends() -> None:
    found = [phrase.text for phrase in phrases("I have time for my family and the pension.")]

    assert found == ["time for my family", "family", "family and the pension", "pension"]


def test_the_same_words_in_another_order_share_a_key() -> None:
    first = {phrase.key for phrase in phrases("time for family")}
    second = {phrase.key for phrase in phrases("family time")}

    assert first & second == {("famili", "time"), ("famili",)}


def test_words_about_work_are_not_stop_words() -> None:
    assert stop_words() & {"work", "help", "home", "together"} == frozenset()


def test_rare_words_are_not_common() -> None:
    assert "family" in common_words()
    assert "slotboard" not in common_words()


def test_normalise_makes_one_spelling_of_many() -> None:
    assert normalise("  ﬁne \u00a0 don’t\n\n “so” ") == 'fine don\'t\n"so"'


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("calm\x07 and\x1b kind\x00", "calm and kind"),
        ("trade\u00adunion, a\u200bnn\ufeff@ex\u2060ample", "tradeunion, ann@example"),
        ("\u202a070 123\u202c \u200e45", "070 123 45"),
        ("a\u200cn\u200dn", "ann"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("👩\u200d🔧", "👩\u200d🔧"),
    ],
)
def test_what_nobody_sees_is_taken_out_where_no_script_needs_it(written: str, read: str) -> None:
    assert normalise(written) == read


def test_a_number_sign_does_not_become_a_no() -> None:
    assert normalise("nº 4, 3ª, № ７") == "nº 4, 3ª, № 7"


def test_sentences_end_at_stops_and_line_breaks() -> None:
    assert sentences("One. Two! Three\nfour") == ("One.", "Two!", "Three", "four")


def test_forms_of_a_word_share_a_stem() -> None:
    assert stem("Planned") == stem("planning") == "plan"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I like that the work is planned and my manager is fair.", "en"),
        ("Digo quando houver formulário em português, o café melhorou mas não muito.", "pt"),
        ("Ich finde es gut, dass die Arbeit geplant ist und der Chef fair bleibt.", "de"),
        ("Jag tycker att det är bra att arbetet är planerat och att chefen lyssnar.", "sv"),
        ("python, sql, linux", None),
        ("Μου αρέσει η δουλειά", "el"),
        ("أحب عملي", "ar"),
        ("我喜欢这份工作 12 13 14 15 16 17", "zh"),
        ("Мне нравится SAP", "ru"),
        ("Ես սիրում եմ", "und"),
        ("My colleague at the next desk calls it 仕事.", "en"),
        ("1 2 3 4 5 6 7 8", None),
        ("Nice team. Nice team. Nice team.", None),
        ("Ich mag es. Ich mag es. Ich mag es.", "de"),
    ],
)
def test_language_is_told_by_script_and_stop_words(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_nothing_that_people_wrote_is_remembered_when_it_is_to_be_forgotten() -> None:
    text = "My manager Quernella and quern-mill friends are fair to me and to all of us."
    document = evidence_document({"summary": text, "skills": "quern dressing"}, identity={"Quernella"})
    for field, masked in document.fields:
        segments_of(field, masked)
    for look in (redact, is_sensitive, junk_reason, tokenize, language_of, stems, stem):
        look(normalise(text))
    assert len(set(_caches_that_hold("quern"))) > 10

    forget()

    assert set(_caches_that_hold("quern")) == set()


def _caches_that_hold(word: str) -> Iterator[str]:
    """Name the functions and tables of the analysis that remember a text with a word in it."""
    modules = [name for name in sys.modules if name.startswith("analysis")]
    for module_name in modules:
        for name, held in vars(sys.modules[module_name]).items():
            if isinstance(held, Runs) or hasattr(held, "cache_info"):
                remembered = [held] if isinstance(held, dict) else gc.get_referents(held)
                if any(word in one.casefold() for one in _texts_in(remembered)):
                    yield f"{module_name}.{name}"


def _texts_in(held: object) -> Iterator[str]:
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict):
        for entry in held.items():
            yield from _texts_in(entry)
    elif isinstance(held, list | tuple | set | frozenset):
        for entry in held:
            yield from _texts_in(entry)
