"""People: who knows what, and what happens when somebody goes."""
