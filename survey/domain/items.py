"""Items of a questionnaire that HR makes: copied, added, reworded, translated, moved, dropped.

Two people may work on one questionnaire. Every change names the revision it was made on; if somebody else was
faster it is refused with both at hand, and nothing is overwritten. What was launched never changes: see the
triggers of the schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from survey.domain import audit
from survey.domain.questionnaire_files import dump, load
from survey.domain.questionnaires import CHANNELS_ITEM, DEFAULT_NAME
from survey.domain.questionnaires import options as options_of
from survey.enums import ItemType
from survey.exceptions import ConflictError, InvalidInputError, NotFoundError, StateError
from survey.models import Item, Questionnaire
from survey.models.base import utc_now
from survey.texts import clean, one_line

#: Limits of what an item says and takes. Longer ones are not read, on a phone least of all.
MAX_NAME, MAX_PROMPT, MAX_HELP, MAX_HEADING, MAX_OPTION = 120, 300, 600, 120, 120
MAX_OPTIONS, MAX_ITEMS, MAX_PAGES, MAX_BOXES, MAX_SUGGESTIONS = 40, 40, 20, 10, 300
LEAST_CHARS, MOST_CHARS = 50, 5000
#: Kinds that HR can add; others come with the questionnaires that are copied.
ADDABLE = (ItemType.OPEN, ItemType.CHOICES)
#: Columns of the file formats that an item must not be called after.
_RESERVED = {"id", "quote"}
_UNLIKE = re.compile(r"[^a-z0-9]+")
_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
#: How an item can be asked beyond its type: in boxes, in sets of options, after another one, as part of a view.
_RULES = {"boxes", "sets", "follows", "view"}


class ItemConflictError(ConflictError):
    """Somebody else changed the item after this person opened it; the form shows both."""

    message = "Somebody else has changed this question in the meantime. Compare both, then save again."


@dataclass(frozen=True, slots=True)
class Wording:
    """What an item says in one language; ``options`` are labels in their order.

    ``probes`` are what a follow-up asks, by what it asks for, ``suggestions`` what is offered while somebody types;
    None leaves either as it is.
    """

    prompt: str
    help: str = ""
    heading: str = ""
    options: tuple[str, ...] = field(default_factory=tuple)
    probes: Mapping[str, str] | None = None
    suggestions: tuple[str, ...] | None = None


def get_questionnaire(session: Session, questionnaire_id: int) -> Questionnaire:
    """Return a questionnaire. Raises NotFoundError."""
    questionnaire = session.get(Questionnaire, questionnaire_id)
    if questionnaire is None:
        raise NotFoundError("There is no such questionnaire.")
    return questionnaire


def get_item(session: Session, item_id: int) -> Item:
    """Return an item. Raises NotFoundError."""
    item = session.get(Item, item_id)
    if item is None:
        raise NotFoundError("There is no such question. Perhaps somebody has dropped it.")
    return item


def is_editable(questionnaire: Questionnaire) -> bool:
    """Whether HR may change it: neither launched nor the default one, which is there to be copied."""
    return questionnaire.frozen_at is None and questionnaire.name != DEFAULT_NAME


def copy_questionnaire(
    session: Session, source: Questionnaire, *, name: str = "", account_id: int | None = None
) -> Questionnaire:
    """Add a copy that can be edited: the next version, or the first one under a new name.

    Raises InvalidInputError for a name that cannot be used.
    """
    name = one_line(name) or source.name
    if len(name) > MAX_NAME:
        raise InvalidInputError(f"Give the questionnaire a name of at most {MAX_NAME} characters.")
    if name == DEFAULT_NAME:
        raise InvalidInputError("Give your copy of the default questionnaire a name of its own.")
    newest = session.scalar(select(func.max(Questionnaire.version)).where(Questionnaire.name == name)) or 0
    items = [Item(**_columns(item, without={"id", "questionnaire_id", "revision"})) for item in source.items]
    copy = Questionnaire(name=name, version=newest + 1, items=items)
    session.add(copy)
    session.flush()
    audit.record(session, "copied", f"questionnaire {source.id}", account_id=account_id, copy=copy.id)
    return copy


def add_questionnaire(
    session: Session, content: Any, *, frozen: bool = False, account_id: int | None = None
) -> Questionnaire:
    """Add a questionnaire that :func:`survey.domain.questionnaire_files.dump` wrote, or return the one that is equal.

    If its name and version are taken by another one it becomes the next version of its name.

    Raises InvalidInputError if it is none, or says what no questionnaire of ours may.
    """
    questionnaire = load(content) if isinstance(content, Mapping) else load({})
    _check_questionnaire(questionnaire)
    named = session.scalars(select(Questionnaire).where(Questionnaire.name == questionnaire.name)).all()
    wanted = dump(questionnaire)["items"]
    equal = next((known for known in named if dump(known)["items"] == wanted), None)
    if equal is not None:
        if frozen:
            freeze(session, equal)
        return equal
    if questionnaire.name == DEFAULT_NAME and not frozen:
        raise InvalidInputError("The default questionnaire comes with Kindred. Give yours a name of its own.")
    if questionnaire.version in {known.version for known in named}:
        questionnaire.version = max(known.version for known in named) + 1
    session.add(questionnaire)
    session.flush()
    if frozen:
        freeze(session, questionnaire)
    audit.record(session, "uploaded", f"questionnaire {questionnaire.id}", account_id=account_id)
    return questionnaire


def add_item(
    session: Session,
    questionnaire: Questionnaire,
    *,
    item_type: ItemType,
    wording: Wording,
    page: int,
    max_chars: int = 2000,
    language: str = "en",
    account_id: int | None = None,
) -> Item:
    """Add a question at the end. Raises StateError if it cannot be edited, InvalidInputError."""
    _lock(session, questionnaire)
    if item_type not in ADDABLE:
        raise InvalidInputError("Choose a kind of question.")
    if len(questionnaire.items) >= MAX_ITEMS:
        raise InvalidInputError(f"A questionnaire has {MAX_ITEMS} questions at most. Drop one first.")
    _check_limits(page, max_chars)
    options = _option_codes(wording.options, {}) if item_type is ItemType.CHOICES else None
    item = Item(
        name=_free_name(questionnaire, wording.prompt),
        item_type=item_type,
        page=page,
        position=max((i.position for i in questionnaire.items), default=0) + 1,
        max_chars=max_chars,
        texts={language: _texts({}, wording, options)},
    )
    questionnaire.items.append(item)
    _settle_order(questionnaire)
    _touch(session, questionnaire, "added an item to", account_id)
    return item


def change_item(
    session: Session,
    item: Item,
    *,
    revision: int,
    wording: Wording,
    language: str,
    page: int | None = None,
    max_chars: int | None = None,
    account_id: int | None = None,
) -> None:
    """Reword an item in one language, or translate it; page and limit may change too.

    Raises ItemConflictError if it is no longer at ``revision``, StateError, InvalidInputError.
    """
    questionnaire = _lock(session, get_questionnaire(session, item.questionnaire_id))
    session.refresh(item)
    if item.revision != revision:
        raise ItemConflictError
    _check_limits(page or item.page, max_chars or item.max_chars)
    main: dict[str, Any] = next(iter(item.texts.values()), {})
    codes: Mapping[str, str] | None = None
    if main.get("options"):
        if language == next(iter(item.texts)):
            codes = _option_codes(wording.options, main["options"])
        elif any(wording.options):
            codes = _translated(wording.options, main["options"])
        else:
            codes = {}
    changed = {**item.texts, language: _texts(item.texts.get(language, {}), wording, codes)}
    if codes is not None and language == next(iter(item.texts)):
        changed = {code: _with_options(texts, codes) for code, texts in changed.items()}
    item.texts = changed
    item.page, item.max_chars = page or item.page, max_chars or item.max_chars
    item.revision += 1
    _settle_order(questionnaire)
    session.flush()
    session.refresh(questionnaire, ["items"])
    audit.record(session, "changed an item of", f"questionnaire {questionnaire.id}", account_id=account_id)


def move_item(
    session: Session, item: Item, *, revision: int, up: bool, account_id: int | None = None
) -> None:
    """Let an item change places with its neighbour; it takes over the neighbour's page.

    Raises ConflictError if the questionnaire is no longer at ``revision``, StateError.
    """
    questionnaire = _at_revision(session, item, revision)
    items = list(questionnaire.items)
    at = next(index for index, other in enumerate(items) if other.id == item.id)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(items):
        return
    neighbour = items[to]
    if neighbour.page != item.page:  # over the border of a page: join the neighbour there
        item.page = neighbour.page
    else:
        items[at], items[to] = neighbour, item
    for position, each in enumerate(items, start=1):
        each.position = position
    _settle_order(questionnaire)
    _touch(session, questionnaire, "moved an item of", account_id)


def drop_item(
    session: Session, item: Item, *, revision: int, item_revision: int, account_id: int | None = None
) -> None:
    """Take an item out, and the follow-up questions to it.

    Raises ConflictError if questionnaire or item are no longer as this person saw them, StateError.
    """
    questionnaire = _at_revision(session, item, revision)
    if item.revision != item_revision:
        raise ItemConflictError(
            "Somebody else has just changed this question. Look at it before you drop it."
        )
    gone = {item.name}
    for each in list(questionnaire.items):
        if each is item or each.rules.get("follows") in gone:
            gone.add(each.name)
            questionnaire.items.remove(each)
    _settle_order(questionnaire)
    _touch(session, questionnaire, "dropped an item of", account_id)


def freeze(session: Session, questionnaire: Questionnaire) -> None:
    """Fix a questionnaire for ever. Raises InvalidInputError if it is empty."""
    session.refresh(questionnaire, with_for_update=True)
    if not questionnaire.items:
        raise InvalidInputError("The questionnaire is empty. Add at least one question.")
    if questionnaire.frozen_at is None:
        questionnaire.frozen_at = utc_now()
        session.flush()


def main_language(questionnaire: Questionnaire) -> str:
    """Return the language that the others are translated from."""
    return next((language for item in questionnaire.items for language in item.texts), "en")


def languages(questionnaire: Questionnaire) -> list[str]:
    """Return the languages that any item is written in, the main one first."""
    found = {main_language(questionnaire): None}
    for item in questionnaire.items:
        found.update(dict.fromkeys(item.texts))
    return list(found)


def _lock(session: Session, questionnaire: Questionnaire) -> Questionnaire:
    """Hold the questionnaire for this transaction: a launch waits for us or we for it."""
    session.refresh(questionnaire, with_for_update=True)
    if not is_editable(questionnaire):
        raise StateError("This questionnaire is in use or the default one. Edit a copy of it.")
    return questionnaire


def _at_revision(session: Session, item: Item, revision: int) -> Questionnaire:
    questionnaire = _lock(session, get_questionnaire(session, item.questionnaire_id))
    if questionnaire.revision != revision:
        raise ConflictError(
            "Somebody else has changed the order of the items in the meantime. This is how it is now; "
            "make your change again if it is still needed."
        )
    session.refresh(item)
    return questionnaire


def _touch(session: Session, questionnaire: Questionnaire, deed: str, account_id: int | None) -> None:
    questionnaire.revision += 1
    session.flush()
    session.refresh(questionnaire)
    audit.record(session, deed, f"questionnaire {questionnaire.id}", account_id=account_id)


def _settle_order(questionnaire: Questionnaire) -> None:
    """Number items and pages without gaps: a page without items would be an empty screen."""
    ordered = sorted(questionnaire.items, key=lambda item: (item.page, item.position))
    pages = {page: number for number, page in enumerate(sorted({item.page for item in ordered}), start=1)}
    for position, item in enumerate(ordered, start=1):
        item.position, item.page = position, pages[item.page]


def _columns(item: Item, *, without: set[str]) -> dict[str, Any]:
    return {c.key: getattr(item, c.key) for c in inspect(Item).column_attrs if c.key not in without}


def _check_questionnaire(questionnaire: Questionnaire) -> None:
    """Raise InvalidInputError if something in it is longer, more or other than what can be made on the pages."""
    if not 0 < len(questionnaire.name) <= MAX_NAME or not 1 <= questionnaire.version < 10_000:
        raise InvalidInputError(f"Give the questionnaire a name of at most {MAX_NAME} characters.")
    if not 1 <= len(questionnaire.items) <= MAX_ITEMS:
        raise InvalidInputError(f"A questionnaire has from 1 to {MAX_ITEMS} items.")
    names = [item.name for item in questionnaire.items]
    if len(set(names)) < len(names):
        raise InvalidInputError("Two items have the same name. Rename one of them.")
    for item in questionnaire.items:
        if not (isinstance(item.name, str) and _NAME.fullmatch(item.name)) or item.name in _RESERVED:
            raise InvalidInputError(
                "The name of an item has small letters, digits and “_”, 40 at most, and is not id or quote."
            )
        try:
            if type(item.page) is not int or type(item.max_chars) is not int:
                raise TypeError
            _check_limits(item.page, item.max_chars)
            _check_texts(item)
        except (AttributeError, KeyError, TypeError) as error:
            raise InvalidInputError(
                f"The item {item.name} lacks its page, its limit or its texts."
            ) from error
    for place, item in enumerate(questionnaire.items):
        if problem := _bad_rule(item, questionnaire.items[:place]):
            raise InvalidInputError(f"The rules of the item {item.name}: {problem}")


def _bad_rule(item: Item, before: Sequence[Item]) -> str:
    """Say what in an item's rules the answering pages could not follow; empty if they can."""
    rules: Any = item.rules
    if not isinstance(rules, dict) or not rules.keys() <= _RULES:
        return f"there can be {', '.join(sorted(_RULES))}, and nothing else."
    is_open = item.item_type is ItemType.OPEN
    if "boxes" in rules and not (is_open and _is_number(rules["boxes"], 1, MAX_BOXES)):
        return f"“boxes” is a number from 1 to {MAX_BOXES} and belongs to an open item."
    n_options = len(options_of(item))
    if "sets" in rules and not (
        not is_open and item.name != CHANNELS_ITEM and _is_number(rules["sets"], 1, n_options // 2)
    ):
        return "“sets” belongs to choices other than channels, with two options or more to a set."
    if "follows" in rules and not (
        is_open and rules["follows"] in [one.name for one in before if one.item_type is ItemType.OPEN]
    ):
        return "“follows” names an open item that stands before it, and belongs to an open item."
    if "view" in rules and not (
        is_open and isinstance(rules["view"], str) and _NAME.fullmatch(rules["view"])
    ):
        return "“view” is the name of an item and belongs to an open item."
    return ""


def _is_number(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _check_texts(item: Item) -> None:
    by_language: Mapping[str, Mapping[str, Any]] = item.texts
    if not by_language:
        raise InvalidInputError("An item has no texts. Write what it asks in one language at least.")
    if item.item_type is ItemType.CHOICES and not options_of(item):
        raise InvalidInputError(f"The item {item.name} offers no options. Give it at least one.")
    for language, texts in by_language.items():
        if not _LANGUAGE.fullmatch(language):
            raise InvalidInputError("Write the language of a text as a code such as en or sv.")
        options = texts.get("options", {})
        if len(options) > MAX_OPTIONS or not all(0 < len(label) <= MAX_OPTION for label in options.values()):
            raise InvalidInputError(f"An item has {MAX_OPTIONS} options at most, of {MAX_OPTION} characters.")
        if any(not code or ";" in code for code in options):
            raise InvalidInputError("The code of an option is not empty and holds no “;”.")
        offered, probes = texts.get("suggestions", []), texts.get("probes", {})
        if not all(
            isinstance(text, str) for text in (*options.values(), *offered, *probes.keys(), *probes.values())
        ):
            raise InvalidInputError(
                f"The item {item.name} has a text that is none. Put it in quotation marks."
            )
        wording = Wording(
            texts["prompt"], texts.get("help", ""), texts.get("heading", ""), (), probes, tuple(offered)
        )
        _texts(texts, wording, None)


def _check_limits(page: int, max_chars: int) -> None:
    if not 1 <= page <= MAX_PAGES:
        raise InvalidInputError(f"The page is a number from 1 to {MAX_PAGES}.")
    if not LEAST_CHARS <= max_chars <= MOST_CHARS:
        raise InvalidInputError(f"An answer may have from {LEAST_CHARS} to {MOST_CHARS:,} characters.")


def _texts(before: Mapping[str, Any], wording: Wording, options: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the texts of one language; keys this module does not know stay."""
    prompt, help_text, heading = clean(wording.prompt), clean(wording.help), one_line(wording.heading)
    probes = {probe: text for probe, asked in (wording.probes or {}).items() if (text := one_line(asked))}
    if not prompt:
        raise InvalidInputError("Write what you ask.")
    for text, most, what in (
        *((asked, MAX_PROMPT, "What you ask") for asked in (prompt, *probes.values())),
        (help_text, MAX_HELP, "The help"),
        (heading, MAX_HEADING, "The heading"),
    ):
        if len(text) > most:
            raise InvalidInputError(
                f"{what} has {len(text)} characters and {most} are allowed. Shorten it: long questions are skipped."
            )
    texts = {**before, "prompt": prompt, "help": help_text}
    texts.pop("heading", None)
    if heading:
        texts["heading"] = heading
    if options is not None:
        texts["options"] = dict(options)
    if wording.probes is not None:
        texts["probes"] = probes
    if wording.suggestions is not None:
        texts["suggestions"] = _suggestions(wording.suggestions)
    return {key: value for key, value in texts.items() if value or key not in ("probes", "suggestions")}


def _suggestions(given: Sequence[str]) -> list[str]:
    offered = list(dict.fromkeys(text for one in given if (text := one_line(one))))
    if len(offered) > MAX_SUGGESTIONS or any(len(text) > MAX_OPTION for text in offered):
        raise InvalidInputError(
            f"An item has {MAX_SUGGESTIONS} suggestions at most, of {MAX_OPTION} characters. Leave some out."
        )
    return offered


def _labels(given: Sequence[str]) -> list[str]:
    labels = [text for label in given if (text := one_line(label))]
    if any(len(label) > MAX_OPTION for label in labels):
        raise InvalidInputError(f"An option has {MAX_OPTION} characters at most. Shorten it.")
    if len({label.casefold() for label in labels}) < len(labels):
        raise InvalidInputError("Two options are the same. Delete one of them.")
    return labels


def _option_codes(given: Sequence[str], before: Mapping[str, str]) -> dict[str, str]:
    """Return labels by code; an option keeps its code when it is moved, or reworded where it stands."""
    labels = _labels(given)
    if not 2 <= len(labels) <= MAX_OPTIONS:
        raise InvalidInputError(f"Give from 2 to {MAX_OPTIONS} options, one per line.")
    known = {label: code for code, label in before.items()}
    places = list(before)
    codes: dict[str, str] = {}
    for place, label in enumerate(labels):
        code = known.get(label)
        if code is None and len(labels) == len(before) and before[places[place]] not in labels:
            code = places[place]
        if code is None or code in codes:
            code = _free(_slug(label), {*codes, *before})
        codes[code] = label
    return codes


def _translated(given: Sequence[str], main: Mapping[str, str]) -> dict[str, str]:
    labels = _labels(given)
    if len(labels) != len(main):
        raise InvalidInputError(
            f"There are {len(main)} options and {len(labels)} lines. Translate each option on a line of its "
            "own, in the same order."
        )
    return dict(zip(main, labels, strict=True))


def _with_options(texts: dict[str, Any], main: Mapping[str, str]) -> dict[str, Any]:
    """Keep of a translation the options that still exist, in the main order."""
    if not texts.get("options"):
        return texts
    return {**texts, "options": {code: texts["options"][code] for code in main if code in texts["options"]}}


def _free_name(questionnaire: Questionnaire, prompt: str) -> str:
    return _free(_slug(prompt), {item.name for item in questionnaire.items} | _RESERVED)


def _slug(text: str) -> str:
    return _UNLIKE.sub("_", text.casefold()).strip("_")[:32].strip("_") or "item"


def _free(name: str, taken: set[str]) -> str:
    return next(n for k in range(len(taken) + 2) if (n := f"{name}_{k + 1}" if k else name) not in taken)
