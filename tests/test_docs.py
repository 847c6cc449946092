"""The documents say what is there: commands, options, tables, numbers, files, tests and links are looked up."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from survey.cli import main
from survey.models import Model

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted(ROOT.glob("docs/**/*.md"))
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *DOCS]
PARTS = ("analysis", "survey", "templates", "tests", "benchmarks", "tools", "docs")

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
PATH = re.compile(rf"(?:{'|'.join(PARTS)})/[\w/.*-]*\w")
TEST = re.compile(r"((?:tests/[\w/]+\.py))?(?:::)?(test_\w+)(?!\w*\.py)")
HOME = re.compile(r"/(?:home|Users|root)/\w+|[A-Z]:\\\\?Users")

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def commands() -> dict[str, click.Command]:
    with click.Context(main) as context:
        found = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def code_in(document: Path) -> Iterator[str]:
    yield from CODE.findall(document.read_text("utf-8"))


def sections(document: Path) -> dict[str, str]:
    """The text under each heading of the second level, by heading."""
    parts = re.split(r"^## (.+)$", document.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def plain(text: str) -> str:
    """Text without marks and line breaks, as a reader sees it."""
    return " ".join(text.replace("`", "").replace("**", "").split())


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# --- the command line -------------------------------------------------------------------------------------


def test_every_command_has_its_section_and_no_section_is_left_over() -> None:
    documented = [title for title in sections(ROOT / "docs/cli.md") if title.startswith("`kindred ")]

    assert sorted(documented) == sorted(f"`kindred {name}`" for name in commands())


@pytest.mark.parametrize("name", sorted(commands()))
def test_section_of_a_command_holds_its_help_and_every_argument_and_option(name: str) -> None:
    section = plain(sections(ROOT / "docs/cli.md")[f"`kindred {name}`"])
    command = commands()[name]
    wanted = [command.help or f"{name} has no help"]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            wanted += [] if parameter.hidden else [parameter.opts[0], parameter.help or ""]
        else:
            wanted.append(parameter.metavar or parameter.human_readable_name)

    assert [text for text in wanted if plain(text) not in section] == []


@pytest.mark.parametrize("name", sorted(commands()))
def test_section_of_a_command_names_no_option_that_does_not_exist(name: str) -> None:
    section = sections(ROOT / "docs/cli.md")[f"`kindred {name}`"]
    options = {option for parameter in commands()[name].params for option in parameter.opts}

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", section)) <= options


@each_document
def test_commands_in_the_text_exist(document: Path) -> None:
    named = {name for code in code_in(document) for name in re.findall(r"\bkindred ([a-z][a-z-]+)", code)}

    assert named <= set(commands())


@each_document
def test_make_targets_in_the_text_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    named = {name for code in code_in(document) for name in re.findall(r"\bmake ([a-z][a-z-]*)", code)}

    assert named <= targets


def test_readme_names_the_two_commands() -> None:
    assert {"`make run`", "`make test`"} <= set(code_in(ROOT / "README.md"))


# --- links, paths, tests ----------------------------------------------------------------------------------


@each_document
def test_relative_links_resolve(document: Path) -> None:
    broken = []
    for target in LINK.findall(document.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (document.parent / path).resolve() if path else document
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            broken.append(target)

    assert broken == []


@each_document
def test_paths_in_the_text_exist(document: Path) -> None:
    named = {path for code in code_in(document) for path in PATH.findall(code)}

    assert sorted(path for path in named if not any(ROOT.glob(path))) == []


@each_document
def test_tests_in_the_text_exist(document: Path) -> None:
    missing = []
    for code in code_in(document):
        for path, name in TEST.findall(code):
            files = [ROOT / path] if path else sorted((ROOT / "tests").rglob("test_*.py"))
            if not any(file.exists() and f"def {name}(" in file.read_text("utf-8") for file in files):
                missing.append(f"{path}::{name}")

    assert missing == []


@each_document
def test_no_document_names_a_place_on_a_developers_machine(document: Path) -> None:
    text = document.read_text("utf-8")

    assert HOME.findall(text) == []
    assert str(ROOT) not in text


def test_index_lists_every_document() -> None:
    index = ROOT / "docs/index.md"
    linked = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in LINK.findall(index.read_text("utf-8"))
    }

    assert [
        str(path.relative_to(ROOT)) for path in DOCS if path != index and path.resolve() not in linked
    ] == []


# --- what the documents say about the code ----------------------------------------------------------------


def test_architecture_describes_every_table_in_a_line() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    described = re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)

    assert sorted(described) == sorted(Model.metadata.tables)


def test_numbers_of_the_promise_are_those_in_the_code() -> None:
    rows = re.findall(
        r"^\| ([\d,]+) \|[^|]+\| `([\w.]+)\.([A-Z_]+)` \|$",
        (ROOT / "docs/privacy.md").read_text("utf-8"),
        flags=re.MULTILINE,
    )

    assert len(rows) >= 6
    assert [(name, int(number.replace(",", ""))) for number, _, name in rows] == [
        (name, getattr(importlib.import_module(module), name)) for _, module, name in rows
    ]


def test_every_benchmark_has_its_command_in_the_docs() -> None:
    text = (ROOT / "docs/benchmarks.md").read_text("utf-8")
    documented = set(re.findall(r"python -m benchmarks\.(\w+)", text))
    runnable = {
        path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text("utf-8")
    }

    assert documented == runnable
