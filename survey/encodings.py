"""In which encoding a text file was saved: UTF-8, UTF-16, or, where only one makes sense, an older one.

A spreadsheet program saves “CSV” in the encoding of its system, and nothing in the file says which. It is told by what
letters the bytes would be: those of one language we know, or nonsense. The most frequent encoding, Windows-1252, is
believed where it makes as much sense as others; which of two others it was nobody can tell. Such a file is left as it
is, and whoever reads it says what to do.
"""

from __future__ import annotations

import re
from collections import Counter

UTF_8, UTF_16 = "UTF-8", "UTF-16"
#: Python's name and the one that people know, most frequent first.
_ENCODINGS = {
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1256": "Windows-1256",
    "mac_roman": "Mac Roman",
    "cp850": "MS-DOS 850",
}
#: What people call those that are told by letters.
OLDER = frozenset(_ENCODINGS.values())
_WESTERN = ("cp1252", "mac_roman", "cp850")
#: Letters beyond a-z by language, and the encodings in which its texts are saved.
_ALPHABETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("åäöéüàáèç", _WESTERN),  # Swedish, Finnish
    ("æøåéüöäóôòêè", _WESTERN),  # Danish, Norwegian
    ("äöüßéàèç", _WESTERN),  # German
    ("áéíóúüñºª", _WESTERN),  # Spanish
    ("àâæçéèêëîïôœùûüÿ", _WESTERN),  # French
    ("àèéìíîòóùú", _WESTERN),  # Italian
    ("áâãàçéêíóôõúüºª", _WESTERN),  # Portuguese
    ("áéëïíóöúüèê", _WESTERN),  # Dutch
    ("áéíóúýþæöð", _WESTERN),  # Icelandic
    ("ąćęłńóśźż", ("cp1250",)),  # Polish
    ("áčďéěíňóřšťúůýž", ("cp1250",)),  # Czech
    ("áäčďéíľňóôšťúýž", ("cp1250",)),  # Slovak
    ("áéíóöőúüű", ("cp1250",)),  # Hungarian
    ("čćđšž", ("cp1250",)),  # Croatian, Slovene
    ("ăâîşţ", ("cp1250",)),  # Romanian
    ("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأؤإئ", ("cp1256",)),  # Arabic
)
#: So much of what is not ASCII must be letters of one language or typography.
_LEAST_SHARE = 0.97
_TYPOGRAPHY = re.compile(r"[‘’“”„‚«»‹›–—…•·€£°§¿¡©®™½¼²³´\xa0،؟؛\u0640\u064b-\u0652]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
#: What stands amid letters only because it was read wrongly: a sign, a capital, an Arabic letter amid Latin ones.
_MISREAD = re.compile(
    r"(?<=[^\W\d_])[^\w\s\x00-\x7f’–—\u064b-\u0652](?=[^\W\d_])|(?<=[a-zß-öø-ÿ])[À-ÖØ-Þ]"
    r"|(?<=[a-z])[\u0621-\u064a]|[\u0621-\u064a](?=[a-z])"
)
_UTF_8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_BEYOND_ASCII_BYTE = re.compile(rb"[\x80-\xff]")
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
#: Bytes that are looked at, from the first letter that tells anything: all of a file is in the same encoding.
_SAMPLED = 2 * 1024 * 1024


def as_utf8(data: bytes, *, otherwise: str = "") -> tuple[bytes, str]:
    """Return a file as UTF-8, and the name of the encoding it was saved in.

    What is in none that can be told for sure is returned as it is, as UTF-8: its reader names the cell. ``otherwise``
    names, for Python, an encoding that is believed then, unless some letters are UTF-8: names are of many languages.
    """
    if data.startswith(_BYTE_ORDER_MARKS):
        return data.decode("utf-16", errors="replace").encode("utf-8", errors="replace"), UTF_16
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding = _told(data) or ("" if _UTF_8_LETTER.search(data) else otherwise)
        if encoding and _can_be(data, encoding):
            return data.decode(encoding).encode(), _ENCODINGS[encoding]
    return data, UTF_8


def _can_be(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _told(data: bytes) -> str:
    """Return the one encoding in which the bytes are letters of a language, empty if it is none or several."""
    first = _BEYOND_ASCII_BYTE.search(data)
    # With the sign before it: what stands amid a word may be misread.
    start = max(first.start() - 1, 0) if first else 0
    sample = data[start : start + _SAMPLED]
    readings: dict[str, float] = {}
    texts: dict[str, str] = {}
    for encoding in _ENCODINGS:
        if not _can_be(data, encoding):
            continue
        texts[encoding] = sample.decode(encoding)
        readings[encoding] = _sense(texts[encoding], encoding)
    best = max(readings, key=readings.__getitem__, default="")
    if not best or readings[best] < _LEAST_SHARE:
        return ""
    alike = {texts[encoding] for encoding, share in readings.items() if share == readings[best]}
    return best if len(alike) == 1 or best == next(iter(_ENCODINGS)) else ""


def _sense(text: str, encoding: str) -> float:
    """Return the share of what is not ASCII that are signs of typography or letters of one language."""
    beyond = Counter(_BEYOND_ASCII.findall(text.lower()))
    signs = sum(n for sign, n in beyond.items() if _TYPOGRAPHY.match(sign))
    n_all = beyond.total()
    letters = max(
        sum(beyond[letter] for letter in alphabet) for alphabet, saved in _ALPHABETS if encoding in saved
    )
    return (letters + signs - len(_MISREAD.findall(text))) / n_all
