"""What of a lead may be scored: their own words, field by field, with identity taken out.

Every step keeps the length of a field, so that a position in the evidence is the same position in the text that
the lead sent. Names, contact data, employers, schools, years, pronouns and words about private life are overwritten
here, before anything is matched or encoded. What a word is worth is decided in :mod:`analysis.scoring`, not here.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from analysis.aliases import bundled
from analysis.facets import cut
from analysis.folding import JOINT
from analysis.lexicon import is_private
from analysis.markup import BLOCK_TAG, ENTITY
from analysis.names import surnames
from analysis.redaction import first_names, has_sign, shapes
from analysis.segments import Cut, known_terms
from analysis.text import Runs, common_words, remembered
from analysis.wordlists import column

#: The fields of a lead that may count, in the order in which evidence is quoted.
FIELDS = ("headline", "summary", "skills", "experience", "interest")

#: A profile does not need more; what lies beyond is not read, so that one field cannot hold up an import.
MAX_CHARACTERS = 20_000
#: Fills a masked place that separates words.
GAP = " "
#: Keys of an experience entry whose values are the lead's own words about their work. Employer, school, place
#: and years are left out because they stand in for class, age and origin.
EXPERIENCE_KEYS = frozenset(
    {
        *("title", "position", "role", "headline", "keywords", "skills", "tasks", "text", "content"),
        *("summary", "description", "highlights", "responsibilities", "achievements"),
    }
)


_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|</?[a-zA-Z][^<>]*>", re.DOTALL | re.IGNORECASE
)
_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffd]")

_JSON_LIKE = re.compile(r'\s*[\[{].*"\s*:', re.DOTALL)
_JSON_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)("|\\?\Z)(\s*:)?', re.DOTALL)
_JSON_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)

#: Surnames of the list that a profile mostly means as words; the redaction of answers is stricter with them.
_ORDINARY_SURNAMES = frozenset(
    (
        "held",
        "horn",
        "mills",
        "palm",
        "pastor",
        "stark",
        "turner",
        "urban",
        "funk",
        "wolf",
        "sierra",
        "das",
        "costa",
    )
)

# What normal forms do not take apart, and how letters are written where there are no others.
_WITHOUT_STROKE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae"})
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "ß": "ss"})

_WORD = re.compile(rf"[^\W_](?:[^\W_]|{JOINT})*")
_PERSONAL_WORDS = frozenset(
    """
    he she him his her hers himself herself they them their theirs themself themselves mr mrs ms miss mx sir madam
    man woman men women male female gentleman lady boy girl guy husband wife spouse mother father mum mom dad mummy
    daddy grandmother grandfather grandma grandpa son sons daughter daughters sister sisters brother brothers
    ze zir zirs zirself xe xem xyr hir hirs
    """.split()  # noqa: SIM905 - as in analysis.lexicon
)
_DIGIT = re.compile(r"\d")
_AGE = re.compile(
    r"\b(?:aged?\s+\d{2}|\d{2}[\s-]*(?:years?|yrs?)[\s-]*old|I(?:\s+a|['’])m\s+\d{2}(?=\s*[,.;)\n]|\s+and\b|\Z))\b"
    r"|\(\s*\d{2}\s*\)|\bborn\s+(?:on\s+)?(?:\d{1,2}\.?\s+[^\W\d]+|[^\W\d]+\s+\d{1,2})\b|(?<!\w)['’]\d\d\b",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(
    r"\b(?:19|20)\d\d\s*[-–—/]\s*(?:(?:19|20)?\d\d\b|present\b|now\b)?|(?<![\w.,])\d{4,6}(?![\w%]|[.,]\d)"
    r"|(?<![\w.,])\d{3}\s\d{2}(?![\w%]|[.,]\d)",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    r"\b[a-z]{1,2}\d[a-z\d]?\s+\d[a-z]{2}\b|\b\d{4}\s?[a-z]{2}\b(?=\s*[,.)]|\s*\Z)", re.IGNORECASE
)
_NAME_WORD = r"[^\W\d_][\w'’-]*"
_SCHOOL = re.compile(
    rf"\b(?:the\s+)?(?:university|college|school|academy|institute|polytechnic|universit[ey]t?|universidade|"
    rf"universidad)\s+(?:college\s+)?(?:of|at|de|do|da)\s+(?:(?:the|east|west|north|south|central|new|saint|st\.?|san|"
    rf"são|technology|applied|sciences?|arts?),?\s+)*{_NAME_WORD}"
    rf"|\b(?!(?:at|the|of|an?|from|to|in|and|for|with|since|after|my|our|local)\s){_NAME_WORD}\s+(?:university|polytechnic|grammar\s+school|high\s+school|business\s+school|universitet|"
    rf"universität|hochschule|högskola)\b",
    re.IGNORECASE,
)


# Names of several words end where the sentence goes on. Capitals decide nothing: profiles are typed in any case.
_GOES_ON = (
    "and|or|in|on|at|as|to|by|then|but|before|after|since|while|where|when|with|who|for|from|now|is|was"
)
_SOME_WORDS = rf"(?:the\s+)?(?:(?!(?:{_GOES_ON})\b)[\w'’&-]{{1,40}}(?:\s+of\b|\s+de\b)?[^\S\n]*){{1,5}}"
# A school without a word such as university in it: "studied at Harvard", "MSc from KTH".
_STUDIED_AT = re.compile(
    r"\b(?P<kept>(?:studie[ds]|studying|graduat(?:ed?|ing)|educated|degree|diploma|bachelor|master|doctorate|"
    r"alumn(?:us|a|ni)|b\.?sc|m\.?sc|mba|ph\.?d)\b(?:\s+\w+){0,4}?\s+(?:at|from)\s+)"
    rf"{_SOME_WORDS}"
    # "BSc Physics, Harvard (2004)", "alumna of ETH", "Education: MIT"
    r"|\b(?P<kept_of>(?:alumn(?:us|a|i|ae)\s+of|education\s*:)\s+)"
    rf"{_SOME_WORDS}"
    r"|\b(?P<kept_in>(?:b\.?a|b\.?sc|b\.?eng|m\.?a|m\.?sc|m\.?eng|mba|ph\.?d|bachelor\w*|master\w*|degree|diploma)\b"
    r"[^.;,(\n]{0,40}[,(]\s*)"
    rf"{_SOME_WORDS}(?=,?\s*\(?\s*(?:19|20)\d\d\b)",
    re.IGNORECASE,
)
_CLUB = re.compile(
    r"\b(?P<kept>(?:members?|captain|president|chair\w*|treasurer|secretary|founder|patron|fellow|active|plays?|played|"
    r"sings?|sang|volunteer\w*)(?:,|\s+(?:of|at|in|for|with))\s+)(?:[\w'’&-]{1,40}\s+){0,6}?"
    r"(?:club|society|association|fraternity|sorority|lodge|congregation|choir|scouts|church|mosque|synagogue)\b",
    re.IGNORECASE,
)
_NATIONALITY = re.compile(
    r"\b(?:(?:south|north|new|saudi|sri|costa|dual)\s+)?[^\W\d][\w-]{0,40}(?=\s+(?:citizens?(?:hip)?|nationality|"
    r"passport|(?:im|e)migrants?|nationals?(?=\s*(?:[,.;)\n]|\Z|(?:and|who|living|based)\b)))\b|-born\b)"
    r"|\b(?P<kept>of\s+)[\w\s-]{3,30}?(?=\s+(?:descent|origin|heritage|extraction)\b)"
    r"|\b(?P<kept_before>(?:(?:nationality|citizenship)\s*:\s*|citizen\s+of\s+|native\s+of\s+|born\s+in\s+|"
    r"(?:born\s+and\s+raised|grew\s+up)\s+in\s+|originally\s+from\s+))"
    rf"{_SOME_WORDS}",
    re.IGNORECASE,
)

# "I'm from Ghana", "I'm Swedish and", "I am Quorra.": what stands there with a capital is a name, a people, a faith.
_I_AM = re.compile(
    rf"\b(?P<kept>[Ii](?:(?:\s+a|['’])m|\s+come)\s+from\s+)(?i:{_SOME_WORDS})"
    r"|\b(?P<kept_am>[Ii](?:\s+a|['’])m\s+)[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]+"
    r"(?=\s*(?:[.,;!)\n]|\Z)|\s+(?:and|but|by|who|from|here)\b)"
)
# However rare the name: what people are called is told by the words before it.
_CALLED = re.compile(
    rf"\b(?P<kept>(?:my\s+(?:nick)?name(?:\s+is|['’]s)|(?:calls?|nicknamed)\s+me|goes\s+by)\s+[\"'“”‘’]?)"
    rf"{_NAME_WORD}(?:\s+(?-i:[A-ZÀ-ÖØ-Þ])[\w'’-]*){{0,3}}",
    re.IGNORECASE,
)
#: What stands between two parts of one name, perhaps with an initial or what somebody is called.
_WITHIN_NAME = re.compile(
    r"(?:[.,'’\"“”_-]|[^\S\n])+?(?:(?!I\s)[A-ZÀ-ÖØ-Þ]\.?\s|[\"“”'’(][^\W\d_]{1,40}[\"“”'’)]\s)?"
)
_INITIALS_BEFORE = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.[ -]?){1,3}\Z")
# Begins with a letter and looks back from there, so that a long text is passed over quickly.
_DOTTED = re.compile(r"[A-ZÀ-ÖØ-Þ](?<![\w.].)\.(?:[A-ZÀ-ÖØ-Þ]\.){1,2}(?!\w)")
# Where a word that may be a name is one, and no ordinary word: somebody introduces themselves, or does what people do.
_INTRODUCES = re.compile(
    r"\b(?:I\s+am|I['’]m|this\s+is|hi|hello|hey|regards|cheers|thanks)[,:]?\s+\Z", re.IGNORECASE
)
# A dash signs a text that has ended; after a word ("Engineer – Jenkins, Maven") it introduces nobody.
_SIGNS, _SIGNED = re.compile(r"(?:\A|[\n.!?])\s*[–—]\s+\Z"), re.compile(r"[^\S\n]*(?:\n|\Z)")
_INTRODUCED = re.compile(r"\s*(?:[.,!;:)\n]|\Z|(?:and|from|here)\b)")
_BEGINS = re.compile(r"(?:\A|[.!?:\n•])\s*[\"“(]?\Z")
_DOES = re.compile(
    r"['’]s\s+(?:\w+\s+)?(?:goals?|career|passion|background|strengths?|focus|approach|style|journey)\b"
    r"|\s+(?:(?:also|always|really|now|currently|has)\s+)?(?:likes?|loves?|enjoys?|believes?|thinks?|wants?|knows?|"
    r"cares?|studie[sd]|graduated|joined|lives?|speaks?|leads?|led|teaches|taught|mentors?|works?|worked|builds?|"
    r"built|designs?|designed|develops?|developed|manages?|managed|specialises|specializes|started|founded|spent|"
    r"is\s+an?\s+(?:\w+\s+){0,4}?(?:developer|engineer|designer|manager|leader|analyst|architect|scientist|consultant|"
    r"specialist|teacher|nurse|accountant|technician|operator|planner|coordinator|professional|person))\b"
)


#: Each of these with the least digits of what it finds.
_BY_DIGITS = ((2, _POSTCODE), (4, _LONG_NUMBER), (2, _AGE))

#: Each of these with words of which a text must have at least one for it to find something.
_BY_WORDS_AROUND = tuple(
    (frozenset(signs.split()), pattern)
    for signs, pattern in (
        (
            (
                "university college school academy institute polytechnic universitet universite universityt "
                "universidade universidad universität hochschule högskola"
            ),
            _SCHOOL,
        ),
        (
            (
                "studied studies studying graduate graduated graduating educated degree diploma bachelor master "
                "doctorate alumnus alumna alumni alumnae education b ba bsc beng m ma msc meng mba ph phd"
            ),
            _STUDIED_AT,
        ),
        (
            "club society association fraternity sorority lodge congregation choir scouts church mosque synagogue",
            _CLUB,
        ),
        ("from am m", _I_AM),
        ("name call calls nickname nicknamed goes", _CALLED),
        (
            (
                "citizen citizens citizenship nationality passport descent origin heritage extraction native born "
                "originally national nationals immigrant immigrants emigrant emigrants grew"
            ),
            _NATIONALITY,
        ),
    )
)


@dataclass(frozen=True)
class EvidenceDocument:
    """A lead's own words, each field as long as the field the lead sent.

    Parameters
    ----------
    fields : tuple of (str, str)
        Field name and masked text, in the order of :data:`FIELDS`. Empty fields are absent.
    """

    fields: tuple[tuple[str, str], ...]

    def text(self, field: str) -> str:
        """Return the masked text of a field, empty if the lead has none."""
        return dict(self.fields).get(field, "")

    @cached_property
    def cuts(self) -> Mapping[str, Cut]:
        """What each field says, cut once for all personas; it goes with the document."""
        return {field: cut(field, text) for field, text in self.fields}


def evidence_document(lead: Mapping[str, object], *, identity: Collection[str] = ()) -> EvidenceDocument:
    """Take a lead's fields and overwrite everything that may not influence a score.

    Parameters
    ----------
    lead : mapping of str to object
        Field name to text. Only :data:`FIELDS` are read; name, e-mail address, location and source are never
        looked at. ``None`` counts as empty. ``experience`` may be a JSON list, broken JSON or plain text.
    identity : collection of str
        The lead's name and e-mail address. Their words are masked in running text; the list of skills is left
        alone, because there "Ruby" is a language even if the lead is called Ruby.

    Returns
    -------
    EvidenceDocument
        Every field exactly as long as the given one, so positions can be compared.
    """
    names = _identity_words(identity)
    fields = []
    for field in FIELDS:
        value = lead.get(field)
        text = value if isinstance(value, str) else ""
        if text.strip():
            fields.append((field, _masked(field, text, names)))
    return EvidenceDocument(tuple(fields))


# Versions of one lead, and a lead imported again, differ in a field or two.
@remembered(64)
def _masked(field: str, text: str, names: frozenset[str]) -> str:
    text, runs = _cleaned(field, text)
    if field == "skills":
        return text
    # Most texts have nothing of a kind, and one look at their words tells.
    named = _may_hold(text, names)
    if not (runs or named):
        return text
    words = _words_of(runs)
    # Schools, clubs and nationalities are found by the words around them: before any of those is gone.
    for signs, pattern in _BY_WORDS_AROUND:
        if not words.isdisjoint(signs):
            text = pattern.sub(_gap, text)
    if named or not words.isdisjoint(_listed_names()):
        text = _without_names(text, names)
    if "." in text:
        text = _DOTTED.sub(_initials, text)
    n_digits = len(_DIGIT.findall(text))
    for least, pattern in _BY_DIGITS:
        if n_digits >= least:
            text = pattern.sub(_gap, text)
    for word in words & _PERSONAL_WORDS:
        text = _personal(word).sub(_gap, text)
    # Who mentions a child or an illness shall neither gain nor lose by it.
    private = frozenset(filter(is_private, words))
    if text.isascii():
        for word in private:
            text = _private(word).sub(GAP * len(word), text)
    elif private:
        text = _WORD.sub(
            lambda match: _gap(match) if _folded(match.group()) in private else match.group(), text
        )
    return text


# The same for whatever name.
@remembered(64)
def _cleaned(field: str, text: str) -> tuple[str, tuple[str, ...]]:
    """Overwrite markup, what cannot be printed, keys of JSON and identifiers other than names.

    With the runs without space that give reason to look for more.
    """
    beyond = max(len(text) - MAX_CHARACTERS, 0)
    text = text[:MAX_CHARACTERS] + GAP * beyond
    if "<" in text or "&" in text:
        text = _without_markup(text)
    if not (text.isascii() and text.isprintable()):
        text = _UNPRINTABLE.sub(GAP, text)
    if field == "experience":
        text = _without_json(text)
    runs = tuple(filter(_TELLING_RUNS.__getitem__, text.split()))
    for found in shapes(text, runs):
        text = text[: found.start] + GAP * (found.end - found.start) + text[found.end :]
    return text, runs


# One word that is there is found sooner than one of many that may be.
@remembered(100)
def _personal(word: str) -> re.Pattern[str]:
    return re.compile(rf"\b{word}\b(?:['’](?:s|d|ll|re|ve)\b)?", re.IGNORECASE)


@remembered(1_000)
def _private(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){word}(?![^\W_])", re.IGNORECASE)


def _gap(match: re.Match[str]) -> str:
    """Overwrite what was found, except what a pattern names as kept before it."""
    kept = next(filter(None, match.groups()), "")
    return kept + GAP * (len(match.group()) - len(kept))


def _initials(match: re.Match[str]) -> str:
    """Overwrite what may be somebody's initials, whoever's, and keep "A.I."."""
    letters = match.group().replace(".", "").casefold()
    is_term = letters in known_terms() or letters in bundled().skill_of
    return match.group() if is_term else GAP * len(match.group())


def _without_markup(text: str) -> str:
    def tag(match: re.Match[str]) -> str:
        blank = GAP * (len(match.group()) - 1)
        return ("\n" if BLOCK_TAG.match(match.group()) else GAP) + blank

    def entity(match: re.Match[str]) -> str:
        character = html.unescape(match.group())
        if character == match.group() or len(character) > len(match.group()):
            return match.group()
        return (GAP if character.isspace() else character).ljust(len(match.group()), JOINT)

    return ENTITY.sub(entity, _MARKUP.sub(tag, text))


def _without_json(text: str) -> str:
    """Keep only the values of :data:`EXPERIENCE_KEYS`; text that is not JSON at all stays as it is."""
    if not _JSON_LIKE.match(text):
        return text
    kept: list[str] = []
    key, at = "", 0
    for match in _JSON_STRING.finditer(text):
        if match[3]:
            key = match[1].casefold()
        elif key in EXPERIENCE_KEYS:
            kept += ("\n" * (match.start(1) - at), _JSON_ESCAPE.sub(_unescaped, match[1]))
            at = match.end(1)
    return "".join((*kept, "\n" * (len(text) - at)))


def _unescaped(match: re.Match[str]) -> str:
    escape = match.group()
    character = chr(int(escape[2:], 16)) if len(escape) == 6 else escape[1:]
    if len(escape) == 2 and character in "nrtbf":
        character = "\n" if character == "n" else GAP
    if _UNPRINTABLE.match(character):
        character = GAP
    return character.ljust(len(escape), JOINT if not character.isspace() else GAP)


@lru_cache(maxsize=1)
def everyday_names() -> frozenset[str]:
    """Return names that are also everyday words or tools, lower case."""
    return column("everyday_names") | _ORDINARY_SURNAMES


@lru_cache(maxsize=1)
def _listed_names() -> frozenset[str]:
    # The third list holds names that are among the common words of the language and yet mostly mean a person.
    return (first_names() | surnames() | column("common_names")) - everyday_names()


@remembered(50_000)
def is_ordinary(word: str) -> bool:
    """Say whether a word that may be a name is, in most texts, something else.

    Such a word is masked only beside another part of the same name and where :func:`is_named` says so: masking "will"
    or "swift" wherever it stands, but for its bearers alone, would take words from some leads and not from others.
    """
    word = word.casefold()
    if word in _listed_names():
        return False
    return word in everyday_names() or word in common_words() or word in known_terms()


def _identity_words(identity: Collection[str]) -> frozenset[str]:
    """Return the words of a name and an e-mail address, also without accents and as handles are made of them."""
    words: set[str] = set()
    for text in identity:
        local_part = text.split("@")[0] if "@" in text else text
        found = [_folded(word) for word in _WORD.findall(local_part) if not word.isdigit()]
        spellings = [found]
        if not text.isascii():
            written_out = [word.translate(_WRITTEN_OUT) for word in found]
            spellings += [written_out, list(map(_without_accents, found))]
        for spelling in spellings:
            words.update(spelling)
            if len(spelling) > 1:
                first, last = spelling[0], spelling[-1]
                words.update((first + last, last + first, first[0] + last, first + last[0]))
    return frozenset(words)


def _words_of(runs: Iterable[str]) -> frozenset[str]:
    """The words of runs without space, folded; of one that is split by joints the parts as well."""
    return frozenset().union(*map(_WORDS_OF_RUNS.__getitem__, runs))


def _words_of_run(run: str) -> frozenset[str]:
    return frozenset(map(_folded, [*_WORD.findall(run), *_WORD.findall(run.replace(JOINT, GAP))]))


def _is_telling(run: str) -> bool:
    """Say whether something in a text may have to be overwritten because of a run, whoever wrote it."""
    words = _words_of_run(run)
    return has_sign(run) or not words.isdisjoint(_telling_words()) or any(map(is_private, words))


_WORDS_OF_RUNS = Runs(_words_of_run)
_TELLING_RUNS = Runs(_is_telling)


@lru_cache(maxsize=1)
def _telling_words() -> frozenset[str]:
    return _PERSONAL_WORDS.union(_listed_names(), *(signs for signs, _ in _BY_WORDS_AROUND))


def _may_hold(text: str, names: frozenset[str]) -> bool:
    if text.isascii():
        return any(map(text.lower().__contains__, names))
    return not _words_of(text.split()).isdisjoint(names)


def _without_names(text: str, names: frozenset[str]) -> str:
    # Common names are masked whoever the lead is: a colleague's name earns nothing either.
    common = _listed_names()
    found = [
        match for match in _WORD.finditer(text) if (word := _folded(match.group())) in names or word in common
    ]
    out = list(text)
    for i, match in enumerate(found):
        word = _folded(match.group())
        follows = i > 0 and _adjacent(text, found[i - 1], match)
        beside = follows or (i + 1 < len(found) and _adjacent(text, match, found[i + 1]))
        if beside or (len(word) > 1 and is_named(text, *match.span())):
            start = found[i - 1].end() if follows else match.start()
            if initials := _INITIALS_BEFORE.search(text, max(0, start - 12), start):
                start = initials.start()
            end = match.end() + (2 if re.match(r"['’]s\b", text[match.end() :]) else 0)
            out[start:end] = GAP * (end - start)
    return "".join(out)


def is_named(text: str, start: int, end: int) -> bool:
    """Say whether a word of somebody's name stands for them in a text.

    An ordinary word does where they introduce themselves or do what only people do ("I'm Ruby.", "Ruby likes tests"):
    nobody says that of the language, so that who bears its name loses no other mention of it.
    """
    return not is_ordinary(_folded(text[start:end])) or _is_somebody(text, start, end)


def _is_somebody(text: str, start: int, end: int) -> bool:
    from_ = max(0, start - 20)
    if _INTRODUCES.search(text, from_, start) and _INTRODUCED.match(text, end):
        return True
    if _SIGNS.search(text, from_, start) and _SIGNED.match(text, end):
        return True
    return bool(_BEGINS.search(text, from_, start) and _DOES.match(text, end))


def _adjacent(text: str, left: re.Match[str], right: re.Match[str]) -> bool:
    """Say whether two words stand together as a name: ordinary ones both with a capital, or joined in a handle."""
    between = _WITHIN_NAME.fullmatch(text, left.end(), right.start())
    if between is None:
        return False
    ordinary = all(is_ordinary(_folded(word.group())) for word in (left, right))
    capitals = left.group()[0].isupper() and right.group()[0].isupper()
    joined = not any(map(str.isspace, between.group()))
    if not ordinary:
        return True
    return "," not in between.group() and (
        capitals or joined or _is_somebody(text, left.start(), right.end())
    )


def _without_accents(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.translate(_WITHOUT_STROKE))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@remembered(50_000)
def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word.replace(JOINT, "")).casefold()
