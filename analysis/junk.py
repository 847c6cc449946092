"""Answers that say nothing: recognised, given a reason, and left out of every computation.

Only form is judged here, never what somebody means: a dry, rude or clumsy answer is one. What people write instead of
an answer, and what mail and receipts look like, is data by language (``junk_<language>.json``). What happens to the
rest of a response is decided in :mod:`analysis.views`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from analysis.segments import known_terms
from analysis.text import common_words, normalise, remembered, split, words
from analysis.wordlists import by_language, entries

#: A text is machine-made or pasted when fewer than this share of its characters are letters or spaces.
MIN_LETTER_SHARE = 0.25

#: Texts of at least this many words that come from several people are copies, not answers.
MIN_COPIED_WORDS = 20

#: So many people must have handed in an answer: two may have agreed on a sentence.
MIN_COPIES = 3

#: A short text with at least this many addresses and numbers, set in lines, is a signature.
MIN_CONTACTS = 2

#: Nothing is said in at most this many characters.
MAX_NON_ANSWER = 60

#: A signature has at most this many words.
MAX_SIGNATURE_WORDS = 30

#: Bigrams that fewer common words have are rare; a long "word" is no word when at least half of its are.
MIN_BIGRAM_WORDS = 6
MAX_RARE_BIGRAMS = 0.5

_KEYBOARD_ROWS = (
    *("qwertyuiopå", "asdfghjklöä", "asdfghjklñ", "zxcvbnm", "qwertzuiopü", "yxcvbnm", "1234567890"),
    *(
        "azertyuiop",
        "qsdfghjklm",
        "wxcvbn",
        "pyfgcrl",
        "aoeuidhtns",
        "йцукенгшщзхъ",
        "фывапролджэ",
        "ячсмитьбю",
    ),
    *("qazwsxedcrfvtgbyhnujm", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb", "abcdefghijklmnopqrstuvwxyz"),
)
_LONGEST_ROW = max(map(len, _KEYBOARD_ROWS))
_HOME_ROW = frozenset("asdfghjklöäæø")

_PLACEHOLDER = re.compile(r"\[[a-z-]{3,12}\]")
_CONTACT = re.compile(
    r"@|\[(?:e-mail|phone|link|address|postcode)\]|(?:\d[\s().\-/+]{0,2}){7,}|\bwww\.|https?://"
)
_MACHINE_LINE = re.compile(
    r"\bUN[BHTZ]\+|<\?xml|Traceback \(most recent|\{\s*\"\w+\"\s*:|-----BEGIN |\bSET-COOKIE:"
    r"|\bSELECT\s(?>[^.!?]{0,500}?(?:\*|\w\.\w|\w_\w))[\s\S]{0,2000}?\bFROM\s"
    r"|\b\d\d:\d\d:\d\d\S*\s+\[?(?:ERROR|WARN|INFO|DEBUG)|\bat [\w$.]+\([\w.]+:\d+\)|\b[A-Za-z0-9+/]{60,}={0,2}"
    r"|\bfunction\s\w*\([^)]{0,500}\)\s?\{|\balert\((?=[\"'`]|\w+[.(\[])|\breturn\s\w+;\s?\}"
    r"|(?:</?[a-z][a-z0-9]*(?:\s[^<>]*)?>[^<>]*){4,}"
    r"|\bBEGIN:V(?:CARD|CALENDAR|EVENT)\b|\bpublic static void\b|(?m:^\s*def \w+\([^()]{0,200}\):)"
    # A formula, and rows of a table: three lines with as many separators and no space around them.
    r"|\A=[A-Z]{2,12}\([^()]{1,80}\)|(?m:(?:^[^\s;]{0,40};[^;\n]{0,40}(?<! );[^\s;]{0,40}$\n?){3})"
)
#: One of these stands wherever :data:`_MACHINE_LINE` finds something, unless it is a word of this many characters.
_MACHINE_SIGNS = ("<", "{", "(", ";", ":", "+", "Traceback", "BEGIN", "SELECT")
_ENDLESS = 60
# What stands between cells, and the rule below the head of a table.
_BETWEEN_CELLS = re.compile(r"\t| {3,}")
_RULE = re.compile(r"[\s|+:]*[-=]{2,}(?:[\s:]*[|+][\s:]*[-=]{2,})+[\s|+:]*")
_CLAUSE = re.compile(r"[^,.;!?]+")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_DIGIT = re.compile(r"\d")
_LOREM = re.compile(r"\blorem ipsum(?:\W*\Z|,? dolor)|\bdolor sit amet\b", re.IGNORECASE)


def junk_reason(answer: str) -> str | None:
    """Say why an answer is not one, or None if it is.

    Examples
    --------
    >>> junk_reason("asdfgh"), junk_reason("n/a"), junk_reason("Nice colleagues.")
    ('random keys', 'no answer', None)
    """
    text = normalise(answer)
    if not text:
        return "empty"
    folded = text.casefold()
    if _is_non_answer(folded):
        return "no answer"
    if not any(map(str.isalpha, _PLACEHOLDER.sub("", text))):
        return "no words"
    if _is_table(answer) or _is_pasted(text, folded):
        return "pasted text"
    if _is_random_keys(text):
        return "random keys"
    return "no answer" if _opens_with_non_answer(folded) else None


def repeated_items(answers: dict[str, str]) -> frozenset[str]:
    """Return the items to which one person pasted the same text, if they did so at least three times."""
    counts = Counter(normalise(text).casefold() for text in answers.values())
    return frozenset(item for item, text in answers.items() if counts[normalise(text).casefold()] >= 3)


def copied_texts(texts: Sequence[str]) -> frozenset[str]:
    """Return texts of some length that at least three people handed in word for word, but for spacing and case."""
    written: defaultdict[str, list[str]] = defaultdict(list)
    for text in texts:
        written[normalise(text).casefold()].append(text)
    return frozenset(
        chain.from_iterable(
            alike
            for text, alike in written.items()
            if len(alike) >= MIN_COPIES and len(split(text)) >= MIN_COPIED_WORDS
        )
    )


def copied_responses(responses: Iterable[tuple[str, Mapping[str, str]]]) -> frozenset[str]:
    """Return the ids of responses that copy another as a whole, if it has some length: who answers writes their own.

    Of two alike the first is taken for the original; who wrote what three handed in nobody knows.
    """
    alike: defaultdict[frozenset[tuple[str, str]], list[str]] = defaultdict(list)
    for key, answers in responses:
        alike[frozenset(answers.items())].append(key)
    return frozenset(
        chain.from_iterable(
            keys if len(keys) >= MIN_COPIES else keys[1:]
            for whole, keys in alike.items()
            if len(keys) > 1 and sum(len(split(text)) for _, text in whole) >= MIN_COPIED_WORDS
        )
    )


def _is_non_answer(folded: str) -> bool:
    if len(folded) > MAX_NON_ANSWER:
        return False
    bare = re.sub(r"^[\W_]+|[\W_]+$", "", folded)
    if folded in _non_answers() or bare in _non_answers():
        return True
    said = re.findall(r"[^\W\d_]+(?:['/.][^\W\d_]+)*", folded)
    if said and len(set(said)) == 1 and said[0] in _non_answers():
        return True
    bare_words = _without_particles(said)
    if " ".join(bare_words) in _non_answers():
        return True
    if not 1 < len(said) <= 8:
        return False
    if any(
        bare_words[0] in pointing and pointed.issuperset(bare_words[1:])
        for pointing, pointed in _pairs("pointing", "pointed")
    ):
        return True
    return not _DIGIT.search(folded) and any(
        not denials.isdisjoint(said) and all(word in denials or word in fillers for word in said)
        for denials, fillers in _pairs("denials", "fillers")
    )


def _without_particles(said: list[str]) -> list[str]:
    """Return words without those of talk around them: "no idea mate", "idk tbh"."""
    places = [place for place, word in enumerate(said) if word not in _particles()]
    return said[places[0] : places[-1] + 1] if places else said


def _opens_with_non_answer(folded: str) -> bool:
    """Recognise "no comment, is this really anonymous?" and "see my CV, HR has it"."""
    opening = _CLAUSE.match(folded) if len(folded) <= MAX_NON_ANSWER else None
    if opening is None:
        return False
    first, rest = opening.group().strip(), folded[opening.end() :].strip()
    return first in _pointers() or (len(first) > 5 and first in _non_answers() and rest.endswith("?"))


def _is_pasted(text: str, folded: str) -> bool:
    """Mail, receipts and the talk of machines."""
    if len(text) > 12 and _letter_share(text) < MIN_LETTER_SHARE:
        return True
    if (
        (_may_be_of_a_machine(text) and _MACHINE_LINE.search(text))
        or _LOREM.search(text)
        or _mentions("notices", folded)
    ):
        return True
    if _mentions("attached", folded) and _mail().search(folded):
        return True
    if ":" in text and len({match[1] for match in _headers().finditer(folded)}) >= 2:
        return True
    return _is_signature(text, folded) or _is_receipt(folded)


def _is_table(answer: str) -> bool:
    """Recognise a table by its rule, or by three rows with as many wide gaps and numbers in two of them.

    Lists are set out so as well, but without numbers.
    """
    lines = answer.splitlines()
    gaps = [len(_BETWEEN_CELLS.findall(line.strip(" "))) for line in lines]
    return any(
        _RULE.fullmatch(line)
        or (
            gaps[at] > 1
            and gaps[at : at + 3].count(gaps[at]) == 3
            and sum(map(bool, map(_DIGIT.search, lines[at : at + 3]))) > 1
        )
        for at, line in enumerate(lines)
    )


def _may_be_of_a_machine(text: str) -> bool:
    return any(map(text.__contains__, _MACHINE_SIGNS)) or max(map(len, text.split())) >= _ENDLESS


def _is_signature(text: str, folded: str) -> bool:
    n_words = len(folded.split())
    if n_words > MAX_SIGNATURE_WORDS:
        return False
    closing = _closings().search(folded) if _mentions("closings", folded) else None
    if closing is not None and len(folded[: closing.start()].split()) <= 3:
        return True
    return text.count("\n") + text.count("|") >= 2 and len(_CONTACT.findall(text)) >= MIN_CONTACTS


def _is_receipt(folded: str) -> bool:
    if not (_DIGIT.search(folded) and _mentions("labels", folded)):
        return False
    labels = {match[1] for match in _labels().finditer(folded)}
    return len(labels) >= 3 or (bool(labels) and _mentions("receipts", folded))


def _mentions(name: str, folded: str) -> bool:
    return any(map(folded.__contains__, _phrases(name)))


def _letter_share(text: str) -> float:
    return (len(_NO_LETTERS.sub("", text)) + text.count(" ")) / len(text)


def _lists_terms(folded: str) -> bool:
    """Recognise "C, C++, C#", which holds one letter and three languages."""
    said = set(split(folded))
    return len(said) > 1 and known_terms().issuperset(said)


def _is_random_keys(text: str) -> bool:
    """One key held down, walks over the keyboard, a syllable again and again, or letters that no word has in a row."""
    folded = text.casefold()
    letters = [folded.count(letter) for letter in filter(str.isalpha, set(folded))]
    if max(letters) > 2 and max(letters) > 0.6 * sum(letters) and not _lists_terms(folded):
        return True
    if _is_said_again(split(folded)):
        return True
    if len(folded.split()) > 8:
        return False
    tokens = split(folded)
    if tokens and all(map(_is_key_walk, tokens)):
        return len(tokens) > 1 or len(tokens[0]) > 3
    if not tokens or not all(map(str.isascii, tokens)):
        return False
    short_again = len(set(tokens)) == 1 and len(tokens) > 2 and len(tokens[0]) < 4
    mashed = [_is_syllable_again(token) or _is_mash(token) for token in tokens]
    # Beside a long one a short one is as well: alone it may be an abbreviation ("HTML CSS").
    return short_again or (
        any(mashed) and all(is_mash or _has_no_vowel(t) for is_mash, t in zip(mashed, tokens, strict=True))
    )


def _is_said_again(tokens: list[str]) -> bool:
    """Recognise a word or two, or a line of a song, again and again; what is said three times may be meant."""
    n_distinct = len(set(tokens))
    return (len(tokens) >= 8 and n_distinct <= 2) or (len(tokens) >= 12 and 3 * n_distinct <= len(tokens))


def _is_key_walk(token: str) -> bool:
    """Say whether a token consists of three or more neighbouring keys at a time."""
    at = 0
    while at < len(token):
        most = min(len(token) - at, _LONGEST_ROW)
        longest = next((n for n in range(most, 2, -1) if _in_row(token[at : at + n])), 0)
        # A walk that begins again may break off: "asdfghas".
        if not longest and at >= 3 and token[:at].startswith(token[at:]):
            return True
        if not longest:
            return False
        at += longest
    return len(token) > 2


@remembered(10_000)
def _in_row(chunk: str) -> bool:
    return any(chunk in row or chunk[::-1] in row for row in _KEYBOARD_ROWS)


def _is_syllable_again(token: str) -> bool:
    return re.fullmatch(r"([a-z]{1,3})\1{2,}[a-z]?", token) is not None


def _is_mash(token: str) -> bool:
    if len(token) < 6 or not token.isalpha() or token in common_words() or token in known_terms():
        return False
    if _has_no_vowel(token):
        return True
    if len(token) >= 8 and _HOME_ROW.issuperset(token) and sum(map(token.count, "aöäæø")) < 0.35 * len(token):
        return True
    pairs = [token[at : at + 2] for at in range(len(token) - 1)]
    return sum(_bigrams()[pair] < MIN_BIGRAM_WORDS for pair in pairs) >= MAX_RARE_BIGRAMS * len(pairs)


def _has_no_vowel(token: str) -> bool:
    return token.isalpha() and not re.search(r"[aeiouy]", token)


@lru_cache(maxsize=1)
def _bigrams() -> Counter[str]:
    return Counter(word[at : at + 2] for word in common_words() for at in range(len(word) - 1))


@lru_cache(maxsize=1)
def _non_answers() -> frozenset[str]:
    return words().non_answers | frozenset(entry.casefold() for entry in entries("junk", "non_answers"))


@lru_cache(maxsize=1)
def _pointers() -> frozenset[str]:
    """Ways to send the reader elsewhere."""
    return frozenset(entries("junk", "pointers"))


@lru_cache(maxsize=1)
def _particles() -> frozenset[str]:
    return frozenset(entries("junk", "particles"))


@lru_cache(maxsize=2)
def _pairs(telling: str, beside: str) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Per language, words that deny ("denials") or send elsewhere ("pointing"), and those that carry nothing beside."""
    return tuple(
        (frozenset(lists[telling].casefold().split()), frozenset(lists[beside].casefold().split()))
        for lists in by_language("junk").values()
    )


