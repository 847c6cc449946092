"""Takes the screenshots of the README from the real demo: starts one in a temporary folder, walks, and stops it.

``make screenshots`` runs it; the pictures go to docs/images.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.running import Demo, demo_in, launch_browser  # noqa: E402 - the repository is no package

IMAGES = ROOT / "docs" / "images"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


def main() -> None:
    """Start the demo, take the pictures, stop it."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = demo_in(Path(folder))
        demo.start()
        browser = launch_browser(playwright)
        try:
            take_survey(browser, demo)
            take_personas(browser, demo)
            take_lead(browser, demo)
        finally:
            browser.close()
            demo.stop()


def take_survey(browser: Browser, demo: Demo) -> None:
    """The promise an employee reads first, on a phone."""
    page = browser.new_page(viewport=PHONE, device_scale_factor=2)
    page.goto(demo.address("Survey"))
    page.screenshot(path=IMAGES / "survey.png")


def take_personas(browser: Browser, demo: Demo) -> None:
    """What everyone in the organisation reads."""
    page = browser.new_page(viewport=DESK)
    page.goto(demo.address("Personas"))
    page.screenshot(path=IMAGES / "personas.png")


def take_lead(browser: Browser, demo: Demo) -> None:
    """Why a recruiter should call this lead first."""
    page = browser.new_page(viewport=DESK)
    sign_in(page, demo, "Recruiter")
    page.goto(f"{demo.base}/leads")
    page.locator(".lead-list a").first.click()
    page.screenshot(path=IMAGES / "lead.png")


def sign_in(page: Page, demo: Demo, role: str) -> None:
    """Sign in with a demo account."""
    email, password = demo.account(role)
    page.goto(f"{demo.base}/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.click("main button")


if __name__ == "__main__":
    main()
