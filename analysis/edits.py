"""What a person changed about personas, made again on what a later run finds.

Keys, names and even groups differ between runs, so an edit names its persona by the people in it. Edits are replayed
in their order: first those of who belongs together (:func:`regroup`), then, once the groups are described, those of
what a card says (:func:`retouch`). What cannot be replayed is reported with a sentence, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.describe import LISTS, MIN_PEOPLE, Lexicon, Members
from analysis.exceptions import InvalidEditError
from analysis.kmeans import FloatArray, IntArray
from analysis.quotes import (
    MAX_WORDS,
    as_written,
    is_delicate,
    is_open,
    is_quotable,
    may_tell_stories,
    same_words,
)
from analysis.report import Persona, Quote, Unreplayed
from analysis.text import sentences, tokenize
from analysis.views import Person

#: A persona is found again in the group with which it shares more than this part of all people in either (Jaccard).
#: Over one half, no other group can share as much, and no other persona can be found in the same group.
MIN_OVERLAP = 0.5

#: What each kind of edit must say beside whose card it changes.
SAYS: Mapping[str, tuple[str, ...]] = {
    "rename": ("text",),
    "rewrite": ("text",),
    "drop": ("where", "text"),
    "pin": ("where", "text"),
    "lock": (),
    "split": (),
    "merge": (),
}
MAX_TEXT_CHARS = 2000
#: Lists of a card, from which entries are dropped.
LISTS_OF_A_CARD = (*LISTS, "channels", "leanings", "concerns", "quotes")

#: In place of a label: words that were taken off are shown on no card, wherever who wrote them stands by now.
EVERYWHERE = -1

#: Two groups of the people of one: takes their rows; returns labels 0 and 1 and memberships of shape (n, 2).
Split = Callable[[IntArray], tuple[IntArray, FloatArray]]


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that a person changed about a persona.

    Parameters
    ----------
    kind : str
        ``rename`` (to ``text``), ``rewrite`` (the summary, to ``text``), ``drop`` (the entry ``text`` from the list
        ``where``), ``pin`` (the quote ``text``, said to the item ``where``), ``lock`` (these people stay together),
        ``split`` (in two), ``merge`` (with the persona of ``others``, which becomes part of this one).
    members : frozenset of str
        Ids of the responses in the persona when it was edited.
        Whoever is gone since counts as missing; a persona of whom all are gone is not found.
    others : frozenset of str
        The same of the persona it is merged with.

    Raises
    ------
    InvalidEditError
        If the kind is unknown or something it needs is missing.
    """

    kind: str
    members: frozenset[str]
    others: frozenset[str] = frozenset()
    where: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if self.kind not in SAYS:
            raise InvalidEditError(f"there is no kind “{self.kind[:40]}”. Take one of: {', '.join(SAYS)}.")
        _require(self, SAYS[self.kind])
        if self.kind == "drop" and self.where not in LISTS_OF_A_CARD:
            raise InvalidEditError(
                f"there is no list “{self.where[:40]}”. Take one of: {', '.join(LISTS_OF_A_CARD)}."
            )
        if len(self.text) > MAX_TEXT_CHARS:
            raise InvalidEditError(f"“text” has more than {MAX_TEXT_CHARS:,} characters. Shorten it.")


