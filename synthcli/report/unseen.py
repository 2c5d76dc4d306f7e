"""What to say of a release whose schema nobody has read."""

UNSEEN = (
    "The types, formats and roles of the columns were read off the private rows and accepted unseen: nobody has read "
    "them, and epsilon does not cover them. Bounds, bins and categories were learnt from the budget all the same."
)
WHAT_IT_TELLS = (
    "What was accepted unseen is no secret: one row can decide whether a column is a number or text, has a spelling of "
    "its own for missing values, is taken for a key or for free text and left out; and each of these is in the release "
    "as it was found, without noise."
)
