"""What the answering pages work with: sessions, keys, settings. No views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from survey.domain.attributes import Crowd, Kinds, measure_crowd
from survey.domain.keys import KeyStore
from survey.domain.queries.waves import count_kinds
from survey.domain.settings import in_force
from survey.enums import WaveState
from survey.models import Wave
from survey.respondent.guesses import Guesses

EXTENSION = "respondent"


@dataclass(frozen=True, slots=True)
class Resources:
    """Lies in ``app.extensions["respondent"]``."""

    sessions: sessionmaker[Session]
    keys: KeyStore
    settings: Mapping[str, Any]
    waves: dict[int, Wave] = field(default_factory=dict)
    kinds: dict[int, Kinds] = field(default_factory=dict)
    crowds: dict[tuple[int, frozenset[tuple[str, str]]], Crowd] = field(default_factory=dict)
    guesses: Guesses = field(default_factory=Guesses)

    @property
    def engine(self) -> Engine:
        """The engine of the sessions."""
        engine: Engine = self.sessions.kw["bind"]
        return engine

    def frozen_wave(self, session: Session, wave_id: int) -> Wave:
        """Return what a wave asks. Of an open one it is read once per process: it cannot change any more.

        The object belongs to no session, and its state is that of the first look: ask the database for it.
        """
        if wave_id not in self.waves:
            wave = session.get_one(Wave, wave_id)
            session.expunge_all()
            if wave.state is not WaveState.OPEN:  # a test link shows drafts
                return wave
            self.waves[wave_id] = wave
        return self.waves[wave_id]

    def crowd(self, wave: Wave, given: Mapping[str, str]) -> Crowd:
        """Return how many people of the roster have these attributes; that of an open wave is frozen as well."""
        told = wave.id, frozenset(given.items())
        if told in self.crowds:
            return self.crowds[told]
        kinds = self.kinds.get(wave.id)
        if kinds is None:
            with self.sessions() as session:
                kinds = count_kinds(session, wave.id)
        crowd = measure_crowd(kinds, wave.coarsening, given)
        if wave.state is WaveState.OPEN:
            self.kinds[wave.id], self.crowds[told] = kinds, crowd
        return crowd

    def organisation(self) -> dict[str, str]:
        """Return the name of the organisation and whom to ask, as an administrator may have changed them."""
        values = dict(self.settings)
        try:
            with self.sessions() as session:
                values = in_force(session, self.settings)
        except SQLAlchemyError:  # an error page must not fail for want of an address
            pass
        return {"organisation": values["ORGANISATION"], "contact": values["CONTACT"]}


def resources() -> Resources:
    """Return the resources of the running application."""
    found: Resources = current_app.extensions[EXTENSION]
    return found
