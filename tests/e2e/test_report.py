"""The report as a file in a browser: readable on a phone and at a desk, light and dark, and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from survey.html_report import render_report
from survey.worker.charts import ROOMY
from tests.e2e.conftest import DESK, PAPER, PHONE
from tests.e2e.path import violations
from tests.survey.persona_factories import persona_entry, report_of

NAMES = ("Steady Balance-Keepers", "Analytical Owners", "Driven Learners")


@pytest.fixture(scope="class")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report with every part, as a file."""
    report = report_of(
        NAMES,
        notes=["These personas are exploratory."],
        exploratory=True,
        motives=[{"text": "time for life outside work", "shares": {"p0": 0.5, "p1": None, "p2": 0.25}}],
        neighbours=[{"a": "p0", "b": "p1", "similarity": 0.4}],
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_report(report), encoding="utf-8")
    return path.as_uri()


@pytest.mark.e2e
class TestReport:
    """One file, opened as somebody does who got it by mail."""

    @pytest.mark.parametrize(
        ("viewport", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone, light", "desk, dark"]
    )
    def test_report_is_accessible_fits_the_screen_and_breaks_no_rule(
        self, browser: Browser, address: str, viewport: dict[str, int], scheme: Literal["light", "dark"]
    ) -> None:
        page = browser.new_page(viewport=viewport, color_scheme=scheme)
        requested, problems = [], []
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda message: problems.append(message.text))

        page.goto(address)

        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
        assert page.evaluate("getComputedStyle(document.querySelector('.persona')).borderTopWidth") == "4px"
        assert (requested, problems) == ([address], [])

    def test_report_prints_each_persona_on_a_page_of_its_own(self, browser: Browser, address: str) -> None:
        page = browser.new_page()
        page.goto(address)
        page.emulate_media(media="print", color_scheme="dark")

        # What shares are of stands above the first.
        assert page.locator(".counted, .persona").evaluate_all(
            "all => all.map(one => getComputedStyle(one).breakBefore)"
        ) == ["page", "avoid", *["page"] * (len(NAMES) - 1)]
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"

    @pytest.mark.parametrize("n_personas", [2, 5, 7, 9])
    def test_printed_chart_and_what_it_is_called_fit_on_one_page(
        self, browser: Browser, tmp_path: Path, n_personas: int
    ) -> None:
        names = [f"Independent Planners {number}" for number in range(n_personas)]
        shares = {f"p{number}": 0.25 for number in range(n_personas)}
        motives = [{"text": f"a schedule known well in advance {n}", "shares": shares} for n in range(20)]
        report = report_of(names[:3], motives=motives)
        report["personas"] = [persona_entry(f"p{number}", name) for number, name in enumerate(names)]
        path = tmp_path / "report.html"
        path.write_text(render_report(report), encoding="utf-8")
        page = browser.new_page(viewport=PAPER)
        page.goto(path.as_uri())
        page.emulate_media(media="print")

        figures = page.locator(".chart-figure").evaluate_all(
            "all => all.map(one => one.querySelector('svg').getBoundingClientRect().bottom"
            " - one.getBoundingClientRect().top)"
        )
        assert len(figures) >= 3
        assert max(figures) < PAPER["height"]
        assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
        scales = page.locator("svg[class*=chart-motives]").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect().height / one.viewBox.baseVal.height)"
        )
        # Its smallest type is 10, or 12 for few personas.
        assert min(scales) * (10 if n_personas > ROOMY else 12) >= 8
        # 9 px are 6.75 points.
        sizes = page.locator(":is(th, td)").evaluate_all(
            "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
        )
        assert min(sizes) >= 9
