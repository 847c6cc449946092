"""The report as one page: everything the report holds, nothing that runs or is fetched, the same bytes again."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from analysis.report import Motive, Report
from survey.html_report import render_report
from tests.survey.persona_factories import entry, persona_entry, report_of

PLANTED = "<script>alert('planted')</script><img src=x onerror=alert(1)>\"'&"
VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """The elements of a page with their attributes, its text, and whether every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.text += " "
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.text += " "
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.text += data

    def assert_says(self, *sentences: str) -> None:
        """Fail with those of some sentences that are not on the page."""
        text = " ".join(self.text.split())
        assert [sentence for sentence in sentences if sentence not in text] == []


def whole_report() -> dict[str, Any]:
    """A report with something in every field."""
    report = report_of(
        ("Calm Owners", "Loud Sellers"),
        seed=7,
        language="el",
        exploratory=True,
        notes=["These personas rest on few answers."],
        motives=[{"text": "fair pay", "shares": {"p0": 0.5, "p1": None}}],
        neighbours=[{"a": "p0", "b": "p1", "similarity": -0.25}],
        set_aside=[{"reason": "no answer", "n": 7}, {"reason": "other language", "n": None}],
        scoring={"encoder": "0123abcd", "personas": []},
    )
    text = "8 of 40 say at least 3 of the 5 things that set them apart most."
    report["personas"][0]["card"] = {"entries": [], "n_matching": [], "text": text}
    return report


@pytest.fixture(scope="module")
def html() -> str:
    return render_report(whole_report())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_page_says_what_the_report_rests_on(page: Page) -> None:
    page.assert_says(
        "2 personas from 100 responses",
        "Responses 100",
        "Used 98",
        "no answer (7), other language (fewer than 5)",
        "In no persona 28",
        "Language Greek",
        "Status exploratory",
        "These personas rest on few answers.",
    )


def test_page_holds_every_persona_with_its_evidence(page: Page) -> None:
    for persona in whole_report()["personas"]:
        shown = [quote["text"] for quote in persona["quotes"]]
        for name in ("concerns", "traits", "reasons", "skills", "leanings", "channels", "content"):
            shown += [f"{one['text']} 40 % 20–60 %" for one in persona[name]]

        page.assert_says(persona["name"], persona["summary"], f"{persona['size']} people", *shown)
    page.assert_says(
        "Stability 0.80: stable. This means: when a random part of the people is analysed again, most of",
        "8 of 40 say at least 3 of the 5 things that set them apart most.",
        "12 of them write something near to it",
        "fewer alarms, near to Calm Owners 40 % 20–60 % 10 % by definition 12",
    )


def test_a_table_names_a_persona_once_beside_all_its_rows(html: str) -> None:
    table = html.split('<table class="table">')[3].split("</table>")[0]

    assert '<th scope="row" rowspan="2"><a href="#p0">Calm Owners</a></th>' in table
    assert table.count(">Calm Owners</a>") == 1


def test_page_and_charts_are_in_the_language_of_the_report() -> None:
    page = Page(render_report({**whole_report(), "language": "sv"}))

    assert page.elements[0] == ("html", {"lang": "sv"})
    page.assert_says(
        "2 personas ur 100 svar",
        "inget svar (7), annat språk (färre än 5)",
        "Språk svenska",
        "Det betyder: när en slumpvis del av människorna analyseras på nytt kommer de flesta av dem ihop igen.",
        "Vad som håller människor kvar, motiv för motiv",
        "12 av dem skriver något som ligger nära",
        "10 % per definition",
        "Frågor Hur de beskriver sig · Varför de stannar",
    )


def test_page_says_how_it_was_made(page: Page) -> None:
    page.assert_says("3 1.00 0.70", "2 1.00 0.70 shown here", "Seed 7", "0123abcd")
    page.assert_says("A number under 5 people, or a persona of fewer than 10.", "A dot on the map that would")


def test_page_has_every_chart_with_its_table(page: Page) -> None:
    charts = [attributes["class"] for tag, attributes in page.elements if tag == "svg"]

    assert charts == [f"chart chart-{name}" for name in ("map", "shares", "reasons", "motives")]
    page.assert_says("fair pay 50 % –", "Calm Owners 40 Loud Sellers", "Loud Sellers 30 30 % 22–40 %")


def test_page_is_marked_up_for_readers_of_all_kinds(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]

    assert page.elements[0] == ("html", {"lang": "en"})
    assert (tags.count("h1"), tags.count("main"), tags.count("article")) == (1, 1, 2)
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in links} == {"p0", "p1"} <= set(ids)
    quotes = [attributes["lang"] for tag, attributes in page.elements if tag == "blockquote"]
    assert quotes == ["el", "el"]


def test_page_runs_nothing_and_fetches_nothing(html: str, page: Page) -> None:
    attributes = [(name, value) for _, found in page.elements for name, value in found.items()]
    (style,) = re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)
    (policy,) = [found["content"] for _, found in page.elements if "http-equiv" in found]

    assert {"script", "link", "img", "iframe", "form"} & {tag for tag, _ in page.elements} == set()
    assert [name for name, _ in attributes if name == "style" or name.startswith("on")] == []
    assert [
        value for name, value in attributes if name == "src" or (name == "href" and value[0] != "#")
    ] == []
    assert re.findall(r"url\(|@import", style) == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", html) == []
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_words_of_people_are_never_markup() -> None:
    planted = entry(PLANTED)
    report = report_of((PLANTED, f"2 {PLANTED}"), notes=[PLANTED], themes=[planted], items=[PLANTED])
    report["set_aside"] = [{"reason": PLANTED, "n": 9}]
    report["motives"] = [{"text": PLANTED, "shares": {"p0": 0.5, "p1": 0.5}}]
    for persona in report["personas"]:
        persona |= {name: [planted] for name in ("traits", "reasons", "skills", "channels", "content")}
        persona["summary"] = persona["quotes"][0]["text"] = persona["quotes"][0]["item"] = PLANTED
    refused = report_of((), refusal=PLANTED, themes=[planted], language=PLANTED)

    for page in (Page(render_report(report)), Page(render_report(refused))):
        assert page.text.count(PLANTED) >= 3
        assert {"script", "img"} & {tag for tag, _ in page.elements} == set()
        assert [found for _, found in page.elements if any(name.startswith("on") for name in found)] == []


