"""What the schema does not declare, learnt from the budget: bounds, grids, categories."""
