"""Reads of the book: every one starts from a seat at a client's table."""
