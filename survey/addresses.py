"""Numbers of rows in addresses: one converter for all routes of both applications. A leaf."""

from __future__ import annotations

from werkzeug.routing import IntegerConverter, Map

#: The largest number that a row can have: keys of tables have 32 bits.
LARGEST = 2**31 - 1


class RowNumber(IntegerConverter):
    """A number that a row can have. An address with a larger one is that of no page, and no database is asked."""

    def __init__(self, map: Map) -> None:  # noqa: A002 - werkzeug's name
        super().__init__(map, max=LARGEST)
