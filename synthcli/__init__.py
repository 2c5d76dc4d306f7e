"""Release a synthetic table instead of a private one, with a differential-privacy proof and an audit."""

__version__ = "0.1.0"
