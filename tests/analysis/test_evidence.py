import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.evidence import FIELDS, evidence_document
from analysis.facets import cut, segments_of
from analysis.segments import plain

LEAD = {
    "headline": "Release engineer | Jenkins",
    "summary": "<p>Keeps K8s clusters&nbsp;calm.</p><p>Wants a caf&eacute; &amp; a plan.</p>",
    "skills": "Ruby; K8s, SQL | C++\nRollback",
    "experience": json.dumps(
        [
            {
                "title": "Release \u201cEngineer\u201d",
                "organisation": "Umbrella",
                "summary": 'Calm "rollouts".\nDaily.',
            }
        ]
    ),
    "interest": "A boring bank.",
}


def segments(lead, identity=()):
    document = evidence_document(lead, identity=identity)
    return [segment for field, text in document.fields for segment in segments_of(field, text)]


def test_a_lead_is_cut_once_for_all_personas():
    document = evidence_document({"summary": "I run warehouses. I never travel."})

    assert document.cuts is document.cuts
    assert document.cuts == {"summary": cut("summary", document.text("summary"))}


def test_identity_columns_are_never_read():
    secret = {"name": "Zora", "email": "z@example.org", "location": "Zagreb", "source": "fair"}

    assert evidence_document(LEAD | secret) == evidence_document(LEAD)


def test_segments_are_stretches_of_the_original_field():
    for segment in segments(LEAD):
        original = LEAD[segment.field][segment.start : segment.end]
        assert original == original.strip()
        assert len(original) > 0

    found = {LEAD[s.field][s.start : s.end] for s in segments(LEAD)}
    assert {"Keeps K8s clusters&nbsp;calm", "Wants a caf&eacute; &amp; a plan", "K8s", "C++"} <= found


def test_markup_and_entities_are_read_as_text():
    texts = [segment.text for segment in segments(LEAD) if segment.field == "summary"]

    assert texts == ["keeps kubernetes clusters calm", "wants a café & a plan"]


def test_experience_gives_titles_and_summaries_but_no_employer():
    texts = [segment.text for segment in segments(LEAD) if segment.field == "experience"]

    assert texts == ["release “engineer", 'calm "rollouts', "daily"]


@pytest.mark.parametrize(
    ("experience", "expected"),
    [
        ('[{"title": "Baker", "organisation": "Mill", "summa', ["baker"]),
        ('[{"title": "Baker", "summary": "Bread at fo', ["baker", "bread at fo"]),
        ("Baker. Bread at four.", ["baker", "bread at four"]),
        ("[]", []),
        ('{"title": "Head baker"}', ["head baker"]),
        ("[half a list, baker", ["half a list, baker"]),
        (r'[{"title": "Caf\u00e9 owner"}]', ["café owner"]),
    ],
)
def test_experience_may_be_json_broken_json_or_text(experience, expected):
    assert [segment.text for segment in segments({"experience": experience})] == expected


def test_own_name_is_masked_in_text_and_kept_in_skills():
    lead = {"summary": "Ruby Okafor's teams ship. Okafor leads.", "skills": "Ruby;Rails"}

    document = evidence_document(lead, identity=["Ruby Okafor", "ruby.okafor@example.org"])

    assert document.text("summary").split() == ["teams", "ship.", "leads."]
    assert document.text("skills") == "Ruby;Rails"


NAMES = (
    "Tobias Maddlington",
    "Ruby Swift",
    "Jörg Müßig",
    "Senior Line",
    "Hope King",
    "Karin O'Dell",
    "Bo Ek",
)


@pytest.mark.parametrize(
    "text",
    [
        "{name} is a developer. Ships ferries.",
        "i am {lower} and ships ferries",
        "{first} likes to keep the rota. {last} builds ferries.",
        "Hi, I'm {first}. Ships ferries",
        "Ships ferries.\nCheers, {first}",
        "Ships ferries.\n— {first}",
        "{first}'s passion is ferries",
        "{initial}. {last} leads the rota. {first} M. {last} ships",
        '{first} "Bee" {last} ships ferries',
        "<b>{first}</b> <i>{last}</i> ships",
        "Write to @{handle} or {plain}, ships",
        "My name is {first}, people call me Quorra. Ships",
    ],
)
def test_whoever_writes_their_name_in_whatever_form_leaves_the_same_words(text):
    read = set()
    for name in NAMES:
        first, last = name.split()
        handle = "_".join(re.sub(r"[^a-z_ ]", "", name.lower()).split())
        filled = text.format(
            name=name,
            lower=name.lower(),
            first=first,
            last=last,
            initial=first[0],
            handle=handle,
            plain=re.sub(r"\W", "", first + last),
        )
        document = evidence_document({"summary": filled}, identity=[name, f"{handle}@example.org"])
        read.add(tuple(plain(s.text) for s in segments_of("summary", document.text("summary"))))

    assert len(read) == 1
    assert "ferries" in str(read) or "ships" in str(read)


