"""Names of people in running text: by lists, by what stands before them, and by the company they keep.

A first name of the list with a capital is a name. So are capitals after a title ("pan Kowalski"), after somebody's
role ("my manager Zebulonia"), beside another name, and two unknown capitals in a row. What else identifies is found
by its shape in :mod:`analysis.redaction`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from analysis.segments import known_terms
from analysis.text import common_words, remembered, stop_words
from analysis.wordlists import by_language, column, entries

#: Letters that may begin a name: Latin, Greek and Cyrillic capitals.
UPPER = "".join(chr(code) for code in range(ord("A"), 0x530) if chr(code).isupper())

#: Words that may stand inside a name, between first name and surname.
PARTICLES = "van von der den de del la las los da dos do af av zu zum bin al el ten ter d'"

#: After a first name follow at most this many surnames.
MAX_SURNAMES = 3

#: How far the words of a sentence are looked at to either side, in characters.
MAX_SENTENCE = 200

_CAPITAL = re.compile(rf"(?<![\w@#])[{UPPER}][^\W\d_]*(?:['’-][^\W\d_]+)*(?![\w@])")
_WORD = re.compile(r"[^\W\d_]+(?:['’:-][^\W\d_]+)*")
_GAP = re.compile(rf"\s(?:(?:{'|'.join(PARTICLES.split())})\s?){{0,3}}\Z")
_BEGINNING = re.compile(r"(?:\A|[.,!?…:;\n•*\"“”(\[–—-])\s*\Z")
_GERMAN = re.compile(
    r"\b(?:und|der|die|das|ich|ist|nicht|wir|im|für|mit|ein|eine|den|dem|beim|zum|ohne|nichts|auf|von|sich|auch|mir|uns|hat|wenn|weil|sie|er)\b",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"\b(?:the|and|of|my|with|is|it|for|from|I|me|we)\b")
_APPOSITION = re.compile(r"\s?[,(–—-]\s?([^\W\d_]+)\s([^\W\d_]+)")
# No part of an address or a handle, which are found by their shape.
_SMALL_WORD = re.compile(r"(?<![\w@#./])[^\W\d_]+(?:['’:-][^\W\d_]+)*(?![\w@]|[./]\w)")
_ENDING = re.compile(r"['’:]")
_CLOSE = re.compile(r"\.?,?\s{1,2}")
_NEXT_WORD = re.compile(r"\s(?:(?:me|mig|mi|has|har|ha)\s)?([^\W\d_]+)")
_DESK = re.compile(
    r"(?:,\s(?P<apart>el|la|der|die|han|hon|ten|ta))?"
    r"\s(?:(?P<from>from|från|aus|vom|von|de|del|z|ze)|in|on|at|på|i|im|en|w|we|na)\s"
    r"(?:(?:the|der|dem|la|el)\s)?(?P<desk>[^\W\d_]+)(?:\s(?P<second>[^\W\d_]+))?",
    re.IGNORECASE,
)
_OWNED = re.compile(r"['’]s\s(?:old\s|own\s)?([^\W\d_]+)")
_ARTICLE = re.compile(r"\b(?:the|a|an|our|my|this|that|each|every)\s\Z", re.IGNORECASE)
# Behind these stands a place.
_IN = re.compile(r"\b(?:in|im|i|en|w|nach|till|to|near)\s\Z", re.IGNORECASE)
# "J. K.", "R.T.W." and, as Swedes are called, "K-G".
_INITIALS = re.compile(rf"[{UPPER}](?:\.(?:\s?[{UPPER}]\.){{1,2}}(?!\w)|-[{UPPER}](?![\w-]))")
#: Letters of no language whose texts are read here: whatever begins with a capital and holds one is a name.
_STRANGE = re.compile(r"[ăđơưčďěğľňřšťžůűőįųėāēģīķļņūðþışșțạ-ỹ]")
#: What a surname looks like even where every noun wears a capital; counts after another unknown capital only.
_LIKE_A_SURNAME = re.compile(
    r"(?:häuser|hofer|huber|m[ae][iy]er|schmidt|schütz|stein|berger|bacher|inger|stätter|kamp|brandt|burg|mann|lund|gren|holm|dahl|stedt"
    r"|strand|berg|blom|lind|fors|vall|winkel|beck|baum|feld|horst|ez|berria|txea|mendi|goitia|zabal|garay)\Z"
)
_NOUN = re.compile(
    r"(?:ung|heit|keit|schaft|tion|nis|tät|ment|zeit|arbeit|ismus|ität|ción|dad|ing|het|ness|ity)(?:en|s|es)?\Z"
)
_ONLY_A_SURNAME = re.compile(
    r"\w(?:sson|qvist|kvist|ström|opoulos|ović|evich|enko|shvili|wicz(?:a|owi|em|u)?)\Z"
    # No verb as "skicka" is one.
    r"|\w(?:[oe]wsk|[iye]ńsk|(?<=[aeiouyóAEIOUYÓ])[^\Waeiouyåäö]{1,4}[aeiou]ck|dzk)(?:i|a|iego|iemu|im|ą|iej|ich)\Z"
    rf"|\A(?:Mc|O['’])[{UPPER}]\w+"
)
#: What a Polish surname ends with when it is his wife's: "Nowakowa".
_OF_A_WIFE = re.compile(r"ow(?:a|ej|ą)\Z")
_PARTICLES = frozenset(PARTICLES.split())
_LEADING_PARTICLES = re.compile(rf"(?:\b(?:{'|'.join(PARTICLES.split())})\s)+")
_PLACES = frozenset(
    {"san", "são", "sao", "santa", "santo", "sankt", "st", "saint", "los", "las", "port", "fort"}
)
_OF = frozenset({"of", "de", "del", "på", "från", "i", "in", "im", "from", "at", "z", "w", "aus", "vom"})
_COPULAS = frozenset({"is", "was", "är", "var", "ist", "war", "es", "era", "to", "jest", "był", "była"})

# Polish names change with their case in the sentence: ending as written, ending in the list.
_POLISH_CASES = (
    *(("ce", "ka"), ("dze", "ga"), ("cie", "ta"), ("dzie", "da"), ("rze", "ra"), ("le", "ła"), ("ie", "a")),
    *(
        ("kiem", "ek"),
        ("kowi", "ek"),
        ("ka", "ek"),
        ("ku", "ek"),
        ("śkiem", "siek"),
        ("śkowi", "siek"),
        ("śka", "siek"),
        ("ła", "eł"),
        ("łem", "eł"),
        ("łowi", "eł"),
    ),
    *(("ii", "ia"), ("ji", "ja"), ("i", "ia"), ("i", "a"), ("y", "a"), ("ę", "a"), ("ą", "a")),
    *(("ego", "y"), ("emu", "y"), ("ym", "y"), ("owi", ""), ("iem", ""), ("em", ""), ("a", ""), ("u", "")),
    *(("iu", "ia"), ("owie", ""), ("ów", "")),
)


# Those that hardly any other word ends with.
_SMALL_POLISH_CASES = tuple(case for case in _POLISH_CASES if case[0] in ("ę", "ą", "kiem", "kowi", "owi"))
#: One of these stands in every small name that is not as it stands in the list.
_SMALL_SIGNS = ("-", *(ending for ending, _ in _SMALL_POLISH_CASES))
#: Behind these any word that no list knows is a name; "miss" and "ms" are words and makers of software, too.
_SMALL_TITLES = frozenset({"mr", "mrs"})


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is known of a word by itself."""

    first: bool = False
    surname: bool = False
    #: A name that is also a word: counts beside another name, after a title or a role.
    everyday: bool = False
    #: A word of a language or a trade.
    known: bool = False
    #: Never part of a name: a weekday, an abbreviation, a product in mixed case.
    never: bool = False
    only_surname: bool = False
    like_surname: bool = False
    #: Written in capitals throughout.
    shouted: bool = False
    #: A first name in a Polish case.
    cased: bool = False
    #: Holds a letter of no language whose texts are read here.
    strange: bool = False

    @property
    def name(self) -> bool:
        return self.first or self.surname or self.everyday

    @property
    def unknown(self) -> bool:
        return not (self.name or self.known or self.never)

    @property
    def may_be_name(self) -> bool:
        return self.name or self.unknown

    @property
    def no_word(self) -> bool:
        """Whether it is unknown, or known as a surname and as nothing else."""
        return not (self.first or self.everyday or self.known or self.never)


