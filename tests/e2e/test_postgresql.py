"""The path on PostgreSQL."""

import pytest

from tests.e2e.path import Walk


@pytest.mark.e2e
class TestPostgreSQL(Walk):
    """Every step, with the demo on PostgreSQL."""

    database = "postgresql"
