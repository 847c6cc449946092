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
_ALONE = "compact|download|hidden|ismap|itemscope|noshade|nowrap|reversed"
# Only the tags that writing comes in, with what may stand in them: "a < b", "a<b and c>d" and "<your name here>" stay.
_TAG = re.compile(
    rf"</?(?:{_TAGS})(?:\s+(?:[\w:-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+)|(?:{_ALONE})(?=[\s/>])))*\s*/?>",
    re.IGNORECASE,
)
#: A link in Markdown, of which the words are kept, and strong words.
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:https?:|mailto:|www\.|[/#])[^()\s]*\)", re.IGNORECASE)
_STRONG = re.compile(r"(?<![*\w])\*\*(?=[^\s*])((?:(?!\*\*|\n\s*\n).)+)(?<=[^\s*])\*\*(?![*\w])", re.DOTALL)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
# None reaches over the beginning of another: what is begun a thousand times and never ended is read once.
_HIDDEN = re.compile(
    r"<!--(?:(?!<!--).)*?-->|<(script|style)\b[^<>]*>(?:(?!<(?:script|style)\b).)*?</\1\s*>",
    re.DOTALL | re.IGNORECASE,
)
#: What stands under what was taken away is taken away too, so often: that no answer costs more than a few looks.
MAX_LAYERS = 5


def without_markup(text: str) -> str:
    """Return the words between the tags of HTML, and those of links and strong words of Markdown.

    Entities become the characters they stand for; tags that were written as entities go too, however often they were
    escaped, so that it changes nothing to ask again.

    Examples
    --------
    >>> without_markup("<p>Tea &amp; <b>cake</b></p><p>R&D, 2 < 3</p>").split("\\n")
    ['', 'Tea & cake', '', 'R&D, 2 < 3', '']
    >>> without_markup("&lt;b&gt;Tea&lt;/b&gt; and **[cake](https://cake.example)**")
    'Tea and cake'
    """
    for _ in range(MAX_LAYERS):
        bare = _without_a_layer(text)
        if bare == text:
            break
        text = bare
    return text


def _without_a_layer(text: str) -> str:
    text = _without_tags(text)
    if "&" in text:
        text = _without_tags(ENTITY.sub(lambda entity: html.unescape(entity.group()), text))
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "**" in text:
        text = _STRONG.sub(r"\1", text)
    return text


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    if "<![CDATA[" in text:
        text = _CDATA.sub("", text)
    return _TAG.sub(lambda tag: "\n" if BLOCK_TAG.match(tag.group()) else "", _HIDDEN.sub("", text))
