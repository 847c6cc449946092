"""Text of one person as it is copied from a profile or a mail: cut into fields at its headings.

Nothing is guessed beyond headings, addresses and numbers; what belongs nowhere is the summary.
"""

from __future__ import annotations

import re

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
        "contact info|kontakt|activity|people also viewed|references",
    }.items()
    for heading in headings.split("|")
}
_EMAIL = re.compile(r"[^\s<>(),;:]+@[^\s<>(),;:]+\.\w+")
_PROFILE = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)*(?:linkedin\.com/in|github\.com|gitlab\.com|xing\.com/profile)/[\w%./-]+"
)
_PHONE = re.compile(r"(?<!\w)\+\d[\d ()/.-]{6,18}\d")
_SEPARATORS = re.compile(r"\s*[\n·•;|,]\s*")


def read_pasted(text: str) -> dict[str, str]:
    """Return the fields that a text holds; empty ones are absent."""
    parts: dict[str, list[str]] = {"summary": []}
    field = "summary"
    for line in text.replace("\0", "").splitlines():
        heading = line.strip(" #*:–-\t").casefold()
        if heading in _HEADINGS:
            field = _HEADINGS[heading]
        else:
            parts.setdefault(field, []).append(line.rstrip())
    parts.pop("", None)
    fields = {name: "\n".join(lines).strip() for name, lines in parts.items()}
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
