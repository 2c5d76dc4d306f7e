"""Select–measure–estimate strategies."""
