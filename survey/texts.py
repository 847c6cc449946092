"""What people write, made storable: no character that a database, a page or a reader cannot take. A leaf."""

from __future__ import annotations

import re

# All control characters but tab and line feed, halves of surrogate pairs, and what turns the direction of writing
# for everything that follows it on a page. Right-to-left text needs none of these.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What nobody sees: two names that look alike would be two. Marks of direction go from a name; joiners, which some
# scripts and pictures need between their signs, go only from before a word.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u2060-\u2064\u206a-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb"
)
_JOINERS = "\u200c\u200d\ufe00-\ufe0f"
_INVISIBLE = re.compile(rf"(?<!\S)[{_UNSEEN}{_JOINERS}]+|[{_UNSEEN}]+")
_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")


def clean(text: str) -> str:
    """Return a text with one kind of line end, without control characters and blanks around it.

    A form sends CRLF; PostgreSQL takes no NUL; and no character may need more than four bytes sealed.
    """
    if text.isprintable():  # nothing of the above is, so most texts are done
        return text.strip()
    return _CONTROL.sub("", _LINE_END.sub("\n", text)).strip()


def band_order(band: str) -> tuple[float, int, str]:
    """Return where a coarse band stands among its like: by its first number, "<1" before it and ">10" after it.

    Bands without a number come last, in the order of their letters.
    """
    number = re.search(r"\d+(?:[.,]\d+)?", band)
    side = {"<": -1, ">": 1}.get(band.strip()[:1], 0)
    return (float(number[0].replace(",", ".")) if number else float("inf"), side, band)


def unbroken(text: str) -> str:
    """Return a text in which no percent sign begins a line of its own."""
    return text.replace(" %", "\u00a0%")


def one_line(text: str) -> str:
    """Return a clean text with every run of blanks and line breaks as one blank: a name, a header, a cell.

    Nothing invisible stays in it.
    """
    text = clean(text)
    return " ".join((text if text.isascii() else _INVISIBLE.sub("", text)).split())


def mended(text: str) -> str:
    """Return what was UTF-8 and read as Windows-1252 as it was meant ("GÃ¶teborg"); all else as it is."""
    if text.isascii():
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text
