"""Whether a questionnaire is fit to be sent: how long it takes, how hard it reads, what is missing.

Advice for HR, computed from the questionnaire alone. Only an empty one is refused, by the launch.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from survey.domain.items import MAX_HELP, MAX_OPTION, MAX_PROMPT, languages, main_language
from survey.models import Item, Questionnaire

#: Silent reading of non-fiction, words a minute (Brysbaert 2019, doi 10.1016/j.jml.2019.104047).
READING_SPEED = 238
#: Typing own words, words a minute, half of the people on a phone (21) and half at a keyboard (30). Copying goes at 36
#: (Palin et al. 2019, doi 10.1145/3338286.3340120) and 52 (Dhakal et al. 2018, doi 10.1145/3173574.3174220), composing
#: at .58 of that (Karat et al. 1999, doi 10.1145/302979.303160).
COMPOSING_SPEED = 25
#: Median words of an open-ended item, and of one in boxes (the Jupyter survey of 2015, where both were asked).
OPEN_WORDS, BOX_WORDS = 16, 11
#: Finding something to say: a rule of thumb.
THINKING_SECONDS = 10
#: Share of those who reach the end that answer an open-ended item (there 672 of 779, at the first of a run).
ANSWERED_SHARE = 0.86
#: Share of those who answered an item that answer its follow-up question; the others skip it, or are not asked.
FOLLOW_UP_SHARE = 1 / 2
#: Deciding on one option.
OPTION_SECONDS = 1.5
#: Introduction, attributes, consent and the last look before sending.
FRAME_SECONDS = 90
#: What the median respondent is promised and gives.
GOOD_MINUTES = 8.0
#: From so many open-ended items in a row on, people leave (a run of six cost half of all answers).
LONG_RUN = 5
#: Open-ended items that fit on one screen.
OPEN_PER_PAGE = 2
#: LIX at which a text reads like a specialist's (Björnsson 1968); newspapers have about 45.
HARD_LIX = 45
#: Languages whose words and sentences LIX measures.
_LIX_LANGUAGES = {"en", "sv", "de", "es", "da", "nb", "no", "nn", "fr", "it", "nl", "pt"}
#: What an item may say in each of its languages, beside its options.
_TEXTS = ("prompt", "help", "heading", "probes", "suggestions")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?…:]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at. ``item_id`` is None when it concerns the whole; ``kind`` names the sentence."""

    kind: str
    item_id: int | None = None
    language: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """What the check says: minutes at the median and in full, LIX by language (None where it cannot tell), findings."""

    minutes: float
    #: If nothing at all is skipped.
    minutes_in_full: float
    lix: dict[str, float | None]
    findings: tuple[Finding, ...]


def check(questionnaire: Questionnaire, roster_languages: Collection[str] = ()) -> Check:
    """Look a questionnaire over; ``roster_languages`` are those of the people to be invited."""
    items = questionnaire.items
    spoken = languages(questionnaire)
    minutes, in_full = _minutes(questionnaire, is_median=True), _minutes(questionnaire, is_median=False)
    lix = {language: _lix(_running_text(items, language), language) for language in spoken}
    findings = [
        *([Finding("empty")] if not items else []),
        *([Finding("long", number=round(minutes))] if minutes > GOOD_MINUTES + 0.5 else []),
        *(Finding("hard", language=code) for code, value in lix.items() if value and value > HARD_LIX),
        *_runs(items),
        *_crowded_pages(items),
        *_too_long(items),
        *_untranslated(items, spoken),
        *(
            Finding("language", language=code)
            for code in sorted(set(roster_languages) - {*spoken, ""})
            if items
        ),
    ]
    return Check(minutes, in_full, lix, tuple(findings))


def is_open_ended(item: Item) -> bool:
    """Whether an item is answered in own words: it offers no options."""
    return not any(texts.get("options") for texts in item.texts.values())


def _minutes(questionnaire: Questionnaire, *, is_median: bool) -> float:
    if not questionnaire.items:
        return 0.0
    language = main_language(questionnaire)
    n_words = len(_WORD.findall(_running_text(questionnaire.items, language)))
    seconds = FRAME_SECONDS + 60 * n_words / READING_SPEED
    shares: dict[str, float] = {}
    for item in questionnaire.items:
        if is_open_ended(item):
            followed = (item.rules or {}).get("follows")
            shares[item.name] = (
                shares.get(followed, ANSWERED_SHARE) * FOLLOW_UP_SHARE if followed else ANSWERED_SHARE
            )
            seconds += _open_seconds(item) * (shares[item.name] if is_median else 1)
        else:
            options: dict[str, str] = item.texts.get(language, {}).get("options", {})
            seconds += OPTION_SECONDS * len(options)
    return seconds / 60


def _open_seconds(item: Item) -> float:
    n_words = BOX_WORDS if "boxes" in (item.rules or {}) else OPEN_WORDS
    return THINKING_SECONDS + 60 * n_words / COMPOSING_SPEED


def _running_text(items: Sequence[Item], language: str) -> str:
    """What somebody reads: a prompt is a sentence, whether it ends like one or not."""
    texts = [item.texts[language] for item in items if language in item.texts]
    return " . ".join(
        part for text in texts for part in (text.get("heading"), text.get("prompt"), text.get("help")) if part
    )


def _lix(text: str, language: str) -> float | None:
    words = _WORD.findall(text)
    if language not in _LIX_LANGUAGES or not words:
        return None
    n_sentences = sum(bool(_WORD.search(part)) for part in _SENTENCE.split(text))
    long_words = sum(len(word) > 6 for word in words)
    return len(words) / max(1, n_sentences) + 100 * long_words / len(words)


def _runs(items: Sequence[Item]) -> list[Finding]:
    findings, run = [], 0
    for item in _on_pages(items):
        run = run + 1 if is_open_ended(item) else 0
        if run == LONG_RUN:
            findings.append(Finding("run", item.id, number=LONG_RUN))
    return findings


def _on_pages(items: Sequence[Item]) -> list[Item]:
    """The items that everybody sees; a follow-up question has a screen of its own and may be skipped."""
    return [item for item in items if "follows" not in (item.rules or {})]


def _crowded_pages(items: Sequence[Item]) -> list[Finding]:
    pages: dict[int, list[Item]] = {}
    for item in _on_pages(items):
        if is_open_ended(item):
            pages.setdefault(item.page, []).append(item)
    return [
        Finding("crowded", some[OPEN_PER_PAGE].id, number=page)
        for page, some in pages.items()
        if len(some) > OPEN_PER_PAGE
    ]


def _too_long(items: Sequence[Item]) -> list[Finding]:
    return [
        Finding("wordy", item.id, language)
        for item in items
        for language, texts in item.texts.items()
        if len(texts.get("prompt", "")) > MAX_PROMPT
        or len(texts.get("help", "")) > MAX_HELP
        or any(len(label) > MAX_OPTION for label in _labels(texts))
    ]


def _untranslated(items: Sequence[Item], spoken: Sequence[str]) -> list[Finding]:
    findings = []
    for item in items:
        main: dict[str, Any] = next(iter(item.texts.values()), {})
        for language in spoken:
            texts = item.texts.get(language, {})
            missing_text = any(main.get(key) and not texts.get(key) for key in _TEXTS)
            if missing_text or len(_labels(texts)) < len(_labels(main)):
                findings.append(Finding("untranslated", item.id, language))
    return findings


def _labels(texts: dict[str, Any]) -> list[str]:
    options = texts.get("options") or {}
    return list(options.values()) if isinstance(options, dict) else []
