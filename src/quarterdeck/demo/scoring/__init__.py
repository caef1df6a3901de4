"""Score the rooms against invented companies: recall, precision, look-alikes, evidence, and honesty about what is unknown."""
