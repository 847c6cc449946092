"""The attacks. Each is a class: its docstring says what the attacker has, what they do, and where that was seen.

``guess`` returns, for people, the responses among which the attacker would have to draw. A draw from a crowd
of ten counts as a tenth of a hit.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, ClassVar

from survey.anonymity.loot import Loot, Person, ResponseKey
from survey.domain.attributes import OTHER

Guesses = Mapping[Person, Collection[ResponseKey]]
Truth = Mapping[Person, ResponseKey]
_KEY = re.compile(r"\b[0-9a-f]{32,64}\b")
#: A combination of attributes.
Cell = tuple[tuple[str, str], ...]


class Attack(ABC):
    """One way to tie responses to people."""

    name: ClassVar[str]
    #: In the words of a works council: what is tried.
    tries: ClassVar[str]
    #: What the promise leaves an attacker who succeeds as far as it allows: a crowd of ten instead of everybody.
    crowd: ClassVar[bool] = False
    #: When it can be tried.
    states: ClassVar[tuple[str, ...]] = ("open", "closed")
    #: When it can be tried on a real database, where nobody knows who wrote what.
    states_on_real_data: ClassVar[tuple[str, ...]] = ()
    after_vacuum: ClassVar[bool] = False

    @abstractmethod
    def guess(self, loot: Loot) -> Guesses:
        """Return the responses that each person may have written."""

    def hits(self, loot: Loot, truth: Truth) -> float:
        """Return how many guesses are right, on average."""
        guesses = self.guess(loot)
        return sum(
            1 / len(guesses[person])
            for person, response in truth.items()
            if response in guesses.get(person, ())
        )

    def people(self, loot: Loot, truth: Truth) -> int:  # noqa: ARG002 - some count others
        """Return how many people could be found."""
        return len(truth)

    def suspects(self, loot: Loot) -> Guesses:
        """Return the crowds that the attack leaves if it works, for a database where no truth is known."""
        return self.guess(loot)


def aligned(people: Sequence[Person], responses: Sequence[ResponseKey]) -> Guesses:
    """Lay two orders side by side."""
    return {person: (response,) for person, response in zip(people, responses, strict=False)}


class RowOrder(Attack):
    """Has a copy of the database. Lays the used links beside the responses, both as they lie in the file.

    Source: rows of a table without a key of its own lie in the order of arrival (SQLite's rowid, PostgreSQL's
    ctid); on a schema with such tables 500 of 500 people were found.
    """

    name = "row order"
    tries = "lays used links and responses side by side in the order in which they lie in the database"
    states_on_real_data: ClassVar[tuple[str, ...]] = ("closed",)

    def guess(self, loot: Loot) -> Guesses:
        return aligned(loot.people(), loot.responses())

    def suspects(self, loot: Loot) -> Guesses:
        """Random keys in their own order tell nothing; any other order may tell everything."""
        people, responses = loot.people(), loot.responses()
        return (
            {} if sorted(people) == people or sorted(responses) == responses else aligned(people, responses)
        )


class ArrivalOrder(Attack):
    """Saw in which order people sent, on a screen or in a proxy's log. Reads the responses in file order.

    Source: access logs of servers in front, which hold address and time of every request.
    """

    name = "order of arrival"
    tries = "notes who sends when, and reads the responses in the order in which they lie in the database"

    def guess(self, loot: Loot) -> Guesses:
        return aligned(loot.arrivals, loot.responses())


class RowAge(Attack):
    """Has a copy of the database. Sorts links and responses by their hidden age.

    Source: PostgreSQL keeps the number of the writing transaction in the hidden column xmin; in SQLite the
    place of a row's page in the file tells when it was first needed.
    """

    name = "row age"
    tries = "sorts used links and responses by what the database hides: the age of a row, the page it lies on"
    states_on_real_data: ClassVar[tuple[str, ...]] = ("open", "closed")

    def guess(self, loot: Loot) -> Guesses:
        if loot.dialect == "postgresql":
            order = "age(xmin) DESC, ctid"
            return aligned(loot.people(order), loot.responses(order))
        return aligned(loot.by_age(loot.people()), loot.by_age(loot.responses()))

    def suspects(self, loot: Loot) -> Guesses:
        """Rows of one transaction have one age, so each transaction is a crowd. SQLite hides no age."""
        ages = loot.transactions()[1] if loot.dialect == "postgresql" else {}
        crowds = defaultdict(list)
        for response, age in ages.items():
            crowds[age].append(response)
        return {response: crowds[age] for response, age in ages.items()}


class RowAgeAfterVacuum(RowAge):
    """The same after VACUUM FULL FREEZE, which writes every row anew.

    Source: xmin was found to outlive it.
    """

    name = "row age after a vacuum"
    tries = "does the same after the database has tidied up"
    states_on_real_data = ()
    after_vacuum = True


class SharedTransaction(Attack):
    """Has a copy of the database. Joins the link and the response that one transaction wrote.

    Source: products write "has answered" and the answers together; the join on xmin found 500 of 500 people.
    On SQLite the write-ahead log shows where a transaction ends.
    """

    name = "shared transaction"
    tries = "looks for a used link and a response that were written in one transaction"
    states_on_real_data = ("open", "closed")

    def guess(self, loot: Loot) -> Guesses:
        links, written = loot.transactions()
        by_transaction = defaultdict(list)
        for response, transaction in written.items():
            by_transaction[transaction].append(response)
        return {person: by_transaction.get(transaction, ()) for person, transaction in links.items()}


class Columns(Attack):
    """Has a copy of the database. Sorts responses by any column that could be a time or a number of arrival.

    Source: created_at, serial ids and seeds beside anonymous answers, in nearly every product looked at.
    """

    name = "times and numbers"
    tries = "sorts the responses by every column that could be a time or a number of arrival"
    states_on_real_data = ("open", "closed")

    _TIME = re.compile(r"\d{4}-\d\d-\d\d")

    def guess(self, loot: Loot) -> Guesses:
        for _, values in loot.columns_of_responses():
            if len(values) > 1 and self._is_clock(values):
                return aligned(loot.arrivals or loot.people(), sorted(values, key=values.__getitem__))
        return {}

    def _is_clock(self, values: Mapping[ResponseKey, Any]) -> bool:
        """Whether the values could tell an order: all there, most of them different, times or numbers."""
        if None in values.values() or len(set(values.values())) <= len(values) / 2:
            return False
        return all(
            not isinstance(value, (bytes, bool)) and (not isinstance(value, str) or self._TIME.match(value))
            for value in values.values()
        )


class _Mentions(Attack):
    """Looks in a place for what betrays a response (its key, its words), or for people: links and addresses.

    A person who is named there counts as found, also if nobody can tell which response is theirs.
    """

    @abstractmethod
    def places(self, loot: Loot) -> Iterable[str]:
        """Return the texts to search, in their order."""

    def guess(self, loot: Loot) -> Guesses:
        order: dict[ResponseKey, None] = {}
        people, responses = set(loot.people()), set(loot.responses())
        named: dict[Person, list[ResponseKey]] = {}
        # Words may stand elsewhere with good reason, such as a quote; they tell something in the order of arrival.
        texts = loot.texts() if loot.arrivals else {}
        for place in self.places(loot):
            keys = _KEY.findall(place)
            mentioned = [key for key in keys if key in responses]
            mentioned += [key for key, words in texts.items() if any(text in place for text in words)]
            order |= dict.fromkeys(mentioned)
            named |= {key: mentioned for key in keys if key in people}
            for person, secrets in loot.secrets.items():
                if any(secret in place for secret in secrets):
                    named[person] = mentioned
        return named or aligned(loot.arrivals, list(order))

    def hits(self, loot: Loot, truth: Truth) -> float:
        named = [p for p, beside in self.guess(loot).items() if not beside and p in truth]
        return super().hits(loot, truth) + len(named)

    def suspects(self, loot: Loot) -> Guesses:
        """Who is named is a crowd of one."""
        return {person: beside or (person,) for person, beside in self.guess(loot).items()}


class FileTimes(_Mentions):
    """Has the files of the server. Sorts files that hold or name a response by the time of their last change.

    Source: drafts, uploads and caches kept as one file a person.
    """

    name = "times of files"
    tries = "looks for files that name or hold a response, and sorts them by the time of their last change"

    def places(self, loot: Loot) -> Iterable[str]:
        for path in loot.other_files():
            yield f"{path.name} {path.read_bytes().decode('utf-8', 'replace')}"


class LogLines(_Mentions):
    """Has every log line that the application wrote, at the finest level. Looks for words, keys and order.

    Source: a product wrote the content of refused forms into its log; access logs hold links and times.
    """

    name = "log lines"
    tries = "searches every log line for answers, keys of responses, used links and addresses"

    def places(self, loot: Loot) -> Iterable[str]:
        return loot.log


class Cookies(_Mentions):
    """Has the cookies and sessions of the browsers and the server. Looks for keys of responses.

    Source: a product kept the number of the "anonymous" submission in the signed-in session.
    """

    name = "cookies and sessions"
    tries = "searches cookies and sessions for keys of responses, used links and addresses"

    def places(self, loot: Loot) -> Iterable[str]:
        return loot.cookies


class OtherTables(_Mentions):
    """Has a copy of the database. Searches jobs, chores, the audit log and all other tables.

    Source: job queues keep the arguments of what they did, in the order in which they did it.
    """

    name = "jobs, audit log and other tables"
    tries = "searches job queue, audit log and all other tables for answers, keys of responses and used links"
    states_on_real_data = ("open", "closed")

    def places(self, loot: Loot) -> Iterable[str]:
        return loot.other_rows()


class Drafts(Attack):
    """Has the database and its files. Looks for what somebody wrote and changed before sending.

    Source: products save pages as they are filled in, in a row that names the person until sending.
    """

    name = "drafts"
    tries = "looks for what people wrote and changed again before they sent it"

    def guess(self, loot: Loot) -> Guesses:
        files = [*loot.database_files, *loot.other_files()]
        places = [
            *loot.other_rows(),
            *loot.log,
            *(path.read_bytes().decode("utf-8", "replace") for path in files),
        ]
        kept = [person for person, draft in loot.drafts.items() if any(draft in place for place in places)]
        words = {key: set(" ".join(texts).split()) for key, texts in loot.texts().items()}
        guesses = {}
        for person in kept:
            draft = set(loot.drafts[person].split())
            guesses[person] = [max(words, key=lambda key: len(words[key] & draft))] if words else []
        return guesses


class Leftovers(Attack):
    """Has the database with its files, and the key folder. Looks for keys, roster and sealed answers, also deleted.

    Source: with the token key every used link can be tied to its owner, with the other sealed rows be read.
    """

    name = "keys, roster and sealed answers"
    tries = "looks for the keys, the roster and the sealed answers of a closed wave, also in deleted rows"
    states = states_on_real_data = ("closed",)

    def guess(self, loot: Loot) -> Guesses:
        return aligned(loot.people(), loot.responses()) if loot.leftovers() else {}

    def hits(self, loot: Loot, truth: Truth) -> float:
        """Nothing may be left, so one thing counts as everybody."""
        return float(len(truth) if loot.leftovers() else 0)


class RosterAttributes(Attack):
    """Has the database, a list of who answered, and a roster with the same attributes. Matches them.

    Source: on the demo's company job family, tenure and site are unique for 44 of 160 people, and among the ten
    people of a release for nine in ten. Sweeney (2002), k-anonymity.
    """

    name = "roster with the same attributes"
    tries = "compares the attributes beside a response with a list of who answered and their attributes"
    crowd = True
    states_on_real_data = ("open", "closed")

    def guess(self, loot: Loot) -> Guesses:
        cells = _cells(loot.attributes())
        return {person: _best_cell(cells, given) for person, given in loot.roster.items()}

    def suspects(self, loot: Loot) -> Guesses:
        """Without a roster: everybody's cell, as if the attacker knew who belongs to it."""
        return {response: cell for cell in _cells(loot.attributes()).values() for response in cell}


