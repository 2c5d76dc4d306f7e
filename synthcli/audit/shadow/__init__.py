"""Shadow fits: the release's own algorithm, on rows whose coins were tossed anew."""

LEAST_SHADOWS = 8
"""Fewer shadows than this say too little of a candidate."""