ANOTHER_NUMBER = "Another number can be asked for when the analysis is started."


def test_refusal_has_the_reason_and_themes_alone() -> None:
    themes = [
        entry("a job that is safe", n=6, here=0.5),
        {**entry("kind people", n=5, here=0.4), "estimated": True},
    ]
    report = report_of((), refusal="Only 12 responses can be used.", n_responses=12, themes=themes)
    report["n_personas_considered"] = []

    page = Page(render_report(report))

    page.assert_says(
        "No personas in 12 responses",
        "Only 12 responses can be used.",
        "a job that is safe 50 % 6",
        "kind people ≈ 40 % ≈ 5",
        "Status refused",
    )
    assert {"svg", "article", "nav"} & {tag for tag, _ in page.elements} == set()


def test_number_that_was_asked_for_is_said_to_be() -> None:
    report = report_of(
        ("Owners", "Sellers"), n_personas_considered=[{"k": 2, "support": 1.0, "stability": 0.7}]
    )

    Page(render_report(report)).assert_says("One number was considered: it was asked for, or", ANOTHER_NUMBER)


@pytest.mark.parametrize(
    ("supports", "said"),
    [
        ({2: 0.9, 3: 1.0, 4: 1.0}, "2 0.90 0.70 3 1.00 0.70 looked for; 2 shown 4 1.00 0.70"),
        ({2: 1.0, 3: 1.0}, "2 1.00 0.70 shown here 3 1.00 0.70"),
        ({2: 0.8, 3: 1.0}, "2 0.80 0.70 3 1.00 0.70 looked for; 2 shown"),
        ({2: 0.0, 3: 0.0}, "2 0.00 0.70 shown here 3 0.00 0.70"),
    ],
)
def test_number_that_was_looked_for_is_marked(supports: dict[int, float], said: str) -> None:
    considered = [{"k": k, "support": support, "stability": 0.7} for k, support in supports.items()]

    page = Page(render_report(report_of(("Owners", "Sellers"), n_personas_considered=considered)))

    page.assert_says(said)


def test_refused_personas_cannot_be_asked_for_in_another_number() -> None:
    report = report_of((), refusal="There are themes but no personas.", n_responses=60)

    assert report["n_personas_considered"]
    assert ANOTHER_NUMBER not in render_report(report)
    Page(render_report(report)).assert_says("No theme is shown: none was found of which at least five people")


def test_few_people_between_personas_are_not_counted() -> None:
    report = report_of(("Owners", "Sellers"), n_used=72)

    Page(render_report(report)).assert_says("In no persona fewer than 5")


def test_how_alike_personas_are_is_told_of_three_and_more() -> None:
    pairs = [{"a": a, "b": b, "similarity": -0.25} for a, b in (("p0", "p1"), ("p0", "p2"), ("p1", "p2"))]
    names = ("Owners", "Sellers", "Planners")
    three = report_of(names, neighbours=pairs, language="sv")
    # Each is the opposite of the other, whatever they say.
    two = report_of(names[:2], neighbours=[{**pairs[0], "similarity": -1.0}], language="sv")

    Page(render_report(three)).assert_says("Hur lika dessa personas är", "2 · Sellers −0,25 – −0,25")
    assert "Hur lika dessa personas är" not in render_report(two)


def test_persona_that_is_not_to_be_trusted_is_marked_where_all_are_named() -> None:
    report = report_of(("Owners", "Sellers"))
    report["personas"][1] |= {"stability": 0.59, "stability_band": "not to be trusted yet"}

    Page(render_report(report)).assert_says(
        "1 Owners 40 % 2 Sellers 30 % · not to be trusted yet What this rests on"
    )


def test_further_sentences_of_a_report_are_shown() -> None:
    report = whole_report() | {"unreplayed": [{"event": 2, "kind": "merge", "reason": "Both are gone."}]}
    report["personas"][0] |= {
        "who": ["Most of them work at sea."],
        "card": {"text": "Nine match three of it."},
        "neighbour": {"text": "Sellers are louder."},
    }

    page = Page(render_report(report))

    page.assert_says("Edit 2 could not be made again: Both are gone.", "Most of them work at sea.")
    page.assert_says("Nine match three of it.", "Sellers are louder.")


def test_same_report_gives_the_same_bytes(html: str) -> None:
    assert render_report(whole_report()) == html


def test_page_takes_what_the_analysis_makes() -> None:
    raw = {**whole_report(), "personas": [persona_entry("p0", "Calm Owners")], "neighbours": []}
    report = Report.from_dict(raw)

    assert report.motives == (Motive("fair pay", {"p0": 0.5, "p1": None}),)
    Page(render_report(report.to_dict())).assert_says(
        "1 persona from 100 responses", "Calm Owners", "fair pay 50 %"
    )
