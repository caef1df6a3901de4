"""Adapters out: each draws the same few blocks in its own way."""
