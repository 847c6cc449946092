"""What is shipped: an sdist and the wheel built from it, with everything needed and nothing secret, that run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHIPPED = ("analysis", "docs", "survey", "templates", "tools")
FILES = ("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "MANIFEST.in", "NOTICE", "README.md")
#: What must not be shipped, planted where a pattern might pick it up.
SECRETS = ("instance/kindred.sqlite", "survey/demo/leads_truth.csv", "tests/data/leads_truth.csv")

USE_THE_WHEEL = """
import sys
from importlib.resources import files
from pathlib import Path

from survey import __file__ as package, config
from survey.database import is_current, open_engine, upgrade
from survey.wsgi import make_application
from werkzeug.test import Client

installed = Path(sys.argv[1])
assert Path(package).is_relative_to(installed), package

settings = config.read()
engine = open_engine(settings["DATABASE_URL"])
upgrade(engine)
assert is_current(engine)
client = Client(make_application(settings))
answers = {address: client.get(address) for address in ("/sign-in", "/a/1/none", "/static/kindred.css", "/healthz")}
assert {address: answer.status_code for address, answer in answers.items()} == {
    "/sign-in": 200, "/a/1/none": 404, "/static/kindred.css": 200, "/healthz": 200,
}
assert "<h1>Sign in</h1>" in answers["/sign-in"].text
assert "We do not know this link" in answers["/a/1/none"].text
assert len((files("survey.demo") / "responses.csv").read_text().splitlines()) > 160

from analysis.encoder import WEIGHTS, bundled_encoder

assert WEIGHTS.is_relative_to(installed)
assert bundled_encoder().encode(["I like quiet mornings."]).shape == (1, 384)
"""


def run(*command: str | Path, cwd: Path, **environ: str) -> None:
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was built from it, out of a copy of the repository."""
    folder = tmp_path_factory.mktemp("packaging")
    source = folder / "source"
    for name in SHIPPED:
        shutil.copytree(ROOT / name, source / name)
    for name in (*FILES, "pyproject.toml", "setup.cfg"):
        shutil.copy(ROOT / name, source)
    for name in SECRETS:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("planted")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", cwd=source)
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def in_sdist(built: Path) -> set[str]:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}


def files_below(folder: str, *patterns: str) -> set[str]:
    """Files of the repository, named as in it."""
    return {
        str(path.relative_to(ROOT))
        for pattern in patterns
        for path in (ROOT / folder).rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_holds_exactly_the_two_packages_with_all_they_need(in_wheel: set[str]) -> None:
    code = files_below("analysis", "*.py", "*.csv", "*.json", "*.typed", "weights/*")
    code |= files_below("survey", "*.py", "*.csv", "*.json", "*.mako", "*.po", "*.typed") | files_below(
        "survey/static", "*"
    )
    templates = {f"survey/{name}" for name in files_below("templates", "*.html", "*.txt")}

    shipped = {name for name in in_wheel if ".dist-info/" not in name}

    assert shipped == code | templates
    assert len(templates) > 20


def test_every_template_is_of_a_kind_that_is_shipped() -> None:
    assert files_below("templates", "*") == files_below("templates", "*.html", "*.txt")


def test_wheel_carries_the_licences(in_wheel: set[str]) -> None:
    licences = {Path(name).name for name in in_wheel if "/licenses/" in name}

    assert licences == {"LICENSE", "NOTICE"}


def test_sdist_holds_what_the_wheel_is_made_of(in_sdist: set[str]) -> None:
    needed = files_below("analysis", "*.py", "*.csv", "*.json", "weights/*") | files_below("survey", "*.py")
    needed |= files_below("templates", "*") | files_below("survey/static", "*") | files_below("docs", "*.md")

    assert needed | set(FILES) <= in_sdist


def test_nothing_secret_is_shipped(in_wheel: set[str], in_sdist: set[str]) -> None:
    shipped = in_wheel | in_sdist

    assert {name for name in shipped if name.startswith(("instance", "tests", "benchmarks"))} == set()
    assert {name for name in shipped if "truth" in name or ".sqlite" in name} == set()


def test_installed_wheel_migrates_renders_and_encodes(wheel: Path, tmp_path: Path) -> None:
    installed, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"),
        *("--disable-pip-version-check", "--target", installed, wheel),
        cwd=elsewhere,
    )

    run(
        *(sys.executable, "-c", USE_THE_WHEEL, installed),
        cwd=elsewhere,
        PYTHONPATH=str(installed),
        KINDRED_INSTANCE_DIR=str(elsewhere / "instance"),
        KINDRED_KEY_DIR=str(elsewhere / "keys"),
    )
