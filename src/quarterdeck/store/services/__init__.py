"""Verbs on the book: each writes the record and the trail in one transaction."""
