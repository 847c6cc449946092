"""Errors of the analysis. Every one says what the caller can do; none carries an answer's words."""


class AnalysisError(Exception):
    """Root of all errors raised by :mod:`analysis`."""


class InvalidCorpusError(AnalysisError, ValueError):
    """The responses cannot be analysed as given (for example two responses share an id)."""


class InvalidReportError(AnalysisError, ValueError):
    """A report file or dictionary is not one that this version reads."""


class InvalidEditError(AnalysisError, ValueError):
    """What somebody wants to change about a persona is not written as an edit."""


class InvalidAliasesError(AnalysisError, ValueError):
    """A table of aliases cannot be read as one, or contradicts the bundled one or itself."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.why = why


class EncoderError(AnalysisError):
    """The sentence encoder's weights are missing or are not the ones this version was measured with."""
