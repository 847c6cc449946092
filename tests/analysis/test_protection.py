"""What a whole report gives away: no planted identifier, nothing sensitive, no small group; and the checks can fail."""

from __future__ import annotations

import copy
import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from analysis import Corpus, Report, discover, discovery, views
from analysis import describe as describing
from analysis import quotes as quoting
from analysis.describe import MIN_PEOPLE
from analysis.groups import MIN_PERSONA
from analysis.redaction import first_names
from analysis.text import common_words, stem, tokenize
from analysis.views import prepare
from tests.analysis.corpora import planted
from tests.analysis.planted import SECOND, SENSITIVE, dealt, leaks, plants, shown
from tests.fakes import FakeEncoder

pytestmark = pytest.mark.usefixtures("reduced_analysis")

EVERYTHING = (*plants(), *SECOND, *SENSITIVE)

#: What so many people say that no rule about rare words would hide it.
OFTEN = (*EVERYTHING[::25], *SENSITIVE[::4])

LANGUAGES = frozenset({"en", "sv", "de", "es", "pl"})

#: Whole numbers of a report that count nobody.
NO_COUNTS = frozenset({"schema_version", "seed", "k", "weight"})


def corpus_with_secrets() -> Corpus:
    """Sixty people of three kinds who let slip every planted sentence, some of them twelve times."""
    corpus = planted(60)
    once = dealt(EVERYTHING, len(corpus))
    # The three kinds of people come in turn; what is said often is said by one of them and would tell it apart.
    often = [""] * len(corpus)
    for kind in range(3):
        often[kind::3] = dealt(OFTEN[kind::3], len(corpus) // 3, each=12)
    told = (
        replace(
            response,
            answers={
                **response.answers,
                "stay": f"{response.answers['stay']} {often[row]}",
                "good_day": once[row],
            },
            quote=True,
        )
        for row, response in enumerate(corpus.responses)
    )
    return Corpus(tuple(told), (*corpus.items, "good_day"))


def discovered() -> tuple[Report, FakeEncoder]:
    encoder = FakeEncoder()
    encoder.languages = LANGUAGES
    return discover(corpus_with_secrets(), encoder=encoder, n_personas=3), encoder


@lru_cache(maxsize=1)
def protected() -> tuple[Report, FakeEncoder]:
    """The report on the secrets, with everything in place; read only."""
    return discovered()


def said(report: Report) -> str:
    return " | ".join(shown(json.loads(report.to_json())))


def test_no_planted_secret_reaches_report_or_encoder(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        report, encoder = protected()

    assert len(report.personas) == 3
    assert report.n_used == 60
    assert leaks(said(report), EVERYTHING) == []
    assert leaks(" | ".join(encoder.encoded), EVERYTHING) == []
    assert leaks(caplog.text, EVERYTHING) == []


def test_without_redaction_the_same_search_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "redact", lambda text, names: text)
    monkeypatch.setattr(views, "without_sensitive", lambda text: text)
    for module in (describing, quoting):
        monkeypatch.setattr(module, "is_sensitive", lambda text: False)
    monkeypatch.setattr(describing.Lexicon, "names_something", lambda self, text: False)
    # It takes most of the time and is not the subject.
    monkeypatch.setattr(discovery, "scoring_block", lambda *_, **__: {})

    report, encoder = discovered()

    found = {plant.kind for plant, _ in leaks(said(report), EVERYTHING)}
    assert {"name", "role"} < found
    assert found & {plant.kind for plant in SENSITIVE}
    assert len({plant for plant, _ in leaks(" | ".join(encoder.encoded), EVERYTHING)}) > 0.9 * len(EVERYTHING)


def small_groups(report: dict[str, Any], texts: dict[str, int]) -> list[str]:
    """Name every place of a report that tells of fewer than 5 people, or of a group of fewer than 10 in words.

    Parameters
    ----------
    report : dict
    texts : dict of str to int
        Word without letter case to how many people use it.
    """
    found = [f"{path} = {n}" for path, n in _numbers(report) if 0 < n < MIN_PEOPLE]
    for persona in report["personas"]:
        others = report["n_used"] - persona["size"]
        if persona["size"] < MIN_PERSONA:
            found.append(f"{persona['key']} has {persona['size']} people")
        for path, entry in _entries(persona):
            for name, size in (("share_here", persona["size"]), ("share_elsewhere", others)):
                if 0 < round(entry[name] * size, 3) < MIN_PEOPLE:
                    found.append(f"{persona['key']}{path}.{name}")
            if entry.get("kind") != "theme" and path.split(".")[1] != "channels":
                found += [f"{persona['key']}{path}: {word}" for word in _rare(entry["text"], texts)]
    return found


def _numbers(value: Any, path: str = "") -> Iterator[tuple[str, int]]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key not in NO_COUNTS:
                yield from _numbers(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from _numbers(one, path)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield path, value


def _entries(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "share_here" in value:
            yield path, value
        for key, one in value.items():
            yield from _entries(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from _entries(one, path)


def _rare(text: str, texts: dict[str, int]) -> list[str]:
    words = [part for token in tokenize(text) for part in token.lower.replace("'s", "").split("-")]
    common = {word for word in words if {word, stem(word)} & common_words() and word not in first_names()}
    return [word for word in words if texts.get(word, 0) < MIN_PEOPLE and word not in common]


@lru_cache(maxsize=1)
def _users() -> dict[str, int]:
    counts: Counter[str] = Counter()
    for person in prepare(corpus_with_secrets(), languages=LANGUAGES):
        used = {token.lower for text in person.texts.values() for token in tokenize(text)}
        counts.update(used | {part for word in used for part in word.split("-")})
    return dict(counts)


def test_no_number_or_word_of_a_report_is_about_a_small_group() -> None:
    assert small_groups(protected()[0].to_dict(), _users()) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("personas", 0, "traits", 0, "n"), 4),
        (("personas", 1, "size"), 9),
        (("personas", 0, "n_whole_card"), 3),
        (("personas", 2, "reasons", 0, "share_elsewhere"), 0.05),
        (("personas", 0, "reasons", -1, "text"), "zymurgy"),
        (
            ("personas", 0, "quotes"),
            [{"text": "Ask Quorra.", "item": "stay", "n": 9, "share_here": 0.5, "share_elsewhere": 0.0}],
        ),
        (("set_aside",), [{"reason": "no answer", "n": 2}]),
        (("scoring", "personas", 0, "facets", "who", "words", 0, "n"), 1),
        (("something new",), {"n_people": 3}),
    ],
)
def test_each_kind_of_small_group_is_seen(place: tuple[Any, ...], value: Any) -> None:
    report = copy.deepcopy(protected()[0].to_dict())
    holder: Any = report
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value

    assert small_groups(report, _users()) != []
