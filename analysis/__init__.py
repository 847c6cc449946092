"""Personas from what people wrote, and leads scored by how well they fit.

Pure computation: no files but the package's own data, no clock, no printing, no web, no database. What leaves
through these names has been redacted and is never about fewer than five people.
"""

from analysis.corpus import Corpus, Progress, Response
from analysis.discovery import discover
from analysis.encoder import CachedEncoder, Encoder, bundled_encoder
from analysis.evidence import EvidenceDocument, evidence_document
from analysis.exceptions import AnalysisError, EncoderError, InvalidCorpusError, InvalidReportError
from analysis.redaction import redact
from analysis.report import Assignment, Entry, Persona, Quote, Report
from analysis.scoring import LeadScore, Scorer

__all__ = [
    "AnalysisError",
    "Assignment",
    "CachedEncoder",
    "Corpus",
    "Encoder",
    "EncoderError",
    "Entry",
    "EvidenceDocument",
    "InvalidCorpusError",
    "InvalidReportError",
    "LeadScore",
    "Persona",
    "Progress",
    "Quote",
    "Report",
    "Response",
    "Scorer",
    "bundled_encoder",
    "discover",
    "evidence_document",
    "redact",
]