class GroupDifferences(Attack):
    """Sees counts and words of groups, filtered as one likes. Subtracts one group from another.

    Source: with a threshold of five and free filters, 6 to 14 % of simulated staff fell into a difference of
    under five. Dinur and Nissim (2003).
    """

    name = "differences of groups"
    tries = "filters responses by attributes in every way and subtracts the groups from each other"
    crowd = True
    states_on_real_data = ("open", "closed")

    def guess(self, loot: Loot) -> Guesses:
        stored = loot.attributes()
        smallest = smallest_differences(stored)
        # Whoever knows a person's cell knows the differences that hold it.
        cells = _cells(stored)
        guesses = {}
        for person, given in loot.roster.items():
            cell = _best_cell(cells, given)
            guesses[person] = min((smallest[response] for response in cell), key=len, default=())
        return guesses

    def suspects(self, loot: Loot) -> Guesses:
        return smallest_differences(loot.attributes())


class Language(Attack):
    """Has the database and a roster with everybody's language. Looks for a language beside the responses.

    Source: LimeSurvey keeps the language in which somebody began beside the anonymous answers. What language a
    text is written in anybody can read: that is its style, which no storage hides.
    """

    name = "language"
    tries = "looks for the language of the form beside the responses"

    def guess(self, loot: Loot) -> Guesses:
        known = set(loot.languages.values())
        columns = [values for _, values in loot.columns_of_responses()]
        columns.append({key: given.get("language") for key, given in loot.attributes().items()})
        for values in columns:
            if len(known) > 1 and values and set(values.values()) <= known:
                return {
                    person: [key for key, value in values.items() if value == language]
                    for person, language in loot.languages.items()
                }
        everybody = loot.responses()
        return dict.fromkeys(loot.languages, everybody)


