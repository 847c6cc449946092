"""Who the people of a persona are by their attributes: where it is found and where it gathers.

Attributes are reported, never a view. Nothing is said about a persona of fewer than 10 people, no number stands for
fewer than 5, and no number lets a smaller one be worked out. What says who somebody is ("Reports to"), touches a
sensitive matter or is nothing to choose people by ("Age") is not spoken of, whoever made the attribute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from analysis.catalogue import Catalogue
from analysis.describe import MIN_LIFT, MIN_PEOPLE, MIN_Z, Members, keyness
from analysis.redaction import is_confidential, is_confidential_title
from analysis.views import Person

#: Under this many people no word about a group.
MIN_GROUP = 10
#: An attribute with more values than this is no band but a name.
MAX_VALUES = 12
#: From so many values on it is worth saying that a group is found in all of them.
MANY_VALUES = 3


def spread(people: Sequence[Person], members: Members, catalogue: Catalogue) -> tuple[str, ...]:
    """Say where a group is found and where it gathers, in one sentence per attribute.

    Parameters
    ----------
    people : sequence of Person
        Everybody who was used.
    members : bool ndarray of shape (n_people,)
    catalogue : Catalogue
        Of the report's language.
    """
    if members.sum() < MIN_GROUP:
        return ()
    names = dict.fromkeys(name for person in people for name in person.response.attributes)
    titles = {name: _title(name) for name in names}
    told = (
        (title, list(_parts(_values(people, name), members, catalogue)))
        for name, title in titles.items()
        if not is_confidential_title(title)
    )
    return tuple(
        catalogue.say("spread", attribute=title, parts="; ".join(parts)) for title, parts in told if parts
    )


def _title(name: str) -> str:
    words = name.replace("_", " ")
    return words[0].upper() + words[1:]


def _values(people: Sequence[Person], name: str) -> list[str]:
    """Return everybody's value, "" where it is not known or private; nobody's, if most of the values are private."""
    values = [person.response.attributes.get(name, "").strip() for person in people]
    distinct = set(values) - {""}
    private = (
        {value for value in distinct if is_confidential(value)} if len(distinct) <= MAX_VALUES else distinct
    )
    return ["" if value in private or 2 * len(private) > len(distinct) else value for value in values]


def _parts(values: Sequence[str], members: Members, catalogue: Catalogue) -> Iterator[str]:
    everywhere = Counter(value for value in values if value)
    here = Counter(value for value, inside in zip(values, members, strict=True) if inside and value)
    known, known_elsewhere = sum(here.values()), sum(everywhere.values()) - sum(here.values())
    if not 2 <= len(everywhere) <= MAX_VALUES or known < MIN_GROUP or known_elsewhere < MIN_GROUP:
        return
    # A value with a handful of people in all is not spoken of, neither as present nor as absent.
    usual = [value for value in sorted(everywhere) if everywhere[value] >= MIN_PEOPLE]
    if len(usual) >= MANY_VALUES:
        found = [value for value in usual if here[value]]
        if len(found) == len(usual):
            yield catalogue.say(
                "spread all",
                number=len(usual),
                values=catalogue.joined(sorted(found, key=lambda v: (-here[v], v))),
            )
        elif 2 * len(found) > len(usual):
            yield catalogue.say("spread many", number=len(found), total=len(usual))
    yield from _gathered(here, everywhere, known, known_elsewhere, catalogue)


def _gathered(
    here: Counter[str],
    everywhere: Counter[str],
    known: int,
    known_elsewhere: int,
    catalogue: Catalogue,
) -> Iterator[str]:
    """The values that are more frequent here, together, if they are."""
    more = [
        value
        for value in sorted(here, key=lambda v: (-here[v], v))
        if here[value] >= 2
        and here[value] / known >= MIN_LIFT * (everywhere[value] - here[value]) / known_elsewhere
    ]
    for values in (more[:1], more[:2], more[:3]):
        n = sum(here[value] for value in values)
        n_elsewhere = sum(everywhere[value] for value in values) - n
        mostly = 2 * n > known
        if not values or n < MIN_PEOPLE or keyness(n, known, n_elsewhere, known_elsewhere) < MIN_Z["theme"]:
            continue
        if not mostly and len(values) < min(len(more), 3):
            continue
        named = catalogue.say("or", head=", ".join(values[:-1]), last=values[-1]) if values[1:] else values[0]
        # The rest must not be worked out either.
        countable = all(part == 0 or part >= MIN_PEOPLE for part in (known - n, n_elsewhere))
        key = "spread words" if mostly and not countable else "spread most" if mostly else "spread more"
        if key == "spread more" and not countable:
            return
        yield catalogue.say(
            key,
            values=named,
            here=catalogue.percent(n / known),
            elsewhere=catalogue.percent(n_elsewhere / known_elsewhere),
        )
        return
