"""Personas from what people wrote, and leads scored by how well they fit.

Pure computation: no files but the package's own data, no clock, no printing, no web, no database. What leaves
through these names has been redacted and is never about fewer than five people.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.corpus import Corpus, Progress, Response
    from analysis.discovery import discover
    from analysis.edits import Edit, edits_from
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

#: Where these names are at home. They are loaded when somebody asks, the light modules first: whoever scores leads does
#: not wait for scikit-learn, and whoever looks at the table of aliases waits for nothing.
_HOMES = (
    *("exceptions", "corpus", "encoder", "evidence", "redaction", "report", "scoring"),
    *("edits", "discovery"),
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"{__name__}.{home}")
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
