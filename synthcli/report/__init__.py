"""What was done, for people and machines: pure functions from results to text."""