def edits_from(raw: Any) -> tuple[Edit, ...]:
    """Read edits from plain values: a list of objects with ``kind``, ``members`` and what the kind needs.

    Raises
    ------
    InvalidEditError
        Naming the edit by its place, counted from 1.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise InvalidEditError("Edits are a list: [{“kind”: …, “members”: […]}, …]. Write them so.")
    edits = []
    for number, one in enumerate(raw, 1):
        try:
            edits.append(_edit_from(one))
        except InvalidEditError as error:
            raise InvalidEditError(f"Edit {number}: {error}") from None
    return tuple(edits)


@dataclass(frozen=True, slots=True)
class Regrouped:
    """Groups after the edits of who belongs together.

    Parameters
    ----------
    labels : ndarray of int, shape (n_people,)
        0 to k-1 by size; -1 is in none. The very array that was given if no edit changed it.
    membership : ndarray of shape (n_people, k)
    locked : frozenset of int
        Labels of the locked groups.
    texts : tuple of (number, Edit, label)
        Edits that wait for descriptions; numbers count all edits from 1, and the label may be :data:`EVERYWHERE`.
    unreplayed : tuple of Unreplayed
    """

    labels: IntArray
    membership: FloatArray
    locked: frozenset[int] = frozenset()
    texts: tuple[tuple[int, Edit, int], ...] = ()
    unreplayed: tuple[Unreplayed, ...] = ()


def regroup(
    labels: IntArray,
    membership: FloatArray,
    ids: Sequence[str],
    edits: Sequence[Edit],
    split: Split,
    min_size: int,
) -> Regrouped:
    """Replay edits on groups: merge, split and lock change them, the others are tied to the group they mean.

    Parameters
    ----------
    labels : ndarray of int, shape (n_people,)
        Group of each person, 0 to k-1; -1 is in none.
    membership : ndarray of shape (n_people, k)
        How far each person belongs to each group, 0 to 1.
    ids : sequence of str
        The people's response ids.
    edits : sequence of Edit
        In the order in which they were made.
    split : Split
    min_size : int
        People a group must have; smaller ones are dissolved.

    Notes
    -----
    A merge adds memberships, a split multiplies them, whom a lock holds belongs fully. People whom a later run puts
    with most of a locked group join it.
    """
    replay = _Replay(labels, membership, {key: row for row, key in enumerate(ids)}, split, min_size)
    for number, edit in enumerate(edits, 1):
        replay.make(number, edit)
    return replay.result()


def retouch(
    personas: Sequence[Persona],
    regrouped: Regrouped,
    pinned: Callable[[Edit, int], Quote | None],
    rewritten: Callable[[Persona], Persona],
) -> tuple[tuple[Persona, ...], tuple[Unreplayed, ...]]:
    """Replay the edits of what cards say, and mark the locked personas.

    Parameters
    ----------
    personas : sequence of Persona
        In the order of the labels.
    regrouped : Regrouped
    pinned : callable
        Takes a pin and a label; returns the quote if it may still be shown, see :func:`quote_again`.
    rewritten : callable
        Takes a persona that has lost an entry; returns it without what was told or counted with that entry.

    Returns
    -------
    tuple of Persona, tuple of Unreplayed
        The latter with those of ``regrouped``, in the order of the edits.
    """
    cards = [replace(one, locked=label in regrouped.locked) for label, one in enumerate(personas)]
    failed = list(regrouped.unreplayed)
    by_hand: dict[int, str] = {}
    for number, edit, meant in regrouped.texts:
        for label in range(len(cards)) if meant == EVERYWHERE else (meant,):
            try:
                cards[label] = _retouched(cards, label, edit, pinned)
            except _NotReplayed as reason:
                failed.append(Unreplayed(number, edit.kind, str(reason)))
                continue
            if edit.kind == "rewrite":
                by_hand[label] = edit.text
            elif edit.kind == "drop":
                card = rewritten(cards[label])
                cards[label] = replace(card, summary=by_hand.get(label, card.summary))
    return tuple(cards), tuple(sorted(failed, key=lambda one: one.event))


def quote_again(edit: Edit, people: Sequence[Person], members: Members, lexicon: Lexicon) -> Quote | None:
    """Find a pinned sentence among what the people of a persona say now, and check it like any other quote.

    Parameters
    ----------
    edit : Edit
        A pin.
    people : sequence of Person
    members : bool ndarray of shape (n_people,)
        Who is in the persona.
    lexicon : Lexicon
        Of the same people.

    Returns
    -------
    Quote or None
        None if nobody who agreed to be quoted says it any more, or it may not be shown. It need not be typical: a
        person chose it.
    """
    consenting = [
        person for person, inside in zip(people, members, strict=True) if inside and person.response.quote
    ]
    said = [
        one
        for person in consenting
        if edit.where in person.texts
        for answer in [as_written(person.response.answers[edit.where])]
        if not is_delicate(answer)
        for one in _stretches(person.texts[edit.where])
        # Two sentences are not joined across one that was left out.
        if one in answer
    ]
    found = next((one for one in said if _words(one) == _words(edit.text)), None)
    answered = np.array([edit.where in person.texts for person in people], dtype=bool)
    n, n_elsewhere = int(answered[members].sum()), int(answered[~members].sum())
    if found is None or min(len(consenting), n) < MIN_PEOPLE or not is_quotable(found, lexicon, edit.where):
        return None
    if not is_open(edit.where, found, lexicon.language, with_stories=may_tell_stories(members)):
        return None
    share_elsewhere = n_elsewhere / int((~members).sum()) if n_elsewhere >= MIN_PEOPLE else 0.0
    return Quote(found, edit.where, n, n / int(members.sum()), share_elsewhere)


def _stretches(text: str) -> Iterator[str]:
    """Yield all runs of neighbouring sentences."""
    told = list(sentences(text))
    for start in range(len(told)):
        for end in range(start + 1, min(start + MAX_WORDS, len(told)) + 1):
            yield " ".join(told[start:end])


class _NotReplayed(Exception):  # noqa: N818 - an outcome with a sentence, not an error
    """This edit cannot be made on these groups; the message says why."""


class _Replay:
    """Groups while edits are replayed. Columns keep their numbers until the end, whatever happens to a group."""

    def __init__(
        self,
        labels: IntArray,
        membership: FloatArray,
        rows: Mapping[str, int],
        split: Split,
        min_size: int,
    ) -> None:
        self._labels = labels
        self._membership = membership
        self._rows = rows
        self._split = split
        self._min_size = min_size
        self._changed = False
        #: Column of each locked group, with the number of the edit.
        self._locked: dict[int, int] = {}
        self._texts: list[tuple[int, Edit, int]] = []
        self._failed: list[Unreplayed] = []

    def make(self, number: int, edit: Edit) -> None:
        """Replay one edit, or note why not; a failed one leaves everything as it was."""
        try:
            if edit.kind == "merge":
                self._merge(edit)
            elif edit.kind == "split":
                self._divide(self._found(edit.members))
            elif edit.kind == "lock":
                self._lock(number, edit.members)
            elif edit.kind == "drop" and edit.where == "quotes":
                self._texts.append((number, edit, EVERYWHERE))
            else:
                self._texts.append((number, edit, self._found(edit.members)))
        except _NotReplayed as reason:
            self._failed.append(Unreplayed(number, edit.kind, str(reason)))

    def result(self) -> Regrouped:
        """Number the groups by size and drop what was tied to one that is gone."""
        if not self._changed:
            return Regrouped(
                self._labels,
                self._membership,
                frozenset(self._locked),
                tuple(self._texts),
                tuple(self._failed),
            )
        sizes = self._sizes(self._labels)
        order = [column for column in np.argsort(-sizes, kind="stable").tolist() if sizes[column]]
        rank = {column: label for label, column in enumerate(order)} | {EVERYWHERE: EVERYWHERE}
        gone = [(number, edit.kind) for number, edit, column in self._texts if column not in rank]
        gone += [(number, "lock") for column, number in self._locked.items() if column not in rank]
        self._failed += [
            Unreplayed(number, kind, "Too few of its people were left together.") for number, kind in gone
        ]
        return Regrouped(
            np.array([rank.get(column, -1) for column in self._labels.tolist()], dtype=np.int64),
            self._membership[:, order],
            frozenset(rank[column] for column in self._locked if column in rank),
            tuple((number, edit, rank[column]) for number, edit, column in self._texts if column in rank),
            tuple(self._failed),
        )

    def _merge(self, edit: Edit) -> None:
        try:
            into, other = self._found(edit.members), self._found(edit.others)
        except _NotReplayed:
            # Perhaps the run has put them together by itself: then most of either are there.
            together = self._found(edit.members | edit.others)
            if not all(self._are_in(together, side) for side in (edit.members, edit.others)):
                raise
            return
        if into == other:
            return
        membership = self._membership.copy()
        membership[:, into] += membership[:, other]
        membership[:, other] = 0.0
        self._settle(np.where(self._labels == other, into, self._labels), membership)
        self._fail(
            lambda edit, column: edit.kind == "rename" and column == other,
            "Its persona was merged into another one.",
        )
        self._texts = [
            (number, edit, into if column == other else column) for number, edit, column in self._texts
        ]
        self._void(into, other)

    def _divide(self, column: int) -> None:
        rows = np.flatnonzero(self._labels == column)
        parts, shares = self._split(rows)
        sizes = np.bincount(parts, minlength=2)
        if sizes.min() < self._min_size:
            raise _NotReplayed(
                f"Split in two, one part would have fewer than {self._min_size} people, too few to be shown."
            )
        labels = self._labels.copy()
        other = self._membership.shape[1]
        labels[rows[parts == 1]] = other
        whole = self._membership[:, column]
        halves = whole[:, None] * sizes / sizes.sum()
        halves[rows] = whole[rows, None] * shares
        membership = np.hstack([self._membership, halves[:, 1:]])
        membership[:, column] = halves[:, 0]
        self._settle(labels, membership)
        # What was taken off the whole stands on neither part.
        self._texts += [
            (number, edit, other) for number, edit, at in self._texts if at == column and edit.kind == "drop"
        ]
        self._void(column)

    def _lock(self, number: int, members: Collection[str]) -> None:
        rows = self._known(members)
        if len(rows) < self._min_size:
            raise _NotReplayed(f"Fewer than {self._min_size} of its people are in this analysis.")
        membership = self._membership
        try:
            column = self._found(members)
        except _NotReplayed:
            column = membership.shape[1]
            membership = np.hstack([membership, np.zeros((len(membership), 1))])
        if (self._labels[rows] != column).any():
            labels, membership = self._labels.copy(), membership.copy()
            labels[rows] = column
            membership[rows] = 0.0
            membership[rows, column] = 1.0
            self._settle(labels, membership)
        self._locked[column] = number

    def _found(self, members: Collection[str]) -> int:
        here = self._labels[self._known(members)]
        sizes = self._sizes(self._labels)
        shared = np.bincount(here[here >= 0], minlength=len(sizes))
        overlap = shared / np.maximum(len(members) + sizes - shared, 1)
        best = int(np.argmax(overlap))
        if overlap[best] <= MIN_OVERLAP:
            raise _NotReplayed(
                "No persona here has most of its people in common with the one that was edited."
            )
        return best

    def _are_in(self, column: int, members: Collection[str]) -> bool:
        here = self._labels[self._known(members)]
        return bool(2 * (here == column).sum() > len(members))

    def _known(self, members: Collection[str]) -> IntArray:
        return np.array(sorted(self._rows[key] for key in members if key in self._rows), dtype=np.int64)

    def _sizes(self, labels: IntArray) -> IntArray:
        return np.bincount(labels[labels >= 0], minlength=self._membership.shape[1])

    def _settle(self, labels: IntArray, membership: FloatArray) -> None:
        """Take over new groups, without those that have become too small."""
        sizes = np.bincount(labels[labels >= 0], minlength=membership.shape[1])
        kept = sizes >= self._min_size
        if kept.sum() < 2:
            raise _NotReplayed("It would leave one persona, and one alone can be told from nobody.")
        self._labels = np.where((labels >= 0) & kept[labels], labels, -1)
        self._membership = membership
        self._changed = True

    def _void(self, *columns: int) -> None:
        """Let go what was said of groups that now hold other people."""
        for column in columns:
            self._locked.pop(column, None)
        self._fail(
            lambda edit, column: edit.kind == "rewrite" and column in columns,
            "Its persona was merged or split afterwards, so the text may no longer be true. Write it again.",
        )

    def _fail(self, concerns: Callable[[Edit, int], bool], reason: str) -> None:
        kept = []
        for number, edit, column in self._texts:
            if concerns(edit, column):
                self._failed.append(Unreplayed(number, edit.kind, reason))
            else:
                kept.append((number, edit, column))
        self._texts = kept


def _retouched(
    cards: Sequence[Persona], label: int, edit: Edit, pinned: Callable[[Edit, int], Quote | None]
) -> Persona:
    card = cards[label]
    if edit.kind == "rename":
        if any(edit.text.casefold() == one.name.casefold() for one in cards if one is not card):
            raise _NotReplayed("Another persona is called so here. Choose a different name.")
        return replace(card, name=edit.text)
    if edit.kind == "rewrite":
        return replace(card, summary=edit.text)
    if edit.kind == "drop":
        kept = tuple(entry for entry in getattr(card, edit.where) if not _is_dropped(entry.text, edit))
        changed: dict[str, Any] = {edit.where: kept}
        return replace(card, **changed)
    quote = next((one for one in card.quotes if one.text == edit.text), None) or pinned(edit, label)
    if quote is None:
        raise _NotReplayed("Nobody who agreed to be quoted says this any more, or it may not be shown.")
    others = [one for one in card.quotes if one.text != quote.text]
    listed = sorted((*others, replace(quote, pinned=True)), key=lambda one: not one.pinned)
    n_pinned = sum(one.pinned for one in listed)
    return replace(card, quotes=tuple(listed[: max(len(card.quotes), n_pinned)]))


def _is_dropped(text: str, edit: Edit) -> bool:
    """A quote that was taken off does not come back with more or less of its answer around it, nor a sentence of it."""
    return text == edit.text or (edit.where == "quotes" and same_words(text, edit.text))


def _words(text: str) -> list[str]:
    return [token.lower for token in tokenize(text)]


def _edit_from(raw: Any) -> Edit:
    if not isinstance(raw, Mapping):
        raise InvalidEditError("it is not an object. Write {“kind”: …, “members”: […]}.")
    unknown = sorted(set(map(str, raw)) - {"kind", "members", "others", "where", "text"})
    if unknown:
        raise InvalidEditError(f"it has a field “{unknown[0][:40]}” that no edit has. Leave it out.")
    texts = {name: raw.get(name, "") for name in ("kind", "where", "text")}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise InvalidEditError(f"“{name}” is not a text. Put it in quotation marks.")
    edit = Edit(members=_ids(raw, "members"), others=_ids(raw, "others"), **texts)
    _require(edit, ("members", "others") if edit.kind == "merge" else ("members",))
    return edit


def _require(edit: Edit, names: Sequence[str]) -> None:
    for name in names:
        if not getattr(edit, name):
            raise InvalidEditError(f"“{edit.kind}” needs “{name}”, and it is missing or empty. Add it.")


def _ids(raw: Mapping[str, Any], name: str) -> frozenset[str]:
    ids = raw.get(name, [])
    if not isinstance(ids, Sequence) or isinstance(ids, str):
        raise InvalidEditError(f"“{name}” is not a list. Write the ids of the responses as [“…”, “…”].")
    if not all(isinstance(one, (str, int)) for one in ids):
        raise InvalidEditError(
            f"“{name}” holds something that is no id. Write ids as texts or whole numbers."
        )
    return frozenset(map(str, ids))
