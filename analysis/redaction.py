"""Taking identity and sensitive matters out of what people wrote, before anything else reads it.

Identifiers are found by shape (e-mail, address, number) here and by context in :mod:`analysis.names`. What a shape
looks like in one language (roads, postcodes, what stands before a number) and which words are sensitive is data:
``private_<language>.json``. All languages are looked for in every text, because people mix them. Which sentences are
fit to be shown is decided in :mod:`analysis.quotes`; what a lead's evidence may contain, in :mod:`analysis.evidence`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product

from analysis.names import UPPER, as_frozen, first_names, is_stop_word, is_word, names_in
from analysis.text import Runs, remembered, sentences
from analysis.wordlists import by_language, entries

__all__ = [
    "FILLER",
    "Identifier",
    "first_names",
    "has_sign",
    "identifiers",
    "is_sensitive",
    "mask",
    "redact",
    "shapes",
    "without_sensitive",
]

#: What stands for one masked character in :func:`mask`: neither a letter nor a space.
FILLER = "•"

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# Begins with what is rare, so that a long text is passed over quickly.
_INNER_DOT = re.compile(r"\.(?<=\w\.)\w|://|/(?:people|users?|profiles?|staff|in)/")
# Runs of letters are bounded, or begin where a word does: else one endless "word" is read again from each letter.
_CAPITAL = rf"[{UPPER}][\w'’-]{{0,40}}"

_AT = r"\s?(?:@|[\[({<]\s?(?:at|ät|arroba|małpa|snabel-?a)\s?[\])}>])\s?"
_DOT = r"(?:\.|\s?[\[({<]\s?(?:dot|punkt|punto|kropka)\s?[\])}>]\s?|\s(?:dot|punkt|punto|kropka)\s)"
_BRACKETED_A = r"[\[({<]a[\])}>]"
_MAILBOX = r"[\w.+%'-]{1,100}(?:\s(?:dot|punkt|punto|kropka)\s[\w.+%'-]{1,63}){0,3}"
_EMAIL = re.compile(
    rf"{_MAILBOX}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,8}}"
    rf"|{_MAILBOX}\s(?:at|ät|arroba|małpa|snabel-?a)\s[\w-]{{1,63}}"
    r"(?:\s?(?:dot|punkt|punto|kropka)\s?[\w-]{1,63}){1,8}"
    # "(a)" begins entries of a list as well: before it stands no space, or what no word holds. It is looked
    # for first, else every way to part what stands before is tried in vain.
    rf"|(?=[\w.+%'-]{{1,121}}\s?{_BRACKETED_A})(?:[\w+%'-]{{1,60}}[._\d][\w.+%'-]{{0,60}}\s?|[\w+%'-]{{1,100}}){_BRACKETED_A}\s?[\w-]{{2,63}}(?:{_DOT}[\w-]{{2,63}}){{1,8}}",
    re.IGNORECASE,
)
_EMAIL_WORDS = frozenset(("at", "ät", "arroba", "małpa", "snabel-a", "snabela"))
#: One of these stands behind or around such a word.
_EMAIL_SIGNS = ("(", "[", "{", "<", "dot", "punkt", "punto", "kropka")
_HANDLE = re.compile(r"(?<![\w.@])@[^\W\d_][\w.-]{2,}|\b\w{2,32}#\d{4}\b|(?<![\w.-])u/[\w-]{3,20}")
_SERVICES = (
    *("github", "gitlab", "bitbucket", "twitter", "instagram", "insta", "telegram", "skype", "linkedin"),
    *("tiktok", "discord", "mastodon", "facebook", "slack", "whatsapp", "signal", "xing", "teams", "reddit"),
    *("twitch", "snapchat", "bluesky", "youtube", "steam", "messenger"),
)
_HANDLE_SIGN = re.compile(r"[\d_.]")
# The endings of a domain in running text: none that is also a word or a technology (node.js, asp.net, socket.io).
_DOMAINS = "com|org|edu|gov|eu|info|example|invalid|se|dk|de|nl|fr|pt|es|uk|ch|pl|fi|at|be|it|cz|ie|ca|au|jp"
_LINK = re.compile(
    r"(?:https?|ftps?|sftp|ssh|file)://\S+[\w/]|\bwww\.\S+[\w/]"
    rf"|(?<![\w.-])(?:[\w-]{{1,63}}\.){{1,8}}(?:{_DOMAINS}|net|io|me|app|dev|co|test|no|tv|ly|gg|cat|online|site)/[^\s)]*"
    rf"|(?<![.@\w-])(?:[\w-]{{2,63}}\.){{1,8}}(?:{_DOMAINS})\b(?![\w(])"
    r"|(?<![\w.-])[\w.-]{2,63}/(?:people|users?|profiles?|staff|in)/[\w.-]{2,63}",
)

#: Digits, perhaps set apart, that may be a telephone, account, card or identity number.
_DIGITS = re.compile(
    r"(?<![\w€$£])(?<!\d[.,])(?<!CVE-)(?:\+|00)?[(\[]?\+?\d(?:[\s().\-–—‑/]{0,3}\d){6,29}(?!\d)"
)
_DIGIT = re.compile(r"\d")
_YEARS = re.compile(r"(?:(?:19|20)\d\d(?:/\d\d)?)(?:\s?[-–—/,.\s]\s?(?:(?:19|20)\d\d(?:/\d\d)?))*")
_HOURS = re.compile(r"(?:\d{1,2}[.:]\d\d\s?[-–—/\s]\s?)+\d{1,2}(?:[.:]\d\d)?")
_SUM = re.compile(r"\d{1,3}(?:[\s.]\d{3})+(?:\s?[-–—]\s?\d{1,3}(?:[\s.]\d{3})+)?|\d+")
# "Unter den Linden 77", "na Puławskiej 14", but not "Am Montag 3 Stunden".
_PLACES = frozenset(("am", "an", "zum", "zur", "auf", "unter", "hinter", "vor", "na", "przy"))
_AT_A_PLACE = re.compile(
    rf"\b(?:Am|An der|An den|Zum|Zur|Auf der|Auf dem|Unter den|Hinter der|Vor dem)\s(?!Tag|Jahr|Woche|\w+tag\b)"
    rf"{_CAPITAL}(?:\s{_CAPITAL})?\s\d{{1,3}}[a-z]?\b(?P<open>(?!\Z|[,.;)]|\s(?:in|und)\s))?"
    rf"|\b(?:[Nn]a|[Pp]rzy)\s{_CAPITAL}(?:iej|ej)\s\d{{1,3}}[A-Za-z]?(?:\s?/\s?\d{{1,3}})?\b"
)
_NUMBER_SIGNS = ("nr", "nummer", "nº", "n.º", "núm", "numer", "№")
_CURRENCY = re.compile(
    r"\s?(?:€|\$|£|%|kr\b|sek\b|nok\b|dkk\b|eur\b|usd\b|gbp\b|pln\b|zł|euros?\b|kronor\b|dollars?\b|pounds?\b|"
    r"złotych\b|rows?\b|records?\b|rader\b|zeilen\b|filas\b|wierszy\b|users?\b|requests?\b|lines?\b|million|tkr\b)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?<![\w.,/-])(?:(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\s?\d{1,2}\2\s?(?:19|20)\d\d)(?![\w/-])"
)
_STANDARD = "ISO|IEC|DIN|EN|IFRS|RFC|IEEE|CVE|SAE|ANSI|UNE|NIST|SOC|VDA|HTTP"
# Of two letters some are also firms (AS) and initials: they begin codes, but excuse no number that stands apart.
_STANDARDS = rf"(?!(?:{_STANDARD}|BS|SS|PN|TL|AS|KB)[-\s]?\d)"
_STANDARD_BEFORE = re.compile(rf"\b(?:{_STANDARD})[-\s]?\Z")
#: What may stand behind a telephone number.
_EXTENSION = re.compile(
    r",?\s?\(?(?:x|extn?|extension|extensión|wewn?|ankn|anknytning|dw|durchwahl|app|apparat|int|anexo)\.?:?\s?"
    r"\d{1,5}\b\)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\b(?i:[A-Z]{2})\d{2}(?:[\s-]?[A-Z0-9]{4}){2,7}(?:[\s-]?[A-Z0-9]{1,4})?\b"  # IBAN
    r"|\b(?i:[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D])\b"  # British National Insurance number
    r"|\b\d{6}(?:\d{2})?[-+\s]?[0-9T]\d{3}\b"  # Nordic personal identity and co-ordination number
    r"|\b\d{6}[-+A-FU-Y]\d{3}[0-9A-Z]\b"  # Finnish personal identity code
    r"|\b\d{3}-\d{2}-\d{4}\b"  # United States social security number
    r"|\b\d{2}\s?\d{6}\s?[A-Z]\s?\d{3}\b"  # German social insurance number
    r"|\b(?:\d{8}|\d{1,2}\.\d{3}\.\d{3})(?:[\s-]?[A-Z]|-?[a-z])\b"  # Spanish DNI
    r"|\b(?i:[XYZ])[\s-]?\d{7}[\s-]?[A-Za-z]\b"  # Spanish NIE
    r"|\b[A-Z]{3}\s?\d{6}\b"  # Polish and other identity cards
    r"|\b\d{2}-\d{2}-\d{2}\s\d{6,8}\b"  # sort code and account
    r"|\b\d{4}-\d,?\s\d(?:\s?\d){5,10}(?:-\d)?\b"  # Swedish clearing number and account
    rf"|\b{_STANDARDS}(?=[A-Z0-9]{{8,}}\b)(?=(?:[A-Z]*\d){{4}})(?=\d*[A-Z])[A-Z0-9]+\b"  # codes of letters and digits
    rf"|\b{_STANDARDS}[A-Z]{{1,4}}[-#\s]?\d{{6,}}\b|\b{_STANDARDS}[A-Za-z]{{1,4}}\d{{5,}}\b"
    rf"|(?<![\w-]){_STANDARDS}[A-Z]{{2,5}}[/-]\d{{4,}}\b"
    # An extension of a number within the firm; sizes have a space on both sides of their x, or none.
    r"|\b\d{4}\sx\d{3,5}\b"
    r"|#\d{4,}\b",
)
# British, German and Swedish number plates, which look like nothing else.
_PLATE = re.compile(
    rf"\b(?:[A-Z]{{2}}\d{{2}}\s[A-Z]{{3}}|{_STANDARDS}[A-Z]{{3}}\s\d{{2}}[A-Z])\b"
    r"|\b(?!(?:DIN|EN|ISO|IEC|VD[AEI])-)[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}\s\d{2,4}[EH]?\b"
)
# What stands in every match of _NUMBER that has fewer than six digits.
_CODE_SIGN = re.compile(r"[A-Za-z][-/]?\d|\d[A-Z]|#\d")
# What stands in every postcode: four digits, a few set apart, or a letter before a digit.
_POSTCODE_SIGN = re.compile(r"\d(?:\d{3}|\d-\d|\d{2}\s\d|(?<=[^\W\d_]\d))")
#: So many runs before a number its road or label may stand, and so many behind it its road.
_LABEL_RUNS, _ROAD_RUNS = 8, 6


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """A stretch of text, ``text[start:end]``, that could tell who wrote it or about whom."""

    start: int
    end: int
    kind: str


def identifiers(text: str, *, names: Collection[str] = frozenset()) -> tuple[Identifier, ...]:
    """Find what identifies a person.

    Parameters
    ----------
    text : str
        Anything a person wrote.
    names : collection of str
        Names known to belong to people (of the roster, for example), whole or in parts; any letter case.

    Returns
    -------
    tuple of Identifier
        In order, not overlapping.
    """
    words = frozenset(_WORD.findall(text.casefold()))
    found = [*_by_shape(text, text.split())]
    named = names_in(text, words, as_frozen(names))
    # "Comisiones Obreras" is a union: overwritten, it would hide that its sentence is sensitive.
    found += [Identifier(start, end, "name") for start, end in named if not _is_a_matter(text[start:end])]
    return tuple(_merged(sorted(found)))


def has_sign(run: str) -> bool:
    """Say whether a run of characters without space gives reason to look for a shape in the text around it."""
    return bool(_SIGNS_OF_RUNS[run])


def shapes(text: str, runs: Iterable[str] | None = None) -> tuple[Identifier, ...]:
    """Find what identifies a person by its shape alone; names are left to whoever looks for them.

    An address that begins with a name is one address here, where :func:`identifiers` lets the name go first. ``runs``
    are the text's runs without space, of which those may be missing that :func:`has_sign` denies.
    """
    found = [one for one in _by_shape(text, text.split() if runs is None else runs) if one.kind != "name"]
    return tuple(_merged(sorted(found)))


def redact(text: str, *, names: Collection[str] = frozenset()) -> str:
    """Replace every identifier by a neutral word in brackets such as ``[e-mail]``.

    Examples
    --------
    >>> redact("Ask ann.lee@example.org or call +46 31 390 06 22.")
    'Ask [e-mail] or call [phone].'
    """
    return _replaced(text, names, lambda one: f"[{one.kind}]")


def mask(text: str, *, names: Collection[str] = frozenset()) -> str:
    """Overwrite every identifier character by character, so that positions stay those of the original.

    Examples
    --------
    >>> mask("call +46 31 390 06 22 now")
    'call •••••••••••••••• now'
    """
    return _replaced(text, names, lambda one: FILLER * (one.end - one.start))


def _replaced(text: str, names: Collection[str], by: Callable[[Identifier], str]) -> str:
    parts, end = [], 0
    for identifier in identifiers(text, names=names):
        parts += [text[end : identifier.start], by(identifier)]
        end = identifier.end
    return "".join([*parts, text[end:]])


def is_sensitive(text: str) -> bool:
    """Say whether a text touches health, religion, union, ethnicity, orientation, politics or pregnancy.

    Collective agreements, care duties and family time are terms of work, not sensitive.
    """
    folded = text.casefold().replace("’", "'")
    told = set(chain.from_iterable(map(_MATTERS_OF_RUNS.__getitem__, folded.split())))
    by_a_word = None in told
    phrases = [
        phrase
        for phrase in (*_phrases_by_word().get("", ()), *filter(None, told))
        if all(map(folded.__contains__, _pieces(phrase)))
    ]
    if not by_a_word and not phrases:
        return False
    folded = _allowed().sub(" ", folded)
    return any(_phrase(phrase).search(folded) is not None for phrase in phrases) or (
        by_a_word and any(map(_is_sensitive_word, _WORD.findall(folded)))
    )


def is_confidential_title(title: str) -> bool:
    """Say whether what people are asked for tells who they are or whom they report to, or is nobody's business.

    Nor is what nobody may be chosen by told of a persona, be it asked ("Gender"), nor what they earn.
    """
    words = f" {' '.join(_WORD.findall(title.casefold().replace('-', ' ')))} "
    return is_confidential(title) or any(
        f" {asked} " in words for asked in entries("private", "untold_titles")
    )


def is_confidential(text: str) -> bool:
    """Say whether a value of an attribute or an option tells who somebody is or where from, or is sensitive."""
    folded = text.casefold()
    return (
        is_sensitive(text)
        or bool(identifiers(text))
        or any(asked in folded for asked in entries("private", "untold"))
    )


def without_sensitive(text: str) -> str:
    """Return a text without the sentences that touch a sensitive matter (:func:`is_sensitive`)."""
    if not is_sensitive(text):
        return text
    return " ".join(sentence for sentence in sentences(text) if not is_sensitive(sentence))


def _by_shape(text: str, runs: Iterable[str]) -> Iterator[Identifier]:
    """Look for each shape only where its sign is: a digit, a dot, an at, a road."""
    signs = frozenset().union(*filter(None, map(_SIGNS_OF_RUNS.__getitem__, runs)))
    if not signs:
        return
    if "@" in text or ("at" in signs and _holds_any(_EMAIL_SIGNS, text.casefold())):
        yield from _all(_EMAIL, text, "e-mail")
    if "dot" in signs:
        yield from _all(_LINK, text, "link")
    if "mark" in signs:
        yield from _all(_HANDLE, text, "name")
    if "service" in signs:
        yield from _accounts(text)
    if "account" in signs and signs & {"dot", "digit"}:
        yield from _all(_own_handle(), text, "name")
    n_digits = len(_DIGIT.findall(text)) if "digit" in signs else 0
    if n_digits >= 4:
        yield from _numbers(text, n_digits)
    if n_digits >= 5 and "month" in signs:
        yield from _all(_written_date(), text, "date")
    if n_digits >= 4 and "birth" in signs:
        yield from _all(_birth_date(), text, "date")
    if n_digits >= 2:
        yield from _all(_PLATE, text, "number")
        if "plate" in signs:
            yield from _all(_labelled_plate(), text, "number")
    if n_digits:
        if "road" in signs and _beside_a_number(text, "road", 1, _ROAD_RUNS):
            yield from _all(_address(), text, "address")
        if signs & {"road", "road before"}:
            yield from _all(_road_in_small_letters(), text, "address")
        if "place" in signs:
            for match in _AT_A_PLACE.finditer(text):
                # "Am Band 3 ist" may begin a sentence; within one only a road begins so.
                start, end = match.span()
                if match["open"] is None or re.search(r"[^\W\d_]\s\Z", text[max(0, start - 2) : start]):
                    yield Identifier(start, end, "address")
        labelled = "label" in signs and _beside_a_number(text, "label", _LABEL_RUNS, 0)
        if n_digits > 6 or labelled or _holds_any(_NUMBER_SIGNS, text.casefold()):
            yield from _all(_numbered(), text, "number")
        if _POSTCODE_SIGN.search(text):
            for code in _all(_postcode(), text, "postcode"):
                # "EN 10204 Werkstoff", but "EN 411 05 Göteborg": the number of a standard is in one piece.
                in_pieces = len(text[code.start : code.end].split()) > 1
                if in_pieces or not _is_of_a_standard(text, code.start):
                    yield code
    if "road before" in signs:
        yield from _all(_road_first(), text, "address")


def _holds_any(signs: Iterable[str], text: str) -> bool:
    return any(map(text.__contains__, signs))


def _all(pattern: re.Pattern[str], text: str, kind: str) -> Iterator[Identifier]:
    for match in pattern.finditer(text):
        start, end = match.span(1) if pattern.groups and match.group(1) else match.span()
        yield Identifier(start, end, kind)


def _numbers(text: str, n_digits: int) -> Iterator[Identifier]:
    # Of so few digits only a code with letters is made, or one that begins with a sign.
    if n_digits >= 6 or _CODE_SIGN.search(text):
        for match in _NUMBER.finditer(text):
            yield Identifier(*match.span(), "number")
    if n_digits < 6:
        return
    for match in _DATE.finditer(text):
        yield Identifier(*match.span(), "date")
    for match in _DIGITS.finditer(text):
        said = match.group().strip()
        if _YEARS.fullmatch(said) or _HOURS.fullmatch(said):
            continue
        if _SUM.fullmatch(said) and (said.endswith("000") or _CURRENCY.match(text, match.end())):
            continue
        if len(_DIGIT.findall(said)) <= 8 and _is_of_a_standard(text, match.start()):
            continue
        kind = "number" if said.isdigit() and not said.startswith("0") else "phone"
        extension = _EXTENSION.match(text, match.end())
        yield Identifier(match.start(), extension.end() if extension else match.end(), kind)
    for match in re.finditer(r"(?<![\w.,€$£-])\d{6}(?![\d\w]|[.,]\d)", text):
        if not match.group().endswith("000") and not _CURRENCY.match(text, match.end()):
            yield Identifier(*match.span(), "number")


def _is_of_a_standard(text: str, start: int) -> bool:
    """Say whether the name of a standard stands before a number, as in "ISO 9001 2015"."""
    return _STANDARD_BEFORE.search(text, max(0, start - 8), start) is not None


def _alternatives(words: Collection[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


def _either_case(words: Collection[str]) -> frozenset[str]:
    """Return words as listed and, unless they are listed with a capital, with one."""
    return frozenset(form for word in words for form in (word, word[:1].upper() + word[1:]))


@lru_cache(maxsize=1)
def _address() -> re.Pattern[str]:
    """Match a road with its house number, in the order of either custom."""
    after, endings = entries("private", "roads_after"), entries("private", "road_endings")
    flat = r"(?:,?\s(?:flat|apt|apartment|unit|lgh|m|lok)(?![a-z])\.?\s?(?:\d\w{0,4}|[A-Za-z]\b))?"
    number = rf"\d{{1,4}}(?:[A-Za-z]\b|\s[A-Z]\b)?(?:\s?[/–-]\s?\d{{1,4}}[A-Za-z]?)?{flat}"
    # "3 Castle Hill Road": what goes on with a capital to another road is one name.
    second = rf"(?:\s+(?:{_CAPITAL}\s+){{0,3}}(?=[{UPPER}])(?:{_alternatives(after)})\b)?"
    return re.compile(
        rf"(?:\b(?i:flat|apt|apartment|unit)\s\w{{1,4}},?\s)?"
        rf"\b\d{{1,4}}[A-Za-z]?,?\s+(?:{_CAPITAL}\s+){{1,4}}?(?:{_alternatives(after)})\b{second}\.?{flat}(?:,?\s(?:[A-Z]{{2}}\s)?\d{{5}}(?:-\d{{4}})?\b)?"
        rf"|(?:\b{_CAPITAL}\s+){{0,2}}\b{_no_road()}[{UPPER}][\w-]{{0,40}}?(?:{_alternatives(endings)})\b\.?\s+{number}"
        rf"|\b{_CAPITAL}(?:\s+{_CAPITAL}){{0,2}}[\s-]+(?i:{_alternatives({*after, *endings})})\b\.?\s+{number}"
        rf"|\b(?i:flat|apt|apartment|unit|suite)\s\w{{1,4}},(?:\s{_CAPITAL},?){{1,5}}?\s(?:{_alternatives(after)})\b"
    )


def _beside_a_number(text: str, sign: str, n_before: int, n_behind: int) -> bool:
    """Say whether a sign stands in the run of a digit or in one of so many before and behind it."""
    runs = [_SIGNS_OF_RUNS[run] for run in text.split()]
    return any(
        sign in near
        for place, signs in enumerate(runs)
        if "digit" in signs
        for near in runs[max(0, place - n_before) : place + n_behind + 1]
    )


def _signs_of(run: str) -> frozenset[str]:
    """Say what may be found in a text by the words in a run of it."""
    words = frozenset(_WORD.findall(run.casefold()))
    parts = words.union(*(word.split("-") for word in words))
    signs = {
        "digit": _DIGIT.search(run) is not None,
        "dot": _INNER_DOT.search(run) is not None,
        "mark": _holds_any(("@", "#", "u/"), run),
        "service": any(word.startswith(_SERVICES) for word in words),
        "account": not words.isdisjoint(_account_words()),
        "at": not words.isdisjoint(_EMAIL_WORDS) or ("a" in words and run.strip(".,;").lower() != "a"),
        "road": any(word.endswith(_road_ends()) for word in words),
        "place": not words.isdisjoint(_PLACES),
        "label": not parts.isdisjoint(_label_heads()),
        "month": not words.isdisjoint(_months()),
        "birth": not words.isdisjoint(_births()),
        "plate": not words.isdisjoint(_plate_heads()),
        "road before": not words.isdisjoint(_roads_before_words()),
    }
    return frozenset(sign for sign, is_there in signs.items() if is_there)


_SIGNS_OF_RUNS = Runs(_signs_of)


@lru_cache(maxsize=1)
def _road_ends() -> tuple[str, ...]:
    listed = {*entries("private", "roads_after"), *entries("private", "road_endings")}
    return tuple({road.casefold() for road in listed})


@lru_cache(maxsize=1)
def _road_first() -> re.Pattern[str]:
    """Match "calle Mayor 12", "ul. Długa 5": the kind of road, its name, perhaps a number."""
    kinds = _alternatives(_either_case(entries("private", "roads_before")))
    links = r"de|del|de la|de los|de las|da|do|das|dos|di|della|du|des|d'|l'|św\.?|gen\.?|ks\.?"
    link = rf"(?:(?:{links})\s?)?(?:\d{{1,2}}\s)?"
    more = rf"(?:\s+(?:(?:de|del|la|las|los|i)\s+){{0,2}}{_CAPITAL}){{0,3}}"
    flat = r"(?:\s?/\s?\d{1,4}\w?)?(?:,?\s(?:m\.?\s?\d+|\d{1,2}\.?º(?:\s?[A-Z])?))?"
    number = rf"(?:,?\s?(?:n\.?º\s?)?\d{{1,4}}(?:[A-Za-z]\b|\s[A-Z]\b)?{flat})?"
    return re.compile(
        rf"(?:\b\d{{1,4}},?\s)?(?<!\w)(?:{kinds})(?<=\w|[./º])\.?\s{{0,2}}{link}{_CAPITAL}{more}{number}"
    )


@lru_cache(maxsize=1)
def _road_in_small_letters() -> re.Pattern[str]:
    """Match "storgatan 14" and "calle mayor 15": without capitals fewer roads are told from other words."""
    return re.compile(rf"\b{_no_road()}(?:{'|'.join(entries('private', 'roads_small'))})")


def _no_road() -> str:
    """Pass over what only looks like a road, as the lines of a factory do."""
    return rf"(?!(?i:{_alternatives(entries('private', 'not_roads'))})\b)"


@lru_cache(maxsize=1)
def _roads_before_words() -> frozenset[str]:
    return frozenset(
        word for road in entries("private", "roads_before") for word in _WORD.findall(road.casefold())
    )


@lru_cache(maxsize=1)
def _months() -> frozenset[str]:
    return frozenset(month.casefold() for month in entries("private", "months"))


@lru_cache(maxsize=1)
def _written_date() -> re.Pattern[str]:
    """Match a day with its year, "3 May 1979" or "May 3rd, 1979"; without a year many were born on it."""
    month = rf"(?i:{_alternatives(entries('private', 'months'))})\.?"
    year = r"(?:19|20)\d\d\b"
    return re.compile(
        rf"\b\d{{1,2}}(?:st|nd|rd|th|\.|º|:[ae])?\s(?:of\s|de\s)?{month},?\s(?:del?\s)?{year}"
        rf"|\b{month}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s{year}"
    )


@lru_cache(maxsize=1)
def _births() -> frozenset[str]:
    return frozenset(entries("private", "births"))


@lru_cache(maxsize=1)
def _birth_date() -> re.Pattern[str]:
    """Match "3/5/79" after "born" and, as Swedes write it, "3/5 -79"."""
    return re.compile(
        rf"\b(?i:{_alternatives(_births())})\W{{1,3}}(?:(?:on|am|el|den|dnia)\s)?"
        r"(\d{1,2}(?:([./-])\s?\d{1,2}\2|/\d{1,2}\s?[\s-])\s?\d\d(?:\d\d)?)\b"
    )


@lru_cache(maxsize=1)
def _plate_heads() -> frozenset[str]:
    return frozenset(_WORD.findall(label.casefold())[-1] for label in entries("private", "plates"))


@lru_cache(maxsize=1)
def _labelled_plate() -> re.Pattern[str]:
    """Match a number plate of any country after what bears it: "my car, KR 4F821"."""
    said = r"(?:[\s,:#(]{1,2}(?i:is|no|nr|number|plate|reg|är|ist|es|to|med|mit|con)\.?)?[\s,:#(]{1,2}"
    part = r"[A-ZÄÖÜ\d]"
    return re.compile(
        rf"\b(?i:{_alternatives(entries('private', 'plates'))})\b{said}"
        rf"((?=[\s-]?(?:{part}[\s-]?){{0,8}}[A-ZÄÖÜ])(?=(?:[A-ZÄÖÜ\s-]{{0,6}}\d){{2}})"
        rf"{part}{{1,7}}(?:[\s-]{part}{{1,5}}){{0,2}}|[a-z]{{2}}\d\d\s?[a-z]{{3}})(?!\w)"
    )


def _accounts(text: str) -> Iterator[Identifier]:
    """Find who somebody is on a service: "my github is frostyfern", "I go by owl_77 on Discord".

    What is said of the service itself stays: a word of a language is a handle only if it is called one, and after a
    mere "I am" no word is.
    """
    told, said, perhaps = _ways_to_tell_a_handle()
    for match in told.finditer(text):
        if not is_stop_word(match[1].casefold()):
            yield Identifier(*match.span(1), "name")
    for match in said.finditer(text):
        handle = match.lastindex or 0
        if not all(map(is_word, match[handle].casefold().split("-"))):
            yield Identifier(*match.span(handle), "name")
    for match in perhaps.finditer(text):
        handle = match.lastindex or 0
        if _HANDLE_SIGN.search(match[handle]):
            yield Identifier(*match.span(handle), "name")


@lru_cache(maxsize=1)
def _ways_to_tell_a_handle() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Match a handle that is called one, one that is told, and what may be one."""
    called, verbs, weak, at, owners = (
        rf"(?:{_alternatives(entries('private', name))})"
        for name in ("account_words", "account_verbs", "account_weak", "account_places", "owners")
    )
    service, handle = rf"(?:{'|'.join(_SERVICES)})\w{{0,3}}", r"@?(\w[\w.-]*\w)"
    is_ = r"(?:\s?[:=]\s?|\s(?:is|är|heter|ist|heißt|lautet|es|to|jest)\s)"

    def there(verb: str) -> str:
        return rf"\b{verb}\s{handle},?\s{at}\s{service}\b|\b{at}\s{service},?\s{verb}\s{handle}"

    return (
        re.compile(
            rf"\b(?:{service}[\s-]{called}|{called}\s(?:{at}|de|für|för|do|for)\s{service}){is_}{handle}",
            re.I,
        ),
        re.compile(rf"\b{owners}\s{service}{is_}{handle}|\b{service}\s?:\s?{handle}|{there(verbs)}", re.I),
        re.compile(there(weak), re.I),
    )


