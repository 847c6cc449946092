"""One paragraph about a persona, built by rule from its entries, so that every number in it is one of theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from analysis.catalogue import Catalogue
from analysis.report import Contrast, Entry, Neighbour, Persona, Quote
from analysis.stability import DOUBTFUL

_SHARES = (
    (0.47, 0.53, "about half"),
    (0.30, 0.36, "about a third"),
    (0.23, 0.27, "about a quarter"),
    (0.18, 0.22, "about a fifth"),
    (0.155, 0.18, "about a sixth"),
    (0.115, 0.135, "about an eighth"),
    (0.09, 0.11, "about a tenth"),
)

#: Themes and words of a list that the paragraph names; the rest stands in the list.
N_THEMES, N_WORDS, N_CHANNELS = 3, 3, 3
#: Of channels it names those that so many choose, or the first.
MIN_SHARE_OF_CHANNELS = 0.2
#: A quote stands for what keeps people, where nothing else is known of that, if so many come near to it, and so many
#: times more of them than of the others: in few people one in five of the others does by chance.
MIN_SHARE_IN_THEIR_WORDS, MIN_LIFT_IN_THEIR_WORDS = 1 / 4, 2.5


def summarise(persona: Persona, sizes: Sequence[int], n_used: int, catalogue: Catalogue) -> str:
    """Write the summary.

    Parameters
    ----------
    persona : Persona
        With its lists.
    sizes : sequence of int
        Of all personas.
    n_used : int
        People whose answers were used.
    catalogue : Catalogue
        Of the report's language.
    """
    return " ".join(_sentences(persona, sizes, n_used, catalogue))


def card_text(
    n_matching: Sequence[int | None],
    needed: int,
    size: int,
    catalogue: Catalogue,
    *,
    estimated: bool = False,
) -> str:
    """Say how many people match ``needed`` of the things on a card, or fewer if under 5 do, and how many match all."""
    needed = next((number for number in range(needed, 0, -1) if n_matching[number - 1] is not None), 0)
    if not needed:
        return ""
    some, everything = (
        catalogue.say("about", share=number) if estimated and number is not None else number
        for number in (n_matching[needed - 1], n_matching[-1])
    )
    parts = {"some": some, "size": size, "needed": needed, "total": len(n_matching)}
    if needed == len(n_matching):
        text = catalogue.say("card every", **parts)
    elif everything is None:
        text = catalogue.say("card", **parts)
    else:
        text = catalogue.say("card all", **parts, all=everything)
    return text[:1].upper() + text[1:]


def reach_text(channels: Sequence[tuple[str, float]], catalogue: Catalogue) -> str:
    """Say through which channels people are reached: the first few that many choose, given with their shares."""
    many = [text for text, share in channels if share >= MIN_SHARE_OF_CHANNELS] or [channels[0][0]]
    return catalogue.say("reach", channels=catalogue.joined(many[:N_CHANNELS]))


def contrast(
    pair: Neighbour,
    key: str,
    name: str,
    more: Sequence[Entry],
    less: Sequence[Entry],
    catalogue: Catalogue,
    styles: Collection[str] = (),
) -> Contrast:
    """Say what tells a persona from its neighbour of that key and name; the labels of ``styles`` go on from "they"."""
    sentences = {
        "nearest": catalogue.say("nearest", name="{name}"),
        "more": catalogue.say("more often here", told="{told}"),
        "less": catalogue.say("more often there", told="{told}"),
    }
    phrases = {one.text: _against(one, catalogue, styles) for one in (*more, *less)}
    return Contrast(key, pair.similarity, "", tuple(more), tuple(less), sentences, phrases).told_of(name)


def _sentences(persona: Persona, sizes: Sequence[int], n_used: int, catalogue: Catalogue) -> Iterator[str]:
    yield _size(persona, sizes, n_used, catalogue)
    told = {
        name: list(_list(getattr(persona, name), name, catalogue))
        for name in ("concerns", "traits", "reasons", "skills")
    }
    if not (told["concerns"] or told["reasons"]):
        told["reasons"] = list(_in_their_words(persona.quotes, persona.size, catalogue))
    yield from chain(*told.values())
    if persona.leanings:
        # Sentences and bare nouns, some with an "and" of their own.
        themes = "; ".join(one.text for one in persona.leanings[:N_THEMES])
        yield catalogue.say("leanings", themes=themes)
    if persona.channels:
        yield reach_text([(one.text, one.share_here) for one in persona.channels], catalogue)
    topics = [
        catalogue.say("quoted", text=one.text) if one.kind == "words" else one.text
        for one in persona.content[:N_THEMES]
        if one.kind != "usual"
    ]
    if topics:
        yield catalogue.say("read", topics="; ".join(topics))
    if not (any(told.values()) or persona.leanings):
        # Its list of skills holds then what others have as well.
        little = "little said, quoted" if persona.quotes else "little said"
        yield catalogue.say("nothing apart" if persona.skills else little)
    if persona.stability < DOUBTFUL:
        yield catalogue.say("doubtful")


def _size(persona: Persona, sizes: Sequence[int], n_used: int, catalogue: Catalogue) -> str:
    share = next((words for low, high, words in _SHARES if low <= persona.share <= high), None)
    return catalogue.say(
        "size",
        rank=catalogue.say(_rank(persona.size, sizes)),
        share=catalogue.say(share) if share else catalogue.percent(persona.share),
        size=persona.size,
        n_used=n_used,
    )


def _rank(size: int, sizes: Sequence[int]) -> str:
    """Name the sentence about a size among all; of two that are equally large neither is the largest."""
    larger, smaller = (sum(one > size for one in sizes), sum(one < size for one in sizes))
    tied = sizes.count(size) > 1
    if tied and not larger and not smaller:
        return "equal"
    if not larger or not smaller:
        return ("smallest" if larger else "largest") + (" tied" if tied else "")
    about = "one of" if larger > smaller else "middle"
    return about if tied else {1: "second", 2: "third"}.get(larger, about)


def _list(entries: Sequence[Entry], name: str, catalogue: Catalogue) -> Iterator[str]:
    # What others say as well stands in the list, with both shares; here it would read as what they are known for.
    entries = [one for one in entries if one.kind != "usual"]
    themes = [_with_figures(one, catalogue) for one in entries if one.kind != "words"][:N_THEMES]
    words = [one.text for one in entries if one.kind == "words"][:N_WORDS]
    quoted = catalogue.joined([catalogue.say("quoted", text=text) for text in words])
    if themes:
        sentence = catalogue.say(name, themes=catalogue.joined(themes))
        yield catalogue.say("and words", sentence=sentence, words=quoted) if words else sentence
    elif words:
        yield catalogue.say(f"{name} words", words=quoted)


def _in_their_words(quotes: Sequence[Quote], size: int, catalogue: Catalogue) -> Iterator[str]:
    """Say what keeps people by the first quote on it, which speaks for most that they say, if many are near to it."""
    # The numbers of a pinned one may be those of who answered.
    first = next((one for one in quotes if one.item == "stay" and not one.pinned), None)
    if first is None or first.share_here < MIN_SHARE_IN_THEIR_WORDS:
        return
    if first.share_here >= MIN_LIFT_IN_THEIR_WORDS * first.share_elsewhere:
        quote = catalogue.say("quoted", text=first.text)
        text = catalogue.say("in their words", n=first.n, size=size, quote=quote)
        yield text if first.text.endswith((".", "!", "?", "…")) else f"{text}."


def _with_figures(entry: Entry, catalogue: Catalogue) -> str:
    figures = _here(entry, catalogue)
    if entry.share_elsewhere:  # that hardly anybody else says so is what the sentence is about
        elsewhere = catalogue.percent(entry.share_elsewhere)
        figures = catalogue.say("here and elsewhere", here=figures, elsewhere=elsewhere)
    return catalogue.say("with figures", text=entry.text, figures=figures)


def _here(entry: Entry, catalogue: Catalogue) -> str:
    share = catalogue.percent(entry.share_here)
    return catalogue.say("about", share=share) if entry.estimated else share


def _against(entry: Entry, catalogue: Catalogue, styles: Collection[str]) -> str:
    return catalogue.say(
        "against" if entry.share_elsewhere else "against few",
        text=catalogue.say("they", text=entry.text) if entry.text in styles else entry.text,
        here=_here(entry, catalogue),
        there=catalogue.percent(entry.share_elsewhere),
    )
