"""The Flask application of Kindred."""

__version__ = "0.1.0"