@lru_cache(maxsize=1)
def _account_words() -> frozenset[str]:
    return frozenset(entries("private", "account_words"))


@lru_cache(maxsize=1)
def _own_handle() -> re.Pattern[str]:
    """Match what somebody is called on no service in particular, if no word looks so: "my login is nkechi.o"."""
    owners, called = (_alternatives(entries("private", name)) for name in ("owners", "account_words"))
    return re.compile(
        rf"\b(?:{owners})\s(?:{called})\s?(?:[:=]|is|är|heter|ist|lautet|es|to|jest)?\s"
        r"([^\W\d_]\w{0,30}[._\d][\w.-]{0,30}\w|[^\W\d_]{2,30}\d)(?!\w)",
        re.IGNORECASE,
    )


@lru_cache(maxsize=1)
def _postcode() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(entries('private', 'postcodes'))})(?!\w)")


@lru_cache(maxsize=1)
def _label_heads() -> frozenset[str]:
    """Words with which the labels of :func:`_numbered` begin."""
    labels = (*entries("private", "numbered"), *entries("private", "numbered_long"))
    return frozenset(_WORD.findall(label.casefold())[0].split("-")[0] for label in labels)


@lru_cache(maxsize=1)
def _numbered() -> re.Pattern[str]:
    """Match a number after what it is the number of: "employee no. 4471", "Durchwahl 12".

    After a word that people count as well, only a long one that is no year is meant: not "staff: 12 people".
    """
    labels = _alternatives(entries("private", "numbered"))
    counted = _alternatives(entries("private", "numbered_long"))
    long = r"(?!(?:19|20)\d\d\b)\d{4,}\b"
    said = r"(?:\s?(?i:is|är|ist|lautet|es|to|no|nr|nº|number))?\.?\s?[:#]?\s?"
    return re.compile(
        rf"\b(?i:{labels})\b\.?{said}((?=[A-Za-z-]{{0,4}}\d)[\w-]*\d[\w./-]*\b(?:\s\d\d(?!\d)(?:-\d)?){{0,4}})"
        rf"|(?:(?<!\w)\w*(?i:\bnr|nr\.|nummer|nº|n\.º|\bnúm|\bnumer|№)\.?)(?:\s[^\W\d_]+)?{said}{long}"
        rf"|\b(?i:{counted})\b{said}{long}"
    )


