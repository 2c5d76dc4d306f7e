"""Shadow fits: the release's own algorithm, on rows whose coins were tossed anew."""

LEAST_SHADOWS = 8
"""Fewer shadows than this say too little of a candidate."""

MOST_SHADOWS = 1_000
"""More tell hardly more: by then a candidate's mean with him is known to a twentieth of its standard deviation."""