class Counts(Attack):
    """Sees the count on HR's screen again and again, and who sits at their desk. Waits for it to rise.

    What is found is not the response but that somebody answered. Source: the time of "last seen" beside the
    time of a vote named the voters of a poll.
    """

    name = "count watched over time"
    tries = "watches the count on the screen to see who has just answered"
    states = ("open",)

    def guess(self, loot: Loot) -> Guesses:
        rises = zip(loot.arrivals, loot.counts, loot.counts[1:], strict=False)
        return {person: (person,) for person, before, after in rises if after > before}

    def hits(self, loot: Loot, truth: Truth) -> float:  # noqa: ARG002 - everybody who arrived has answered
        return float(len(self.guess(loot)))

    def people(self, loot: Loot, truth: Truth) -> int:  # noqa: ARG002 - opened or not
        return len(loot.arrivals)


class ReleaseCrowd(Attack):
    """Copies the database before and after each release, and so knows whose sealed rows were opened.

    Source: link and sealed row are one transaction, so which row is whose is no secret to such an attacker;
    what protects is that a crowd is opened at once. Measured on batches: 1 in 10.
    """

    name = "crowd of a release"
    tries = "copies the database before and after each release, to see whose answers were opened together"
    crowd = True
    states = ("open",)

    def guess(self, loot: Loot) -> Guesses:
        return {person: release.appeared for release in loot.releases for person in release.vanished}


