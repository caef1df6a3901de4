"""What becomes of findings: stances, actions, decisions, promises, and what later runs saw."""
