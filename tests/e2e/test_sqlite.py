"""The path on SQLite."""

import pytest

from tests.e2e.path import Walk


@pytest.mark.e2e
class TestSQLite(Walk):
    """Every step, with the demo on SQLite."""

    database = "sqlite"