class ReleaseCrowdAndRoster(Attack):
    """Does both: looks for the one person in a release who has the attributes of a response.

    Source: with job family, tenure and site beside them, 91 % of the people in a batch of ten were unique.
    """

    name = "crowd of a release, with a roster"
    tries = "compares the attributes of a roster with those of answers that were opened together"
    crowd = True
    states = ("open",)

    def guess(self, loot: Loot) -> Guesses:
        stored = loot.attributes()
        guesses: dict[Person, Collection[ResponseKey]] = {}
        for release in loot.releases:
            cells = _cells({response: stored.get(response, {}) for response in release.appeared})
            for person in release.vanished:
                guesses[person] = _best_cell(cells, loot.roster.get(person, {}))
        return guesses


ATTACKS: tuple[Attack, ...] = (
    RowOrder(),
    ArrivalOrder(),
    RowAge(),
    SharedTransaction(),
    Columns(),
    FileTimes(),
    LogLines(),
    Cookies(),
    OtherTables(),
    Drafts(),
    RosterAttributes(),
    GroupDifferences(),
    Language(),
    Leftovers(),
    Counts(),
    ReleaseCrowd(),
    ReleaseCrowdAndRoster(),
    RowAgeAfterVacuum(),
)


def smallest_differences(
    stored: Mapping[ResponseKey, Mapping[str, str]],
) -> dict[ResponseKey, frozenset[str]]:
    """Return for each response the smallest group that holds it and can be had by filters and subtraction.

    A filter asks for values of some attributes; a response that lacks an attribute has the value "". Groups are
    taken from groups that hold them.
    """
    cells = _cells(stored)
    names = sorted({name for cell in cells for name, _ in cell})
    groups = {frozenset(cells)}
    for n in range(1, len(names) + 1):
        for chosen in combinations(names, n):
            by_values = defaultdict(set)
            for cell in cells:
                by_values[tuple(dict(cell).get(name, "") for name in chosen)].add(cell)
            groups |= set(map(frozenset, by_values.values()))
    differences = groups | {large - small for large in groups for small in groups if small < large}
    crowds = [frozenset(key for cell in group for key in cells[cell]) for group in differences]
    smallest: dict[ResponseKey, frozenset[str]] = {}
    for crowd in sorted(crowds, key=len):
        for response in crowd:
            smallest.setdefault(response, crowd)
    return smallest


def smallest_crowd(guesses: Guesses) -> int | None:
    """Return the size of the smallest crowd that an attack leaves anybody in."""
    return min((len(responses) for responses in guesses.values() if responses), default=None)


def _cells(stored: Mapping[ResponseKey, Mapping[str, str]]) -> dict[Cell, list[ResponseKey]]:
    cells = defaultdict(list)
    for response, attributes in stored.items():
        cells[tuple(sorted(attributes.items()))].append(response)
    return dict(cells)


def _best_cell(
    cells: Mapping[Cell, Sequence[ResponseKey]], given: Mapping[str, str]
) -> Sequence[ResponseKey]:
    """Return the responses whose attributes say most about somebody without contradicting what is known."""
    fitting = [
        cell for cell in cells if all(given.get(name) == value or value == OTHER for name, value in cell)
    ]
    if not fitting:
        return ()
    return cells[max(fitting, key=lambda cell: (len(cell), sum(value != OTHER for _, value in cell), cell))]
