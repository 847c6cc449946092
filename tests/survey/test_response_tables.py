"""Surveys made elsewhere: one small file in the shape of each system, with invented people and answers."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from openpyxl import Workbook

from survey.exceptions import InvalidInputError
from survey.export_systems import question_and_option
from survey.foreign_tables import read_foreign
from survey.headers import check_header
from survey.item_words import suggest
from survey.response_files import read_corpus
from survey.response_tables import Export, consents, own_words, read_export
from survey.spreadsheets import write_workbook

WHO, KEEPS, WHERE = (
    "How would you describe yourself at work?",
    "What keeps you here?",
    "Where do you hear about jobs?",
)
LINKEDIN, FAIRS = "LinkedIn", "Fairs, in town"

Rows = list[list[str]]

# Every export says the same: one keeps bees and reads LinkedIn and goes to fairs, the other counts screws.
LIMESURVEY_CODES: Rows = [
    ["id", "submitdate", "lastpage", "startlanguage", "seed", "ipaddr", "refurl", "self", "stay[SQ001]",
     "stay[SQ002]", "channels[1]", "channels[2]", "channels[other]"],
    ["7", "1980-01-01 00:00:00", "3", "en", "99", "192.0.2.1", "", "calm", "the bees", "the view", "Y", "", FAIRS],
    ["9", "1980-01-01 00:00:00", "3", "en", "98", "192.0.2.2", "", "exact", "the screws", "", "", "N", ""],
]  # fmt: skip
LIMESURVEY_TEXTS: Rows = [
    ["Response ID", "Date submitted", "Last page", "Start language", "Seed", "IP address", "Referrer URL", WHO,
     f"{KEEPS} [First]", f"{KEEPS} [Second]", f"{WHERE} [{LINKEDIN}]", f"{WHERE} [{FAIRS}]"],
    ["7", "1980-01-01", "3", "en", "99", "192.0.2.1", "", "calm", "the bees", "the view", "Yes", "Yes"],
    ["9", "1980-01-01", "3", "en", "98", "192.0.2.2", "", "exact", "the screws", "", "No", "No"],
]  # fmt: skip
LIMESURVEY_BOTH: Rows = [
    ["id. Response ID", "submitdate. Date submitted", "G1Q1. " + WHO, f"G1Q2[a]. {KEEPS} [First]",
     f"G1Q2[b]. {KEEPS} [Second]", f"G1Q3[x]. {WHERE} [{LINKEDIN}]", f"G1Q3[y]. {WHERE} [{FAIRS}]"],
    ["7", "1980-01-01", "calm", "the bees", "the view", "Yes", "Yes"],
    ["9", "1980-01-01", "exact", "the screws", "", "No", "No"],
]  # fmt: skip
QUALTRICS: Rows = [
    ["StartDate", "Status", "IPAddress", "ResponseId", "RecipientLastName", "RecipientEmail", "LocationLatitude",
     "UserLanguage", "Q1", "Q2_1", "Q2_2", "Q3_1", "Q3_2", "Q3_9_TEXT"],
    ["Start Date", "Response Type", "IP Address", "Response ID", "Recipient Last Name", "Recipient Email",
     "Location Latitude", "User Language", WHO, f"{KEEPS} - First", f"{KEEPS} - Second",
     f"{WHERE} - Selected Choice - {LINKEDIN}", f"{WHERE} - Selected Choice - {FAIRS}", f"{WHERE} - Other - Text"],
    [f'{{"ImportId":"{name}"}}' for name in ("startDate", "status", "ipAddress", "_recordId", "recipientLastName",
     "recipientEmail", "locationLatitude", "userLanguage", "QID1_TEXT", "QID2_1", "QID2_2", "QID3_1", "QID3_2",
     "QID3_9_TEXT")],
    ["2026-03-01 09:00:00", "0", "192.0.2.1", "R_a", "Ek", "e@example.org", "59.3", "EN", "calm", "the bees",
     "the view", LINKEDIN, FAIRS, ""],
    ["2026-03-01 09:05:00", "0", "192.0.2.2", "R_b", "", "", "59.4", "EN", "exact", "the screws", "", "", "", ""],
]  # fmt: skip
QUALTRICS_LEGACY: Rows = [
    ["V1", "V2", "V3", "V6", "V8", "Q1", "Q2", "Q3", "LocationLatitude", ""],
    ["ResponseID", "ResponseSet", "Name", "IPAddress", "StartDate", WHO, KEEPS, WHERE, "LocationLatitude", ""],
    ["R_a", "Default", "Anna Ek", "192.0.2.1", "2017-01-01", "calm", "the bees\nthe view", f"{LINKEDIN};{FAIRS}",
     "59.3", ""],
    ["R_b", "Default", "", "192.0.2.2", "2017-01-01", "exact", "the screws", "", "59.4", ""],
]  # fmt: skip
GOOGLE: Rows = [
    ["Timestamp", "Email Address", WHO, KEEPS, f"{WHERE} [{LINKEDIN}]", f"{WHERE} [{FAIRS}]"],
    ["3/1/2026 9:00:00", "e@example.org", "calm", "the bees\nthe view", "Yes", "Yes"],
    ["3/1/2026 9:05:00", "f@example.org", "exact", "the screws", "", ""],
]
MICROSOFT: Rows = [
    ["ID", "Start time", "Completion time", "Email", "Name", WHO, KEEPS, WHERE],
    [
        "1",
        "3/1/26 9:00",
        "3/1/26 9:03",
        "anonymous",
        "Anna Ek",
        "calm",
        "the bees\nthe view",
        f"{LINKEDIN};{FAIRS};",
    ],
    ["2", "3/1/26 9:05", "3/1/26 9:07", "anonymous", "", "exact", "the screws", ""],
]
TYPEFORM: Rows = [
    ["#", WHO, KEEPS, LINKEDIN, FAIRS, "Start Date (UTC)", "Submit Date (UTC)", "Network ID"],
    ["0681", "calm", "the bees\nthe view", LINKEDIN, FAIRS, "2026-03-01", "2026-03-01", "d356"],
    ["0682", "exact", "the screws", "", "", "2026-03-01", "2026-03-01", "d357"],
]
SURVEYGIZMO: Rows = [
    ["Response ID", "Time Started", "Date Submitted", "Status", "IP Address", "Longitude", "Latitude", "User Agent",
     WHO, f"Reason #1:{KEEPS}", f"Reason #2:{KEEPS}", f"{LINKEDIN}:{WHERE}", f"{FAIRS}:{WHERE}"],
    ["1", "2026-03-01", "2026-03-01", "Complete", "192.0.2.1", "18.0", "59.3", "Mozilla/5.0 (X11)", "calm", "the bees",
     "the view", LINKEDIN, FAIRS],
    ["2", "2026-03-01", "2026-03-01", "Complete", "192.0.2.2", "18.1", "59.4", "Mozilla/5.0 (X11)", "exact",
     "the screws", "", "", ""],
]  # fmt: skip
SURVEYMONKEY: Rows = [
    ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", "First Name", WHO, KEEPS,
     "", WHERE, "", ""],
    ["", "", "", "", "", "", "", "Open-Ended Response", "First", "Second", LINKEDIN, FAIRS, "Other (please specify)"],
    ["118", "4", "03/01/2026", "03/01/2026", "192.0.2.1", "e@example.org", "Anna", "calm", "the bees", "the view",
     LINKEDIN, FAIRS, ""],
    ["119", "4", "03/01/2026", "03/01/2026", "192.0.2.2", "", "", "exact", "the screws", "", "", "", ""],
]  # fmt: skip

SYSTEMS = {
    "codes": (LIMESURVEY_CODES, "LimeSurvey", {"id", "ipaddr", "submitdate"}),
    "texts": (LIMESURVEY_TEXTS, "LimeSurvey", {"Response ID", "IP address", "Date submitted"}),
    "both": (LIMESURVEY_BOTH, "LimeSurvey", {"id. Response ID", "submitdate. Date submitted"}),
    "qualtrics": (QUALTRICS, "Qualtrics", {"IPAddress", "RecipientEmail", "LocationLatitude", "ResponseId"}),
    "legacy": (
        QUALTRICS_LEGACY,
        "Qualtrics (legacy)",
        {"Name", "IPAddress", "ResponseID", "LocationLatitude"},
    ),
    "google": (GOOGLE, "Google Forms", {"Timestamp", "Email Address"}),
    "microsoft": (MICROSOFT, "Microsoft Forms", {"ID", "Email", "Name", "Start time"}),
    "typeform": (TYPEFORM, "Typeform", {"#", "Network ID", "Submit Date (UTC)"}),
    "surveygizmo": (SURVEYGIZMO, "SurveyGizmo", {"IP Address", "User Agent", "Latitude", "Longitude"}),
    "surveymonkey": (
        SURVEYMONKEY,
        "SurveyMonkey",
        {"Respondent ID", "IP Address", "Email Address", "First Name"},
    ),
}
#: Typeform's choices lie under their own names; nothing says what was asked.
UNASKED = {"typeform"}
each_system = pytest.mark.parametrize("name", SYSTEMS)


def as_csv(rows: Rows) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def as_export(rows: Rows) -> Export:
    return read_export(read_foreign(as_csv(rows), name="export.csv", max_rows=100))


@each_system
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_becomes_answers_and_says_what_was_left_out(name: str, kind: str, tmp_path: Path) -> None:
    rows, system, dropped = SYSTEMS[name]
    path = tmp_path / f"export.{kind}"
    path.write_bytes(as_csv(rows) if kind == "csv" else write_workbook(rows[0], rows[1:]))
    said: list[str] = []

    corpus = read_corpus(path, say=said.append)

    assert [response.id for response in corpus.responses] == ["1", "2"]
    assert [response.answers for response in corpus.responses] == [
        {"self": "calm", "stay": "the bees\nthe view"},
        {"self": "exact", "stay": "the screws"},
    ]
    channels = [response.channels for response in corpus.responses]
    wanted = ("1", FAIRS) if name == "codes" else (LINKEDIN, FAIRS)
    assert channels == [() if name in UNASKED else wanted, ()]
    assert said[0].startswith(f"Read as {system}: ")
    assert dropped <= set(said[1].removeprefix("Left out: ").removesuffix(".").split(", "))
    assert not any(response.attributes for response in corpus.responses)


@each_system
def test_nobodys_answers_are_taken_for_the_header_of_a_system(name: str, tmp_path: Path) -> None:
    *headers, one, other = SYSTEMS[name][0]
    answers = [one, other] * 10

    check_header(as_export([*headers, *answers]).table)
    path = tmp_path / "export.csv"
    path.write_bytes(as_csv(answers))
    with pytest.raises(InvalidInputError, match="row 1: this looks like somebody's answers"):
        read_corpus(path)


@each_system
def test_nothing_that_identifies_is_left_in_the_questions(name: str) -> None:
    export = as_export(SYSTEMS[name][0])

    reached = [part for q in export.questions for row in export.table.rows for part in export.parts(q, row)]

    assert not [
        part for part in reached if "192.0" in part or "@" in part or part in ("Anna", "Ek", "Anna Ek")
    ]


def test_options_under_their_own_names_are_one_question() -> None:
    export = as_export(TYPEFORM)

    assert [len(question.columns) for question in export.questions] == [1, 1, 2]
    assert export.choices(export.questions[2], export.table.rows[0]) == [LINKEDIN, FAIRS]


def test_column_of_addresses_is_left_out_whatever_it_is_called() -> None:
    export = as_export([["Contact point", WHO], ["a@example.org", "calm"], ["", "x"], ["10.1.1.1", "y"]])

    assert (export.system, export.dropped) == ("", ("Contact point",))


@pytest.mark.parametrize(
    ("header", "item"),
    [
        ("Wie würden Sie sich selbst beschreiben?", "self"),
        ("Hur skulle du beskriva dig själv på jobbet?", "self"),
        ("¿Cómo te describirías en el trabajo?", "self"),
        ("Jakim jesteś pracownikiem? Opisz siebie.", "self"),
        ("Was können Sie besonders gut?", "skills"),
        ("Vad är du bra på?", "skills"),
        ("¿Qué se te da bien?", "skills"),
        ("Jakie są Twoje mocne strony?", "skills"),
        ("Erzählen Sie von einem guten Tag bei uns", "good_day"),
        ("Berätta om en bra dag på jobbet", "good_day"),
        ("Cuéntanos un día reciente que te alegró", "good_day"),
        ("Opowiedz o dobrym dniu, z którego jesteś dumna", "good_day"),
        ("Was hält Sie hier?", "stay"),
        ("Vad får dig att stanna?", "stay"),
        ("¿Qué te retiene aquí?", "stay"),
        ("Co Cię tu trzyma?", "stay"),
        ("Wo erfahren Sie von Stellen wie Ihrer?", "channels"),
        ("Var hör du talas om jobb?", "channels"),
        ("¿Por qué canales te enteras de empleos?", "channels"),
        ("Skąd dowiadujesz się o pracy?", "channels"),
        ("Was haben Sie zuletzt bis zum Ende gelesen?", "content"),
        ("Vad läste du senast?", "content"),
        ("¿Qué fue lo último que leíste hasta el final?", "content"),
        ("Co ostatnio przeczytałaś do końca?", "content"),
        ("Comment vos collègues vous décriraient-ils ?", "self"),
        ("كيف تصف نفسك في العمل؟", "self"),
        ("Waar ben je goed in?", "skills"),
        ("What do colleagues ask you about?", "skills"),
        ("What do you love about your work?", "stay"),
        ("Was schätzen Sie an uns?", "stay"),
        ("Describe a moment you were proud of", "good_day"),
        ("How did you find this job?", "channels"),
        ("Which podcasts do you follow?", "content"),
        ("What do you dislike about the job?", None),
        ("Do you feel proud to work here?", None),
        ("How did you learn about the new policy?", None),
        ("How satisfied are you with your chair?", None),
        ("What would make you leave?", None),
    ],
)
def test_question_suggests_its_item_in_many_languages(header: str, item: str | None) -> None:
    export = as_export([["Dept", header], ["a", "words"], ["b", "other words"]])

    assert suggest(export) == ({1: item} if item else {})


def test_ticks_on_a_scale_are_no_words() -> None:
    export = as_export([["I like to stay here", WHO], *[["agree", f"answer {n}"] for n in range(20)]])

    assert suggest(export) == {1: "self"}


def test_numbered_questions_feed_one_item() -> None:
    export = as_export([["Reason to stay 1", "Reason to stay 2", "Site"], ["bees", "view", "Oslo"]])

    assert suggest(export) == {0: "stay", 1: "stay"}
    assert own_words(export, export.questions[:2], export.table.rows[0]) == "bees\nview"


def test_only_a_clear_yes_is_consent(tmp_path: Path) -> None:
    rows = [[WHO, "May we quote you?"], ["a", "Yes"], ["b", "No"], ["c", "Yes, if asked"], ["d", ""]]
    path = tmp_path / "export.csv"
    path.write_bytes(as_csv(rows))

    assert [response.quote for response in read_corpus(path).responses] == [True, False, False, False]


def test_who_says_yes_to_one_question_and_no_to_another_does_not_consent() -> None:
    export = as_export([[WHO, "May we quote you?", "May we quote you by name?"], ["a", "Yes", "No"]])

    assert consents(export, export.questions[1:2], export.table.rows[0])
    assert not consents(export, export.questions[1:], export.table.rows[0])
    assert not consents(export, (), export.table.rows[0])


def test_mapping_reads_below_all_header_rows(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(as_csv(QUALTRICS))

    corpus = read_corpus(path, ("Q1=motive", "#9=motive"))

    assert [response.answers for response in corpus.responses] == [
        {"motive": "calm\nthe bees"},
        {"motive": "exact\nthe screws"},
    ]


@pytest.mark.parametrize(
    ("header", "cell"),
    [("Email address", "e@example.org"), ("ref", "e@example.org"), ("Manager's name", "Ada")],
)
def test_identity_in_a_file_of_ours_is_no_attribute(tmp_path: Path, header: str, cell: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"id,self,site,{header}\nr1,calm,Oslo,{cell}\n", "utf-8")
    said: list[str] = []

    (response,) = read_corpus(path, say=said.append).responses

    assert (response.id, response.attributes) == ("r1", {"site": "Oslo"})
    assert said == [f"Left out: {header}."]


def test_export_without_a_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(as_csv([["Timestamp", WHO]]))

    with pytest.raises(InvalidInputError, match="has a header and no rows"):
        read_corpus(path)


def test_file_without_a_question_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"export.csv holds no question\. Export the answers again"):
        as_export([["Timestamp", "Email"], ["1", "e@example.org"]])


def test_export_without_a_question_of_ours_is_told_with_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(as_csv([["Timestamp", "Shoe size", "Hat"], ["1", "43", "blue"]]))

    with pytest.raises(InvalidInputError, match=r"comes from Google Forms, but .*#1 “Shoe size”; #2 “Hat”"):
        read_corpus(path)


# --- as the systems also write them -----------------------------------------------------------------------

TWO = [["calm", "the bees"], ["exact", "the screws"]]


@pytest.mark.parametrize(
    ("head", "when"),
    [
        ("Zeitstempel", "01.03.2026 09:00:00"),
        ("Tidsstämpel", "2026-03-01 09:00:00"),
        ("Marca temporal", "1/03/2026 9:00:00"),
        ("Horodateur", "01/03/2026 09:00:00"),
        ("Informazioni cronologiche", "01/03/2026 9.00.00"),
        ("طابع زمني", "٢٠٢٦/٠٣/٠١ ٩:٠٠:٠٠ ص"),
        ("タイムスタンプ", "2026/03/01 9:00:00"),
        ("Timestamp", "2026/03/01 9:00:00 AM GMT+1"),
    ],
)
def test_google_forms_in_every_language(head: str, when: str) -> None:
    export = as_export(
        [[head, "E-Mail-Adresse", WHO, KEEPS], *[[when, "e@example.org", *said] for said in TWO]]
    )

    assert (export.system, export.dropped) == ("Google Forms", (head, "E-Mail-Adresse"))
    assert suggest(export) == {0: "self", 1: "stay"}


@pytest.mark.parametrize(
    "when",
    [
        "3/1/26 9:00:12",
        "2026-03-01T09:00:00Z",
        "01.03.2026 09:00",
        "2026. 3. 1. 9:00:00",
        "1/3/2026, 9:00 PM",
    ],
)
def test_moment_is_left_out_whatever_the_column_is_called(when: str) -> None:
    export = as_export([["Aikaa sitten", WHO], *[[when, said] for said, _ in TWO]])

    assert export.dropped == ("Aikaa sitten",)
    dated = as_export([["First day here", WHO], ["2019-03-01", "calm"], ["2021-01-07", "exact"]])
    assert dated.dropped == ()  # a day alone may be an answer


def test_qualtrics_says_who_only_looked_and_who_never_sent() -> None:
    header = ["StartDate", "Status", "Progress", "Finished", "ResponseId", "Q1"]
    rows = [
        header,
        ["Anfangsdatum", "Antworttyp", "Aktueller Stand", "Beendet", "Antwort-ID", WHO],
        [f'{{"ImportId":"{name}"}}' for name in header],
        ["2026-03-01 09:00:00", "IP Address", "100", "True", "R_a", "calm"],
        ["2026-03-01 09:00:00", "Survey Preview", "100", "True", "R_b", "only a test"],
        ["2026-03-01 09:00:00", "IP Address", "40", "False", "R_c", "not sent"],
        ["2026-03-01 09:00:00", "1", "40", "0", "R_d", "a test, not sent"],
        ["2026-03-01 09:00:00", "0", "100", "1", "R_e", "exact"],
    ]
    export = as_export(rows)

    assert (set(export.looked), set(export.unfinished)) == ({1, 3}, {2})
    assert [export.parts(export.questions[0], row) for row in export.table.rows][::4] == [["calm"], ["exact"]]


@pytest.mark.parametrize(
    ("header", "sent", "not_sent"),
    [
        (["id", "submitdate", "lastpage", "self"], "1980-01-01 00:00:00", ""),
        (["Response ID", "Date submitted", "Last page", WHO], "1980-01-01 00:00:00", ""),
        (
            ["id. Response ID", "submitdate. Date submitted", "lastpage. Last page", f"self. {WHO}"],
            "1980-01-01",
            "",
        ),
    ],
)
def test_limesurvey_says_who_never_sent(header: list[str], sent: str, not_sent: str) -> None:
    export = as_export([header, ["7", sent, "3", "calm"], ["8", not_sent, "1", "half"]])

    assert (export.system, set(export.unfinished)) == ("LimeSurvey", {1})
    undated = as_export([header, ["7", "", "3", "calm"], ["8", "", "1", "half"]])
    assert undated.unfinished == frozenset()  # nobody's day is kept: that says nothing


def test_limesurvey_by_its_last_page_alone() -> None:
    export = as_export(
        [["id", "lastpage", "self", "stay[1]"], ["7", "3", "calm", "bees"], ["8", "3", "x", "y"]]
    )

    assert (export.system, export.dropped) == ("LimeSurvey", ("id", "lastpage"))


def test_markup_in_a_header_is_no_part_of_the_question() -> None:
    export = as_export([["Timestamp", f"<p><strong>{WHO}</strong>&nbsp;</p>"], ["1", "calm"], ["2", "exact"]])

    assert export.questions[0].prompt == WHO


@pytest.mark.parametrize("blank", ["", "Unnamed: {}"])
def test_surveymonkey_names_a_question_once(blank: str) -> None:
    header = ["Respondent ID", "Collector ID", WHO, KEEPS, blank.format(4), blank.format(5)]
    below = ["", "", "Open-Ended Response", "First", "Second", "Third"]
    export = as_export(
        [header, below, ["1", "2", "calm", "bees", "view", ""], ["2", "2", "exact", "", "screws", ""]]
    )

    assert [(q.prompt, len(q.columns)) for q in export.questions] == [(WHO, 1), (KEEPS, 3)]
    assert own_words(export, export.questions[1:], export.table.rows[0]) == "bees\nview"


def test_surveymonkey_condensed_has_one_header_row() -> None:
    export = as_export([["respondent_id", "collector_id", "date_created", WHO, WHERE],
                        ["1", "2", "03/01/2026 09:00:00", "calm", "LinkedIn,Fairs"]])  # fmt: skip

    assert (export.system, export.dropped) == (
        "SurveyMonkey",
        ("respondent_id", "collector_id", "date_created"),
    )
    assert export.choices(export.questions[1], export.table.rows[0]) == ["LinkedIn", "Fairs"]


def test_microsoft_forms_of_a_quiz_leaves_out_points_and_feedback() -> None:
    export = as_export(
        [["ID", "Start time", "Completion time", "Email", "Name", "Total points", "Quiz feedback", WHO,
          f"Points - {WHO}", f"Feedback - {WHO}", "Work - life"],
         ["1", "3/1/26 9:00:00", "3/1/26 9:03:00", "anonymous", "", "5", "", "calm", "1", "good", "fine"]])  # fmt: skip

    assert [question.prompt for question in export.questions] == [WHO, "Work - life"]


def test_typeform_other_belongs_to_the_options_before_it() -> None:
    export = as_export(
        [["#", WHO, LINKEDIN, "Fairs", "Other", "Muscles", "Start Date (UTC)", "Submit Date (UTC)", "Network ID"],
         ["0681", "calm", LINKEDIN, "", "my aunt", " / Biceps / Deltoid", "2026-03-01 09:00:00", "2026-03-01", "d"],
         ["0682", "exact", "", "Fairs", "", "", "2026-03-01 09:00:00", "2026-03-01", "e"]])  # fmt: skip

    assert [len(question.columns) for question in export.questions] == [1, 3, 1]
    assert export.choices(export.questions[1], export.table.rows[0]) == [LINKEDIN, "my aunt"]
    assert export.choices(export.questions[2], export.table.rows[0]) == ["Biceps", "Deltoid"]
    assert export.dropped == ("#", "Start Date (UTC)", "Submit Date (UTC)", "Network ID")


@pytest.mark.parametrize(
    ("cells", "chosen"),
    [
        # As a label with a comma comes: never apart, and going on in small letters.
        (["Fairs, Blogs, podcasts", "Blogs, podcasts, LinkedIn", "Blogs, podcasts"], ["Fairs", "Blogs, podcasts"]),
        (["Fairs, Blogs, podcasts", "Blogs, podcasts", "Blogs"], ["Fairs", "Blogs", "podcasts"]),
        (["Fairs, Blogs, Podcasts", "Blogs, Podcasts", "Blogs, Podcasts"], ["Fairs", "Blogs", "Podcasts"]),
        (["fairs, blogs, podcasts", "blogs, podcasts", "blogs, podcasts"], ["fairs", "blogs", "podcasts"]),
        (["Fairs, Blogs, podcasts", "Blogs, podcasts"], ["Fairs", "Blogs", "podcasts"]),
    ],
    ids=["one label", "chosen apart", "both begin large", "all begin small", "too few"],
)  # fmt: skip
def test_label_with_a_comma_is_told_from_two_options(cells: list[str], chosen: list[str]) -> None:
    export = as_export(
        [["Timestamp", "Email Address", WHERE], *(["2026-03-01", "a@b.org", cell] for cell in cells)]
    )

    assert export.system == "Google Forms"
    assert export.choices(export.questions[0], export.table.rows[0]) == chosen


def test_options_that_a_semicolon_separates_are_never_joined() -> None:
    export = as_export(
        [["Timestamp", "Email Address", WHERE], *(["2026-03-01", "a@b.org", "LinkedIn;kununu"],) * 3]
    )

    assert export.choices(export.questions[0], export.table.rows[0]) == ["LinkedIn", "kununu"]


def test_ordinary_table_that_begins_with_numbers_is_no_limesurvey() -> None:
    header = ["id", "How satisfied are you?", "Would you recommend us?", "Language", "What keeps you here?"]
    export = as_export([header, ["1", "4", "9", "en", "bees"], ["2", "3", "7", "sv", "hives"]])

    assert (export.system, export.dropped) == ("", ())


def test_header_with_markup_is_a_table() -> None:
    table = read_foreign(b"<b>Who?</b>;Keeps\na;b\n", name="pulse.csv", max_rows=10)

    assert table.columns == ("<b>Who?</b>", "Keeps")


def test_surveygizmo_says_who_never_sent() -> None:
    export = as_export([["Response ID", "Time Started", "Date Submitted", "Status", WHO],
                        ["1", "2026-03-01", "2026-03-01", "Complete", "calm"],
                        ["2", "2026-03-01", "", "Partial", "half"]])  # fmt: skip

    assert (export.system, set(export.unfinished)) == ("SurveyGizmo", {1})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_text_of_every_kind_is_read_alike(encoding: str, separator: str) -> None:
    rows = [
        ["Tidsstämpel", WHO, KEEPS],
        ["2026-03-01 09:00:00", "lugn; glad, ja", "bina\nåsen"],
        ["", "exakt", "skruvar"],
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)

    table = read_foreign(text.getvalue().encode(encoding), name="e.csv", max_rows=9)
    export = read_export(table)

    assert export.system == "Google Forms"
    assert [export.parts(question, export.table.rows[0]) for question in export.questions] == [
        ["lugn; glad, ja"],
        ["bina\nåsen"],
    ]


def test_title_above_a_table_in_a_workbook_is_no_header() -> None:
    book = Workbook()
    for row in (["Employee survey 2026"], ["exported by HR"], [], *GOOGLE):
        book.active.append(row)
    book.active.merge_cells("A1:F1")
    content = io.BytesIO()
    book.save(content)

    export = read_export(read_foreign(content.getvalue(), name="e.xlsx", max_rows=9))

    assert export.system == "Google Forms"
    assert export.table.numbers == (5, 6)


@pytest.mark.parametrize(
    "texts",
    [
        [
            [
                "Recorded Date",
                "Finished",
                "Response ID",
                "Distribution Channel",
                "User Language",
                WHO,
                f"{KEEPS} - a",
            ]
        ],
        [],
    ],
)
def test_qualtrics_without_its_third_header_row_or_its_second(texts: Rows) -> None:
    codes = ["RecordedDate", "Finished", "ResponseId", "DistributionChannel", "UserLanguage", "Q1", "Q2_1"]
    header = codes if texts else ["Recorded Date", "Finished", "Response ID", "Distribution Channel", "User Language",
                                  WHO, KEEPS]  # fmt: skip
    answers = [["2026-03-01 09:00:00", finished, f"R_{n}", "anonymous", "EN", *TWO[n]]
               for n, finished in enumerate(("True", "False"))]  # fmt: skip
    export = as_export([header, *texts, *answers])

    assert (export.system, len(export.table.rows), set(export.unfinished)) == ("Qualtrics", 2, {1})
    assert suggest(export) == {0: "self", 1: "stay"}


def test_what_a_system_measures_beside_the_answers_is_left_out() -> None:
    header = ["ResponseId", "Status", "Q_TotalDuration", "Q_RecaptchaScore", "Q1_Browser", "Q1_Resolution",
              "Q2_Page Submit", "Q3_DO_1", "Q4"]  # fmt: skip
    texts = ["Response ID", "Response Type", "Q_TotalDuration", "Q_RecaptchaScore", "Browser Meta Info - Browser",
             "Browser Meta Info - Resolution", "Timing - Page Submit", "Q3 - Display Order", WHO]  # fmt: skip
    ids = [f'{{"ImportId":"{name}"}}' for name in header]
    export = as_export(
        [header, texts, ids, ["R_a", "0", "77", "0.9", "Firefox", "360x740", "12.1", "2|1", "calm"]]
    )

    assert [question.prompt for question in export.questions] == [WHO]
    timed = as_export([["id", "submitdate", "lastpage", "self", "interviewtime", "groupTime12"],
                       ["7", "1980-01-01", "3", "calm", "77.1", "12.3"]])  # fmt: skip
    assert [question.label for question in timed.questions] == ["self"]


def test_places_that_a_system_looks_up_are_left_out_and_questions_about_them_stay() -> None:
    header = ["Time Started", "Date Submitted", "Status", "Country", "City", "State/Region", "Postal"]
    looked_up = ["2026-03-01", "2026-03-01", "Complete", "Norway", "Oslo", "Oslo", "0150"]
    export = as_export([[*header, "In which country do you work?", WHO], [*looked_up, "Norway", "calm"]])

    assert [question.prompt for question in export.questions] == ["In which country do you work?", WHO]


@pytest.mark.parametrize(
    "cell",
    [
        *("+46 70 123 45 67", "0046701234567", "https://www.linkedin.com/in/ada"),
        *("2001:db8:0:1:1:1:1:1", "Mozilla/5.0 (X11; Linux)"),
    ],
)
def test_column_of_telephones_profiles_or_machines_is_left_out_whatever_it_is_called(cell: str) -> None:
    assert as_export([["Where to find me", WHO], [cell, "calm"], ["", "exact"]]).dropped == (
        "Where to find me",
    )


# --- as organisations in other countries have them ---------------------------------------------------------


OF_LIMESURVEY = ["2026-03-01 09:00:00", "3", "fr", "912345"]
OF_MICROSOFT = ["2026-03-01 09:00:00", "2026-03-01 09:04:00", "anonymous", ""]


@pytest.mark.parametrize(
    ("system", "own", "header"),
    [
        ("LimeSurvey", OF_LIMESURVEY,
         ["ID de la réponse", "Date de soumission", "Dernière page", "Langue de départ", "Graine"]),
        ("LimeSurvey", OF_LIMESURVEY, ["معرف الاستجابة", "تاريخ الإرسال", "آخر صفحة", "لغة البداية", "البذرة"]),
        ("Microsoft Forms", OF_MICROSOFT,
         ["ID", "Heure de début", "Heure de fin", "Adresse de messagerie", "Nom"]),
        ("Microsoft Forms", OF_MICROSOFT, ["Tunnus", "Aloitusaika", "Valmistumisaika", "Sähköposti", "Nimi"]),
    ],
)  # fmt: skip
def test_system_is_told_by_what_its_first_columns_hold(
    system: str, own: list[str], header: list[str]
) -> None:
    export = as_export([[*header, WHO, KEEPS], ["7", *own, *TWO[0]], ["8", *own, *TWO[1]]])

    assert (export.system, export.dropped) == (system, tuple(header))


def test_question_that_comes_first_is_no_column_of_microsoft() -> None:
    export = as_export([["ID", WHO, KEEPS, "Completion time"], ["1", *TWO[0], "3/1/26 9:03:00"]])

    assert [question.prompt for question in export.questions] == [WHO, KEEPS]


def test_surveymonkey_in_another_language_is_told_by_its_two_headers() -> None:
    own = ["Befragten-ID", "Collector-ID", "Startdatum", "Benutzerdefinierte Daten 1"]
    export = as_export(
        [[*own, WHO, KEEPS, "", WHERE, "", ""],
         [*[""] * 4, "Antwort mit offenem Ende", "Grund 1", "Grund 2", LINKEDIN, FAIRS, "Sonstiges (bitte angeben)"],
         ["118", "4", "01.03.2026", "", "calm", "the bees", "the view", LINKEDIN, "", "my aunt"],
         ["119", "4", "01.03.2026", "", "exact", "the screws", "", "", FAIRS, ""]])  # fmt: skip

    assert (export.system, export.dropped) == ("SurveyMonkey", tuple(own))
    assert [
        [export.choices(question, row) for question in export.questions] for row in export.table.rows
    ] == [
        [["calm"], ["the bees", "the view"], [LINKEDIN, "my aunt"]],
        [["exact"], ["the screws"], [FAIRS]],
    ]


def test_surveymonkey_condensed_joins_options_that_begin_alike() -> None:
    export = as_export([["Respondent ID", "Collector ID", f"{WHERE} - {LINKEDIN}", f"{WHERE} - {FAIRS}"],
                        ["1", "2", LINKEDIN, ""], ["2", "2", LINKEDIN, FAIRS]])  # fmt: skip

    assert [export.choices(export.questions[0], row) for row in export.table.rows] == [
        [LINKEDIN],
        [LINKEDIN, FAIRS],
    ]


@pytest.mark.parametrize("named", [True, False], ids=["all header rows", "without the first"])
def test_qualtrics_options_in_another_language(named: bool) -> None:
    ids = ["startDate", "finished", "QID1_TEXT", "QID3_1", "QID3_2", "QID3_2_TEXT", "QID1_TEXT_x"]
    chosen = [f"{WHERE} - Opción seleccionada - {option}" for option in (LINKEDIN, "Otro")]
    texts = ["Fecha de inicio", "Finalizado", WHO, *chosen, f"{WHERE} - Otro - Texto", "Q1 - Topics"]
    names = [["StartDate", "Finished", "Q1", "Q3_1", "Q3_2", "Q3_2_TEXT", "Q1 - Topics"]] if named else []
    export = as_export([*names, texts, [f'{{"ImportId":"{i}"}}' for i in ids],
                        ["2026-03-01 09:00:00", "1", "calm", "1", "1", "my aunt", "bees"],
                        ["2026-03-01 09:05:00", "1", "-99", "0", "0", "", ""]])  # fmt: skip

    assert [(question.prompt, len(question.columns)) for question in export.questions] == [
        (WHO, 1),
        (WHERE, 3),
    ]
    assert [
        [export.choices(question, row) for question in export.questions] for row in export.table.rows
    ] == [
        [["calm"], [LINKEDIN, "Otro", "my aunt"]],
        [[], []],
    ]


def test_what_limesurvey_did_not_ask_is_no_answer() -> None:
    export = as_export(
        [["Response ID", "Date submitted", "Last page", WHO, f"{WHERE} [{LINKEDIN}]", f"{WHERE} [{FAIRS}]"],
         ["1", "2026-03-01 09:00:00", "3", "{question_not_shown}", "Yes", "No"],
         ["2", "2026-03-01 09:00:00", "3", "exact", "N/A", "N/A"],
         ["3", "2026-03-01 09:00:00", "3", "-oth-", "", ""]])  # fmt: skip

    assert [[export.parts(question, row) for question in export.questions] for row in export.table.rows] == [
        [[], [LINKEDIN]],
        [["exact"], []],
        [[], []],
    ]


def test_google_quiz_leaves_out_scores_and_feedback() -> None:
    header = ["Timestamp", "Total score", WHO, f"{WHO} [Score]", f"{WHO} [Feedback]", "Read [A]", "Read [B]"]
    export = as_export(
        [header, ["3/1/2026 9:00:00", "0 / 1", "calm", "-- / 0", "well said", "often", "never"]]
    )

    assert [question.prompt for question in export.questions] == [WHO, "Read"]


def test_surveygizmo_option_may_hold_a_colon() -> None:
    own = [
        "Response ID",
        "Time Started",
        "Date Submitted",
        "Contact ID",
        "Legacy Comments",
        "URL Variable: sguid",
    ]
    export = as_export([[*own, f"{LINKEDIN}:{WHERE}", f"Fairs: in town:{WHERE}"],
                        ["1", "2026-03-01", "2026-03-01", "", "", "u1", LINKEDIN, "Fairs: in town"]])  # fmt: skip

    assert export.dropped == tuple(own)
    assert [export.choices(q, export.table.rows[0]) for q in export.questions] == [
        [LINKEDIN, "Fairs: in town"]
    ]


@pytest.mark.parametrize("data", [b'<?xml version="1.0"?>', b"\n<html><table>", b'{"answers": []}'])
def test_file_that_is_no_table_is_told(data: bytes) -> None:
    with pytest.raises(InvalidInputError, match=r"^survey\.lss is no table; .* as CSV or Excel\.$"):
        read_foreign(data, name="survey.lss", max_rows=9)


WHO_SOMEBODY_IS = (
    "Work email (optional)", "Mobile number", "Manager's name", "Employee No.", "Name and surname", "Nom et prénom",
    "Vor- und Nachname", "Mitarbeiternummer", "Home address", "GPS position", "Respondent", "رقم الهاتف", "Name:",
    "1. Name", "Q1. Name", "12) E-mail *", "Name (first and last) (optional)", "Имя и фамилия *",
    "姓名", "お名前:", "이름", "Ad Soyad", "Téléphone", "Jméno a příjmení", "Name * :", "Work email (optional) *",
    "Mobile number (so that we can reach you):", "Please leave your e-mail here", "What is your full name, please?",
)  # fmt: skip
NOT_WHO = (
    "Name of your team",
    "Name one thing you love",
    "Mobile work",
    "How do you address problems?",
    "1. Name one thing you love",
    "2) What is in a name? (optional) (*)",
    "Age",
)


@pytest.mark.parametrize("header", [*WHO_SOMEBODY_IS, *NOT_WHO])
def test_header_that_asks_who_somebody_is_is_left_out(header: str) -> None:
    export = as_export([[header, WHO], ["one", "calm"], ["two", "exact"]])

    assert export.dropped == ((header,) if header in WHO_SOMEBODY_IS else ())


@pytest.mark.parametrize("again", [" ", "[", "(", "*", "(choice=", "/", " - ", "."])
def test_header_may_be_as_long_as_a_cell(again: str) -> None:
    """Rules whose work grows with the square of a header would need minutes for this one."""
    header = f"x{again * (90_000 // len(again))}x"
    export = as_export([[header, WHO], ["1", "calm"], ["0", "exact"]])

    assert [question.columns for question in export.questions] == [(0,), (1,)]


@pytest.mark.parametrize(
    ("header", "apart"),
    [
        ("Where? [Fairs] ", ("Where?", "Fairs")),
        ("Where [most]?  [Fairs [in town]", ("Where [most]?", "Fairs [in town")),
        ("Where?\n[A fair]", ("Where?", "A fair")),
        ("[Fairs]", None),
        ("Where? []", None),
        ("Where? [Fairs] or so", None),
        (" Where? [Fairs]", None),
        ("", None),
    ],
)
def test_option_in_brackets_is_told_from_its_question(header: str, apart: tuple[str, str] | None) -> None:
    assert question_and_option(header) == apart


def test_option_that_is_called_like_an_address_stays() -> None:
    export = as_export([["E-mail", "Phone", WHO], ["E-mail", "", "calm"], ["", "yes", "exact"]])

    assert export.dropped == ()


#: Exports of further systems, by their shape: headers, and the second row if it is one; then what one person said.
#: Everybody else ticked only the second channel.
MOMENT = "2026-03-01 09:00:00"
SHAPES: dict[str, tuple[Rows, list[str], set[str]]] = {
    "SoSci Survey": (
        [["CASE", "SERIAL", "QUESTNNR", "STARTED", "SD01_01", "ST01_01", "KA01", "KA01_01", "KA01_02", "KA01_02a",
          "TIME001", "FINISHED"],
         ["Interview-Nummer (fortlaufend)", "Personenkennung (sofern verwendet)", "Fragebogen im Interview",
          "Zeitpunkt des Beginns", f"Person: {WHO}", f"Gründe: {KEEPS}", f"{WHERE}: Anzahl ausgewählter Optionen",
          f"{WHERE}: {LINKEDIN}", f"{WHERE}: Other", f"{WHERE}: Other (offene Eingabe)", "Verweildauer Seite 1",
          "Bis zum Ende beantwortet?"]],
        ["7", "", "qnr2", MOMENT, "calm", "the bees", "2", "2", "2", FAIRS, "31", "1"],
        {"CASE", "SERIAL", "QUESTNNR", "STARTED", "TIME001", "FINISHED"},
    ),
    "LimeSurvey VV": (
        [["Response ID", "Date submitted", "Last page", "Start language", WHO, KEEPS, f"{WHERE} [{LINKEDIN}]",
          f"{WHERE} [Friends]", f"{WHERE} [Other]"],
         ["id", "submitdate", "lastpage", "startlanguage", "G1Q1", "G1Q2", "G2Q3_SQ001", "G2Q3_SQ002", "G2Q3_other"]],
        ["7", MOMENT, "3", "en", "calm", "the bees{newline}{lbrace}x}", "Y", "{question_not_shown}", FAIRS],
        {"id", "submitdate", "lastpage", "startlanguage"},
    ),
    "Zoho": (
        [["Response ID", "Response Status", "IP Address", "Duration(hh:mm:ss)", "Collector Name", WHO, KEEPS, WHERE,
          ""],
         ["", "", "", "", "", "", "", LINKEDIN, FAIRS]],
        ["R_7", "Completed", "192.0.2.1", "00:03:22", "Web", "calm", "the bees", LINKEDIN, FAIRS],
        {"Response ID", "Response Status", "IP Address", "Duration(hh:mm:ss)", "Collector Name"},
    ),
    "KoboToolbox": (
        [["start", "deviceid", "about/self", "about/stay", "b/channels", f"b/channels/{LINKEDIN}",
          f"b/channels/{FAIRS}", "_id", "_uuid", "_status"]],
        [MOMENT, "collect:x", "calm", "the bees", f"{LINKEDIN} {FAIRS}", "1", "1", "12", "aa-bb", "submitted"],
        {"start", "deviceid", "_id", "_uuid", "_status"},
    ),
    "REDCap": (
        [["Record ID", "Survey Identifier", "Survey Timestamp", WHO, KEEPS, f"{WHERE} (choice={LINKEDIN})",
          f"{WHERE} (choice={FAIRS})", "Complete?"]],
        ["7", "", MOMENT, "calm", "the bees", "Checked", "Checked", "Complete"],
        {"Record ID", "Survey Identifier", "Survey Timestamp", "Complete?"},
    ),
    "REDCap, raw": (
        [["record_id", "redcap_survey_identifier", "a_timestamp", "self", "stay", f"channels___{LINKEDIN}",
          f"channels___{FAIRS}", "a_complete"]],
        ["7", "", MOMENT, "calm", "the bees", "1", "1", "2"],
        {"record_id", "redcap_survey_identifier", "a_timestamp", "a_complete"},
    ),
    "Formbricks": (
        [["No.", "Response ID", "Timestamp", "Finished", "Survey ID", "User ID", "URL", "Browser", "OS", "Device",
          "Country", f"1. {WHO}", f"2. {KEEPS}", f"3. {WHERE}"]],
        ["7", "cl7", MOMENT, "Yes", "s1", "", "https://x", "Firefox", "Linux", "desktop", "SE", "calm", "the bees",
         f"{LINKEDIN}; {FAIRS}"],
        {"No.", "Response ID", "Finished", "Survey ID", "URL", "OS", "Country"},
    ),
    "EUSurvey": (
        [[WHO, KEEPS, WHERE, "Invitation number", "Contribution ID", "User name", "Languages", "Creation date"]],
        ["calm", "the bees", f"{LINKEDIN};{FAIRS}", "", "c-7", "", "EN", MOMENT],
        {"Invitation number", "Contribution ID", "User name", "Languages", "Creation date"},
    ),
    "a table": (
        [[WHO, KEEPS, f"{WHERE}: {LINKEDIN}", f"{WHERE}: {FAIRS}"]],
        ["calm", "the bees", "Selected", "Selected"],
        set(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SHAPES)
def test_shape_of_a_system_is_read_whatever_its_name(kind: str) -> None:
    headers, said, dropped = SHAPES[kind]
    other = ["" if cell in (LINKEDIN, FAIRS, "the bees") else cell for cell in said]

    export = as_export([*headers, said, other, other])

    mapping = suggest(export)
    assert set(export.dropped) >= dropped
    assert sorted(mapping.values()) == ["channels", "self", "stay"]
    of = {item: export.questions[position] for position, item in mapping.items()}
    assert export.parts(of["self"], export.table.rows[0]) == ["calm"]
    assert "".join(export.parts(of["stay"], export.table.rows[0])).startswith("the bees")
    chosen = export.choices(of["channels"], export.table.rows[0])
    assert [option for option in chosen if option != "Other"] == [LINKEDIN, FAIRS]
    kept = {index for question in export.questions for index in question.columns}
    assert not any("://" in row[index] or row[index] == MOMENT for row in export.table.rows for index in kept)


def test_what_limesurvey_escapes_is_written_out_and_unsent_rows_are_told() -> None:
    headers, said, _ = SHAPES["LimeSurvey VV"]

    export = as_export([*headers, said, [said[0], "NULL", *said[2:]]])

    assert export.unfinished == {1}
    assert export.parts(export.questions[1], export.table.rows[0]) == ["the bees\n{x}"]


def test_column_that_says_more_than_its_options_stays() -> None:
    export = as_export(
        [["a_id", "where", "where_1", "where_2"], ["1", "my aunt", "1", "0"], ["2", "1 2", "1", "1"]]
    )

    assert (1,) in [question.columns for question in export.questions]


def test_number_of_an_option_is_no_consent() -> None:
    codes = as_export([[WHO, "May we quote you?"], ["calm", "1"], ["exact", "2"]])
    ticks = as_export([[WHO, "May we quote you?"], ["calm", "1"], ["exact", "0"]])

    assert not consents(codes, codes.questions[1:], codes.table.rows[0])
    assert consents(ticks, ticks.questions[1:], ticks.table.rows[0])


@pytest.mark.parametrize("cell", ["x", "Team A"])
def test_column_without_a_header_takes_nobody_for_a_header(cell: str) -> None:
    export = as_export([[WHO, KEEPS, ""], ["calm", "the bees", cell], ["exact", "the screws", cell]])

    assert len(export.table.rows) == 2
