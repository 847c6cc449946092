"""The frame of a report is in the report's language: every sentence of the page and of the charts is translated."""

from __future__ import annotations

import ast
import inspect
import re

import pytest
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from analysis import discovery, edits
from analysis.grouping import MIN_PERSONA
from survey import config
from survey.worker import charts
from survey.worker.wording import LANGUAGES, MEANINGS, Wording

PLACE = re.compile(r"%\((\w+)\)|%%")


def messages() -> set[str]:
    """What the templates of the report mark for translation, and what the charts say."""
    found = set(MEANINGS.values())
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for name in (
        "report/report.html",
        "report/_persona.html",
        "_macros/items.html",
        "_macros/chart.html",
        "_macros/considered.html",
        "_macros/counted.html",
    ):
        source = (config.template_folder() / name).read_text(encoding="utf-8")
        for _, _, message in extract_from_ast(environment.parse(source)):
            found.update(filter(None, message if isinstance(message, tuple) else (message,)))
    for node in ast.walk(ast.parse(inspect.getsource(charts))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
            found.add(ast.literal_eval(node.args[0]))
    return found | reasons_of_edits()


#: Which argument of these calls says why.
REASONS = {"_NotReplayed": 0, "_fail": 1, "Unreplayed": 2}


def reasons_of_edits() -> set[str]:
    """Why an edit cannot be made again, with the size of the smallest persona in its place."""
    reasons = set()
    for module in (edits, discovery):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            called = getattr(node, "func", None)
            place = REASONS.get(getattr(called, "id", "") or getattr(called, "attr", ""))
            if not isinstance(node, ast.Call) or place is None:
                continue
            reason = node.args[place]
            if isinstance(reason, ast.Constant | ast.JoinedStr):
                parts = getattr(reason, "values", [reason])
                reasons.add(
                    "".join(
                        part.value if isinstance(part, ast.Constant) else str(MIN_PERSONA) for part in parts
                    )
                )
    return reasons


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_with_its_places(language: str) -> None:
    wording = Wording(language)
    wanted = messages()

    assert set(wording._texts) == wanted
    for message in wanted:
        translated = wording.gettext(message)
        assert translated.strip()
        # A language may write a percentage as a word, but loses no value.
        assert set(PLACE.findall(message)) - {""} <= set(PLACE.findall(translated)) | {"num"}
        assert (translated % dict.fromkeys(PLACE.findall(message), 1)).strip()


def test_another_language_is_framed_in_english() -> None:
    assert (Wording("el").language, Wording("el").gettext("Here")) == ("en", "Here")


def test_one_and_several_are_told_apart() -> None:
    german = Wording("de")

    assert [german.ngettext("%(num)d person", "%(num)d people", n) % {"num": n} for n in (1, 7)] == [
        "1 Person",
        "7 Personen",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_report_calls_its_encoder_what_it_says_it_did_without(language: str) -> None:
    say = Wording(language).gettext
    made = next(sentence for sentence in messages() if "no text was written by a language model" in sentence)

    assert say("Encoder").casefold() not in say(made).casefold()
