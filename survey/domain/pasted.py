"""Text of one person as it is copied from a profile or a mail: cut into fields at its headings.

What the page of a network says about itself is left out, so that a button earns nobody a point. Of the head of such a
page name, headline and place are taken; else nothing is guessed beyond headings, addresses and numbers. What belongs
nowhere is the summary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from survey.domain.contacts import email_key, phone_key, profile_key

_HEADINGS = {
    heading: field
    for field, headings in {
        "summary": "about|summary|profile|about me|om mig|profil|über mich|zusammenfassung",
        "skills": "skills|top skills|key skills|technical skills|competencies|kompetenser|kenntnisse|fähigkeiten",
        "experience": "experience|work experience|employment|employment history|erfarenhet|erfahrung|berufserfahrung",
        "interest": "interests|looking for|what i am looking for|what i look for|motivation|intressen|interessen",
        # These say nothing that may be scored, and are left out.
        "": "education|utbildning|ausbildung|languages|språk|sprachen|certifications|licenses & certifications|contact|"
        "kontakt|activity|people also viewed|people you may know|more profiles for you|references|recommendations|"
        "honors & awards|courses|featured|aktivität|aktivitet|bildung|certificates",
    }.items()
    for heading in headings.split("|")
}
_EMAIL = re.compile(r"[^\s<>(),;:]+@[^\s<>(),;:]+\.\w+")
_PROFILE = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)*(?:linkedin\.com/in|github\.com|gitlab\.com|xing\.com/profile)/[\w%./-]+"
)
_PHONE = re.compile(r"(?<!\w)\+\d[\d ()/.-]{6,18}\d")
#: Lines by which the head of a profile's page is recognised.
_HEAD = re.compile(
    r"(?P<place>.*?)\s*·?\s*(?:contact info|kontaktinfo(?:rmationen)?|kontaktuppgifter)"
    r"|\s*[\d.,]+\+?\s+(?:connections?|followers?|kontakte|follower|kontakter|följare)\b.*",
    re.IGNORECASE,
)
#: What such a page says on every profile: buttons, the way to the reader, endorsements, how well a language is spoken.
_FURNITURE = re.compile(
    r"\W*(?:message|more|follow|following|connect|pending|open to|add profile section|contact info|premium|verified|"
    r"save in sales navigator|see (?:more|all|less|credential|translation)\b.*|show (?:all|more|less|credential)\b.*|"
    r"nachricht|mehr|vernetzen|folgen|alle .* anzeigen|meddelande|mer|följ|visa alla\b.*|"
    r"endorsed by\b.*|\d+\s+endorsements?\b.*|passed linkedin skill.*|.*\bmutual connections?\b.*|"
    r"(?:(?:she|he|they)/(?:her|him|them)\W*)?(?:(?:.{1,60}·\s*)?(?:1st|2nd|3rd\+?)(?:\s+degree connection)?)?|"
    r"(?:native or bilingual|full professional|professional working|limited working|elementary) proficiency)\W*",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\s*·\s*(?:\d+ yrs?(?: \d+ mos?)?|\d+ mos?|full-time|part-time|on-site|hybrid|remote)\s*\Z",
    re.IGNORECASE,
)
_A_NAME = re.compile(
    r"(?:[^\W\d_a-zß-öø-ÿ][^\W\d_]*[.'’-]?(?:[^\W\d_]+)?\s+|(?:de|la|van|von|der|den|af|bin|al|dos|da)\s+){1,4}"
    r"[^\W\d_a-zß-öø-ÿ][\w'’-]*(?:,? (?:[A-Z]{2,4}|PhD|MBA))?"
)
_SEPARATORS = re.compile(r"\s*[\n·•;|,]\s*")


def read_pasted(text: str) -> dict[str, str]:
    """Return the fields that a text holds; empty ones are absent."""
    lines = text.replace("\0", "").splitlines()
    fields, n_head = _head(lines)
    parts: dict[str, list[str]] = {"summary": []}
    field = "summary"
    for line in lines[n_head:]:
        heading = line.strip(" #*:–-\t").casefold()
        if heading in _HEADINGS:
            field = _HEADINGS[heading]
        elif not line.strip() or not _FURNITURE.fullmatch(line):
            parts.setdefault(field, []).append(_DURATION.sub("", line.rstrip()))
    parts.pop("", None)
    fields |= {name: "\n".join(lines).strip() for name, lines in parts.items()}
    if "skills" in fields:
        fields["skills"] = ";".join(filter(None, _SEPARATORS.split(fields["skills"])))
    for name, pattern, key in (
        ("email", _EMAIL, email_key),
        ("profile", _PROFILE, profile_key),
        ("phone", _PHONE, phone_key),
    ):
        found = pattern.search(text)
        if found and key(found.group().rstrip(".")):
            fields[name] = found.group().rstrip(".")
    return {name: value for name, value in fields.items() if value}


def _head(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """Read the head of a profile's page: name, headline, place; return them and how many lines it has, else 0."""
    heading = next((n for n, line in enumerate(lines) if line.strip(" #*:–-\t").casefold() in _HEADINGS), 0)
    marked = [n for n, line in enumerate(lines[:heading]) if _HEAD.fullmatch(line.strip())]
    told = [line.strip() for line in lines[: max(marked, default=0)]]
    told = [line for line in told if line and not _FURNITURE.fullmatch(line) and not _HEAD.fullmatch(line)]
    if not told or not _A_NAME.fullmatch(told[0]):
        return {}, 0
    places = (_HEAD.fullmatch(lines[n].strip()) for n in marked)
    place = next((found["place"] for found in places if found and found["place"]), "")
    others = [line for line in told[1:] if line != told[0]]
    fields = {"name": told[0], "headline": others[0] if others else "", "location": place}
    return fields, max(marked) + 1
