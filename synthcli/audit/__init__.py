"""Attacks on a release: members against non-members, each with its interval."""
