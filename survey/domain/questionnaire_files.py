"""A questionnaire as JSON: what is written can be read back equal (docs/files.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect

from survey.enums import ItemType
from survey.exceptions import InvalidInputError
from survey.models import Item, Questionnaire
from survey.texts import clean, one_line

SCHEMA_VERSION = 1
#: Columns that belong to one database and not to what is asked.
_OWN = {"id", "questionnaire_id", "position", "revision"}


def dump(questionnaire: Questionnaire) -> dict[str, Any]:
    """Return a questionnaire as values that JSON can hold."""
    keys = [column.key for column in inspect(Item).column_attrs if column.key not in _OWN]
    return {
        "schema_version": SCHEMA_VERSION,
        "name": questionnaire.name,
        "version": questionnaire.version,
        "items": [{key: getattr(item, key) for key in keys} for item in questionnaire.items],
    }


def load(content: Mapping[str, Any]) -> Questionnaire:
    """Return the questionnaire that such values describe; it is in no session yet.

    Raises InvalidInputError if they are of another schema or lack what every item has.
    """
    if content.get("schema_version") != SCHEMA_VERSION:
        raise InvalidInputError(f"This questionnaire is not of schema version {SCHEMA_VERSION}.")
    known = {column.key for column in inspect(Item).column_attrs} - _OWN
    try:
        return Questionnaire(
            name=one_line(str(content["name"])),
            version=int(content.get("version", 1)),
            items=[
                Item(
                    **{"rules": {}}
                    | {key: _plain(value) for key, value in item.items() if key in known - {"item_type"}},
                    item_type=ItemType(item["item_type"]),
                    position=position,
                )
                for position, item in enumerate(content["items"], start=1)
            ],
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InvalidInputError(
            "This is no questionnaire: an item lacks its name, type, page or texts."
        ) from error


def _plain(value: Any) -> Any:
    """Return a value of JSON with every text in it clean: no database and no page can take some characters."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {clean(key): _plain(each) for key, each in value.items()}
    return value
