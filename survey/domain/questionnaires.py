"""Questionnaires: what is asked, and in which words. The default one lies beside; answering lives in responses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.domain.questionnaire_files import load
from survey.models import Item, Questionnaire

DEFAULT_NAME = "Who we are and why we stay"
#: The choices that say how people hear about jobs.
CHANNELS_ITEM = "channels"


def default_questionnaire(session: Session) -> Questionnaire:
    """Return the default questionnaire; the first call adds it. Waves with an earlier version keep theirs."""
    questionnaire = read_default()
    found = session.scalar(
        select(Questionnaire).where(
            Questionnaire.name == questionnaire.name, Questionnaire.version == questionnaire.version
        )
    )
    if found is not None:
        return found
    session.add(questionnaire)
    session.flush()
    return questionnaire


def read_default() -> Questionnaire:
    """Return the default questionnaire, belonging to no session yet."""
    return load(json.loads((files("survey.domain") / "default_questionnaire.json").read_text("utf-8")))


def texts_of(item: Item, language: str = "en") -> Mapping[str, Any]:
    """Return an item's texts in a language, else in English, else in its first one."""
    texts: Mapping[str, Mapping[str, Any]] = item.texts
    for wanted in (language, "en", *texts):
        if wanted in texts:
            return texts[wanted]
    return {"prompt": item.name}


def options(item: Item, language: str = "en") -> Mapping[str, str]:
    """Return the options of an item by code, with their labels."""
    found: Mapping[str, str] = texts_of(item, language).get("options", {})
    return found


def is_follow_up(item: Item) -> bool:
    """Whether an item is asked only after another one was answered."""
    return "follows" in item.rules


def view_of(item: Item) -> str:
    """Return the item of the analysis to which an open-ended item's answer belongs: itself, unless it says so."""
    return str(item.rules.get("view", item.name))


def languages_of(items: Sequence[Item]) -> list[str]:
    """Return the languages in which every item is worded, in the order of the first one."""
    if not items:
        return []
    first, *others = (item.texts for item in items)
    everywhere = set(first).intersection(*others)
    return [language for language in first if language in everywhere]