@lru_cache(maxsize=1)
def _mail() -> re.Pattern[str]:
    """Match what a mail says at the beginning of a sentence; who complains about such mails says it inside one."""
    return re.compile(rf"(?:\A|[,.:!\n]\s*)(?:{_any_of('attached')})\b")


@lru_cache(maxsize=1)
def _closings() -> re.Pattern[str]:
    return re.compile(rf"(?:\A|\n|[.,!]\s)(?:{_any_of('closings')})(?=\s*[,/|\n]|\.?\s*\Z)")


@lru_cache(maxsize=1)
def _headers() -> re.Pattern[str]:
    return re.compile(rf"(?m)^({_any_of('headers')})\s*:\s*\S")


@lru_cache(maxsize=1)
def _labels() -> re.Pattern[str]:
    """Match a label of a receipt with its number: "order no. 4471", "total: € 12"."""
    return re.compile(rf"\b({_any_of('labels')})\b[\s.:#]{{0,3}}(?:[€$£]|[a-z]{{2,3}}\s)?\s?[a-z]{{0,4}}-?\d")


@lru_cache(maxsize=8)
def _phrases(name: str) -> tuple[str, ...]:
    listed = {entry.casefold() for entry in entries("junk", name)}
    return tuple(sorted(listed, key=lambda entry: (-len(entry), entry)))


def _any_of(name: str) -> str:
    return "|".join(map(re.escape, _phrases(name)))
