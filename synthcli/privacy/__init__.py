"""The privacy boundary: the only code that draws noise, and the ledger of what was spent."""
