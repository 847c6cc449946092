"""What libraries compile anew for every application and every engine is compiled once per process.

A test has an application and engines of its own, with the same routes and statements as the last one's. Compiling them
was two fifths of the time of a page's test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule


def compile_once() -> None:
    """Let all applications share the builders of their routes, and all engines of a kind their statements."""
    _share_routes()
    _share_statements()


def _share_routes() -> None:
    compile_builder = Rule._compile_builder
    builders: dict[Any, Callable[..., Any]] = {}

    def shared(self: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        # A builder gets its rule, and so the converters, as an argument.
        key = (self.rule, tuple(self._trace), repr(self.defaults), append_unknown)
        if key not in builders:
            builders[key] = compile_builder(self, append_unknown)
        return builders[key]

    Rule._compile_builder = shared  # type: ignore[method-assign]


def _share_statements() -> None:
    statements: LRUCache[Any, Any] = LRUCache(3000)
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        # Statements are kept by dialect; all of a kind are set up alike.
        kind.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign,assignment]
        kind.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign,assignment]

    @event.listens_for(Engine, "engine_connect")
    def share(connection: Connection) -> None:
        connection.engine._compiled_cache = statements
