"""Responses from files: which column is which item, and every bad file told by file, row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.corpus import Corpus, Response
from survey import demo as demo_folder
from survey.exceptions import InvalidInputError
from survey.response_files import read_corpus

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, name: str = "people.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


def refusal(path: Path, *mapping: str) -> str:
    with pytest.raises(InvalidInputError) as caught:
        read_corpus(path, mapping)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_columns_are_found_by_the_names_of_the_contract(write: Write) -> None:
    path = write(
        "id,stay,self,channels,site,quote\n"
        'r1,people,calm,"friends; fairs;friends;",Leeds,yes\n'
        "r2,,quick,,,no\n"
    )

    corpus = read_corpus(path)

    assert corpus == Corpus(
        (
            Response("r1", {"self": "calm", "stay": "people"}, ("friends", "fairs"), True, {"site": "Leeds"}),
            Response("r2", {"self": "quick"}),
        ),
        ("self", "stay"),
    )


@pytest.mark.parametrize(("delimiter", "start"), [(";", ""), ("\t", "\ufeff")])
def test_separator_and_byte_order_mark_change_nothing(write: Write, delimiter: str, start: str) -> None:
    demo = Path(demo_folder.__file__).parent / "responses.csv"
    with demo.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)

    assert read_corpus(write(start + text.getvalue())) == read_corpus(demo)


def test_rows_without_an_id_column_are_numbered(write: Write) -> None:
    corpus = read_corpus(write("self\ncalm\nquick\n"))

    assert [response.id for response in corpus.responses] == ["1", "2"]


def test_a_column_that_says_who_somebody_is_is_no_attribute(write: Write) -> None:
    said: list[str] = []
    path = write("id,self,email,site,contact\nr1,calm,a@example.org,Leeds,b@example.org\n")

    corpus = read_corpus(path, say=said.append)

    assert corpus.responses[0].attributes == {"site": "Leeds"}
    assert said == ["Left out: email, contact."]


def test_a_row_without_any_answer_stays_a_response(write: Write) -> None:
    corpus = read_corpus(write("self,stay\ncalm,x\n,\n"))

    assert corpus.responses[1] == Response("2", {})


@pytest.mark.parametrize(
    ("cell", "agrees"),
    [
        *((cell, True) for cell in ("yes", "Y", "True", " 1 ")),
        *((cell, False) for cell in ("", "no", "N", "false", "0")),
    ],
)
def test_only_a_yes_is_consent_to_be_quoted(write: Write, cell: str, agrees: bool) -> None:
    assert [one.quote for one in read_corpus(write(f"self,quote\ncalm,{cell}\n")).responses] == [agrees]


def test_several_columns_feed_one_item_by_header_or_number(write: Write) -> None:
    path = write("Role,Why #1,Why #2,Other\nclerk, people ,quiet,x\nbaker,,bread,y\n", "export.csv")

    corpus = read_corpus(path, ("#0=self", "Why #1=motive", "#2=motive"))

    assert corpus.items == ("self", "motive")
    assert [response.answers for response in corpus.responses] == [
        {"self": "clerk", "motive": "people\nquiet"},
        {"self": "baker", "motive": "bread"},
    ]
    assert [response.attributes for response in corpus.responses] == [{}, {}]


def test_a_header_with_an_equals_sign_can_be_mapped(write: Write) -> None:
    corpus = read_corpus(write("1+1=?\ntwo\n"), ("1+1=?=self",))

    assert corpus.responses[0].answers == {"self": "two"}


def test_mapped_items_stand_beside_columns_with_contract_names(write: Write) -> None:
    path = write("id,bio,skills,self,quote,site\nr1,calm,tea,ignored,yes,Leeds\n")

    corpus = read_corpus(path, ("bio=self",))

    assert corpus.responses == (Response("r1", {"self": "calm", "skills": "tea"}, (), True),)


def test_special_columns_can_be_mapped(write: Write) -> None:
    path = write("Person,Text,Where,Else,Consent\nr1,calm,fairs,friends,YES\n")

    corpus = read_corpus(path, ("Person=id", "Text=self", "Where=channels", "Else=channels", "Consent=quote"))

    assert corpus.responses == (Response("r1", {"self": "calm"}, ("fairs", "friends"), True),)


def test_repeated_headers_do_no_harm_until_one_is_named(write: Write) -> None:
    path = write("id,self,other,other,\nr1,calm,x,y,z\n")

    assert read_corpus(path).responses[0].attributes == {}
    assert read_corpus(path, ("#3=stay",)).responses[0].answers == {"self": "calm", "stay": "y"}
    assert refusal(path, "other=stay") == (
        "people.csv, row 1, columns 3 and 4: both are called “other”. Rename one of them."
    )


def test_a_repeated_item_column_is_refused(write: Write) -> None:
    assert refusal(write("self,self\nx,y\n")) == (
        "people.csv, row 1, columns 1 and 2: both are called “self”. Rename one of them."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,self\n", "people.csv has a header and no rows: there is no response in it."),
        (
            "id,bio\nr1,x\n",
            (
                "people.csv, row 1: none of the columns self, skills, stay, good_day, content is there. "
                "Name at least one column so, or say which holds what with --map COLUMN=ITEM."
            ),
        ),
        (
            "id,self\nr1,x\n ,y\n",
            "people.csv, row 3, column “id”: the id is empty. Give the row an id or delete it.",
        ),
        (
            "id,self\nr1,x\nr1,y\n",
            "people.csv, rows 2 and 3, column “id”: both have the same id. Give each row its own.",
        ),
        (
            "id,self,quote\nr1,x,perhaps\n",
            (
                "people.csv, row 2, column “quote”: consent to be quoted is “yes” or “no”. "
                "Correct the cell or empty it."
            ),
        ),
    ],
)
def test_bad_content_is_named(write: Write, text: str, message: str) -> None:
    assert refusal(write(text)) == message


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (("self",), "--map self: write COLUMN=ITEM, for example --map “#3=self”."),
        (("#1=",), "--map #1=: write COLUMN=ITEM, for example --map “#3=self”."),
        (("=self",), "--map =self: write COLUMN=ITEM, for example --map “#3=self”."),
        (("bio=self",), "people.csv, row 1: there is no column “bio”. Check the spelling."),
        (
            ("#2=self",),
            "people.csv, row 1: there is no column #2. Columns are counted from #0 to #1.",
        ),
        (("#0=id", "#1=id"), "--map: only one column can be “id”. Leave out the others."),
    ],
)
def test_bad_mappings_are_named(write: Write, mapping: tuple[str, ...], message: str) -> None:
    assert refusal(write("a,b\nx,y\n"), *mapping) == message
