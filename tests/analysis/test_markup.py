"""Markup is taken away before anything is read, whatever it was written in and however often it was escaped."""

from __future__ import annotations

import pytest

from analysis.markup import without_markup

SAID = "I plan my own day, and R&D is 2 < 3."


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "<p class='MsoNormal'>{}</p>",
        '<link rel="stylesheet" href="https://styles.example/a.css">{}',
        "<link>{}</link>",
        "<html><head><meta charset=utf-8></head><body>{}</body></html>",
        '<a href="https://pages.example/">{}</a>',
        "<style>p {{ color: red }}</style>{}<!-- end -->",
        "<SCRIPT>\nlet a;\n</SCRIPT>{}<!-- two\nlines -->",
        "<DIV>{}<BR/></DIV>",
        "<font color=red>{}</font>",
        "[{}](mailto:a@pages.example)",
        "<![CDATA[{}]]>",
        "&lt;p&gt;{}&lt;/p&gt;",
        "&amp;lt;p&amp;gt;{}&amp;#38;lt;/p&amp;#38;gt;",
        "<td nowrap>{}</td>",
        "&amp;lt;p&amp;gt;{}&amp;lt;/p&amp;gt;",
        "<b<b>>{}",
        "[{}](https://pages.example/1?a=b)",
        "**{}**",
        "![](https://pages.example/a.png){}",
    ],
)
def test_what_stands_around_an_answer_goes(around: str) -> None:
    bare = without_markup(around.format(SAID))

    assert without_markup(bare) == bare
    assert bare.strip() == SAID


@pytest.mark.parametrize(
    "text",
    [
        "Give <your name here> to R&D",
        "a < b and c > d",
        "if a<b and c>d, who gets <a or b>?",
        "I <3 my team, x > y, </3, [sic], `<T>` and __init__",
        "2 ** 3 ** 4",
        "f(x)[0](1)",
        "[link] to [somebody](else)",
        "* one\n** two\n** three",
    ],
)
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert without_markup(text) == text


@pytest.mark.parametrize("begun", ["<!--", "<script>", "<style ", "<p a ", "**x ", "[a](http:", "<![CDATA["])
def test_what_is_begun_many_times_and_never_ended_is_read_all_the_same(begun: str) -> None:
    """Rules whose work grows with the square of an answer would need a minute for this one."""
    assert without_markup(begun * (100_000 // len(begun)) + SAID).endswith(SAID)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I &lt;3 R&amp;D", "I <3 R&D"),
        ("R&amp;amp;D isn&amp;#39;t &amp;#38;lt;dull&amp;gt;", "R&D isn't <dull>"),
        ("&amp;nbsp;&amp;&amp; &amp", "\xa0&& &amp"),
        ("&lt;a or b&gt;", "<a or b>"),
        ("R&#x26;D, &#X41;", "R&D, A"),
        ("<P>Tea</P>cake<br/>a<b>pp</b>les<LI>pie", "\nTea\ncake\napples\npie"),
        (f"**{'and so on, ' * 40}\nat last.**", f"{'and so on, ' * 40}\nat last."),
        ("**one\n \ntwo**", "**one\n \ntwo**"),
    ],
)
def test_what_was_escaped_or_is_long_is_read_once_and_for_all(text: str, said: str) -> None:
    """What is read twice, as the file command does, is the same as what is kept of it by the pages."""
    assert without_markup(text) == without_markup(said) == said
