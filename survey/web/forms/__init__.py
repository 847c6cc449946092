"""Forms, by audience; here the one that all pages share."""

from __future__ import annotations

from flask_wtf import FlaskForm


class ConfirmForm(FlaskForm):
    """A button that changes something, or fields made for what is at hand."""