@pytest.mark.parametrize(
    "text",
    [
        "Ruby, Swift and Go at work",
        "I write Ruby daily",
        "senior line manager",
        "Swift is my language",
        "Engineer – Ruby, Swift and Go",
        "Engineer – Swift",
        "A.I. and Go",
    ],
)
def test_who_bears_an_ordinary_word_for_a_name_loses_no_other_mention_of_it(text):
    named = [
        evidence_document({"summary": text}, identity=[name])
        for name in ("Ruby Swift", "Senior Line", "Maddlington")
    ]

    assert named[0] == named[1] == named[2]
    assert named[0].text("summary") == text


def test_everyday_words_survive_a_name_that_contains_them():
    lead = {"summary": "This will help. A mark was left. Will Mark was here."}

    document = evidence_document(lead, identity=["Will Mark"])

    assert document.text("summary").split() == [
        "This",
        "will",
        "help.",
        "A",
        "mark",
        "was",
        "left.",
        "was",
        "here.",
    ]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Write to jo.lee@example.org today", "jo.lee@example.org"),
        ("Write to Anna.Lindqvist@acme-logistics.com today", "acme-logistics"),
        ("See Anna.Lindqvist.example.com/cv for more", "example.com"),
        ("I live at Karin Boyes gata 12 now", "gata"),
        ("Call +46 31 390 06 22 today", "390"),
        ("Studied at University of Leeds there", "Leeds"),
        ("A Bradford University graduate", "Bradford"),
        ("Works since 2009 in one team", "2009"),
        ("She leads her team", "her"),
        ("Ex cabin crew chief (41) retraining", "41"),
        ("Lives in LS1 4AP near work", "4AP"),
        ("Lives in 411 03 near work", "411"),
    ],
)
def test_what_identifies_is_masked_at_the_same_length(text, hidden):
    masked = evidence_document({"summary": text}).text("summary")

    assert len(masked) == len(text)
    assert hidden not in masked


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("She keeps her rota and himself", "He keeps his rota and herself"),
        (
            "Read physics at University of Oxford, then ships",
            "Read physics at University of Wolverhampton, then ships",
        ),
        ("Lives in LS1 4AP. Keeps ships", "Lives in BD7 1DP. Keeps ships"),
        ("Graduated 1989 with ships", "Graduated 2009 with ships"),
        ("A mother of ships", "A father of ships"),
        ("Studied law at Harvard and likes ships", "Studied law at KTH and likes ships"),
        ("graduated from eton. Likes ships", "graduated from Wolverhampton poly. Likes ships"),
        ("Captain of the Islamic Society, ships", "Captain of the Royal Yacht Club, ships"),
        ("A Swedish citizen with ships", "A Sri Lankan citizen with ships"),
        ("Of Polish origin, born in Gdynia. Ships", "Of Iranian origin, born in New Delhi. Ships"),
        ("Nguyen leads the ships", "Garcia leads the ships"),
        ("BSc Physics, Harvard (2004). Keeps ships", "BSc Physics, Wolverhampton Poly (1984). Keeps ships"),
        ("Education: MIT. Keeps ships", "Education: Leeds Beckett. Keeps ships"),
        ("Alumni of Lagos State. Keeps ships", "Alumni of ETH Zürich. Keeps ships"),
        ("I'm Swedish and keep ships", "I'm Nigerian and keep ships"),
        ("Nigerian-born, keeps ships", "Swedish-born, keeps ships"),
        ("An Indian national, keeps ships", "An French national, keeps ships"),
        ("I am from Ghana. I keep ships", "I am from New Zealand. I keep ships"),
        ("Born and raised in Lagos. Keeps ships", "Born and raised in Oslo. Keeps ships"),
        ("Treasurer, Catholic Mothers' Association; ships", "Treasurer, Royal Yacht Club; ships"),
        ("I'm 34 and keep ships", "I'm 61 and keep ships"),
        ("Born 12 March 1984, keeps ships", "Born May 3 1961, keeps ships"),
        ("Class of '98, keeps ships", "Class of '18, keeps ships"),
        ("xe keeps ships", "she keeps ships"),
        ("Fernandez leads the ships", "cohen leads the ships"),
    ],
)
def test_swaps_of_what_may_not_count_leave_the_same_words(one, other):
    read = [[plain(segment.text) for segment in segments({"summary": text})] for text in (one, other)]

    assert read[0] == read[1]


