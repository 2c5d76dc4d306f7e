"""Typed tables and their integer codes."""
