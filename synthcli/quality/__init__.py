"""How useful the synthetic rows are: compared with real ones, for the steward alone."""