@pytest.mark.parametrize(
    "text",
    [
        "Member of the platform team",
        "Of unknown quality, born leader",
        "Trained at sea",
        "Plays for time, turns a mill",
        "I am Scrum certified and I am calm",
        "A degree in physics, teaches and codes",
        "Works with national carriers",
    ],
)
def test_words_like_those_around_a_school_or_a_club_are_kept(text):
    assert evidence_document({"summary": text}).text("summary") == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("No interest in mentoring juniors", []),
        ("Agency work, never again", []),
        ("Strong on SQL, no interest in Java", ["strong on sql"]),
        ("Does not want to lead people", []),
        ("Not only tests but also docs", ["not only tests but also docs"]),
        ("Without doubt a tester", []),
        ("No one stands over me", ["no one stands over me"]),
        ("Works alone rather than mentoring; likes ferries", ["works alone", "likes ferries"]),
    ],
)
def test_negated_words_are_no_evidence(text, kept):
    assert [segment.text for segment in segments({"summary": text})] == kept


@pytest.mark.parametrize("text", ["n/a", " N/A ", "-", "none", "...", "🏆🏆", "tbd"])
def test_a_field_that_says_nothing_has_no_segments(text):
    assert segments({"summary": text, "skills": text}) == []


@pytest.mark.parametrize("skills", ["SQL;Java", "SQL, Java", "SQL | Java", "SQL\nJava", "sql; java; "])
def test_skills_may_be_separated_in_several_ways(skills):
    assert [segment.text for segment in segments({"skills": skills})] == ["sql", "java"]


def test_an_alias_reads_like_the_skill():
    assert plain("JS and Postgres on K8s") == plain("JavaScript and PostgreSQL on Kubernetes")


def test_capitals_deny_as_well_and_letters_that_grow_in_lower_case_move_nothing():
    text = "İİ teams. NEVER AGAIN sales. İ run DEPLOYS, NOT calls BUT deploys."

    found = segments_of("summary", text)

    assert [text[one.start : one.end] for one in found] == ["İİ teams", "İ run DEPLOYS", "deploys"]


def test_a_text_pasted_twice_reads_like_once():
    text = "Keeps the rota. Wants a plan"

    assert segments({"summary": f"{text} {text}"}) == segments({"summary": text})


@given(
    st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=200)),
    st.lists(st.text(max_size=12), max_size=3),
)
def test_any_text_keeps_its_length(lead, identity):
    document = evidence_document(lead, identity=identity)

    for field, text in document.fields:
        assert len(text) == len(lead[field])
        for segment in segments_of(field, text):
            assert 0 <= segment.start < segment.end <= len(text)


@pytest.mark.parametrize("value", [None, 7, "", "   "])
def test_empty_and_foreign_values_are_absent(value):
    assert evidence_document({"summary": value}).fields == ()


def test_what_lies_beyond_the_limit_of_a_field_is_not_read():
    lead = {"summary": "Keeps ferries. " + "a b c d " * 5000 + "Secret ending"}

    document = evidence_document(lead)

    assert len(document.text("summary")) == len(lead["summary"])
    assert "Secret" not in document.text("summary")


@pytest.mark.parametrize("word", ["baby", "pregnant", "diabetes", "muslim", "union", "young"])
def test_a_word_of_private_life_is_overwritten_in_running_text_and_not_elsewhere(word):
    lead = {"summary": f"Runs backups, {word}, in Gothenburg", "skills": "Therapy;Backups"}

    document = evidence_document(lead)

    assert document.text("summary") == f"Runs backups, {' ' * len(word)}, in Gothenburg"
    assert document.text("skills") == lead["skills"]
