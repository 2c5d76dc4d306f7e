"""Shadow fits: the release's own algorithm, on rows whose coins were tossed anew."""