def _sensitive_entries(shape: str) -> Iterator[str]:
    for lists in by_language("private").values():
        for matter in lists.get("sensitive", {}).values():
            value = matter[shape]
            for entry in value.split() if isinstance(value, str) else value:
                yield from _spelt_out(entry.casefold().strip())


def _spelt_out(entry: str) -> Iterator[str]:
    """Yield what an entry stands for: "my {left,right} knee" is two phrases."""
    parts = [part.split(",") if place % 2 else [part] for place, part in enumerate(re.split("[{}]", entry))]
    yield from map("".join, product(*parts))


@lru_cache(maxsize=1)
def _sensitive_words() -> tuple[frozenset[str], tuple[str, ...]]:
    listed = set(_sensitive_entries("words"))
    return (
        frozenset(word for word in listed if not word.endswith("*")),
        tuple(sorted(word[:-1] for word in listed if word.endswith("*"))),
    )


@remembered(100_000)
def _is_sensitive_word(word: str) -> bool:
    whole, beginnings = _sensitive_words()
    return (
        word in whole
        or word.startswith(beginnings)
        or (
            "-" in word
            and any(part in whole or part.startswith(beginnings) for part in word.split("-") if part)
        )
    )


def _matters_of(run: str) -> tuple[str | None, ...]:
    """Return the phrases that a run may be part of; None among them says that it is sensitive by itself."""
    words = _WORD.findall(run)
    parts = {part for word in words for part in word.split("-")}
    own = (None,) if any(map(_is_sensitive_word, words)) else ()
    return (*own, *(phrase for part in parts for phrase in _phrases_by_word().get(part, ())))


