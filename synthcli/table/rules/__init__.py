"""Rules that hold in every written row: declared in the schema, public, and free of charge."""
