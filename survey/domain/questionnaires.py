"""Questionnaires: what is asked, as rows and as JSON. The default one lies beside; answering lives in responses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.enums import ItemType
from survey.models import Item, Questionnaire

#: Asked of an item beyond its type; all optional. docs/files.md says what each does.
RULES = ("boxes", "sets", "follows", "view")


def default_questionnaire(session: Session) -> Questionnaire:
    """Return the default questionnaire; the first call adds it. Waves with an earlier version keep theirs."""
    content = read_default()
    found = session.scalar(
        select(Questionnaire).where(
            Questionnaire.name == content["name"], Questionnaire.version == content["version"]
        )
    )
    if found is not None:
        return found
    questionnaire = questionnaire_of(content)
    session.add(questionnaire)
    session.flush()
    return questionnaire


def read_default() -> dict[str, Any]:
    """Return the JSON form of the default questionnaire."""
    content: dict[str, Any] = json.loads(
        (files("survey.domain") / "default_questionnaire.json").read_text("utf-8")
    )
    return content


def questionnaire_of(content: Mapping[str, Any]) -> Questionnaire:
    """Return the questionnaire that its JSON form describes, belonging to no session yet."""
    items = [_item_of(entry, position) for position, entry in enumerate(content["items"], start=1)]
    return Questionnaire(name=content["name"], version=content.get("version", 1), items=items)


def content_of(questionnaire: Questionnaire) -> dict[str, Any]:
    """Return the JSON form of a questionnaire; :func:`questionnaire_of` reads it back equal."""
    items = [
        {
            "name": item.name,
            "type": item.item_type.value,
            "page": item.page,
            "max_chars": item.max_chars,
            **item.rules,
            "texts": item.texts,
        }
        for item in questionnaire.items
    ]
    return {"name": questionnaire.name, "version": questionnaire.version, "items": items}


def texts_of(item: Item, language: str = "en") -> dict[str, Any]:
    """Return an item's texts in a language, else in English, else in its first one."""
    for wanted in (language, "en", *item.texts):
        if wanted in item.texts:
            return dict(item.texts[wanted])
    return {"prompt": item.name}


def options(item: Item, language: str = "en") -> dict[str, str]:
    """Return the options of an item by code, with their labels."""
    return dict(texts_of(item, language).get("options", {}))


def view_of(item: Item) -> str:
    """Return the item of the analysis to which an open-ended item's answer belongs: itself, unless it says so."""
    return str(item.rules.get("view", item.name))


def languages_of(items: Sequence[Item]) -> list[str]:
    """Return the languages in which every item is worded, in the order of the first one."""
    first = items[0].texts if items else {}
    return [language for language in first if all(language in item.texts for item in items)]


def _item_of(entry: Mapping[str, Any], position: int) -> Item:
    return Item(
        name=entry["name"],
        item_type=ItemType(entry["type"]),
        page=entry["page"],
        position=position,
        max_chars=entry.get("max_chars", 2000),
        rules={rule: entry[rule] for rule in RULES if rule in entry},
        texts=entry["texts"],
    )
