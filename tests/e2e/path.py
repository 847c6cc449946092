"""The roles walk the path in a browser, on both databases, against ``kindred demo`` as a stranger starts it.

:class:`Walk` is taken by the test modules beside this one, one for each database, so that they run side by side.
Its tests follow each other as the people of one demo do: the employee answers before HR closes the wave.
"""

from __future__ import annotations

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from survey.tables import read_table, write_table
from tests.conftest import FULL
from tests.e2e.conftest import DESK, LETTER, PAPER, Person
from tests.e2e.running import Demo

LEADS = Path(__file__).parents[2] / "survey" / "demo" / "leads.csv"
ANSWERS = {
    "self": "I fix what is broken before anybody notices.",
    "skills": "Linux, patience, explaining things twice",
    "good_day": "A driver rang to say thank you.",
    "stay": "My team, and that nobody counts my hours.",
    "content": "Stories about a fault and how it was found",
}
ANALYSIS_MS = 300_000
N_LEADS = 100 if FULL else 30
#: Whether the focused control, or the label around it, shows that it is focused.
SHOWS_FOCUS = """() => [document.activeElement, document.activeElement.closest(".option")]
    .filter(one => one).map(one => getComputedStyle(one))
    .some(style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)"""


def leads_file(folder: Path) -> Path:
    """The demo's leads as a recruiter would upload them; in the reduced run the first of them."""
    table = read_table(LEADS.read_bytes(), name="leads.csv")
    path = folder / "leads.csv"
    path.write_bytes(write_table(table.columns, table.rows[:N_LEADS]))
    return path


def heading(person: Person) -> Locator:
    """The page's first heading."""
    return person.page.get_by_role("heading", level=1)


def assert_accessible(person: Person) -> None:
    """No axe violation of WCAG A or AA on the page as it stands; the pages of one database are those of the other."""
    if "KINDRED_DATABASE_URL" in person.demo.environ and not FULL:
        return
    assert violations(person.page) == []


