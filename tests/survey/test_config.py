"""The table of settings: what is read from the environment, what is refused, and that the docs say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from survey import config
from survey.config import BY_NAME, SETTINGS, Setting
from survey.database import engine_options
from survey.domain.keys import KeyStore
from survey.exceptions import InvalidInputError

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"
ROW = re.compile(r"^\| `KINDRED_(\w+)` \| (.*?) \| (yes|no) \| (.*?) \|$", re.MULTILINE)


def documented_default(setting: Setting) -> str:
    if setting.type is bool:
        return "yes" if setting.default else "no"
    return str(setting.default) or "empty"


def test_without_an_environment_every_setting_has_its_default() -> None:
    computed = {"DATABASE_URL", "INSTANCE_DIR", "KEY_DIR"}

    values = config.read({})

    assert {name: value for name, value in values.items() if name not in computed} == {
        setting.name: setting.default for setting in SETTINGS if setting.name not in computed
    }


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_default_has_the_type_of_its_setting(setting: Setting) -> None:
    assert type(setting.default) is setting.type


@pytest.mark.parametrize(
    "setting", [s for s in SETTINGS if s.default != ""], ids=lambda setting: setting.name
)
def test_default_can_be_written_into_the_environment(setting: Setting) -> None:
    assert config.read({f"KINDRED_{setting.name}": str(setting.default)})[setting.name] == setting.default


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("THREADS", "4", 4),
        ("THREADS", " 4 ", 4),
        ("WORKERS", "0", 0),
        ("PORT", "65535", 65535),
        ("SECURE_COOKIES", "no", False),
        ("SECURE_COOKIES", "TRUE", True),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("ORGANISATION", "Fjordline & søn", "Fjordline & søn"),
    ],
)
def test_value_is_read_from_the_environment(name: str, text: str, value: object) -> None:
    assert config.read({f"KINDRED_{name}": text})[name] == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("THREADS", "many", "THREADS must be a whole number from 1 to 1000000."),
        ("THREADS", "0", "THREADS must be a whole number from 1 to 1000000."),
        ("THREADS", "-1", "THREADS must be a whole number from 1 to 1000000."),
        ("THREADS", "2.5", "THREADS must be a whole number from 1 to 1000000."),
        ("THREADS", "9" * 5000, "THREADS must be a whole number from 1 to 1000000."),
        ("PORT", "65536", "PORT must be a whole number from 1 to 65535."),
        ("LEAD_RETENTION_DAYS", "0", "LEAD_RETENTION_DAYS must be a whole number from 1 to 1000000."),
        ("SECURE_COOKIES", "maybe", "SECURE_COOKIES must be yes or no."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR."),
    ],
)
def test_value_that_cannot_be_used_is_refused_by_name(name: str, text: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        config.read({f"KINDRED_{name}": text})

    assert str(raised.value) == message


def test_plain_port_is_understood() -> None:
    assert config.read({"PORT": "8123"})["PORT"] == 8123


def test_our_port_wins_over_the_plain_one() -> None:
    assert config.read({"PORT": "8123", "KINDRED_PORT": "9000"})["PORT"] == 9000


def test_plain_port_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        config.read({"PORT": "http"})


def test_empty_variable_is_the_default() -> None:
    assert config.read({"KINDRED_THREADS": ""})["THREADS"] == BY_NAME["THREADS"].default


def test_database_lies_in_the_instance_folder(tmp_path: Path) -> None:
    values = config.read({"KINDRED_INSTANCE_DIR": str(tmp_path)})

    assert values["DATABASE_URL"] == f"sqlite:///{tmp_path}/kindred.sqlite"


def test_instance_folder_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert config.read({})["INSTANCE_DIR"] == str(tmp_path / "instance")


@pytest.mark.parametrize("instance", ["instance", "data/kindred", "."])
def test_keys_lie_outside_the_instance_folder(
    instance: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = tmp_path.parent / "home"
    values = config.read({"KINDRED_INSTANCE_DIR": instance, "XDG_STATE_HOME": str(home)})

    assert not Path(values["KEY_DIR"]).is_relative_to(values["INSTANCE_DIR"])
    assert Path(values["KEY_DIR"]).is_relative_to(home)
    KeyStore.from_settings(values)


def test_two_instances_have_two_key_folders(tmp_path: Path) -> None:
    folders = {
        config.read({"KINDRED_INSTANCE_DIR": str(tmp_path / name)})["KEY_DIR"] for name in ("one", "two")
    }

    assert len(folders) == 2


def test_key_folder_inside_the_instance_folder_is_refused(tmp_path: Path) -> None:
    values = config.read({"KINDRED_INSTANCE_DIR": str(tmp_path), "KINDRED_KEY_DIR": str(tmp_path / "keys")})

    with pytest.raises(InvalidInputError, match="KINDRED_KEY_DIR"):
        KeyStore.from_settings(values)


@pytest.mark.parametrize(
    "url", ["kindred", "mysql://root:pass word@host/kindred", "postgres://me:pass word@host/kindred"]
)
def test_database_address_that_cannot_be_used_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        engine_options(url)

    assert "KINDRED_DATABASE_URL" in str(raised.value)
    assert "pass word" not in str(raised.value)


def test_command_says_in_one_line_which_setting_is_wrong(tmp_path: Path) -> None:
    environ = {**os.environ, "KINDRED_INSTANCE_DIR": str(tmp_path), "KINDRED_PORT": "http"}

    command = subprocess.run(
        [sys.executable, "-m", "survey.cli", "migrate"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert command.returncode == 2
    assert command.stderr == "kindred: PORT must be a whole number from 1 to 65535.\n"


def test_document_names_every_setting_with_default_and_help() -> None:
    documented = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))

    assert documented == [
        (setting.name, documented_default(setting), "yes" if setting.editable else "no", setting.help)
        for setting in SETTINGS
    ]