@dataclass(frozen=True, slots=True)
class _Capital:
    start: int
    end: int
    kind: _Kind
    #: How it stands to the capital before: "beside", "listed" (a comma or "and" between), or "".
    link: str


def first_names() -> frozenset[str]:
    """Return common first names, lower case."""
    return column("first_names")


def surnames() -> frozenset[str]:
    """Return common surnames, lower case."""
    return column("surnames")


def names_in(text: str, words: frozenset[str], names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield where names stand, in no particular order; stretches may overlap.

    Parameters
    ----------
    text : str
    words : frozenset of str
        The words of the text without letter case.
    names : frozenset of str
        Names handed in, whole or in parts; found in any letter case.
    """
    if names and not words.isdisjoint(_parts(names)):
        yield from _handed_in(text, _parts(names))
    if _may_hold_small_names(text, words):
        yield from _without_capital(text)
    capitals = _capitals(text)
    yield from _initials(text, capitals)
    if all(one.kind.known and not one.kind.name for one in capitals) and words.isdisjoint(_contexts()):
        return
    yield from _among(text, capitals, titled=not words.isdisjoint(_lower("titles")))


def _among(text: str, capitals: list[_Capital], titled: bool) -> Iterator[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(capitals):
        plain = capitals[at].kind.known and not capitals[at].kind.name and not titled
        start = None if plain else _starts_name(text, capitals, at, found)
        if start is None or _names_nobody(text, capitals, at):
            at += 1
            continue
        last = _last_of_name(capitals, at)
        found.append((start, capitals[last].end))
        _take_listed_before(text, capitals, at, found)
        at = last + 1
    yield from found


def _names_nobody(text: str, capitals: list[_Capital], at: int) -> bool:
    """Say whether a capital is one of two that together are a maker or a thing: "Union Jack", "Marks & Spencer"."""
    return any(
        capitals[second].link
        and (_folded(text, capitals[second - 1]), _folded(text, capitals[second])) in _nobodies()
        for second in (at, at + 1)
        if 0 < second < len(capitals)
    )


def _folded(text: str, one: _Capital) -> str:
    return text[one.start : one.end].casefold()


@lru_cache(maxsize=1)
def _nobodies() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(entry.split()) for entry in _lower("nobodies"))


def _initials(text: str, capitals: list[_Capital]) -> Iterator[tuple[int, int]]:
    """Find "J. K." and, before where somebody works or what somebody did, "K-G"."""
    for one in capitals:
        if (
            text[one.start + 1 : one.start + 2] not in {".", "-"}
            or (match := _INITIALS.match(text, one.start)) is None
        ):
            continue
        said = match.group()
        if said[1] == "-":
            follows = _NEXT_WORD.match(text, match.end())
            stands = _works_there(text, match.end()) is not None or (
                follows is not None and follows[1] in _lower("doings")
            )
        else:
            stands = said.replace(".", "").casefold() not in _lower("abbreviations")
        if stands:
            yield match.span()


def _starts_name(text: str, capitals: list[_Capital], at: int, found: list[tuple[int, int]]) -> int | None:
    """Return where the name begins that this capital opens (at its title, if it has one), or None."""
    one = capitals[at]
    after = capitals[at + 1] if at + 1 < len(capitals) and capitals[at + 1].link == "beside" else None
    if one.kind.never:
        # "HERR SCHIRRMEISTER"
        return _shouted_title(text, capitals, at) if one.kind.shouted and not one.kind.known else None
    context = _context(text, one)
    if context is not None:
        return context
    if one.kind.cased and (_german(text, one) or _ENGLISH.search(text, *_sentence(text, one)) is not None):
        # "Die neue Linie" is no Lina.
        return None
    if one.kind.first and not one.kind.everyday:
        before = capitals[at - 1] if one.link == "beside" else None
        # "São Jorge" is a place, "Christmas Eve" a day.
        other = before is not None and (
            (before.kind.never and not (before.kind.shouted and one.kind.shouted))
            or _folded(text, before) in _PLACES
        )
        return None if other else one.start
    if one.kind.first and not _german(text, one) and not _begins(text, one):
        return one.start
    if one.kind.strange and one.kind.unknown and _IN.search(text, max(0, one.start - 8), one.start) is None:
        return one.start
    if one.kind.only_surname or (one.kind.no_word and after is None and _does(text, one)):
        return one.start
    if after is None and (_is_from_a_desk(text, one) or _owns(text, one)):
        return one.start
    if after is not None and _pair(text, one, after.kind):
        return one.start
    listed = one.link == "listed" and found and found[-1][1] == capitals[at - 1].end
    return one.start if listed and one.kind.may_be_name else None


def _pair(text: str, capital: _Capital, after: _Kind) -> bool:
    """Say whether two neighbours are a name neither of which was one alone."""
    one = capital.kind
    if one.name and (after.surname or after.only_surname):
        return not (one.known and after.known and not one.everyday)
    if one.unknown and (after.only_surname or (after.surname and not after.known)):
        return True
    if after.unknown and (one.first or after.like_surname):
        return one.first or one.unknown
    return (
        (one.unknown or (one.name and not one.known))
        and after.unknown
        and not _german(text, capital)
        # Only of English are the common words known; elsewhere the first word of a sentence may be any word.
        and (_ENGLISH.search(text, *_sentence(text, capital)) is not None or not _begins(text, capital))
    )


def _begins(text: str, one: _Capital) -> bool:
    """Say whether a capital may stand for the beginning of a sentence or of an entry in a list."""
    return _BEGINNING.search(text, max(0, one.start - 4), one.start) is not None


def _shouted_title(text: str, capitals: list[_Capital], at: int) -> int | None:
    one = capitals[at]
    before = capitals[at - 1] if one.link == "beside" else None
    title = "" if before is None else text[before.start : before.end]
    return before.start if before and title.isupper() and title.capitalize() in _titles() else None


def _last_of_name(capitals: list[_Capital], at: int) -> int:
    last = at
    while last + 1 < len(capitals) and last - at < MAX_SURNAMES:
        after = capitals[last + 1]
        if after.link != "beside":
            break
        if after.kind.never and not (capitals[last].kind.shouted and _is_shouted_word(after)):
            break
        if last > at and after.kind.known and not after.kind.name:
            break
        last += 1
    return last


def _is_shouted_word(one: _Capital) -> bool:
    return one.kind.shouted and not one.kind.known and one.end - one.start > 3


def _take_listed_before(text: str, capitals: list[_Capital], at: int, found: list[tuple[int, int]]) -> None:
    """In "Zebulonia, Quorra and Anna" the name that is known tells what the others are, but for German nouns."""
    while at > 0 and capitals[at].link == "listed" and capitals[at - 1].kind.unknown:
        if _german(text, capitals[at - 1]):
            return
        at -= 1
        found.append((capitals[at].start, capitals[at].end))


def _context(text: str, one: _Capital) -> int | None:
    """Say by the words before it, or by "my manager" after it, that a capital is a name; return where it begins."""
    from_ = max(0, one.start - 60)
    before = text[from_ : one.start]
    if not before.strip():
        return one.start if _role_follows(text, one) else None
    words = [(match.group(), match.start()) for match in _WORD.finditer(before)][-5:]
    # Most capitals stand behind words that tell nothing.
    if not any(len(word) == 1 or word.casefold() in _contexts() for word, _ in words):
        words = []
    while len(words) > 1 and words[-1][0] in _PARTICLES:
        words.pop()
    if words:
        last, place = words[-1]
        between = _LEADING_PARTICLES.sub("", before[place + len(last) :])
        folded = last.casefold()
        if last in _titles() and _CLOSE.fullmatch(between):
            while len(words) > 1 and words[-2][0] in _titles():
                words.pop()
            return from_ + words[-1][1]
        if len(last) == 1 and last in UPPER and re.fullmatch(r"\.\s?", between) and one.kind.may_be_name:
            return from_ + place
        near = re.fullmatch(r"[\s.,:;(\"“–—/!-]{1,4}", between) is not None and "." not in between.strip()[:1]
        if near and folded in _roles() and _accepts(one.kind, folded, _owned(words[:-1])):
            return one.start
        # "mi compañero de turno Nicasio"
        further = len(words) > 2 and words[-2][0] in _OF and words[-3][0].casefold() in _roles()
        if near and further and one.kind.may_be_name and _owned(words[:-3]):
            return one.start
        is_said = folded in _COPULAS and len(words) > 1 and words[-2][0].casefold() in _roles()
        if near and is_said and one.kind.may_be_name and _owned(words[:-2]):
            return one.start
        if near and folded in _called() and (one.kind.first or one.kind.unknown):
            return one.start
        phrase = " ".join(word for word, _ in words).casefold()
        if folded in _phrase_ends() and phrase.endswith(_phrases()) and not one.kind.known | one.kind.never:
            return one.start
    return one.start if _role_follows(text, one) else None


def _accepts(kind: _Kind, role: str, owned: bool) -> bool:
    """Say whether a capital after a role is a name; after a post without "my" it may be a department."""
    if owned:
        return kind.name or not kind.known
    return (kind.name and not kind.known) or (kind.unknown and role not in _lower("posts"))


def _owned(words: list[tuple[str, int]]) -> bool:
    return any(word.casefold() in _owners() for word, _ in words[-3:])


def _role_follows(text: str, one: _Capital) -> bool:
    """Recognise "Zebulonia, my manager" and "Zebulonia (min chef)"."""
    if not (one.kind.name or (one.kind.unknown and (_begins(text, one) or not _german(text, one)))):
        return False
    match = _APPOSITION.match(text, one.end)
    return match is not None and match[1].casefold() in _owners() and match[2].casefold() in _roles()


def _does(text: str, one: _Capital) -> bool:
    """Recognise "Bronagh taught me" and "when Tallulah left": people do it, not products."""
    match = _NEXT_WORD.match(text, one.end)
    return match is not None and match[1] in _lower("doings") and not _german(text, one)


def _owns(text: str, one: _Capital) -> bool:
    """Recognise "Zebulonia's desk": shops have no desks, people have."""
    match = _OWNED.match(text, one.end)
    return match is not None and one.kind.no_word and match[1] in _lower("belongings")


def _is_from_a_desk(text: str, one: _Capital) -> bool:
    """Recognise "Jonno from stores" and "Etxeberria, el de compras": people are, products are not."""
    if not one.kind.may_be_name or (match := _works_there(text, one.end)) is None:
        return False
    if match["apart"]:
        return True
    begins, german = _begins(text, one), _german(text, one)
    # "Schleifstein aus der Werkstatt"
    shaped = one.kind.surname or (one.kind.like_surname and not german)
    if not match["from"]:
        # Things are in the office, too.
        behind_article = _ARTICLE.search(text, max(0, one.start - 8), one.start) is not None
        return one.kind.no_word and (shaped or not (begins or german or behind_article))
    # Of other languages the words are not known, and any of them may begin a sentence.
    sure = not begins or _ENGLISH.search(text, *_sentence(text, one)) is not None
    return one.kind.name or (one.kind.no_word and (shaped or (sure and not german)))


def _works_there(text: str, end: int) -> re.Match[str] | None:
    """Match where somebody works, behind a name: "from the paint shop"."""
    match = _DESK.match(text, end)
    if match is None:
        return None
    first, second = match["desk"].casefold(), (match["second"] or "").casefold()
    there = first in _lower("desks") or (second in _lower("desks") and not is_stop_word(first))
    return match if there else None


def _capitals(text: str) -> list[_Capital]:
    found: list[_Capital] = []
    for match in _CAPITAL.finditer(text):
        link = ""
        if found:
            between = text[found[-1].end : match.start()]
            if _GAP.match(between):
                link = "beside"
            elif len(between) <= 8 and _is_conjunction(between):
                link = "listed"
        end = match.end()
        word = match.group()
        if word[-2:] in {"'s", "’s"}:
            word, end = word[:-2], end - 2
        found.append(_Capital(match.start(), end, _kind(word), link))
    return found


def _is_conjunction(between: str) -> bool:
    inner = between.strip().strip(",&+/").strip()
    return (not inner and bool(between.strip())) or inner.casefold() in _conjunctions()


@remembered(65_536)
def _kind(word: str) -> _Kind:
    lower = word.casefold().strip("'’-")
    first = lower in first_names() or any(form in first_names() for form in _base_forms(lower))
    cased = first and lower not in first_names() and lower.removesuffix("s") not in first_names()
    calendar = lower in _lower("calendar") or (word[:1].isupper() and lower in _lower("papers"))
    surname = lower in surnames() or any(form in surnames() for form in _base_forms(lower))
    shouted = len(word) > 1 and word.isupper()
    if calendar or (shouted and not (len(word) > 3 and (first or surname))):
        return _Kind(never=True, shouted=shouted, known=is_word(lower))
    mixed = any(letter.isupper() for letter in word[1:]) and not word.isupper()
    if mixed and not re.match(rf"(?:Mc|Mac|O['’]|\w+['’-])[{UPPER}]", word):
        return _Kind(never=True)
    parts = [part for part in re.split(r"['’-]", lower) if part]
    known = len(lower) < 2 or (bool(parts) and all(map(is_word, parts)))
    if "-" in word:
        kinds = [_kind(part) for part in word.split("-") if part[:1].isupper()]
        first = first or (bool(kinds) and kinds[0].first)
        surname = surname or any(kind.surname and not kind.known for kind in kinds)
    everyday = lower in _everyday()
    of_a_wife = _OF_A_WIFE.search(lower)
    only_surname = (
        not known
        and not everyday
        and (
            _ONLY_A_SURNAME.search(word) is not None
            or (of_a_wife is not None and lower[: of_a_wife.start()] in surnames())
        )
    )
    return _Kind(
        first=first,
        surname=surname or only_surname,
        everyday=everyday,
        known=known or (not first and not surname and _NOUN.search(lower) is not None),
        only_surname=only_surname,
        like_surname=_LIKE_A_SURNAME.search(lower) is not None,
        shouted=shouted,
        strange=_STRANGE.search(lower) is not None,
        cased=cased,
    )


def _base_forms(lower: str) -> Iterator[str]:
    """Yield what a name may be without the ending of its case: Polish, or an s of possession."""
    if len(lower) < 4 or is_word(lower):
        return
    if len(lower) >= 5 and lower.endswith("s"):
        yield lower[:-1]
    for ending, base in _POLISH_CASES:
        if lower.endswith(ending) and len(lower) - len(ending) >= 2:
            yield lower.removesuffix(ending) + base


def is_stop_word(lower: str) -> bool:
    """Say whether a word in lower case is a stop word of any language."""
    return any(lower in stop_words(language) for language in by_language("private"))


@remembered(65_536)
def is_word(lower: str) -> bool:
    """Say whether a word in lower case is one of a language or a trade, as far as the lists know."""
    return (
        lower in common_words()
        or lower in known_terms()
        or is_stop_word(lower)
        or lower in _roles()
        or lower in _titles()
        or lower in _phrases()
    )


def _german(text: str, one: _Capital) -> bool:
    """Say whether the sentence is German: every noun wears a capital there, so that a capital says nothing."""
    return _GERMAN.search(text, *_sentence(text, one)) is not None


def _sentence(text: str, one: _Capital) -> tuple[int, int]:
    """Return where the sentence around a capital begins and ends, as far as it matters."""
    first, last = max(0, one.start - MAX_SENTENCE), min(len(text), one.end + MAX_SENTENCE)
    start = max(text.rfind(mark, first, one.start) for mark in ".!?\n")
    ends = [end for end in (text.find(mark, one.end, last) for mark in ".!?\n") if end >= 0]
    return max(start + 1, first), min(ends, default=last)


def _handed_in(text: str, parts: frozenset[str]) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"[^\W\d_]+", text):
        if match.group().casefold() in parts:
            yield match.span()


def _without_capital(text: str) -> Iterator[tuple[int, int]]:
    """Find "ask janine", "janine's desk", "my boss alba", "mr hargreaves" and "karin lund".

    A first name that is no word of a language needs no company; others need a title or a role before them.
    """
    words = list(_SMALL_WORD.finditer(text))
    before, earlier = "", ""
    heads = _before_a_small_name()
    for at, match in enumerate(words):
        word = match.group()
        if word.islower():
            if _is_small_name(word):
                after = _next(words, at)
                yield match.start(), after.end() if after and _is_surname(text, match, after) else match.end()
            elif word in first_names() and (after := _next(words, at)) and _is_small_pair(text, match, after):
                # "asunción ortega": one is a word, both are none.
                yield match.start(), after.end()
            elif _is_small_name(_head(word)):
                yield match.start(), match.start() + len(_head(word))
            elif (
                before in heads
                and _is_told_before(word, before, earlier)
                and _CLOSE.fullmatch(text, words[at - 1].end(), match.start())
            ):
                yield match.span()
        before, earlier = word.casefold(), before


def _next(words: list[re.Match[str]], at: int) -> re.Match[str] | None:
    return words[at + 1] if at + 1 < len(words) else None


def _is_small_pair(text: str, first: re.Match[str], after: re.Match[str]) -> bool:
    return after.group() in _small_surnames() and text[first.end() : after.start()] == " "


def _is_told_before(word: str, before: str, earlier: str) -> bool:
    """Say whether a word is a name by the two before it."""
    if before in _lower("titles"):
        return _is_called_by_title(word, before)
    called = before in _called() or (before in _roles() and earlier in _owners())
    return called and _head(word) in first_names() and not is_stop_word(word)


def _head(word: str) -> str:
    """Return a word without what stands behind its mark: "janine" of "janine's", "janine'll" and "janine:s"."""
    return _ENDING.split(word, maxsplit=1)[0]


def _may_hold_small_names(text: str, words: frozenset[str]) -> bool:
    if not words.isdisjoint(_written_small()) or not words.isdisjoint(_lower("titles")):
        return True
    if not words.isdisjoint(first_names()) and not words.isdisjoint(_before_a_small_name()):
        return True
    if not words.isdisjoint(first_names()) and not words.isdisjoint(_small_surnames()):
        return True
    return any(map(text.__contains__, _SMALL_SIGNS)) and any(map(_is_small_name, words))


@lru_cache(maxsize=1)
def _before_a_small_name() -> frozenset[str]:
    """Words behind which a word may be a name without a capital."""
    return _called() | _roles() | _lower("titles")


def _is_called_by_title(lower: str, title: str) -> bool:
    """Say whether a word behind "mr" or "fru" is a name: only of English the common words are known."""
    if is_word(lower):
        return False
    kind = _kind(lower.capitalize())
    return title in _SMALL_TITLES or kind.name or kind.like_surname


@remembered(65_536)
def _is_small_name(lower: str) -> bool:
    """Say whether a word without a capital is a first name by itself, perhaps a double one or in a Polish case."""
    if lower in _written_small():
        return True
    if "-" in lower:
        return all(part in first_names() for part in lower.split("-"))
    return any(
        lower.endswith(ending) and lower.removesuffix(ending) + base in _written_small()
        for ending, base in _SMALL_POLISH_CASES
    )


def _is_surname(text: str, first: re.Match[str], after: re.Match[str]) -> bool:
    lower = after.group().casefold()
    if text[first.end() : after.start()] != " " or lower in _everyday():
        return False
    # "mcallister" is on no list.
    return _kind(lower.capitalize()).surname or (lower.startswith("mc") and not is_word(lower))


@lru_cache(maxsize=32)
def _lower(name: str) -> frozenset[str]:
    return frozenset(entry.casefold() for entry in entries("private", name))


def _roles() -> frozenset[str]:
    return _lower("roles")


def _owners() -> frozenset[str]:
    return _lower("owners")


def _called() -> frozenset[str]:
    return _lower("called")


def _conjunctions() -> frozenset[str]:
    return _lower("conjunctions")


@lru_cache(maxsize=1)
def _titles() -> frozenset[str]:
    return frozenset(entries("private", "titles"))


@lru_cache(maxsize=1)
def _phrases() -> tuple[str, ...]:
    return tuple(sorted(_lower("name_phrases")))


@lru_cache(maxsize=1)
def _phrase_ends() -> frozenset[str]:
    return frozenset(phrase.split()[-1] for phrase in _phrases())


@lru_cache(maxsize=1)
def _contexts() -> frozenset[str]:
    """Every word that, before a capital, may make it a name."""
    return _roles() | _called() | _phrase_ends() | _lower("titles")


@lru_cache(maxsize=1)
def _written_small() -> frozenset[str]:
    """First names that are names without a capital too: no word of a language or a trade is spelt like them."""
    stops = frozenset().union(*map(stop_words, by_language("private")))
    return first_names() - _everyday() - column("small_words") - stops - known_terms()


@lru_cache(maxsize=1)
def _small_surnames() -> frozenset[str]:
    """Surnames that no word is spelt like."""
    return frozenset(name for name in surnames() - column("small_words") - _everyday() if not is_word(name))


@lru_cache(maxsize=1)
def _everyday() -> frozenset[str]:
    """Names that are also words."""
    return column("everyday_names") | _lower("everyday")


@remembered(8)
def _parts(names: frozenset[str]) -> frozenset[str]:
    return frozenset(part for name in names for part in re.findall(r"[^\W\d_]{3,}", name.casefold()))


def as_frozen(names: Collection[str]) -> frozenset[str]:
    """Return names as a set that remembers its hash, so that a long roster costs nothing per text."""
    return names if isinstance(names, frozenset) else frozenset(names)
