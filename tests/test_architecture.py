"""The import rules of setup.cfg, that they can fail, and what else holds for every module."""

from __future__ import annotations

import ast
import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from setuptools import find_namespace_packages

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for package in ("analysis", "survey") for path in (ROOT / package).rglob("*.py"))

#: For each contract, an import that it forbids and the module in which that import is planted.
VIOLATIONS = {
    "Imports go down the floors only": ("survey/models/jobs.py", "import survey.domain.jobs"),
    "The answering pages, the main application and the worker do not know each other": (
        "survey/web/jobs.py",
        "import survey.worker",
    ),
    "The analysis knows no web, no database, no charts, no log": ("analysis/text.py", "import logging"),
    "Domain and models know no Flask": ("survey/domain/audit.py", "from flask import g"),
    "No web process loads the analysis": ("survey/domain/audit.py", "import survey.domain.analyses"),
    "What leads say about their groups is read by the self-check alone": (
        "survey/domain/scores.py",
        "from survey.models import self_identification",
    ),
    "What computes a score knows no decision and no group": (
        "survey/domain/scores.py",
        "from survey.domain import decisions",
    ),
    "The analysis is called from its bridges only": ("survey/domain/leads.py", "import analysis.text"),
}

USE_THE_APPLICATION = """
import sys

from survey import config
from survey.database import open_engine, upgrade
from survey.wsgi import make_application
from werkzeug.test import Client

settings = config.read()
upgrade(open_engine(settings["DATABASE_URL"]))
client = Client(make_application(settings))
assert client.get("/sign-in").status_code == 200
assert client.get("/a/no-such-token").status_code == 404
print(" ".join(sorted(sys.modules)))
"""


def contracts() -> dict[str, str]:
    """Names of the contracts in setup.cfg by their section."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return {
        parser[section]["name"]: section
        for section in parser.sections()
        if section.startswith("importlinter:contract:")
    }


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter over the packages and the setup.cfg of a folder."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied_sources(tmp_path: Path) -> Path:
    """The code and its rules in a folder of their own, where a test may break them."""
    for path in SOURCES:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def test_imports_keep_the_rules() -> None:
    linted = lint_imports(ROOT)

    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_every_rule_has_an_import_that_breaks_it() -> None:
    assert set(VIOLATIONS) == set(contracts())


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_rule_fails_on_a_forbidden_import(contract: str, copied_sources: Path) -> None:
    module, statement = VIOLATIONS[contract]
    path = copied_sources / module
    path.write_text(f"{path.read_text()}\n{statement}\n")

    linted = lint_imports(copied_sources)

    assert linted.returncode == 1
    assert f"{contract} BROKEN" in " ".join(linted.stdout.split())


def test_rule_fails_on_a_module_without_a_floor(copied_sources: Path) -> None:
    (copied_sources / "survey" / "helpers.py").write_text('"""On no floor."""\n')

    linted = lint_imports(copied_sources)

    assert linted.returncode == 1
    assert "survey.helpers" in linted.stdout


def test_web_processes_load_no_analysis(tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "KINDRED_INSTANCE_DIR": str(tmp_path / "instance"),
        "KINDRED_KEY_DIR": str(tmp_path / "keys"),
    }

    used = subprocess.run(
        [sys.executable, "-c", USE_THE_APPLICATION],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert used.returncode == 0, used.stderr
    loaded = set(used.stdout.split())
    assert "flask" in loaded
    assert loaded & {"nltk", "sklearn", "onnxruntime", "tokenizers", "altair", "vl_convert"} == set()
    tables_of_aliases = {"analysis", "analysis.aliases", "analysis.exceptions", "analysis.folding"}
    assert {name for name in loaded if name.partition(".")[0] == "analysis"} == tables_of_aliases


def test_every_package_is_listed_in_setup_cfg() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    found = find_namespace_packages(str(ROOT), include=["survey*", "analysis*"])
    with_code = {name for name in found if list((ROOT / name.replace(".", "/")).glob("*.py"))}

    assert set(parser["options"]["packages"].split()) == with_code | {"survey.templates"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_says_what_lives_in_it(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert not source.strip() or ast.get_docstring(ast.parse(source))
