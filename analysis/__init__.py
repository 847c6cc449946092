"""Personas from what people wrote, and leads scored by how well they fit.

Pure computation: no files but the package's own data, no clock, no printing, no web, no database. What leaves
through these names has been redacted and is never about fewer than five people.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from analysis.corpus import Corpus, Progress, Response
from analysis.encoder import CachedEncoder, Encoder, bundled_encoder
from analysis.evidence import EvidenceDocument, evidence_document
from analysis.exceptions import (
    AnalysisError,
    EncoderError,
    InvalidCorpusError,
    InvalidEditError,
    InvalidReportError,
)
from analysis.redaction import redact
from analysis.report import Assignment, Entry, Persona, Quote, Report, Unreplayed
from analysis.scoring import LeadScore, Scorer

if TYPE_CHECKING:
    from analysis.discovery import discover
    from analysis.edits import Edit, edits_from

__all__ = [
    "AnalysisError",
    "Assignment",
    "CachedEncoder",
    "Corpus",
    "Edit",
    "Encoder",
    "EncoderError",
    "Entry",
    "EvidenceDocument",
    "InvalidCorpusError",
    "InvalidEditError",
    "InvalidReportError",
    "LeadScore",
    "Persona",
    "Progress",
    "Quote",
    "Report",
    "Response",
    "Scorer",
    "Unreplayed",
    "bundled_encoder",
    "discover",
    "edits_from",
    "evidence_document",
    "redact",
]

#: What takes scikit-learn or half of scipy, which whoever scores leads does not wait for.
_LOADED_LATER = {"discover": "discovery", "Edit": "edits", "edits_from": "edits"}


def __getattr__(name: str) -> Any:
    if name not in _LOADED_LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LOADED_LATER[name]}"), name)
