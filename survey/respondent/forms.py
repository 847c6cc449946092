"""The questionnaire as pages of a form: which fields a page shows, which travel hidden, what is wrong. No HTML.

Every page carries all earlier answers as hidden fields, so nothing is kept on the server, and going back and
forth loses nothing without JavaScript.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from survey.domain.responses import CHANNELS_ITEM, length_problems, options, read_answers
from survey.enums import ItemType
from survey.models import Item, Wave

#: The field with the consent to be quoted.
QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a page, ready to be drawn. ``kind`` is text, choices, band or consent."""

    name: str
    kind: str
    label: str
    page: int
    help: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    max_chars: int = 0
    values: tuple[str, ...] = ()
    problem: str = ""

    @property
    def value(self) -> str:
        """The only value of a field that has one."""
        return self.values[0] if self.values else ""


class SurveyForm:
    """What somebody has filled in so far, over all pages of a wave's questionnaire."""

    def __init__(self, wave: Wave, given: MultiDict[str, str]) -> None:
        self._items = wave.questionnaire.items
        self._attributes: list[dict[str, Any]] = wave.attributes
        self._given = given
        self.n_pages = max((item.page for item in self._items), default=0) + 1
        self._answers = read_answers(self._items, {item.name: self._joined(item) for item in self._items})
        self.problems = {
            _answer_name(name): problem
            for name, problem in length_problems(self._items, self._answers).items()
        }

    def page(self, number: int) -> list[Field]:
        """Return the fields that a page shows."""
        return [field for field in self._fields if field.page == number]

    def hidden(self, number: int) -> list[tuple[str, str]]:
        """Return names and values of everything filled in on other pages."""
        return [
            (field.name, value)
            for field in self._fields
            if field.page != number
            for value in field.values
            if value
        ]

    def heading(self, number: int) -> str:
        """Return the heading of a page."""
        if number == self.n_pages:
            return str(_("Almost done"))
        texts = (_texts(item) for item in self._items if item.page == number)
        return str(next((text["heading"] for text in texts if text.get("heading")), _("Your answers")))

    def has_problem_on(self, number: int) -> bool:
        """Whether a page holds an answer over its limit."""
        return bool(self.problems) and any(field.problem for field in self.page(number))

    def first_page_with_problem(self) -> int | None:
        """Return the first page that holds an answer over its limit."""
        return (
            min((field.page for field in self._fields if field.problem), default=None)
            if self.problems
            else None
        )

    def submission(self) -> dict[str, Any]:
        """Return the arguments for :func:`survey.domain.responses.submit`."""
        answers = dict(self._answers)
        channels = answers.pop(CHANNELS_ITEM, "")
        return {
            "answers": answers,
            "channels": channels.split(";"),
            "attributes": self.bands,
            "quote": self._given.get(QUOTE) == "yes",
        }

    @property
    def bands(self) -> dict[str, str]:
        """The attributes told, by name; empty where left out."""
        given = {a["name"]: self._given.get(_band_name(a["name"]), "") for a in self._attributes}
        return {a["name"]: band for a in self._attributes if (band := given[a["name"]]) in ("", *a["bands"])}

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the attributes, by name."""
        return {a["name"]: a["label"] for a in self._attributes}

    def _joined(self, item: Item) -> str:
        return ";".join(self._given.getlist(_answer_name(item.name)))

    @cached_property
    def _fields(self) -> list[Field]:
        bands = [self._band_field(attribute) for attribute in self._attributes]
        return [*(self._item_field(item) for item in self._items), *bands, self._consent_field()]

    def _item_field(self, item: Item) -> Field:
        name, texts, answer = _answer_name(item.name), _texts(item), self._answers[item.name]
        is_choices = item.item_type is ItemType.CHOICES
        return Field(
            name=name,
            kind="choices" if is_choices else "text",
            label=texts["prompt"],
            page=item.page,
            help=texts.get("help", ""),
            options=options(item),
            max_chars=item.max_chars,
            values=tuple(filter(None, answer.split(";") if is_choices else (answer,))),
            problem=self.problems.get(name, ""),
        )

    def _band_field(self, attribute: Mapping[str, Any]) -> Field:
        name = _band_name(attribute["name"])
        return Field(
            name=name,
            kind="band",
            label=attribute["label"],
            page=self.n_pages,
            options={"": _("I would rather not say"), **{band: band for band in attribute["bands"]}},
            values=tuple(band for band in (self._given.get(name, ""),) if band in attribute["bands"]),
        )

    def _consent_field(self) -> Field:
        return Field(
            name=QUOTE,
            kind="consent",
            label=_("Yes, my sentences may be quoted word for word"),
            page=self.n_pages,
            values=("yes",) if self._given.get(QUOTE) == "yes" else (),
        )


def _answer_name(item_name: str) -> str:
    return f"answer-{item_name}"


def _band_name(attribute_name: str) -> str:
    return f"about-{attribute_name}"


def _texts(item: Item) -> dict[str, Any]:
    """Return an item's texts in its first language."""
    return next(iter(item.texts.values()), {"prompt": item.name})