def violations(page: Page) -> list[tuple[str, object, str]]:
    """What axe finds against WCAG A and AA on a page: the rule, the place, its markup."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    return [
        (violation["id"], node["target"], node["html"][:160])
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]


def button(person: Person, name: str | re.Pattern[str]) -> Locator:
    """A button by its words."""
    return person.page.get_by_role("button", name=name)


def goes_on_to(person: Person, title: str) -> None:
    """Press "Next" until a page of this heading is there."""
    while heading(person).inner_text() != title:
        button(person, "Next").click()


class Walk:
    """The tests of one demo, in order."""

    database: str

    def test_demo_prints_an_address_for_everyone_a_survey_link_and_an_account_for_each_role(
        self, demo: Demo
    ) -> None:
        assert [line.split(":")[0] for line in demo.lines] == [
            "Personas, for everyone",
            "Survey, for an employee",
            "Employee",
            "HR",
            "Recruiter",
            "Auditor",
            "Administrator",
        ]

    def test_everyone_reads_at_least_three_personas_with_the_printed_link(self, phone: Person) -> None:
        phone.page.goto(phone.demo.address("Personas"))

        assert phone.page.locator("article").count() >= 3
        for article in phone.page.locator("article").all():
            expect(article).to_contain_text(re.compile(r"\d+ %"))
        assert phone.page.locator("blockquote").count() >= 1
        assert_accessible(phone)

    def test_personas_are_closed_to_strangers_and_search_engines(self, phone: Person) -> None:
        answer = phone.page.goto(f"{phone.demo.base}/personas?key=guessed")

        expect(heading(phone)).to_have_text("Sign in")
        assert answer is not None
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert "Disallow: /" in phone.page.request.get(f"{phone.demo.base}/robots.txt").text()

    def test_employee_answers_on_a_phone_and_the_link_works_once(self, phone: Person) -> None:
        link = phone.demo.address("Survey")
        page = phone.page
        page.goto(link)
        expect(page.locator("main")).to_contain_text("Once sent, nothing can be changed or taken back")
        assert_accessible(phone)

        button(phone, "Start").first.click()
        page.locator("[name=answer-self]").first.fill(ANSWERS["self"])
        assert_accessible(phone)
        button(phone, "Next").click()
        page.locator("[name=answer-skills]").first.fill(ANSWERS["skills"])
        button(phone, "Next").click()
        page.locator("[name=answer-good_day]").fill(ANSWERS["good_day"])
        button(phone, "Back").click()
        expect(page.locator("[name=answer-skills]:visible").first).to_have_value(ANSWERS["skills"])
        button(phone, "Next").click()
        expect(page.locator("[name=answer-good_day]:visible")).to_have_value(ANSWERS["good_day"])
        goes_on_to(phone, "Almost done")
        page.get_by_role("checkbox").check()
        assert_accessible(phone)
        button(phone, "Send my answers").click()

        expect(heading(phone)).to_have_text("Thank you!")
        assert page.context.cookies() == []
        page.goto(link)
        expect(heading(phone)).to_have_text("Your answers are in")

    def test_employee_answers_without_javascript_and_goes_back(self, phone_without_script: Person) -> None:
        phone_without_script.demo.print_again()
        page = phone_without_script.page
        page.goto(phone_without_script.demo.address("Survey"))

        button(phone_without_script, "Start").first.click()
        page.locator("[name=answer-self]").first.fill(ANSWERS["self"])
        button(phone_without_script, "Next").click()
        page.locator("[name=answer-skills]").first.fill(ANSWERS["skills"])
        button(phone_without_script, "Next").click()
        # A page on its way cannot be left backwards.
        page.locator("[name=answer-good_day]:visible").wait_for()
        page.wait_for_load_state()
        page.go_back()
        expect(page.locator("[name=answer-skills]:visible").first).to_have_value(ANSWERS["skills"])
        goes_on_to(phone_without_script, "Almost done")
        button(phone_without_script, "Send my answers").click()

        expect(heading(phone_without_script)).to_have_text("Thank you!")

    def test_a_second_tab_cannot_send_again_and_says_so(self, phone: Person) -> None:
        phone.demo.print_again()
        first, second = phone.page, phone.page.context.new_page()
        for tab, text in ((first, "first tab"), (second, "second tab")):
            tab.goto(phone.demo.address("Survey"))
            tab.get_by_role("button", name="Start").first.click()
            tab.locator("[name=answer-self]").first.fill(text)
            goes_on_to(Person(tab, phone.demo), "Almost done")

        first.get_by_role("button", name="Send my answers").click()
        expect(first.get_by_role("heading", level=1)).to_have_text("Thank you!")
        second.get_by_role("button", name="Send my answers").click()

        expect(second.get_by_role("heading", level=1)).to_have_text("These answers were not sent again")

    def test_recruiter_imports_ranks_searches_exports_and_sees_why(
        self, desktop: Person, tmp_path: Path
    ) -> None:
        page = desktop.page
        desktop.signs_in("Recruiter")
        expect(heading(desktop)).to_have_text("Leads")
        page.get_by_role("link", name="Import leads").first.click()
        page.locator("input[type=file]").set_input_files(leads_file(tmp_path))
        button(desktop, "Upload").click()

        expect(heading(desktop)).to_have_text("What do the columns hold?")
        expect(page.get_by_label("headline", exact=True)).to_have_value("headline")
        expect(page.locator("main")).to_contain_text("Authorised accountant")
        assert_accessible(desktop)
        button(desktop, f"Import {N_LEADS} leads").click()
        expect(page.locator("main")).to_contain_text("The import is done", timeout=ANALYSIS_MS)
        expect(page.locator(".figures")).to_contain_text(re.compile(rf"Updated\s*{N_LEADS}"))

        page.get_by_role("link", name="See whom to approach first").click()
        page.wait_for_load_state()
        expect(page.locator(".lead-row").first).to_be_visible()
        fits = [int(text) for text in page.locator(".lead-row .fit-number").all_inner_texts()]
        assert len(fits) > 10
        assert_accessible(desktop)

        page.get_by_placeholder("Name, place or word").fill("Gällivare")
        button(desktop, "Search").click()
        expect(page.locator(".lead-row")).to_have_count(1)
        expect(page.locator(".lead-row")).to_contain_text("Elin Nutti")
        assert "llivare" not in page.url
        button(desktop, "Show all").click()

        page.locator(".persona-tabs a").nth(1).click()
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        exported = tmp_path / "leads.csv"
        download.value.save_as(exported)
        assert exported.read_text("utf-8").count("@example.org") >= 90

        page.locator(".lead-row h3 a").first.click()
        page.wait_for_load_state()
        expect(page.locator("mark").first).to_be_visible()
        points = page.locator(".trait-points b").all_text_contents()
        shown = float(page.locator(".fit-number").first.inner_text())
        assert round(sum(float(point.replace("−", "-")) for point in points), 1) == shown
        assert_accessible(desktop)

    def test_recruiter_adds_somebody_who_may_be_there_already(self, desktop: Person) -> None:
        page = desktop.page
        desktop.signs_in("Recruiter")
        page.get_by_role("link", name="Add a lead").click()
        page.get_by_label("Their own words").fill("About\nPlans releases with care.\nSkills\nLinux, Maven")
        button(desktop, "Read the text").click()
        expect(page.get_by_label("Skills", exact=True)).to_have_value("Linux;Maven")
        page.get_by_label("Name", exact=True).fill("Elin Nutti")
        page.get_by_label("E-mail address").fill("elin.nutti@example.org")
        assert_accessible(desktop)
        button(desktop, "Add the lead").click()

        expect(heading(desktop)).to_have_text("Elin Nutti", timeout=ANALYSIS_MS)
        page.get_by_role("link", name="Look at them side by side").click()
        expect(page.locator("main")).to_contain_text("same e-mail address")
        assert_accessible(desktop)
        button(desktop, "It is one person").click()
        expect(page.locator("main")).to_contain_text("1 entry went into this one.")

    def test_lead_reads_their_receipt_on_a_phone_and_asks_to_be_left_alone(
        self, desktop: Person, phone: Person
    ) -> None:
        desktop.signs_in("Recruiter")
        desktop.page.locator(".lead-row h3 a").first.click()
        desktop.page.wait_for_load_state()
        points = desktop.page.locator(".trait-points li").all_text_contents()
        button(desktop, "Make a link to send").click()
        link = desktop.page.get_by_label("Copy it").input_value()
        assert_accessible(desktop)

        phone.goes_to("/a/receipt/" + link.rpartition("/")[2])
        expect(heading(phone)).to_have_text("What we hold about you")
        assert phone.page.locator(".trait-points li").all_text_contents() == points
        assert_accessible(phone)
        phone.page.get_by_role("link", name="Leave me alone").first.click()
        assert_accessible(phone)
        button(phone, "Erase everything and leave me alone").click()
        expect(heading(phone)).to_have_text("Done. We leave you alone.")

        phone.goes_to("/a/receipt/" + link.rpartition("/")[2])
        expect(heading(phone)).to_have_text("We do not know this link")

    def test_hr_closes_the_open_wave_analyses_edits_and_publishes(self, desktop: Person) -> None:
        page = desktop.page
        desktop.signs_in("HR")
        expect(heading(desktop)).to_have_text("Waves")
        expect(page.locator("main")).to_contain_text("160 of 214 answered")
        assert_accessible(desktop)
        page.get_by_role("link", name="Autumn 2026").click()
        expect(page.locator("main")).to_contain_text("at least 100 of 200 answered")
        page.locator("summary", has_text="Close this wave").click()
        assert_accessible(desktop)
        button(desktop, "Close the wave").click()
        expect(page.locator("main")).to_contain_text(re.compile(r"10\d of 200 answered"), timeout=ANALYSIS_MS)

        button(desktop, "Start").click()
        expect(page.locator("progress, article").first).to_be_visible()
        expect(page.locator("article.persona").first).to_be_visible(timeout=ANALYSIS_MS)
        expect(page.locator("figure svg").first).to_be_visible()
        page.wait_for_load_state()
        assert page.locator("article.persona").count() >= 2
        assert_accessible(desktop)
        page.set_viewport_size(PAPER)
        page.emulate_media(media="print")
        heights = "all => all.map(one => one.getBoundingClientRect().height)"
        assert max(page.locator("figure.chart-figure").evaluate_all(heights)) < PAPER["height"]
        page.set_viewport_size(LETTER)
        assert max(page.locator("article.persona").evaluate_all(heights)) < LETTER["height"]
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": 320, "height": 640})
        page.locator("summary", has_text="Why this many personas?").click()
        for numbers in page.locator("summary", has_text="Every number").all():
            numbers.click()
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        shadows = "all => all.map(one => getComputedStyle(one).backgroundImage.includes('gradient'))"
        assert set(page.locator(".table-responsive").evaluate_all(shadows)) == {True}
        assert_accessible(desktop)
        page.set_viewport_size(DESK)

        page.locator("article.persona summary", has_text="Edit").first.click()
        assert_accessible(desktop)
        page.get_by_role("button", name=re.compile("^Lock")).first.click()
        expect(page.locator(".edit-list")).to_contain_text("Locked")
        expect(page.get_by_role("status")).to_be_in_viewport()
        page.get_by_role("link", name=re.compile("Edit name and summary")).first.click()
        page.get_by_label("Name").fill("Calm keepers of the quay")
        page.get_by_label("Summary").fill("They keep things running and go home on time.")
        assert_accessible(desktop)
        button(desktop, "Save").click()
        expect(page.locator("article").first).to_contain_text("Calm keepers of the quay")
        button(desktop, "Publish").click()
        expect(page.locator("main")).to_contain_text("published")
        assert_accessible(desktop)

        desktop.goes_to("/personas")
        expect(page.locator("article").first).to_contain_text("They keep things running and go home on time.")

    def test_hr_rotates_the_organisation_link_and_the_old_one_stops_and_looks_at_the_aliases(
        self, desktop: Person, phone: Person
    ) -> None:
        old = desktop.demo.address("Personas")
        desktop.signs_in("HR")
        desktop.page.get_by_role("link", name="Review").click()
        desktop.page.locator("summary", has_text="Replace the link").click()
        button(desktop, "Replace the link").click()
        new = desktop.page.get_by_label("Link for everyone in the organisation").input_value()
        desktop.page.get_by_role("link", name="What skills are also called").click()
        desktop.page.get_by_label("Also called").fill("js")
        desktop.page.get_by_label("Skill", exact=True).fill("SQL")
        button(desktop, "Add").click()
        expect(desktop.page.get_by_role("alert")).to_contain_text("means the skill “javascript” already")
        assert_accessible(desktop)

        phone.page.goto(old)
        expect(heading(phone)).to_have_text("Sign in")
        phone.page.goto(new)
        assert phone.page.locator("article").count() >= 2

    def test_auditor_reads_settings_statement_and_log(self, desktop: Person) -> None:
        page = desktop.page
        desktop.signs_in("Auditor")

        expect(heading(desktop)).to_have_text("Audit log")
        expect(page.locator("tbody tr").first).to_be_visible()
        assert_accessible(desktop)
        page.get_by_role("link", name="Fairness").click()
        expect(page.locator("main")).to_contain_text("not the independent bias audit")
        assert_accessible(desktop)
        page.get_by_role("link", name="Settings").click()
        expect(page.locator("main")).to_contain_text("KEY_DIR")
        assert page.locator("main form").count() == 0
        assert_accessible(desktop)
        page.get_by_role("link", name="What happens to answers and data").click()
        expect(page.locator("main")).to_contain_text("people@fjordline.example")
        assert_accessible(desktop)

    def test_administrator_invites_changes_role_and_disables(self, desktop: Person, phone: Person) -> None:
        page = desktop.page
        desktop.signs_in("Administrator")
        page.get_by_label("E-mail address").fill("new@fjordline.example")
        page.get_by_label("Role", exact=True).select_option("auditor")
        button(desktop, "Invite").click()
        link = page.get_by_label("Invitation link").input_value()
        assert_accessible(desktop)

        phone.page.goto(link)
        phone.page.locator("[name=password]").fill("a fine new password")
        phone.page.locator("[name=password_confirm]").fill("a fine new password")
        assert_accessible(phone)
        # What the form sent must have arrived before another page is asked for.
        with phone.page.expect_navigation():
            button(phone, "Save").click()
        expect(heading(phone)).to_have_text("Sign in")
        phone.page.locator("[name=email]").fill("new@fjordline.example")
        phone.page.locator("[name=password]").fill("a fine new password")
        button(phone, "Sign in").click()
        # On a crowded machine checking a password takes its time: as long as for everybody who signs in.
        expect(heading(phone)).to_have_text("Audit log", timeout=30_000)

        row = page.locator("tr", has_text="new@fjordline.example")
        row.get_by_role("combobox").select_option("recruiter")
        row.get_by_role("button", name="Change").click()
        expect(page.locator("main")).to_contain_text("The role of new@fjordline.example is changed.")
        page.locator("tr", has_text="new@fjordline.example").get_by_role("button", name="Disable").click()
        expect(page.locator("main")).to_contain_text("new@fjordline.example can no longer sign in.")
        phone.page.reload()
        expect(heading(phone)).to_have_text("Sign in")

    def test_every_page_works_by_keyboard_from_the_skip_link(self, desktop: Person) -> None:
        desktop.goes_to("/sign-in")

        desktop.page.keyboard.press("Tab")
        expect(desktop.page.get_by_role("link", name="Skip to the content")).to_be_focused()
        desktop.page.keyboard.press("Enter")
        desktop.page.keyboard.press("Tab")

        expect(desktop.page.locator("[name=email]")).to_be_focused()
        assert desktop.page.evaluate(SHOWS_FOCUS)
        desktop.page.keyboard.press("Tab")
        button(desktop, "Sign in").focus()
        assert desktop.page.evaluate(SHOWS_FOCUS)

    def test_second_start_is_quick_and_touches_no_data(self, demo: Demo) -> None:
        before = demo.fingerprint()
        demo.stop()

        seconds = demo.start()

        assert demo.fingerprint() == before
        assert seconds < 60, "a bound against a reload of the demo, not a measurement"
