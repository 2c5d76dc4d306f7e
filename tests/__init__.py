"""A package of this name, since others install one, too: without this file theirs would be found."""
