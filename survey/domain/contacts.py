"""By what a person is recognised: e-mail address, phone and profile address in one spelling, or a similar name.

Contacts are exact: who shares one is probably the same person. A name is a hint, looked up by a coarse key, and counts
if employer, place or skills agree with it. No SQL here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

import phonenumbers
from rapidfuzz import fuzz

EMAIL, PHONE, PROFILE, NAME = "email", "phone", "profile", "name"
EXACT = (EMAIL, PHONE, PROFILE)

#: Of 100: "Sofia Hallgren" and "Sofía Halgren" have 96, "Anna Berg" and "Anna Borg" 89, brothers about 75.
_NAMES_ALIKE = 88
_EMPLOYERS_ALIKE = 85
_SHARED_SKILLS = 2
_KEY_CHARS = 5
_VOWELS = re.compile("[aeiouy]")
_DOUBLED = re.compile(r"(.)\1")
_MAX_KEY = 300

#: Between several contacts of a kind in one cell.
_BETWEEN = re.compile(r"[\s,;|<>]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_NATIONAL_DIGITS = range(7, 16)
_COUNTRY = re.compile(r"^(?:www|[a-z]{2})\.(?=linkedin\.com$)|^www\.")
_FOLDER = re.compile("/(?:in|pub|profile|people|users?)")
_LEGAL_FORMS = frozenset(
    {
        *(
            "ab",
            "ag",
            "as",
            "bv",
            "co",
            "corp",
            "gmbh",
            "inc",
            "kg",
            "limited",
            "llc",
            "ltd",
            "oy",
            "oyj",
            "plc",
        ),
        *("sa", "sarl", "se", "spa", "srl", "the"),
    }
)


def keys_of(identity: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return kind and value of everything that somebody with this identity is recognised by."""
    found = {
        EMAIL: email_key(identity.get("email", "")),
        PHONE: phone_key(identity.get("phone", "")),
        PROFILE: profile_key(identity.get("profile", "")),
        NAME: name_key(identity.get("name", "")),
    }
    return {(kind, value) for kind, value in found.items() if value}


def first_contact(kind: str, text: str) -> str:
    """Return the first e-mail, phone or profile of a cell that holds several; one on LinkedIn comes before others."""
    key = {EMAIL: email_key, PHONE: phone_key, PROFILE: profile_key}[kind]
    if key(text):
        return text
    # A phone number has blanks of its own.
    parts = re.split(r"[,;|\n]+", text) if kind == PHONE else _BETWEEN.split(text)
    found = [part.strip() for part in parts if key(part)]
    return next((part for part in found if "linkedin." in part), (found or [text])[0])


def email_key(text: str) -> str:
    """Return an e-mail address in lower case without a ``+tag``; empty if it is none."""
    address = unicodedata.normalize("NFKC", text).strip().casefold()
    if not _EMAIL.fullmatch(address):
        return ""
    mailbox, _, host = address.rpartition("@")
    return f"{mailbox.partition('+')[0] or mailbox}@{host}"[:_MAX_KEY]


def phone_key(text: str) -> str:
    """Return a number in its international form, else its digits; empty if it is none."""
    number = text.strip()
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if number.startswith("+"):
        try:
            parsed = phonenumbers.parse(number.replace("(0)", ""))
        except phonenumbers.NumberParseException:
            return ""
        if phonenumbers.is_possible_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        return ""
    digits = re.sub(r"\D", "", number)
    return digits if len(digits) in _NATIONAL_DIGITS else ""


def profile_key(text: str) -> str:
    """Return host and path of a profile's address in lower case; empty if it is none.

    A host alone is none, nor is the folder in which a network keeps its profiles: many people give those.
    """
    address = text.strip()
    if not address or _BETWEEN.search(address):
        return ""
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host = _COUNTRY.sub("", (parts.hostname or "").casefold())
    except ValueError:
        return ""
    path = parts.path.rstrip("/").casefold()
    if parts.scheme not in ("http", "https") or "." not in host or not path or _FOLDER.fullmatch(path):
        return ""
    return f"{host}{path}"[:_MAX_KEY]


def name_key(name: str) -> str:
    """Return a coarse key that spellings of a name share; empty for a name of one word.

    It is the longest word without vowels and doubled letters, and the first letter of another one.
    """
    words = _words(name)
    if len(words) < 2:
        return ""
    longest = max(words, key=len)
    sounds = _DOUBLED.sub(r"\1", longest[0] + _VOWELS.sub("", longest[1:]))
    other = next(word for word in words if word is not longest)
    return f"{sounds[:_KEY_CHARS]}|{other[0]}"


def names_alike(one: str, other: str) -> bool:
    """Whether two names may be spellings of one."""
    return fuzz.token_sort_ratio(" ".join(_words(one)), " ".join(_words(other))) >= _NAMES_ALIKE


def hints_agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether employer, place and skills of two people with similar names say that they may be one."""
    employers = [" ".join(_company(person["employer"])) for person in (one, other)]
    if all(employers) and fuzz.token_set_ratio(*employers) >= _EMPLOYERS_ALIKE:
        return True
    skills, others = _skills(one["skills"]), _skills(other["skills"])
    n_shared = len(skills & others)
    places = [" ".join(_words(person["location"])) for person in (one, other)]
    same_place = bool(places[0]) and places[0] == places[1]
    return n_shared >= _SHARED_SKILLS or (same_place and (n_shared > 0 or not (skills and others)))


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return tuple(re.findall(r"[^\W\d_]+", plain))


def _company(text: str) -> tuple[str, ...]:
    words = _words(text)
    return tuple(word for word in words if word not in _LEGAL_FORMS) or words


def _skills(text: str) -> frozenset[str]:
    return frozenset(filter(None, (" ".join(part.casefold().split()) for part in re.split(r"[;|\n]", text))))