_MATTERS_OF_RUNS = Runs(_matters_of)


def _is_a_matter(name: str) -> bool:
    """Say whether what looks like a name is a sensitive phrase as a whole."""
    if " " not in name:
        return False
    folded = name.casefold()
    phrases = chain.from_iterable(map(_MATTERS_OF_RUNS.__getitem__, folded.split()))
    return any(_phrase(phrase).fullmatch(folded) for phrase in phrases if phrase is not None)


@lru_cache(maxsize=1)
def _phrases_by_word() -> dict[str, list[str]]:
    """The sensitive phrases, under the longest of their whole words ("" if there is none)."""
    found: dict[str, list[str]] = {}
    for phrase in _sensitive_entries("phrases"):
        whole = re.findall(r"[^\W\d_]+(?![\w*])", phrase)
        found.setdefault(max(whole, key=len, default=""), []).append(phrase)
    return found


@lru_cache(maxsize=10_000)
def _pieces(phrase: str) -> tuple[str, ...]:
    """Return what stands in every text with the phrase, whatever its endings and what joins its words."""
    return tuple(piece for piece in re.split(r"[\s*]+", phrase) if piece)


@lru_cache(maxsize=10_000)
def _phrase(phrase: str) -> re.Pattern[str]:
    """Match one phrase; all of them at once take a hundred times as long."""
    return _phrases([phrase])


@lru_cache(maxsize=1)
def _allowed() -> re.Pattern[str]:
    """Phrases that only look sensitive: terms of work and of trades."""
    return _phrases(entry.casefold() for entry in entries("private", "allowed"))


def _phrases(phrases: Iterable[str]) -> re.Pattern[str]:
    written = (re.escape(phrase).replace(r"\*", r"\w*").replace(r"\ ", r"[\s-]+") for phrase in phrases)
    return re.compile(rf"\b(?:{'|'.join(sorted(written, key=len, reverse=True))})\b")


def _merged(found: list[Identifier]) -> Iterator[Identifier]:
    """Join overlapping findings; the one that starts first names the kind."""
    current: Identifier | None = None
    for identifier in found:
        if current is not None and identifier.start < current.end:
            current = Identifier(current.start, max(current.end, identifier.end), current.kind)
            continue
        if current is not None:
            yield current
        current = identifier
    if current is not None:
        yield current
