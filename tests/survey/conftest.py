"""The application under test, signed-in clients, and accounts of every role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from survey import config
from survey.app import create_app
from survey.database import transaction
from survey.domain.accounts import invite
from survey.domain.keys import KeyStore
from survey.enums import RoleName
from survey.extensions import db, limiter
from survey.web import security

PASSWORD = "correct horse battery"

SignIn = Callable[[RoleName], FlaskClient]


@pytest.fixture
def keys(key_dir: Path) -> KeyStore:
    """The keys of the test's installation."""
    return KeyStore(key_dir)


@pytest.fixture
def lead_key(keys: KeyStore) -> None:
    """The key of the leads' links is made."""
    keys.create_lead_key()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, key_dir: Path) -> dict[str, Any]:
    """Settings of an application on the test's database."""
    environ = {
        "KINDRED_DATABASE_URL": database_url,
        "KINDRED_INSTANCE_DIR": str(tmp_path / "instance"),
        "KINDRED_KEY_DIR": str(key_dir),
        "KINDRED_SECRET_KEY": "not a secret in a test",
    }
    return config.read(environ)


#: A password's hash costs a server 0.3 s on purpose; a test has no use for that.
CHEAP_HASHES = {"argon2__rounds": 1, "argon2__memory_cost": 1024, "argon2__parallelism": 1}


@pytest.fixture(scope="session")
def template_cache(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all tests of a process."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(
    settings: dict[str, Any], template_cache: FileSystemBytecodeCache, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The main application; form protection is switched off except where it is the subject."""
    monkeypatch.setitem(security.CONFIG, "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS", CHEAP_HASHES)
    app = create_app(settings)
    # Each test has an application of its own, but they all compile the same templates.
    app.jinja_env.bytecode_cache = template_cache
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        limiter.reset()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """Return a client in which a new account of the given role is signed in."""

    def sign_in(role: RoleName) -> FlaskClient:
        from flask_security import hash_password

        email = f"{role}@example.org"
        with app.app_context(), transaction(db.session):
            invite(db.session, email=email, role=role, password_hash=hash_password(PASSWORD))
        client = app.test_client()
        answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    return sign_in
