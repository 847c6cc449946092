"""Every screen of the default questionnaire, walked to its end in every way people have of reading a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from survey.languages import NAMES
from tests.conftest import FULL
from tests.e2e.answering import (
    MIN_TARGET,
    MIN_TEXT,
    N_SCREENS,
    OVERFLOW,
    SMALL_TARGETS,
    SMALL_TEXTS,
    Served,
    serve_wave,
)
from tests.e2e.conftest import DESK
from tests.e2e.path import SHOWS_FOCUS, violations

SMALL_PHONE = {"width": 360, "height": 740}
#: A desk's screen at 200 % has half its width.
DESK_AT_200 = {"width": 640, "height": 450}
FOCUSED = "document.activeElement"


def fill_in(page: Page) -> None:
    """Answer what is on the screen."""
    for box in page.locator("main textarea, main input:not([type])").all()[:4]:
        box.fill("They stayed late")
    for choice in page.locator(".set").all():
        choice.locator("input[name$=most]").nth(0).check()
        choice.locator("input[name$=least]").nth(2).check()
    if page.locator(".option input").count():
        page.locator(".option input").first.check()
    for select in page.locator("select").all():
        select.select_option(index=1)


def press_on(page: Page) -> None:
    """Go on with the main button, until the next screen is there whole: a click ends when its first bytes are."""
    page.locator("button.primary").first.click()
    page.wait_for_load_state()


def fill_in_by_keyboard(page: Page) -> None:
    """Answer what is on the screen with the keys alone, up to the main button."""
    for _press in range(80):
        page.keyboard.press("Tab")
        kind, is_main = page.evaluate(
            f"[{FOCUSED}.type || {FOCUSED}.tagName.toLowerCase(), {FOCUSED}.matches('.primary')]"
        )
        assert page.evaluate(SHOWS_FOCUS), page.evaluate(f"{FOCUSED}.outerHTML")
        if is_main:
            return
        if kind in ("textarea", "text"):
            page.keyboard.type("late")
        elif kind in ("radio", "checkbox"):
            page.keyboard.press("Space")
        elif kind == "select-one":
            page.keyboard.press("ArrowDown")
    raise AssertionError("the main button was not reached")


def press_enter(page: Page) -> None:
    """Go on with the button that has the focus."""
    page.keyboard.press("Enter")


@dataclass(frozen=True)
class Variant:
    """One way to read the pages, and how they are answered."""

    name: str
    options: dict[str, Any]
    language: str = "en"
    text_size: int = 100
    answer: Callable[[Page], None] = fill_in
    go_on: Callable[[Page], None] = press_on
    always: bool = field(default=False, compare=False)


VARIANTS = [
    Variant(
        "small phone, keys alone",
        {"viewport": SMALL_PHONE},
        answer=fill_in_by_keyboard,
        go_on=press_enter,
        always=True,
    ),
    Variant(
        "small phone, right to left, dark",
        {"viewport": SMALL_PHONE, "has_touch": True, "is_mobile": True, "color_scheme": "dark"},
        language="ar",
        always=True,
    ),
    Variant("desk, dark", {"viewport": DESK, "color_scheme": "dark"}),
    Variant(
        "desk at 200 %, right to left", {"viewport": DESK_AT_200, "device_scale_factor": 2}, language="ar"
    ),
    Variant("small phone, text at 200 %", {"viewport": SMALL_PHONE}, language="de", text_size=200),
    Variant("forced colours", {"viewport": DESK, "forced_colors": "active"}, language="sv"),
    Variant(
        "forced colours, dark", {"viewport": SMALL_PHONE, "forced_colors": "active", "color_scheme": "dark"}
    ),
    Variant("motion allowed", {"viewport": DESK, "reduced_motion": "no-preference"}, language="es"),
    Variant(
        "desk, right to left, keys alone", {"viewport": DESK}, "ar", 100, fill_in_by_keyboard, press_enter
    ),
    Variant("without JavaScript", {"viewport": SMALL_PHONE, "java_script_enabled": False}),
    *(
        Variant(f"small phone, {language}", {"viewport": SMALL_PHONE}, language)
        for language in NAMES
        if language not in ("en", "ar")
    ),
]


@pytest.fixture(scope="class")
def served(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    """One wave for all walks."""
    with serve_wave(tmp_path_factory.mktemp("answering"), sqlite_template) as served:
        yield served


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page in a fresh browser profile; any error on it fails the test."""
    context = browser.new_context(**{"reduced_motion": "reduce", **options})
    page = context.new_page()
    page.set_default_timeout(20_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    # Of an answer that is refused with 422 the browser itself takes note.
    page.on(
        "console", lambda message: problems.append(message.text) if "(UNPROC" not in message.text else None
    )
    yield page
    assert context.cookies() == []
    context.close()
    assert problems == []


def complaints(page: Page, variant: Variant) -> dict[str, object]:
    """What is wrong with a screen; axe is a script, so that pages without scripts only show the way."""
    if not variant.options.get("java_script_enabled", True):
        return {}
    if variant.text_size != 100:
        page.evaluate(f"document.documentElement.style.fontSize = '{variant.text_size * 1.125}%'")
    found = {
        "axe": violations(page),
        "targets": page.evaluate(SMALL_TARGETS, MIN_TARGET),
        "texts": page.evaluate(SMALL_TEXTS, MIN_TEXT),
        "overflow": page.evaluate(OVERFLOW) or "",
    }
    return {name: value for name, value in found.items() if value}


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def to_the_last_page(page: Page) -> None:
    while page.locator("button[value=send]").count() == 0:
        press_on(page)


@pytest.mark.e2e
class TestWalks:
    """From the introduction to the thanks."""

    @pytest.mark.parametrize(
        "variant",
        [variant for variant in VARIANTS if FULL or variant.always],
        ids=lambda variant: variant.name,
    )
    def test_every_screen_is_accessible_and_the_end_is_reached(
        self, browser: Browser, served: Served, variant: Variant
    ) -> None:
        n_before, seen, wrong = served.n_answered(), [], {}
        with opened(browser, **variant.options) as page:
            page.goto(f"{served.link()}?lang={variant.language}")
            for screen in range(N_SCREENS + 1):
                seen.append(page.title())
                if found := complaints(page, variant):
                    wrong[seen[-1]] = found
                if screen == 0 and variant.answer is fill_in_by_keyboard:
                    page.locator("button.primary").first.focus()
                elif screen > 0:
                    variant.answer(page)
                variant.go_on(page)
                expect(page).not_to_have_title(seen[-1])
            seen.append(page.title())
            if found := complaints(page, variant):
                wrong[seen[-1]] = found
            assert page.url.partition("?")[0].endswith("/a/thanks")

        assert wrong == {}
        assert len(set(seen)) == N_SCREENS + 2
        assert served.n_answered() == n_before + 1

    def test_page_with_problems_leads_to_them_and_is_accessible(
        self, browser: Browser, served: Served
    ) -> None:
        with opened(browser, viewport=SMALL_PHONE) as page:
            page.goto(served.link())
            press_on(page)
            for box in page.locator("textarea").all():
                box.fill("x" * 200)
            press_on(page)

            expect(page.get_by_role("alert")).to_be_focused()
            assert violations(page) == []
            page.get_by_role("alert").get_by_role("link").click()
            expect(page.locator("#answer-self-1")).to_be_focused()

    def test_draft_comes_back_on_this_device_and_goes_when_it_is_sent(
        self, browser: Browser, served: Served
    ) -> None:
        link = served.link()
        with opened(browser) as page:
            page.goto(link)
            expect(page.locator("[data-draft-note]")).to_be_hidden()
            press_on(page)
            page.locator("[name=answer-self]").nth(1).fill("dry")
            press_on(page)
            page.locator("[name=answer-skills]").nth(0).fill("knots")

            page.goto(link)
            expect(page.locator("[data-draft-note]")).to_be_visible()
            press_on(page)
            expect(page.locator("[name=answer-self]:visible").nth(1)).to_have_value("dry")
            press_on(page)
            expect(page.locator("[name=answer-skills]:visible").nth(0)).to_have_value("knots")
            to_the_last_page(page)
            page.locator("button[value=send]").click()

            expect(heading(page)).to_have_text("Thank you!")
            assert page.evaluate("localStorage.length") == 0

    def test_shared_device_keeps_nothing(self, browser: Browser, served: Served) -> None:
        link = served.link()
        with opened(browser) as page:
            page.goto(link)
            press_on(page)
            page.locator("[name=answer-self]").first.fill("dry")
            assert page.evaluate("localStorage.length") == 1

            page.get_by_role("button", name="Shared device: forget it").click()
            expect(page.get_by_text("Nothing is kept in this browser any more.")).to_be_visible()
            page.locator("[name=answer-self]").nth(1).fill("kind")
            press_on(page)

            assert page.evaluate("localStorage.length") == 0
            page.locator("button[value=back]").click()
            expect(page.locator("[name=answer-self]:visible").first).to_have_value("dry")
            page.goto(link)
            press_on(page)
            expect(page.locator("[name=answer-self]:visible").first).to_have_value("")

    def test_words_that_may_tell_who_somebody_is_are_pointed_out_and_stop_nothing(
        self, browser: Browser, served: Served
    ) -> None:
        hinted = {
            "Anna Berg helped me": "Anna Berg",
            "then Anna-Lena Svensson rang": "Anna-Lena Svensson",
            "ask Mr Okafor": "Mr Okafor",
            "write to a.berg@mail.example.com": "a.berg@mail.example.com",
            "call 070-123 45 67": "070-123 45 67",
            "call +49 (30) 1234567": "+49 (30) 1234567",
        }
        plain = [
            "My team",
            "From 2019 to 2024",
            "2019-2024",
            "on 12.05.2024",
            "1 000 000 kronor",
            "at 10.30",
            "I like SQL",
        ]
        with opened(browser) as page:
            page.goto(served.link())
            press_on(page)
            box, hint = page.locator("#answer-self-1"), page.locator(".hint")
            for text, words in hinted.items():
                box.fill(text)
                expect(hint).to_contain_text(words)
            for text in plain:
                box.fill(text)
                expect(hint).to_have_text("")
            box.fill("Anna Berg helped me")
            page.locator("#answer-self-2").fill("and Anna Berg stayed")
            press_on(page)
            page.locator("[name=answer-skills]").first.fill("Visual Studio")
            to_the_last_page(page)

            hints = page.locator("[data-all-hints] li")
            expect(hints).to_have_count(1)
            expect(hints).to_contain_text("Anna Berg")
            assert violations(page) == []
            page.locator("button[value=send]").click()
            expect(heading(page)).to_have_text("Thank you!")

    def test_language_is_changed_on_the_way_without_loss(self, browser: Browser, served: Served) -> None:
        with opened(browser, java_script_enabled=False) as page:
            page.goto(served.link())
            page.get_by_role("link", name="العربية").click()
            assert page.locator("html").get_attribute("dir") == "rtl"
            press_on(page)
            page.locator("[name=answer-self]").first.fill("هادئ")
            press_on(page)
            page.get_by_role("button", name="Svenska").click()

            expect(heading(page)).to_have_text("Vad du är bra på")
            page.locator("button[value=back]").click()
            expect(page.locator("[name=answer-self]:visible").first).to_have_value("هادئ")
            expect(page).to_have_title(re.compile("^Du på jobbet · Sida 1 av 7"))

    def test_browsers_own_back_loses_nothing_without_javascript(
        self, browser: Browser, served: Served
    ) -> None:
        with opened(browser, java_script_enabled=False) as page:
            page.goto(served.link())
            press_on(page)
            page.locator("[name=answer-self]").nth(1).fill("dry")
            press_on(page)
            page.locator("[name=answer-skills]").first.fill("knots")
            press_on(page)

            page.go_back()
            expect(page.locator("[name=answer-skills]:visible").first).to_have_value("knots")
            page.go_back()
            expect(page.locator("[name=answer-self]:visible").nth(1)).to_have_value("dry")
