"""The questionnaire as screens of a form: which fields each shows, which travel hidden, what is wrong. No HTML.

Every screen carries all other answers as hidden fields, so nothing is kept on the server, and going back and
forth loses nothing without JavaScript.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from survey.domain.follow_ups import HOLD_OUT, FollowUp, follow_ups
from survey.domain.questionnaires import is_follow_up, options, texts_of
from survey.domain.responses import LEAST, MOST, read_answers, too_long
from survey.enums import ItemType
from survey.models import Item, Wave
from survey.texts import one_line

#: The field with the consent to be quoted.
QUOTE = "quote"
#: The field with a number drawn once for everybody: it decides on what chance decides, and is never stored.
DRAW = "draw"
N_DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Screen:
    """What is on the screen at one time: a page, or a follow-up question to one of its items."""

    page: int
    item: str = ""

    @property
    def id(self) -> str:
        """The screen in the form's field ``page``."""
        return f"{self.page}.{self.item}" if self.item else str(self.page)


@dataclass(frozen=True, slots=True)
class Choice:
    """A set of options of which one matters most and one least: their labels by code, and what is chosen."""

    name: str
    options: Mapping[str, str]
    most: str = ""
    least: str = ""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names and values of its form fields."""
        return ((f"{self.name}-most", self.most), (f"{self.name}-least", self.least))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a screen, ready to be drawn. ``kind`` is text, boxes, choices, sets, band or consent."""

    name: str
    kind: str
    label: str
    screen: Screen
    help: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    max_chars: int = 0
    values: tuple[str, ...] = ()
    problem: str = ""
    quoted: str = ""
    suggestions: Sequence[str] = ()
    sets: tuple[Choice, ...] = ()

    @property
    def value(self) -> str:
        """The only value of a field that has one."""
        return self.values[0] if self.values else ""

    @property
    def first(self) -> str:
        """The id of its first control, to which a message about it leads."""
        if self.kind == "sets":
            return f"{self.name}-1"
        return f"{self.name}-1" if self.kind == "boxes" else self.name

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Names and values as a form sends them; an empty box only where a later one is filled."""
        if self.sets:
            return [pair for choice in self.sets for pair in choice.pairs if pair[1]]
        last = max((n for n, value in enumerate(self.values, start=1) if value), default=0)
        return [(self.name, value) for value in self.values[:last]]


class SurveyForm:
    """What somebody has filled in so far, over all screens of a wave's questionnaire."""

    def __init__(self, wave: Wave, given: MultiDict[str, str], language: str = "en") -> None:
        self._items = wave.questionnaire.items
        self._attributes: list[dict[str, Any]] = wave.attributes
        self._given = given
        self.language = language
        self.draw = _read_draw(given.get(DRAW, ""))
        self.n_pages = max((item.page for item in self._items), default=0) + 1
        self._chosen = {item.name: self._sets(item) for item in self._items if "sets" in item.rules}
        self._answers = read_answers(self._items, {item.name: self._joined(item) for item in self._items})
        self.problems = dict(self._problems())

    @cached_property
    def screens(self) -> list[Screen]:
        """All screens in their order, given what has been answered: follow-ups come after their page."""
        asked = [Screen(put.item.page, name) for name, put in self._follow_ups.items()]
        pages = [Screen(number) for number in range(1, self.n_pages + 1)]
        return sorted([*pages, *asked], key=lambda screen: screen.page)

    def screen(self, name: str) -> Screen | None:
        """Return the screen that a form was sent from; None for the introduction or anything unknown."""
        number = name.partition(".")[0]
        found = {screen.id: screen for screen in self.screens}
        if name not in found and number.isdecimal() and len(number) < 4 and int(number) > self.n_pages:
            return self.screens[-1]
        return found.get(name, found.get(number))

    def after(self, screen: Screen | None) -> Screen:
        """Return the next screen."""
        position = self.screens.index(screen) + 1 if screen else 0
        return self.screens[min(position, len(self.screens) - 1)]

    def before(self, screen: Screen | None) -> Screen:
        """Return the screen before, or the first."""
        return self.screens[max(self.screens.index(screen) - 1, 0)] if screen else self.screens[0]

    def fields(self, screen: Screen) -> list[Field]:
        """Return the fields that a screen shows."""
        return [field for field in self._fields if field.screen == screen]

    def hidden(self, screen: Screen | None) -> list[tuple[str, str]]:
        """Return names and values of everything filled in on other screens."""
        told = [pair for field in self._fields if field.screen != screen for pair in field.pairs]
        return [*told, (DRAW, str(self.draw))]

    def heading(self, screen: Screen) -> str:
        """Return the heading of a screen."""
        if screen.page == self.n_pages:
            return str(_("Almost done"))
        for item in self._items:
            if self._screen_of(item) == screen and (heading := self._texts(item).get("heading")):
                return str(heading)
        return str(_("Your answers"))

    def has_problem_on(self, screen: Screen) -> bool:
        """Whether a screen holds an answer that cannot be taken as it is."""
        return bool(self.problems) and any(field.problem for field in self.fields(screen))

    def first_with_problem(self) -> Screen | None:
        """Return the first screen that holds an answer that cannot be taken as it is."""
        if not self.problems:
            return None
        return next((screen for screen in self.screens if self.has_problem_on(screen)), None)

    @property
    def nameless(self) -> list[str]:
        """Names of the fields in which two capitals in a row are no hint of a name: tools are written so."""
        return [_answer_name(item.name) for item in self._items if "suggestions" in self._texts(item)]

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been answered."""
        return not any(self._answers.values())

    @property
    def held_out(self) -> bool:
        """Whether chance has it that this person is asked no follow-up question."""
        return self.draw % HOLD_OUT == 0 and any(map(is_follow_up, self._items))

    def submission(self) -> dict[str, Any]:
        """Return the arguments for :func:`survey.domain.responses.seal`."""
        answers = {
            item.name: self._answers[item.name]
            for item in self._items
            if not is_follow_up(item) or item.name in self._follow_ups
        }
        return {
            "answers": answers,
            "attributes": self.bands,
            "quote": self._given.get(QUOTE) == "yes",
            "held_out": self.held_out,
        }

    @cached_property
    def bands(self) -> dict[str, str]:
        """The attributes told, by name; empty where left out."""
        given = {a["name"]: self._given.get(_band_name(a["name"]), "") for a in self._attributes}
        return {a["name"]: band for a in self._attributes if (band := given[a["name"]]) in ("", *a["bands"])}

    @cached_property
    def labels(self) -> dict[str, str]:
        """The labels of the attributes, by name."""
        common = _common_labels()
        return {a["name"]: common.get(a["label"].casefold(), a["label"]) for a in self._attributes}

    def _texts(self, item: Item) -> Mapping[str, Any]:
        return texts_of(item, self.language)

    def _screen_of(self, item: Item) -> Screen:
        return Screen(item.page, item.name if is_follow_up(item) else "")

    @cached_property
    def _follow_ups(self) -> dict[str, FollowUp]:
        return {} if self.held_out else follow_ups(self._items, self._answers, self.language)

    def _joined(self, item: Item) -> str:
        """Return an item's answer for :func:`read_answers`: boxes by lines, choices by semicolons."""
        if "boxes" in item.rules:
            return "\n".join(filter(None, self._written(item)))
        if item.item_type is ItemType.OPEN:
            return self._given.get(_answer_name(item.name), "")
        if item.name not in self._chosen:
            return ";".join(self._given.getlist(_answer_name(item.name)))
        chosen = self._chosen[item.name]
        return ";".join(
            [MOST + one.most for one in chosen if one.most]
            + [LEAST + one.least for one in chosen if one.least]
        )

    def _written(self, item: Item) -> list[str]:
        """Return what stands in the boxes of an item; what goes beyond them was never offered."""
        values = self._given.getlist(_answer_name(item.name))[: item.rules["boxes"]]
        return [one_line(value) for value in values]

    def _sets(self, item: Item) -> tuple[Choice, ...]:
        """Deal an item's options into sets, others for everybody, and read what was chosen in them."""
        labels = options(item, self.language)
        codes = list(options(item))
        random.Random(self.draw).shuffle(codes)
        n_sets = max(1, min(item.rules["sets"], len(codes) // 2))  # options may have been dropped since
        return tuple(
            self._choice(f"{_answer_name(item.name)}-{number + 1}", codes[number::n_sets], labels)
            for number in range(n_sets)
        )

    def _choice(self, name: str, codes: Sequence[str], labels: Mapping[str, str]) -> Choice:
        empty = Choice(name, {code: labels.get(code, code) for code in codes})
        most, least = (self._given.get(field, "") for field, _value in empty.pairs)
        return Choice(name, empty.options, most if most in codes else "", least if least in codes else "")

    def _problems(self) -> Iterator[tuple[str, str]]:
        for item in too_long(self._items, self._answers):
            yield (
                _answer_name(item.name),
                _(
                    "%(n)s characters, and %(most)s are allowed. Shorten it.",
                    n=format_decimal(len(self._answers[item.name])),
                    most=format_decimal(item.max_chars),
                ),
            )
        for name, sets in self._chosen.items():
            if any(one.most and one.most == one.least for one in sets):
                yield _answer_name(name), _("Nothing can be both most and least. Choose two different ones.")

    @cached_property
    def _fields(self) -> list[Field]:
        bands = [self._band_field(attribute) for attribute in self._attributes]
        asked = [item for item in self._items if not is_follow_up(item) or item.name in self._follow_ups]
        return [*(self._item_field(item) for item in asked), *bands, self._consent_field()]

    def _item_field(self, item: Item) -> Field:
        name, texts = _answer_name(item.name), self._texts(item)
        put = self._follow_ups.get(item.name)
        values, kind = self._values(item)
        return Field(
            name=name,
            kind=kind,
            label=texts.get("probes", {}).get(put.probe, texts["prompt"]) if put else texts["prompt"],
            screen=self._screen_of(item),
            help=texts.get("help", ""),
            options=options(item, self.language),
            max_chars=item.max_chars,
            values=values,
            problem=self.problems.get(name, ""),
            quoted=put.quoted if put else "",
            suggestions=texts.get("suggestions", ()),
            sets=self._chosen.get(item.name, ()),
        )

    def _values(self, item: Item) -> tuple[tuple[str, ...], str]:
        if "boxes" in item.rules:
            written = self._written(item)
            return (*written, *[""] * (item.rules["boxes"] - len(written))), "boxes"
        answer = self._answers[item.name]
        if item.item_type is ItemType.OPEN:
            return (answer,) if answer else (), "text"
        return tuple(filter(None, answer.split(";"))), "sets" if "sets" in item.rules else "choices"

    def _band_field(self, attribute: Mapping[str, Any]) -> Field:
        name = _band_name(attribute["name"])
        return Field(
            name=name,
            kind="band",
            label=self.labels[attribute["name"]],
            screen=Screen(self.n_pages),
            options={"": _("I would rather not say"), **{band: band for band in attribute["bands"]}},
            values=tuple(band for band in (self._given.get(name, ""),) if band in attribute["bands"]),
        )

    def _consent_field(self) -> Field:
        return Field(
            name=QUOTE,
            kind="consent",
            label=_("Yes, my sentences may be quoted word for word"),
            screen=Screen(self.n_pages),
            values=("yes",) if self._given.get(QUOTE) == "yes" else (),
        )


def _common_labels() -> dict[str, str]:
    """Return the labels that most rosters have, in the language of this request: a roster speaks one language."""
    return {
        "country": _("Country"),
        "department": _("Department"),
        "job family": _("Job family"),
        "location": _("Location"),
        "role": _("Role"),
        "seniority": _("Seniority"),
        "site": _("Site"),
        "team": _("Team"),
        "tenure": _("Years with us"),
        "years with us": _("Years with us"),
    }


def _read_draw(given: str) -> int:
    """Return the number that somebody drew earlier, or draw one: it must not follow from the link."""
    if given.isascii() and given.isdecimal() and len(given) < 6 and int(given) < N_DRAWS:
        return int(given)
    return secrets.randbelow(N_DRAWS)


def _answer_name(item_name: str) -> str:
    return f"answer-{item_name}"


def _band_name(attribute_name: str) -> str:
    return f"about-{attribute_name}"
