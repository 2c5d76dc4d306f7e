"""The language of conditions on a table's columns: text to a typed expression."""
