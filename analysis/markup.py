"""Markup around what people wrote, as the rich-text fields of survey tools export it: taken away before all else."""

from __future__ import annotations

import html
import re

#: A tag that begins or ends a line of its own.
BLOCK_TAG = re.compile(r"</?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|table|section|article)\b", re.IGNORECASE)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")

_TAGS = (
    "a|abbr|article|b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|font|h[1-6]|head|hr|html|i|img|ins|li|link|"
    "meta|o:p|ol|p|pre|s|section|small|span|strike|strong|sub|sup|table|tbody|td|th|thead|title|tr|tt|u|ul"
)
# Only the tags that writing comes in, so that "a < b" and "<your name here>" stay.
_TAG = re.compile(
    rf"</?(?:{_TAGS})(?:\s+[\w:-]+(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))?)*\s*/?>", re.IGNORECASE
)
_HIDDEN = re.compile(r"<!--.*?-->|<(script|style)\b[^<>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)


def without_markup(text: str) -> str:
    """Return the words between the tags of HTML, with entities as the characters they stand for.

    Examples
    --------
    >>> without_markup("<p>Tea &amp; <b>cake</b></p><p>R&D, 2 < 3</p>").split("\\n")
    ['', 'Tea & cake', '', 'R&D, 2 < 3', '']
    """
    if "<" in text:
        text = _TAG.sub(lambda tag: "\n" if BLOCK_TAG.match(tag.group()) else "", _HIDDEN.sub("", text))
    if "&" in text:
        text = ENTITY.sub(lambda entity: html.unescape(entity.group()), text)
    return text
